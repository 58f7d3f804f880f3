import { describe, expect, test } from "vitest";
import { parseExtension } from "../../src/mapping/extension.ts";
import { MappingError } from "../../src/mapping/problem.ts";

const extension = {
  $schema: "./extension.schema.json",
  id: "urn:example:load:User",
  name: "Load",
  attributes: [{ name: "badge" }],
};
const file = "extensions/own.json";

function problemsOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.problems.map(({ pointer, line, detail }) => ({ pointer, line, detail }));
  }
  throw new Error("expected a MappingError");
}

describe("an extension file", () => {
  test("is read without what is for editors alone, a byte order mark included", () => {
    const { id, attributes } = parseExtension(`\uFEFF${JSON.stringify(extension)}`, file);
    expect([id, attributes.map(({ name }) => name)]).toEqual(["urn:example:load:User", ["badge"]]);
  });

  test("with mistakes tells each of them at its place", () => {
    const wrong = { ...extension, attributes: [{ name: "1st" }, { name: "x", type: "text" }] };
    const text = JSON.stringify(wrong, null, 2);
    expect(problemsOf(() => parseExtension(text, file)).map(({ pointer, line }) => [pointer, line])).toEqual([
      ["/attributes/0/name", 7],
      ["/attributes/1/type", 11],
    ]);
    expect(problemsOf(() => parseExtension("[]", file))).toMatchObject([{ pointer: "", line: 1 }]);
  });

  test("with thousands of mistakes tells a hundred, and that there are more", () => {
    const attributes = Array.from({ length: 20_000 }, (_, index) => ({ name: `${index}` }));
    const text = JSON.stringify({ ...extension, attributes });
    const startedAt = performance.now();
    const problems = problemsOf(() => parseExtension(text, file));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(problems).toHaveLength(100);
    expect(problems.at(-1)?.detail).toBe("and more: mend these first");
  });

  test("may not define what another file or the program itself defines; the other one is named", () => {
    const definition = parseExtension(JSON.stringify(extension), file);
    const other = JSON.stringify({ ...extension, id: "URN:example:LOAD:user" });
    expect(problemsOf(() => parseExtension(other, "extensions/other.json", [{ file, definition }]))).toEqual([
      { pointer: "/id", line: 1, detail: "URN:example:LOAD:user is defined already, in extensions/own.json" },
    ]);
    const builtIn = JSON.stringify({ ...extension, id: "urn:ietf:params:scim:schemas:core:2.0:User" });
    expect(problemsOf(() => parseExtension(builtIn, file))).toMatchObject([{ pointer: "/id", line: 1 }]);
  });
});
