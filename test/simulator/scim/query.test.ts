import fc from "fast-check";
import { expect, test } from "vitest";
import { GrammarError, parseFilter, parsePatchPath } from "../../../src/simulator/scim/filter-syntax.ts";
import { enterpriseUrn, start, wecomUrn } from "./support.ts";

test("filters follow the grammar and the precedence of RFC 7644 §3.4.2.2", async () => {
  const { user, ids } = await start();
  const ann = await user("Ann", {
    externalId: "E1",
    displayName: "Ann O'Hara",
    title: "Dr",
    active: true,
    emails: [
      { value: "ann@work.example", type: "work" },
      { value: "ann@home.example", type: "home" },
    ],
    [enterpriseUrn]: { department: "R&D", employeeNumber: "7" },
    [wecomUrn]: { status: 1 },
  });
  const bob = await user("bob", { externalId: "e1", displayName: 'Bob "B"', active: false, [wecomUrn]: { status: 4 } });
  const both = [ann, bob];
  const cases: readonly (readonly [filter: string, expected: readonly string[]])[] = [
    ['userName eq "ANN"', [ann]],
    ['USERNAME EQ "bob"', [bob]],
    [`id eq "${ann}"`, [ann]],
    [`id eq "${ann.toUpperCase()}"`, []],
    ['externalId eq "e1"', [bob]],
    ['externalId eq "E1" and active eq true', [ann]],
    ['displayName eq "bob \\"b\\""', [bob]],
    ['displayName co "\\u004f\'hara"', [ann]],
    ['displayName sw "ann o\'"', [ann]],
    ['userName ew "B"', [bob]],
    ["title pr", [ann]],
    ["not (title pr)", [bob]],
    ["title eq null", [bob]],
    ["title ne null", [ann]],
    ['title ne "x"', both],
    ["active eq false", [bob]],
    ['userName gt "annb"', [bob]],
    [`${wecomUrn}:status ge 2`, [bob]],
    [`${wecomUrn}:status lt 4`, [ann]],
    [`${enterpriseUrn.toUpperCase()}:department eq "r&d"`, [ann]],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob"', [bob]],
    ['emails co "work.example"', [ann]],
    ['emails.type eq "home"', [ann]],
    ['emails[type eq "work" and value co "home"]', []],
    ['emails.type eq "work" and emails.value co "home"', [ann]],
    ['emails[not (type eq "work")]', [ann]],
    ['userName eq "bob" or userName eq "ann" and active eq false', [bob]],
    ['(userName eq "bob" or userName eq "ann") and active eq false', [bob]],
    ['userName eq "bob" or userName eq "ann"', both],
    ['meta.lastModified gt "2020-01-01T00:00:00Z"', both],
    ['meta.created lt "2020-01-01T00:00:00+08:00"', []],
    ['userName eq "__proto__"', []],
  ];
  for (const [filter, expected] of cases) expect(await ids("/Users", filter), filter).toEqual(expected);
});

test("groups are found by their members, and users by their groups", async () => {
  const { user, group, ids } = await start();
  const [a, b] = [await user("a"), await user("b")];
  const [one, two] = [await group("one", [a]), await group("two", [a, b])];
  expect(await ids("/Groups", `members.value eq "${a}"`)).toEqual([one, two]);
  expect(await ids("/Groups", `members[value eq "${b}" and type eq "User"]`)).toEqual([two]);
  expect(await ids("/Groups", `members eq "${b}" and displayName eq "ONE"`)).toEqual([]);
  expect(await ids("/Users", `groups.value eq "${one}"`)).toEqual([a]);
});

test("what can't be understood is invalidFilter, never everything", async () => {
  const { call, user, broken } = await start();
  await user("a");
  const wrong = [
    "userName eq a",
    "userName",
    'userName is "a"',
    'shoeSize eq "a"',
    'name eq "a"',
    "active gt true",
    'active eq "true"',
    'password eq "x"',
    "not title pr",
    '(userName eq "a"',
    'userName eq "a" and',
    'userName eq "a" userName eq "b"',
    'emails[type eq "work"',
    'emails[emails[type eq "work"]]',
    'constructor eq "a"',
    "",
  ];
  for (const filter of wrong) {
    const { status, body } = await call("GET", `/Users?filter=${encodeURIComponent(filter)}`);
    expect([filter, status, body["scimType"]]).toEqual([filter, 400, "invalidFilter"]);
  }
  expect(new Set(broken())).toEqual(new Set(["query-filter!"]));
});

test("no text makes the parsers do anything but parse or refuse", () => {
  const piece = fc.constantFrom(
    "userName",
    " eq ",
    " and ",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    '"',
    '"x"',
    "\\",
    ".a",
    "1",
    "-",
    "null",
    " ",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join("")),
    fc.nat(5000).map((n) => "(".repeat(n)),
  );
  fc.assert(
    fc.property(text, (filter) => {
      for (const parse of [parseFilter, parsePatchPath]) {
        try {
          parse(filter);
        } catch (error) {
          expect(error).toBeInstanceOf(GrammarError);
        }
      }
    }),
  );
});

test("pages are cut by startIndex and count, and totals tell of all matches", async () => {
  const { call, user, broken } = await start({ pageSize: 3 });
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) ids.push(await user(`u${index}`));
  const page = async (query: string) => {
    const { totalResults, startIndex, itemsPerPage, Resources } = (await call("GET", `/Users?${query}`))
      .body as unknown as {
      totalResults: number;
      startIndex: number;
      itemsPerPage: number;
      Resources: readonly { id: string }[];
    };
    return [totalResults, startIndex, itemsPerPage, Resources.map(({ id }) => ids.indexOf(id))];
  };
  expect(await page("")).toEqual([5, 1, 3, [0, 1, 2]]);
  expect(await page("startIndex=4&count=100")).toEqual([5, 4, 2, [3, 4]]);
  expect(await page("startIndex=9")).toEqual([5, 9, 0, []]);
  expect(await page("count=0")).toEqual([5, 1, 0, []]);
  expect(broken()).toEqual([]);
  expect(await page("startIndex=-2&count=-1")).toEqual([5, 1, 0, []]);
  expect((await call("GET", "/Users?count=many")).status).toBe(400);
  expect(broken()).toEqual(["query-paging", "query-paging", "query-paging!"]);
});

test("attributes and excludedAttributes choose what an answer holds", async () => {
  const { call, user, group, broken } = await start();
  const id = await user("a", {
    name: { familyName: "f", givenName: "g" },
    [enterpriseUrn]: { department: "d", division: "v" },
  });
  const team = await group("team", [id]);
  const get = async (path: string) => {
    const { schemas: _, ...rest } = (await call("GET", path)).body;
    return rest;
  };
  expect(await get(`/Users/${id}?attributes=USERNAME,name.givenName`)).toEqual({
    id,
    userName: "a",
    name: { givenName: "g" },
  });
  expect(await get(`/Users/${id}?attributes=${enterpriseUrn}:department`)).toEqual({
    id,
    [enterpriseUrn]: { department: "d" },
  });
  expect(await get(`/Users/${id}?excludedAttributes=id,meta,groups,name,${enterpriseUrn}`)).toEqual({
    id,
    userName: "a",
  });
  expect(await get(`/Groups/${team}?excludedAttributes=members,meta`)).toEqual({ id: team, displayName: "team" });
  expect(broken()).toEqual([]);
  expect((await call("GET", "/Users?attributes=id&excludedAttributes=name")).status).toBe(400);
  await call("GET", "/Users?attributes=shoeSize");
  expect(broken()).toEqual(["query-attributes!", "query-attributes"]);
});

test("a .search is a list whose query is in the body", async () => {
  const { call, user } = await start();
  const id = await user("a", { title: "t" });
  await user("b");
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"];
  const { status, body } = await call("POST", "/Users/.search", {
    schemas,
    filter: 'userName eq "a"',
    attributes: ["title"],
    count: 5,
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ totalResults: 1, Resources: [{ id, title: "t" }] });
});

test("members are left out of answers where the service provider never gives them", async () => {
  const { call, user, group, ids } = await start({ returnMembers: false });
  const id = await user("a");
  const team = await group("team", [id]);
  expect((await call("GET", `/Groups/${team}?attributes=members`)).body).not.toHaveProperty("members");
  expect(await ids("/Groups", `members.value eq "${id}"`)).toEqual([team]);
});
