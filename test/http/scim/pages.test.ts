import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCursors } from "../../../src/http/scim/cursor.ts";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";
import { errorSchema, searchRequestSchema } from "../../../src/scim/messages.ts";
import { enterpriseUserSchema } from "../../../src/scim/resource.ts";
import type { Database } from "../../../src/store/database.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testId } from "../../store/filter-directory.ts";
import { type Answer, extensionUrn, makeScimServer } from "./scim-server.ts";

// What the database makes of pages and orders is in test/store/lists.test.ts, on both databases.

let database: Database;
let server: Awaited<ReturnType<typeof makeScimServer>>;

beforeAll(async () => {
  database = await openSqlite(":memory:");
  server = await makeScimServer(database);
});
afterAll(() => database.close());

async function list(path: string, token?: string): Promise<JsonObject> {
  const answer = await server.ask(path, token === undefined ? {} : { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.json;
}

const numbers = (json: JsonObject): readonly number[] => {
  const resources = json["Resources"];
  return (Array.isArray(resources) ? resources : [])
    .filter(isJsonObject)
    .map(({ id }) => Number(String(id).slice(-12)));
};

function expectError(answer: Answer, scimType: string): void {
  expect(answer.json, answer.text).toMatchObject({ schemas: [errorSchema], status: "400", scimType });
}

async function searchFor(body: JsonObject, path = "/Users/.search"): Promise<Answer> {
  return server.ask(path, {
    method: "POST",
    body: JSON.stringify({ schemas: [searchRequestSchema], ...body }),
    headers: { "content-type": "application/scim+json" },
  });
}

describe("sorting", () => {
  it("R-094 sorts by simple, complex and extension attributes, in both directions", async () => {
    expect(numbers(await list("/Users?sortBy=userName&count=4"))).toEqual([0, 1, 10, 11]);
    expect(numbers(await list("/Users?sortBy=USERNAME&sortOrder=Descending&count=3"))).toEqual([9, 8, 7]);
    expect(numbers(await list("/Users?sortBy=meta.lastModified&sortOrder=descending&count=3"))).toEqual([24, 22, 21]);
    const byDepartment = `/Users?sortBy=${enterpriseUserSchema}:department&count=14`;
    expect(numbers(await list(byDepartment)).slice(10)).toEqual([20, 22, 24, 1]);
    expect(numbers(await list(`/Users?sortBy=${encodeURIComponent("emails.value")}&count=3`))).toEqual([0, 10, 11]);
    const { json } = await searchFor({ sortBy: "userName", sortOrder: "descending", count: 2, startIndex: 2 });
    expect(numbers(json)).toEqual([8, 7]);
  });

  it("R-095 puts those without a value last, and first when descending", async () => {
    const filter = `&filter=${encodeURIComponent(`id le "${testId(2)}" or displayName co "group"`)}`;
    const ascending = numbers(await list(`/?sortBy=userName${filter}`));
    expect(ascending).toEqual([0, 1, 2, 100, 101, 102]);
    expect(numbers(await list(`/?sortBy=userName&sortOrder=descending${filter}`))).toEqual([...ascending].reverse());
  });

  it("R-094 mixes the types of a search at the root where it is sorted", async () => {
    const found = numbers(await list("/?sortBy=displayName&sortOrder=descending&count=30"));
    expect(found.slice(-3)).toEqual([102, 101, 100]);
    expect(found).toHaveLength(27);
  });

  it("R-094 refuses what cannot be sorted by rather than ignore it", async () => {
    for (const query of [
      "sortBy=nope",
      "sortBy=password",
      "sortBy=name",
      "sortBy=meta.version",
      "sortBy=a%20b",
      "sortBy=userName&sortOrder=up",
    ]) {
      expectError(await server.ask(`/Users?${query}`), "invalidValue");
    }
    expect(numbers(await list("/Users?sortBy=&sortOrder=descending&count=2"))).toEqual([0, 1]);
  });
});

describe("pages by cursor", () => {
  async function readAll(query: string, endpoint = "/Users", token?: string): Promise<readonly JsonObject[]> {
    const pages: JsonObject[] = [];
    for (let cursor: unknown = ""; cursor !== undefined; cursor = pages.at(-1)?.["nextCursor"]) {
      pages.push(await list(`${endpoint}?cursor=${cursor}&${query}`, token));
      if (pages.length > 50) throw new Error("there is no end to it");
    }
    return pages;
  }

  it("R-160 R-161 R-163 leads through a list and ends with the last page", async () => {
    const pages = await readAll("count=10");
    expect(pages.map((page) => page["itemsPerPage"])).toEqual([10, 10, 4]);
    expect(pages.flatMap(numbers)).toEqual(numbers(await list("/Users")));
    for (const page of pages) {
      expect(page).toMatchObject({ totalResults: 24 });
      expect(page).not.toHaveProperty("startIndex");
    }
    expect(pages.map((page) => typeof page["nextCursor"])).toEqual(["string", "string", "undefined"]);
    for (const page of pages.slice(0, 2)) expect(page["nextCursor"]).toMatch(/^[A-Za-z0-9\-._~]+$/);
    expect((await readAll("count=24")).map((page) => page["itemsPerPage"])).toEqual([24]);
  });

  it("R-160 begins without a value, and in the body of .search", async () => {
    const first = await list("/Users?cursor&count=20");
    expect(first["nextCursor"]).toEqual(expect.any(String));
    const begun = await searchFor({ cursor: "", count: 20, sortBy: "userName" });
    const next = begun.json["nextCursor"] ?? null;
    const second = await searchFor({ Cursor: next, count: 20, sortBy: "userName" });
    expect(numbers(second.json)).toEqual(numbers(await list("/Users?sortBy=userName&startIndex=21")));
    expect(second.json).not.toHaveProperty("nextCursor");
  });

  it("R-165 R-166 keeps the index as what is done without a cursor", async () => {
    const json = await list("/Users?count=5");
    expect(json).toHaveProperty("startIndex");
    expect(json).not.toHaveProperty("nextCursor");
  });

  it("R-160 goes with filters, sorts and several types", async () => {
    const query = `count=7&sortBy=displayName&sortOrder=descending&filter=${encodeURIComponent("id pr")}`;
    expect((await readAll(query, "/")).flatMap(numbers)).toEqual(
      numbers(await list("/?sortBy=displayName&sortOrder=descending")),
    );
    expect((await readAll("count=5", "/")).flatMap(numbers)).toEqual(numbers(await list("/")));
    expect((await readAll("count=12", "/")).flatMap(numbers)).toEqual(numbers(await list("/")));
  });

  it("R-162 knows the edge values of count", async () => {
    for (const count of ["0", "-3"]) {
      const json = await list(`/Users?cursor&count=${count}`);
      expect(json).toMatchObject({ totalResults: 24, itemsPerPage: 0, Resources: [] });
      expect(json).not.toHaveProperty("nextCursor");
    }
    expect(await list("/Users?cursor&count=99999")).toMatchObject({ itemsPerPage: 24 });
    expect(await list("/Users?cursor")).toMatchObject({ itemsPerPage: 24 });
  });

  it("R-163 takes one of cursor and startIndex; the first index says nothing", async () => {
    const { nextCursor } = await list("/Users?cursor&count=10");
    for (const cursor of ["", String(nextCursor)]) {
      expectError(await server.ask(`/Users?cursor=${cursor}&count=10&startIndex=3`), "invalidValue");
      expectError(await searchFor({ cursor, count: 10, startIndex: 3 }), "invalidValue");
      for (const startIndex of [1, 0]) {
        const json = await list(`/Users?cursor=${cursor}&count=10&startIndex=${startIndex}`);
        expect(numbers(json)).toEqual(numbers(await list(`/Users?cursor=${cursor}&count=10`)));
      }
    }
  });

  it("R-164 refuses a count that is none or another than before", async () => {
    const { nextCursor } = await list("/Users?cursor&count=10");
    expectError(await server.ask(`/Users?cursor=${nextCursor}&count=11`), "invalidCount");
    expectError(await server.ask(`/Users?cursor=${nextCursor}`), "invalidCount");
    expectError(await server.ask("/Users?cursor&count=ten"), "invalidCount");
  });

  it("R-160 R-164 R-168 refuses a cursor that belongs to another query or client, was changed or made up", async () => {
    const { nextCursor } = await list("/Users?cursor&count=2&filter=id+pr");
    const good = `/Users?cursor=${nextCursor}&count=2`;
    expect(numbers(await list(`${good}&filter=id+pr`))).toEqual([2, 3]);
    const answers = [
      await server.ask(good),
      await server.ask(`${good}&filter=active+pr`),
      await server.ask(`${good}&filter=id+pr&sortBy=userName`),
      await server.ask(`${good}&filter=id+pr`.replace("/Users", "/Groups")),
      await server.ask(`${good}&filter=id+pr`.replace("/Users", "/")),
      await server.ask(`${good}&filter=id+pr`, { token: "token-write" }),
      await server.ask(`/Users?cursor=${String(nextCursor).slice(1)}&count=2&filter=id+pr`),
      await server.ask("/Users?cursor=abc&count=2&filter=id+pr"),
      await server.ask("/Users?cursor=%00%ff%F0%9F%98%80&count=2&filter=id+pr"),
    ];
    for (const answer of answers) expectError(answer, "invalidCursor");
    // Whether it is another's or nobody's is told to nobody.
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it("R-168 asks again, for each page, what a client may see", async () => {
    const pages = await readAll("count=10", "/Users", "token-one");
    expect(pages.flatMap(numbers)).toEqual(numbers(await list("/Users", "token-one")));
    expect(pages.flatMap(numbers)).not.toContain(24);
  });

  it("R-164 R-167 says so when a cursor has expired, and not before its time", () => {
    let time = 1_000_000;
    const cursors = makeCursors(Buffer.alloc(32, 7), () => time);
    const scope = { query: [], count: 10 };
    const cursor = cursors.seal({ run: 0, key: null, id: testId(1) }, scope);
    time += 3600 * 1000;
    expect(cursors.open(cursor, scope)).toMatchObject({ id: testId(1) });
    time += 1;
    expect(() => cursors.open(cursor, scope)).toThrow(
      expect.objectContaining({ status: 400, scimType: "expiredCursor" }),
    );
  });

  it("R-168 shows nobody what a place is made of, and opens at another replica with the same key", () => {
    const place = { run: 0, key: "张三", id: testId(1) };
    const scope = { query: ["client", null], count: 10 };
    const key = Buffer.alloc(32, 7);
    const cursor = makeCursors(key).seal(place, scope);
    expect(Buffer.from(cursor, "base64url").includes("张三")).toBe(false);
    expect(makeCursors(key).open(cursor, scope)).toEqual(place);
    expect(() => makeCursors(Buffer.alloc(32, 8)).open(cursor, scope)).toThrow(/does not belong/);
  });

  it("gives no 5xx for any cursor", async () => {
    const cursor = fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.string({ unit: "grapheme" }));
    await fc.assert(
      fc.asyncProperty(cursor, async (text) => {
        const answer = await server.ask(`/Users?count=2&cursor=${encodeURIComponent(text.toWellFormed())}`);
        expect(text === "" ? [200] : [400]).toContain(answer.status);
      }),
      { numRuns: 200 },
    );
  });
});

describe("what an answer holds", () => {
  it("R-103 R-104 knows every spelling of an attribute", async () => {
    const one = `/Users/${testId(1)}`;
    for (const spelling of [
      "userName",
      "USERNAME",
      "urn:ietf:params:scim:schemas:core:2.0:User:userName",
      "URN:IETF:params:scim:schemas:CORE:2.0:user:username",
      "userName,userName",
      "%20userName%20,,",
      "userName,nobodyKnowsThis",
    ]) {
      expect(await list(`${one}?attributes=${spelling}`)).toEqual({
        schemas: expect.any(Array),
        id: testId(1),
        userName: "User.1",
      });
    }
    for (const query of ["ATTRIBUTES=userName&Attributes=displayName", "attributes=userName,displayName"]) {
      expect(Object.keys(await list(`${one}?${query}`)).sort()).toEqual(["displayName", "id", "schemas", "userName"]);
    }
  });

  it("R-103 R-105 leaves out sub-attributes, extensions and whole schemas, in lists and searches too", async () => {
    const excluded = `emails.type,${enterpriseUserSchema.toUpperCase()},${extensionUrn}:SHIFT,ID,meta.location`;
    const json = await list(`/Users/${testId(1)}?excludedattributes=${excluded}`);
    expect(json["emails"]).toEqual([{ value: "user1@example.com", primary: true }, { value: "home1@example.org" }]);
    expect(json).not.toHaveProperty([enterpriseUserSchema]);
    expect(json).not.toHaveProperty([extensionUrn]);
    expect(json["id"]).toBe(testId(1));
    expect(json["meta"]).toMatchObject({ resourceType: "User" });
    expect(json["meta"]).not.toHaveProperty("location");
    const found = await searchFor({ attributes: ["userName, displayName"], count: 1 });
    const [first] = (found.json["Resources"] ?? []) as readonly JsonObject[];
    expect(Object.keys(first ?? {}).sort()).toEqual(["displayName", "id", "schemas", "userName"]);
  });

  it("R-155 R-156 compares tags weakly, for HEAD as for GET, and gives a list none", async () => {
    const path = `/Users/${testId(1)}`;
    for (const method of ["GET", "HEAD"]) {
      for (const tag of ['W/"2"', '"2"', '"1", W/"2"', "*"]) {
        const answer = await server.ask(path, { method, headers: { "if-none-match": tag } });
        expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([304, "", 'W/"2"']);
      }
      const changed = await server.ask(path, { method, headers: { "if-none-match": 'W/"1"' } });
      expect(changed.status).toBe(200);
      expect(changed.headers.get("etag")).toBe('W/"2"');
    }
    const listed = await server.ask("/Users", { headers: { "if-none-match": "*" } });
    expect([listed.status, listed.headers.get("etag")]).toEqual([200, null]);
  });

  it("finds people by mail address and phone number in any case", async () => {
    expect(numbers(await list(`/Users?filter=${encodeURIComponent('emails.value eq "USER3@example.COM"')}`))).toEqual([
      3,
    ]);
    const typed = 'emails[value eq "home3@example.org" and type eq "home"]';
    expect(numbers(await list(`/Users?filter=${encodeURIComponent(typed)}`))).toEqual([3]);
    expect(numbers(await list(`/Users?filter=${encodeURIComponent(typed.replace('"home"', '"work"'))}`))).toEqual([]);
  });
});
