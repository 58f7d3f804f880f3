import fc from "fast-check";
import { TrieRouter } from "hono/router/trie-router";
import { describe, expect, it } from "vitest";
import { RememberingRouter } from "../../src/http/remembering-router.ts";

const part = fc.constantFrom("Users", "Groups", ".search", "v2", "api", "", "a%20b", "0", "__proto__", "constructor");
const routePart = fc.oneof(part, fc.constantFrom(":id", ":name", "*"));
const method = fc.constantFrom("GET", "POST", "PATCH", "ALL");
const pathOf = (parts: readonly string[]) => `/${parts.join("/")}`;
const routes = fc.array(
  fc.tuple(
    method,
    fc.oneof(
      { weight: 9, arbitrary: fc.array(routePart, { minLength: 1, maxLength: 3 }).map(pathOf) },
      { weight: 1, arbitrary: fc.constantFrom("*", "/*", "/Users/:id{[0-9]+}", "/Users/:id?") },
    ),
  ),
  { maxLength: 12 },
);
const questions = fc.array(
  fc.tuple(fc.constantFrom("GET", "POST", "PATCH", "BREW"), fc.array(part, { maxLength: 4 }).map(pathOf)),
  { minLength: 1, maxLength: 30 },
);

describe("a router that remembers", () => {
  it("finds what the tree of routes finds, the first time and again", () => {
    fc.assert(
      fc.property(routes, questions, (declared, asked) => {
        const [tree, remembering] = [new TrieRouter<number>(), new RememberingRouter<number>()];
        for (const [index, [by, path]] of declared.entries()) {
          tree.add(by, path, index);
          remembering.add(by, path, index);
        }
        for (const [by, path] of [...asked, ...asked]) {
          const found = (router: { match: TrieRouter<number>["match"] }) =>
            router.match(by, path)[0].map(([handler, parameters]) => [handler, { ...parameters }]);
          expect(found(remembering), `${by} ${path}`).toEqual(found(tree));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("forgets nothing that is declared later", () => {
    const router = new RememberingRouter<string>();
    router.add("GET", "/Users/:id", "one");
    expect(router.match("GET", "/Users/1")[0].map(([name]) => name)).toEqual(["one"]);
    router.add("ALL", "/Users/*", "all");
    expect(router.match("GET", "/Users/2")[0].map(([name]) => name)).toEqual(["one", "all"]);
  });
});
