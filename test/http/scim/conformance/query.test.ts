import { expect, it } from "vitest";
import { coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { type Endpoint, expectError, expectStatus, onEachEndpoint, resourcesOf, searchRequest } from "./endpoint.ts";

// RFC 7644 §3.4: queries over what was written. What the directory of a source answers is in ../read.test.ts.

onEachEndpoint("queries", (scim) => {
  const names = async (filter: string) =>
    (await scim.find("/Users", filter)).map(({ userName }) => String(userName)).sort();

  it("R-071 R-072 R-102 counts all that match, on every page", async () => {
    expect((await scim.get("/Users")).json).toMatchObject({ totalResults: 0, itemsPerPage: 0, Resources: [] });
    await makePeople(scim);
    for (const startIndex of [1, 3, 5, 7]) {
      const { json } = await scim.get(`/Users?startIndex=${startIndex}&count=2`);
      expect(json).toMatchObject({
        totalResults: 5,
        startIndex,
        itemsPerPage: Math.max(0, Math.min(2, 6 - startIndex)),
      });
    }
    const filtered = await scim.get("/Users?filter=active+eq+true&count=1");
    expect(filtered.json).toMatchObject({ totalResults: 4, itemsPerPage: 1 });
    expect((await scim.get("/?count=1")).json).toMatchObject({ totalResults: 5, itemsPerPage: 1 });
  });

  it("R-073 writes Resources as it is written, and reads a search in any case", async () => {
    await makePeople(scim);
    const answer = await scim.post("/Users/.search", {
      SCHEMAS: ["urn:ietf:params:scim:api:messages:2.0:searchrequest"],
      Filter: 'userName eq "ANN"',
      ATTRIBUTES: ["userName"],
      startindex: 1,
      sortby: "userName",
    });
    expect(Object.keys(answer.json).sort()).toEqual([
      "Resources",
      "itemsPerPage",
      "schemas",
      "startIndex",
      "totalResults",
    ]);
    expect(resourcesOf(answer)).toEqual([{ schemas: [coreUserSchema], id: expect.any(String), userName: "ann" }]);
  });

  it("R-074 R-076 searches users and groups at the root, each with its type", async () => {
    await makePeople(scim);
    await scim.newGroup({ displayName: "Ann's" });
    const search = searchRequest({ filter: 'displayName sw "ann"', sortBy: "displayName" });
    const found = resourcesOf(await scim.post("/.search", search));
    expect(found.map(({ meta }) => meta)).toMatchObject([{ resourceType: "User" }, { resourceType: "Group" }]);
  });

  it("R-078 R-079 R-080 R-081 has all operators, in any case and by precedence", async () => {
    await makePeople(scim);
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['userName eq "ann"', ["ann"]],
      ['userName ne "ann"', ["bob", "cat", "dan", "eve"]],
      ['title co "ager"', ["ann", "bob"]],
      ['title sw "man"', ["ann", "bob"]],
      ['title ew "ER"', ["ann", "bob"]],
      ["title pr", ["ann", "bob", "cat"]],
      ['userName gt "cat"', ["dan", "eve"]],
      ['userName ge "cat"', ["cat", "dan", "eve"]],
      ['userName lt "bob"', ["ann"]],
      ['userName le "bob"', ["ann", "bob"]],
      ["active EQ false", ["eve"]],
      ['userName eq "eve" OR userName eq "dan" And active eq false', ["eve"]],
      ['(userName eq "eve" or userName eq "dan") and active eq false', ["eve"]],
      ['active eq true and userName eq "ann" or userName eq "eve"', ["ann", "eve"]],
      ["Not (title pr) aNd active eq true", ["dan"]],
      ['not (title eq "Guide" or title eq "manager")', ["dan", "eve"]],
    ];
    for (const [filter, expected] of cases) expect(await names(filter), filter).toEqual(expected);
    for (const filter of [
      "not title pr",
      "userName eq ann",
      'userName = "ann"',
      'userName eq "ann" title pr',
      "active eq True",
    ]) {
      expectError(await scim.get(`/Users?filter=${encodeURIComponent(filter)}`), 400, "invalidFilter");
    }
  });

  it("R-082 R-092 takes what is empty for what is not there", async () => {
    await makePeople(scim);
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["name pr", ["ann", "bob"]],
      ["name.givenName pr", ["ann"]],
      ["emails pr", ["ann", "bob"]],
      [`${enterprise}:manager pr`, ["bob"]],
      ["title eq null", ["dan", "eve"]],
      ["title ne null", ["ann", "bob", "cat"]],
      ["nickName pr", []],
    ];
    for (const [filter, expected] of cases) expect(await names(filter), filter).toEqual(expected);
  });

  it("R-083 R-089 compares times as times, and refuses to order what has no order", async () => {
    const [ann] = await makePeople(scim);
    const { created } = (ann?.json["meta"] ?? {}) as { readonly created?: string };
    expect(await names(`meta.created ge "${created}"`)).toHaveLength(5);
    expect(await names('meta.lastModified lt "2001-01-01T00:00:00Z"')).toEqual([]);
    for (const filter of [
      "active gt false",
      "active le true",
      'x509Certificates.value gt "a"',
      "emails.primary ge true",
    ]) {
      expectError(await scim.get(`/Users?filter=${encodeURIComponent(filter)}`), 400, "invalidFilter");
    }
  });

  it("R-084 R-011 goes by the case of id and externalId only", async () => {
    const [ann] = await makePeople(scim);
    expect(await names('userName eq "ANN"')).toEqual(["ann"]);
    expect(await names('externalId eq "Ext-ann"')).toEqual(["ann"]);
    expect(await names('externalId eq "ext-ANN"')).toEqual([]);
    expect(await names(`id eq "${ann?.id}"`)).toEqual(["ann"]);
  });

  it("R-085 R-086 R-087 R-088 looks into lists and extensions", async () => {
    await makePeople(scim);
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['emails co "@example.org"', ["ann", "bob"]],
      ['emails.value ew "example.com"', ["ann"]],
      ['emails[type eq "work" and value co "@example.com"]', ["ann"]],
      ['emails[type eq "home" and value co "@example.com"]', []],
      ['emails.type eq "home" and emails.value co "@example.com"', ["ann"]],
      ['emails[type eq "work"].value eq "ann@example.com"', ["ann"]],
      ['title eq "guide" or (emails[type eq "home"] and active eq true)', ["ann", "bob", "cat"]],
      [`${enterprise}:department eq "sales"`, ["bob"]],
    ];
    for (const [filter, expected] of cases) expect(await names(filter), filter).toEqual(expected);
    expectError(await scim.get("/Users?filter=department+eq+%22sales%22"), 400, "invalidFilter");
  });

  it("R-093 reads escapes, and + for a space", async () => {
    await scim.newUser({ userName: 'quo"te\\back é😀', title: "a+b c" });
    expect(await names('userName eq "quo\\"te\\\\back \\u00E9\\ud83d\\ude00"')).toHaveLength(1);
    expect((await scim.get("/Users?filter=title+eq+%22a%2Bb+c%22")).json["totalResults"]).toBe(1);
    expect((await scim.get("/Users?filter=title%20eq%20%22a%2Bb%20c%22")).json["totalResults"]).toBe(1);
  });

  it("R-094 R-095 sorts what was written, by the primary value of a list", async () => {
    await makePeople(scim);
    const sorted = async (query: string) =>
      resourcesOf(await scim.get(`/Users?${query}`)).map(({ userName }) => String(userName));
    expect(await sorted("sortBy=userName&sortOrder=descending")).toEqual(["eve", "dan", "cat", "bob", "ann"]);
    expect((await sorted("sortBy=title")).slice(0, 1)).toEqual(["cat"]);
    expect((await sorted("sortBy=title&sortOrder=descending")).slice(0, 2).sort()).toEqual(["dan", "eve"]);
    // Ann's primary is ann@example.com, Bob's is not his first.
    expect((await sorted("sortBy=emails.value")).slice(0, 2)).toEqual(["bob", "ann"]);
  });

  it("R-100 shows each once, page after page, while somebody writes", async () => {
    await makePeople(scim);
    const seen: string[] = [];
    for (let startIndex = 1; startIndex <= 5; startIndex += 1) {
      const page = resourcesOf(await scim.get(`/Users?startIndex=${startIndex}&count=1`));
      seen.push(...page.map(({ userName }) => String(userName)));
      const [only] = page;
      await scim.patch(`/Users/${only?.["id"]}`, { op: "add", path: "nickName", value: "x" });
    }
    expect(seen.sort()).toEqual(["ann", "bob", "cat", "dan", "eve"]);
  });

  it("R-103 R-104 R-105 R-107 answers the same attributes in lists, searches and single resources", async () => {
    const [ann] = await makePeople(scim);
    const expected = {
      schemas: expect.any(Array),
      id: ann?.id,
      userName: "ann",
      emails: [{ type: "work" }, { type: "home" }],
    };
    const attributes = ["userName", "emails.type"];
    const answers = [
      (await scim.get(`${ann?.path}?attributes=${attributes}`)).json,
      resourcesOf(await scim.get(`/Users?attributes=${attributes}&filter=userName+eq+%22ann%22`))[0],
      resourcesOf(await scim.post("/Users/.search", searchRequest({ attributes, filter: 'userName eq "ann"' })))[0],
      resourcesOf(await scim.post("/.search", searchRequest({ attributes, filter: 'userName eq "ann"' })))[0],
    ];
    for (const answer of answers) expect(answer).toEqual(expected);
    const both = searchRequest({ attributes, excludedAttributes: ["title"] });
    expectError(await scim.post("/Users/.search", both), 400, "invalidValue");
    const without = resourcesOf(await scim.get("/Users?excludedAttributes=meta,emails,userName&count=1"))[0];
    expect(without).not.toHaveProperty("emails");
    expect(without).toHaveProperty("id");
  });

  it("R-160 R-163 leads through all of a list by cursor, while somebody deletes", async () => {
    const made = await makePeople(scim);
    const seen: string[] = [];
    let cursor: unknown = "";
    for (let page = 0; cursor !== undefined && page < 10; page += 1) {
      const answer = await scim.get(`/Users?count=2&cursor=${cursor}`);
      expectStatus(answer, 200);
      seen.push(...resourcesOf(answer).map(({ userName }) => String(userName)));
      cursor = answer.json["nextCursor"];
      if (page === 0) await scim.delete(made[0]?.path ?? "");
    }
    expect(seen).toEqual(["ann", "bob", "cat", "dan", "eve"]);
  });

  it("E8 answers the queries of Entra ID", async () => {
    const [ann, bob] = await makePeople(scim);
    const group = await scim.newGroup({ displayName: "g", externalId: "e", members: [{ value: ann?.id }] });
    expect(await names('userName eq "ann" and active eq true')).toEqual(["ann"]);
    expect(await names('emails[type eq "work"].value eq "ANN@example.com"')).toEqual(["ann"]);
    const probe = async (user: string | undefined) =>
      (
        await scim.get(
          `/Groups?excludedAttributes=members&filter=${encodeURIComponent(`id eq "${group.id}" and members eq "${user}"`)}`,
        )
      ).json["totalResults"];
    expect([await probe(ann?.id), await probe(bob?.id)]).toEqual([1, 0]);
    expect(await scim.find("/Groups", 'externalId eq "e"')).toHaveLength(1);
  });
});

async function makePeople(scim: Endpoint) {
  const ann = await scim.newUser({
    userName: "ann",
    externalId: "Ext-ann",
    displayName: "Ann",
    title: "Manager",
    name: { givenName: "Ann" },
    emails: [
      { value: "ann@example.com", type: "work", primary: true },
      { value: "a@example.org", type: "home" },
    ],
  });
  const others = [
    {
      userName: "bob",
      title: "manager",
      name: { familyName: "B" },
      emails: [
        { value: "z@example.org", type: "home" },
        { value: "a@example.org", type: "work", primary: true },
      ],
      [enterprise]: { department: "Sales", manager: { value: ann.id } },
    },
    { userName: "cat", title: "Guide" },
    { userName: "dan" },
    { userName: "eve", active: false },
  ];
  const made = [ann];
  for (const person of others) made.push(await scim.newUser(person));
  return made;
}
