import { describe, expect, test } from "vitest";
import { hasValue } from "../../../src/target/scim/lookup.ts";
import { listOf, type Reply, type SeenRequest } from "./scripted-server.ts";
import { collect, errorOf, never, profileWith, withTarget } from "./with-target.ts";

function queryOf({ path }: SeenRequest): URLSearchParams {
  return new URL(path, "http://server").searchParams;
}

/** A server with numbered users that pages as RFC 7644 says, and never gives more than `most`. */
function paging(total: number, most: number, more: (page: readonly object[]) => object = () => ({})) {
  const all = Array.from({ length: total }, (_, index) => ({ id: `u${index + 1}`, userName: `user${index + 1}` }));
  return (request: SeenRequest): Reply => {
    const query = queryOf(request);
    const start = Number(query.get("startIndex") ?? 1) - 1;
    const page = all.slice(start, start + Math.min(most, Number(query.get("count") ?? most)));
    return listOf(page, { totalResults: total, startIndex: start + 1, itemsPerPage: page.length, ...more(page) });
  };
}

describe("finding", () => {
  test("asks once, with the value as a JSON string, percent-encoded", async () => {
    const value = 'o"Neil\\ 张+&=#';
    const { target, server } = await withTarget(() => listOf([{ id: "1", userName: value }]));
    expect((await target.find("User", "userName", value, never)).map(({ id }) => id)).toEqual(["1"]);
    const [request, ...rest] = server.requests;
    expect(rest).toEqual([]);
    expect(request?.path).not.toMatch(/[+" #]/);
    expect(request && queryOf(request).get("filter")).toBe(`userName eq ${JSON.stringify(value)}`);
  });

  test("asks once where there is nothing", async () => {
    const { target, server } = await withTarget(() => ({ body: { totalResults: 0 } }));
    expect(await target.find("User", "externalId", "a", never)).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test("keeps only what has the value", async () => {
    const hits = [
      { id: "1", userName: "anna" },
      { id: "2", userName: "ANNA" },
      { id: "3", userName: "annabel" },
      { id: "4" },
    ];
    const { target } = await withTarget((_, index) => listOf(index === 0 ? hits : []));
    expect((await target.find("User", "userName", "Anna", never)).map(({ id }) => id)).toEqual(["1", "2"]);
  });

  test("asks for groups without their members", async () => {
    const { target, server } = await withTarget(() => listOf([]));
    await target.find("Group", "displayName", "a", never);
    expect(server.requests[0] && queryOf(server.requests[0]).get("excludedAttributes")).toBe("members");
  });

  test("goes on where the server ignores the filter, though it says that the page is all", async () => {
    // Casdoor's habit: the filter is parsed and ignored, and totalResults is the number on the page.
    const server = paging(250, 100, (page) => ({ totalResults: page.length }));
    const { target } = await withTarget(server);
    expect((await target.find("User", "userName", "user220", never)).map(({ id }) => id)).toEqual(["u220"]);
    expect(await target.find("User", "userName", "nobody", never)).toEqual([]);
  });

  test("does not call somebody absent before it has seen everybody", async () => {
    const { target, server } = await withTarget(paging(5000, 100));
    const error = await errorOf(target.find("User", "userName", "user4000", never));
    expect(error).toMatchObject({ code: "nonsense", doubt: false });
    expect(error.message).toContain("filterTrust");
    expect(server.requests).toHaveLength(10);
  });

  test("reads the list, without a filter, where the profile says that filters can't be trusted", async () => {
    const { target, server } = await withTarget(paging(1500, 100), { profile: profileWith({ filterTrust: false }) });
    expect((await target.find("User", "userName", "USER1400", never)).map(({ id }) => id)).toEqual(["u1400"]);
    expect(server.requests.some((request) => queryOf(request).has("filter"))).toBe(false);
  });

  test("an attribute that is none is refused before it is sent", async () => {
    const { target, server } = await withTarget(() => listOf([]));
    expect(await errorOf(target.find("User", 'userName eq "x" or userName', "a", never))).toMatchObject({
      code: "refused",
    });
    expect(server.requests).toEqual([]);
  });
});

test.each([
  ["userName", { userName: "ANNA" }, true],
  ["USERNAME", { username: "anna" }, true],
  ["externalId", { externalId: "ANNA" }, false],
  ["externalId", { externalId: "anna" }, true],
  ["id", { id: "Anna" }, false],
  ["emails.value", { emails: [{ value: "x" }, { value: "Anna" }] }, true],
  ["emails", { emails: [{ value: "ANNA" }] }, true],
  ["emails.value", { emails: ["anna"] }, true],
  ["emails.type", { emails: [{ value: "anna", type: "work" }] }, false],
  ["name.formatted", { name: { formatted: "Anna" } }, true],
  ["constructor", {}, false],
  ["displayName", { displayName: null }, false],
])("%s of %o has the value anna: %s", (attribute, document, expected) => {
  expect(hasValue(document, attribute, "anna")).toBe(expected);
});

test("full-width letters are the same text", () => {
  expect(hasValue({ displayName: "ＡＢＣ研发" }, "displayName", "abc研发")).toBe(true);
});

describe("listing", () => {
  const ids = async (script: (request: SeenRequest, index: number) => Reply, count = 100) => {
    const { target, server } = await withTarget(script, { profile: profileWith({ maxPage: count }) });
    const resources = await collect(target.list("User", never));
    return { ids: resources.map(({ id }) => id), requests: server.requests };
  };
  const numbered = (total: number): string[] => Array.from({ length: total }, (_, index) => `u${index + 1}`);

  test("reads page after page until one is empty", async () => {
    const seen = await ids(paging(250, 100));
    expect(seen.ids).toEqual(numbered(250));
    expect(seen.requests.map((request) => queryOf(request).get("startIndex"))).toEqual(["1", "101", "201", "251"]);
    expect(seen.requests.every((request) => queryOf(request).get("count") === "100")).toBe(true);
  });

  test("goes on from what it got where the server gives less than was asked for", async () => {
    expect((await ids(paging(70, 30))).ids).toEqual(numbered(70));
  });

  test("does not believe a total that counts the page", async () => {
    expect((await ids(paging(250, 100, (page) => ({ totalResults: page.length })))).ids).toEqual(numbered(250));
  });

  test("ends where the server ignores startIndex", async () => {
    const seen = await ids(() => listOf([{ id: "u1" }, { id: "u2" }], { totalResults: 10 }));
    expect(seen.ids).toEqual(["u1", "u2"]);
    expect(seen.requests).toHaveLength(2);
  });

  test("ends where the server begins again past its end", async () => {
    const pages = [["u1", "u2"], ["u3"], ["u1", "u2"]];
    const seen = await ids((_, index) => listOf((pages[index] ?? ["u9"]).map((id) => ({ id }))));
    expect(seen.ids).toEqual(["u1", "u2", "u3"]);
  });

  test("follows the server's cursors, past an empty page, to the one without", async () => {
    const pages: Record<string, Reply> = {
      "": listOf([{ id: "u1" }], { nextCursor: "a~1" }),
      "a~1": listOf([], { nextCursor: "b_2" }),
      b_2: listOf([{ id: "u2" }]),
    };
    const seen = await ids((request) => pages[queryOf(request).get("cursor") ?? ""] ?? { status: 500 });
    expect(seen.ids).toEqual(["u1", "u2"]);
    expect(seen.requests.slice(1).some((request) => queryOf(request).has("startIndex"))).toBe(false);
  });

  test("a cursor that leads to itself is nonsense", async () => {
    const { target } = await withTarget((_, index) => listOf([{ id: `u${index}` }], { nextCursor: "again" }));
    expect(await errorOf(collect(target.list("User", never)))).toMatchObject({ code: "nonsense" });
  });

  test("an empty directory has no batches", async () => {
    const { target } = await withTarget(() => ({ body: { totalResults: 0 } }));
    expect(await collect(target.list("User", never))).toEqual([]);
  });

  test.each<[string, Reply]>([
    ["a page without a list", { body: { schemas: [] } }],
    ["a resource without an id", listOf([{ userName: "a" }])],
    ["a list that is none", { body: { totalResults: 1, Resources: { id: "1" } } }],
  ])("%s is nonsense", async (_, reply) => {
    const { target } = await withTarget(() => reply);
    expect(await errorOf(collect(target.list("Group", never)))).toMatchObject({ code: "nonsense", doubt: false });
  });
});
