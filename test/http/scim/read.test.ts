import fc from "fast-check";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../../src/lib/json.ts";
import { errorSchema, listResponseSchema, searchRequestSchema } from "../../../src/scim/messages.ts";
import { enterpriseUserSchema } from "../../../src/scim/resource.ts";
import type { Database } from "../../../src/store/database.ts";
import { openPostgres } from "../../../src/store/postgres/open.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testId } from "../../store/filter-directory.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { type Answer, base, extensionUrn, makeScimServer } from "./scim-server.ts";

describe.each(["sqlite", "postgres"] as const)("reading through SCIM from %s", (dialect) => {
  let postgres: TestPostgres | null = null;
  let database: Database;
  let server: Awaited<ReturnType<typeof makeScimServer>>;

  beforeAll(async () => {
    if (dialect === "postgres") postgres = await startPostgres();
    database = postgres ? await openPostgres(await postgres.createDatabase()) : await openSqlite(":memory:");
    server = await makeScimServer(database);
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.close();
  });

  const list = async (path: string, token?: string) => {
    const answer = await server.ask(path, token === undefined ? {} : { token });
    expect(answer.status, answer.text).toBe(200);
    return answer.json;
  };
  const filtered = (filter: string, endpoint = "Users") => list(`/${endpoint}?filter=${encodeURIComponent(filter)}`);
  const numbers = (json: JsonObject) => resourcesOf(json).map(({ id }) => Number(String(id).slice(-12)));

  it("R-070 R-021 R-023 R-027 R-028 R-029 answers a user whole", async () => {
    const { status, headers, json } = await server.ask(`/Users/${testId(1)}`);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("application/scim+json");
    expect(json).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterpriseUserSchema, extensionUrn],
      id: testId(1),
      externalId: "Ext-1",
      userName: "User.1",
      displayName: "员工 1",
      active: true,
      emails: [
        { value: "user1@example.com", type: "work", primary: true },
        { value: "home1@example.org", type: "home" },
      ],
      [enterpriseUserSchema]: { department: "Odd", manager: { value: testId(0) } },
      [extensionUrn]: { shift: "early" },
      groups: [
        { value: testId(100), $ref: `${base}/Groups/${testId(100)}`, display: "Group 100", type: "direct" },
        { value: testId(101), $ref: `${base}/Groups/${testId(101)}`, display: "Group 101", type: "direct" },
      ],
      meta: {
        resourceType: "User",
        created: "2026-01-01T01:00:00.000Z",
        lastModified: "2026-02-01T01:00:00.000Z",
        location: `${base}/Users/${testId(1)}`,
        version: 'W/"2"',
      },
    });
    expect(headers.get("location")).toBe(`${base}/Users/${testId(1)}`);
  });

  it("R-042 R-044 answers a group with its members, those who have gone left out", async () => {
    const { json } = await server.ask(`/Groups/${testId(100)}`);
    expect(json["members"]).toEqual([
      { value: testId(0), $ref: `${base}/Users/${testId(0)}`, display: "员工 0", type: "User" },
      { value: testId(1), $ref: `${base}/Users/${testId(1)}`, display: "员工 1", type: "User" },
      { value: testId(2), $ref: `${base}/Users/${testId(2)}`, display: "员工 2", type: "User" },
      { value: testId(101), $ref: `${base}/Groups/${testId(101)}`, display: "Group 101", type: "Group" },
    ]);
    expect(json["meta"]).toMatchObject({ version: 'W/"3.7"', location: `${base}/Groups/${testId(100)}` });
  });

  it("R-018 leaves out members and groups where there are none", async () => {
    expect((await server.ask(`/Users/${testId(5)}`)).json).not.toHaveProperty("groups");
    expect((await server.ask(`/Groups/${testId(102)}`)).json).not.toHaveProperty("members");
  });

  it("R-070 R-136 R-152 answers 404 for ids that are unknown, gone, of the other type or malformed", async () => {
    for (const path of [
      `/Users/${testId(999)}`,
      `/Users/${testId(23)}`,
      `/Groups/${testId(1)}`,
      "/Users/%00",
      "/Users/a%2Fb",
      "/Users/%ff",
    ]) {
      expectError(await server.ask(path), 404);
    }
  });

  it("R-071 R-098 answers a list with its totals", async () => {
    const json = await list("/Users?count=10");
    expect(json).toMatchObject({ schemas: [listResponseSchema], totalResults: 24, startIndex: 1, itemsPerPage: 10 });
    expect(numbers(json)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await list("/Groups")).toMatchObject({ totalResults: 3, itemsPerPage: 3 });
  });

  it("R-072 answers an empty list where nothing matches", async () => {
    expect(await filtered('userName eq "nobody"')).toMatchObject({ totalResults: 0, itemsPerPage: 0, Resources: [] });
  });

  it("R-096 R-097 R-099 pages by the edge values of the RFC", async () => {
    expect(await list("/Users?startIndex=0&count=2")).toMatchObject({
      startIndex: 1,
      itemsPerPage: 2,
      totalResults: 24,
    });
    expect(await list("/Users?startIndex=-5&count=1")).toMatchObject({ startIndex: 1, itemsPerPage: 1 });
    expect(await list("/Users?count=0")).toMatchObject({ totalResults: 24, itemsPerPage: 0, Resources: [] });
    expect(await list("/Users?count=-1")).toMatchObject({ totalResults: 24, itemsPerPage: 0, Resources: [] });
    expect(await list("/Users?startIndex=25")).toMatchObject({
      totalResults: 24,
      itemsPerPage: 0,
      startIndex: 25,
      Resources: [],
    });
    expect(await list("/Users?startIndex=99999999999999999999&count=5")).toMatchObject({
      totalResults: 24,
      Resources: [],
    });
    expect(await list("/Users?count=99999999999999999999")).toMatchObject({ totalResults: 24, itemsPerPage: 24 });
    expect(numbers(await list("/Users?startIndex=23&count=10"))).toEqual([22, 24]);
    expect(await list("/Users?startIndex=&count=")).toMatchObject({ startIndex: 1, itemsPerPage: 24 });
  });

  it("R-100 shows each resource once when paged through", async () => {
    const pages: number[] = [];
    for (let start = 1; start <= 24; start += 5)
      pages.push(...numbers(await list(`/Users?startIndex=${start}&count=5`)));
    expect(pages).toEqual([...Array.from({ length: 23 }, (_, index) => index), 24]);
  });

  it("R-101 refuses numbers that are none", async () => {
    for (const query of ["startIndex=x", "count=1.5", "count=ten", "startIndex=1e3"]) {
      expectError(await server.ask(`/Users?${query}`), 400, "invalidValue");
    }
  });

  it("R-084 V5 finds a userName in any case, an externalId in its own only", async () => {
    expect(numbers(await filtered('userName eq "USER.3"'))).toEqual([3]);
    expect(numbers(await filtered('externalId eq "Ext-3"'))).toEqual([3]);
    expect(numbers(await filtered('externalId eq "EXT-3"'))).toEqual([]);
    expect(numbers(await filtered('displayName eq "group 101"', "Groups"))).toEqual([101]);
  });

  it("R-085 R-086 R-087 tells a value path from two comparisons", async () => {
    const apart = 'emails.type eq "home" and emails.value eq "user3@example.com"';
    expect(numbers(await filtered(apart))).toEqual([3]);
    expect(numbers(await filtered('emails[type eq "home" and value eq "user3@example.com"]'))).toEqual([]);
    expect(numbers(await filtered('emails co "USER3@"'))).toEqual([3]);
    expect(
      numbers(await filtered('active eq false and (emails[value sw "user4@"] or emails[value sw "user9@"])')),
    ).toEqual([4, 9]);
  });

  it("R-088 R-003 searches extensions under their URN in any case", async () => {
    const found = await filtered(`${enterpriseUserSchema.toUpperCase()}:Department eq "odd" and id lt "${testId(4)}"`);
    expect(numbers(found)).toEqual([1, 3]);
    expect(numbers(await filtered(`${enterpriseUserSchema}:manager eq "${testId(0)}"`))).toHaveLength(24);
  });

  it("R-089 compares times as times", async () => {
    expect(numbers(await filtered('meta.lastModified gt "2026-02-01T21:00:00Z"'))).toEqual([22, 24]);
    expect(numbers(await filtered('meta.lastModified ge "2026-02-02T05:00:00+08:00"'))).toEqual([21, 22, 24]);
  });

  it("finds groups by member and users by group", async () => {
    expect(numbers(await filtered(`members.value eq "${testId(1)}"`, "Groups"))).toEqual([100, 101]);
    expect(numbers(await filtered(`members[value eq "${testId(101)}" and type eq "Group"]`, "Groups"))).toEqual([100]);
    expect(numbers(await filtered(`members eq "${testId(23)}"`, "Groups"))).toEqual([]);
    expect(numbers(await filtered(`groups.value eq "${testId(100)}"`))).toEqual([0, 1, 2]);
  });

  it("R-090 R-091 TS-12 refuses a filter that it cannot answer, never ignores it", async () => {
    for (const filter of [
      "nope eq 1",
      "userName",
      'password sw "a"',
      "",
      '__proto__.x eq "y"',
      "userName eq bjensen",
    ]) {
      expectError(await server.ask(`/Users?filter=${encodeURIComponent(filter)}`), 400, "invalidFilter");
    }
  });

  it("R-093 takes + and %20 for a space", async () => {
    expect(numbers(await list("/Users?filter=userName+eq+%22User.3%22"))).toEqual([3]);
    expect(numbers(await list("/Users/?filter=userName%20eq%20%22User.3%22"))).toEqual([3]);
  });

  it("R-103 R-104 R-105 R-106 answers the attributes that were asked for and loads no others", async () => {
    server.loads.members = 0;
    server.loads.groups = 0;
    const slim = await server.ask(`/Users/${testId(1)}?attributes=USERNAME,emails.value`);
    expect(slim.json).toEqual({
      schemas: expect.any(Array),
      id: testId(1),
      userName: "User.1",
      emails: [{ value: "user1@example.com" }, { value: "home1@example.org" }],
    });
    const group = await server.ask(`/Groups/${testId(100)}?excludedAttributes=Members`);
    expect(group.json).not.toHaveProperty("members");
    expect(group.json).toHaveProperty("meta");
    await list("/Groups?excludedAttributes=members,meta");
    await list("/Users?excludedAttributes=groups");
    expect(server.loads).toEqual({ members: 0, groups: 0 });
    expect((await server.ask(`/Groups/${testId(100)}?attributes=members.value`)).json["members"]).toHaveLength(4);
    expect((await server.ask(`/Users/${testId(1)}?attributes=${extensionUrn}:pay`)).json[extensionUrn]).toEqual({
      pay: "12",
    });
    expectError(await server.ask("/Users?attributes=id&excludedAttributes=title"), 400, "invalidValue");
    for (const [query, which] of [
      [`attributes=id,${encodeURIComponent('emails[type eq "work"].value')}`, "attributes: emails[…].value"],
      ["excludedAttributes=id,wang@x.cn", "excludedAttributes: number 2"],
    ] as const) {
      const answer = await server.ask(`/Users?${query}`);
      expectError(answer, 400, "invalidValue");
      expect(answer.json["detail"]).toBe(`${which} is no attribute path (name, name.part or URN:name)`);
    }
  });

  it("reads the memberships of a page at once", async () => {
    server.loads.groups = 0;
    server.loads.members = 0;
    await list("/Users");
    await list("/Groups");
    expect(server.loads).toEqual({ members: 1, groups: 1 });
  });

  it("R-076 answers .search of a type like a query", async () => {
    const search = (body: unknown, path = "/Users/.search") =>
      server.ask(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/scim+json" },
      });
    const found = await search({
      schemas: [searchRequestSchema],
      filter: 'userName sw "user.1"',
      attributes: ["userName"],
      startIndex: 2,
      Count: 3,
    });
    expect(found.status).toBe(200);
    expect(found.json).toMatchObject({ totalResults: 11, startIndex: 2, itemsPerPage: 3 });
    expect(resourcesOf(found.json)[0]).toEqual({ schemas: expect.any(Array), id: testId(10), userName: "User.10" });
    expectError(await search({ schemas: [] }), 400, "invalidSyntax");
    expectError(await search({ schemas: [searchRequestSchema], count: "3" }), 400, "invalidSyntax");
    expectError(await search({ schemas: [searchRequestSchema], filter: "nope" }), 400, "invalidFilter");
    expectError(await search([]), 400, "invalidSyntax");
  });

  it("R-074 R-090 searches all types at the root, page after page", async () => {
    const all: number[] = [];
    for (let startIndex = 1; startIndex <= 27; startIndex += 10) {
      const body = JSON.stringify({ schemas: [searchRequestSchema], startIndex, count: 10 });
      const { json } = await server.ask("/.search", {
        method: "POST",
        body,
        headers: { "content-type": "application/scim+json" },
      });
      expect(json["totalResults"]).toBe(27);
      all.push(...numbers(json));
    }
    expect(all).toHaveLength(27);
    expect(all.slice(-4)).toEqual([24, 100, 101, 102]);
    const named = await list(`/?filter=${encodeURIComponent('userName eq "user.3" or members pr')}`);
    expect(numbers(named)).toEqual([3, 100, 101]);
    expectError(await server.ask("/?filter=nope+pr"), 400, "invalidFilter");
  });

  it("TS-15 shows a client only the sources that its token names", async () => {
    expect(await list("/Users", "token-one")).toMatchObject({ totalResults: 23 });
    expect(await list("/Users?filter=userName+eq+%22user.24%22", "token-one")).toMatchObject({ totalResults: 0 });
    expectError(await server.ask(`/Users/${testId(24)}`, { token: "token-one" }), 404);
    expectError(await server.ask(`/Users/${testId(24)}`, { token: "token-one", method: "DELETE" }), 404);
    expect(await list("/Groups", "token-none")).toMatchObject({ totalResults: 0, Resources: [] });
    expectError(await server.ask(`/Users/${testId(1)}`, { token: "token-none" }), 404);
  });

  it("R-155 R-156 answers 304 to who has the current version", async () => {
    const first = await server.ask(`/Groups/${testId(100)}`);
    const etag = first.headers.get("etag") ?? "";
    expect(first.json["meta"]).toMatchObject({ version: etag });
    for (const tag of [etag, etag.slice(2), `"x", ${etag}`, "*"]) {
      const again = await server.ask(`/Groups/${testId(100)}`, { headers: { "if-none-match": tag } });
      expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await server.ask(`/Groups/${testId(100)}`, { headers: { "if-none-match": 'W/"3"' } })).status).toBe(200);
  });

  it("answers HEAD like GET without a body", async () => {
    const head = await server.ask(`/Users/${testId(1)}`, { method: "HEAD" });
    expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", 'W/"2"']);
    expect((await server.ask(`/Users/${testId(999)}`, { method: "HEAD" })).status).toBe(404);
  });

  it("gives no 5xx and no stack for anything that is asked", async () => {
    const pieces = fc.constantFrom(
      "filter",
      "=",
      "&",
      "%00",
      "%",
      "+",
      "count",
      "startIndex",
      "attributes",
      "excludedAttributes",
      "sortBy",
      "sortOrder",
      "cursor",
      "CURSOR=&",
      "descending",
      "emails",
      "meta.lastModified",
      "userName",
      " eq ",
      '"',
      "(",
      "members",
      "__proto__",
      "\\",
      "1",
      ",",
      ".",
      ":",
    );
    const query = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
    );
    const path = fc.constantFrom(
      "/Users",
      "/Groups",
      `/Users/${testId(1)}`,
      "/",
      "/Users/%E0%A4%A",
      "/Groups/__proto__",
      "/Schemas/x",
    );
    const property = fc.asyncProperty(path, query, async (start, text) => {
      const answer = await server.ask(`${start}?${text.replaceAll("#", "")}`);
      expect(answer.status).toBeLessThan(500);
      if (answer.status !== 200) expectError(answer, answer.status);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it("works where it is mounted", async () => {
    const outer = new Hono({ strict: false }).route("/scim/v2", server.app);
    const headers = { authorization: "Bearer token-all" };
    expect((await outer.request(`/scim/v2/Users/${testId(1)}`, { headers })).status).toBe(200);
    for (const path of ["/scim/v2", "/scim/v2/", "/scim/v2/Users/", "/scim/v2/Users/?count=1"]) {
      expect((await outer.request(path, { headers })).status).toBe(200);
    }
    const missing = await outer.request("/scim/v2/Nope", { headers });
    expect(await missing.json()).toMatchObject({ schemas: [errorSchema], status: "404" });
  });
});

function resourcesOf(json: JsonObject): readonly JsonObject[] {
  const resources: Json | undefined = json["Resources"];
  return Array.isArray(resources) ? resources.filter(isJsonObject) : [];
}

function expectError(answer: Answer, status: number, scimType?: string): void {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers.get("content-type")).toContain("application/scim+json");
  expect(answer.json).toMatchObject({ schemas: [errorSchema], status: String(status), detail: expect.any(String) });
  expect(answer.json["scimType"]).toBe(scimType ?? answer.json["scimType"]);
  expect(answer.text).not.toMatch(/\bat .*\.ts:\d/);
}
