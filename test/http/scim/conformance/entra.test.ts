import { expect, it } from "vitest";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { testId } from "../../../store/filter-directory.ts";
import { expectError, expectStatus, listOf, onEachEndpoint, resourcesOf, versionOf, withoutMeta } from "./endpoint.ts";

// The requests of Microsoft's SCIM Validator, as public reports of its runs have them (V1 to V24, and VP1 to VP7 of its
// preview), and the habits of Entra ID that its documents tell (E1 to E20).

const userBody = (userName: string): JsonObject => ({
  schemas: [coreUserSchema, enterprise],
  externalId: "a2e1b8d4-0c3f-4f9b-9d63-6a5d8f8e0b11",
  userName,
  name: {
    formatted: "Alessandra",
    familyName: "Jakubowski",
    givenName: "Stephon",
    middleName: "Gracie",
    honorificPrefix: "Prof.",
    honorificSuffix: "III",
  },
  displayName: "DGKRJNOSBVCK",
  nickName: "WVQNWSSVJDUQ",
  profileUrl: "https://example.test/p",
  title: "HMRMJGOWMVKK",
  userType: "DGRXZQTIFKGP",
  preferredLanguage: "ga",
  locale: "KJKFCAZXWQWD",
  timezone: "Africa/Djibouti",
  active: true,
  emails: [{ type: "work", value: "alessandra@jakubowski.us", primary: true }],
  phoneNumbers: [
    { type: "work", value: "84-480-9999", primary: true },
    { type: "mobile", value: "84-480-0000" },
    { type: "fax", value: "84-480-1111" },
  ],
  addresses: [
    {
      type: "work",
      formatted: "UHCGWHDYHQKV",
      streetAddress: "53371 Shanahan Cove",
      locality: "MSWFWNUDKPNS",
      region: "LSVHZDVXZEPQ",
      postalCode: "dy28 4qx",
      primary: true,
      country: "Venezuela",
    },
  ],
  roles: [{ primary: "True", display: "WIREFLQ", value: "ZHVGJPB", type: "LYVYPWO" }],
  [enterprise]: {
    employeeNumber: "KTRDQSXSKHDI",
    costCenter: "XKTYBXCRLFQX",
    organization: "RSSZZIAYQVXO",
    division: "EFZLRRAYMSLQ",
    department: "KSXQVLAVHVDU",
    manager: { value: "NVJNYXDGMVNB" },
  },
});

onEachEndpoint("Entra ID's validator, users", (scim) => {
  it("V1 V3 E13 creates a user with everything, and finds him", async () => {
    const body = userBody("emerald@rutherfordhermiston.us");
    const created = await scim.post("/Users", body);
    expectStatus(created, 201);
    expect(created.json).toMatchObject({ ...body, roles: [{ primary: true, value: "ZHVGJPB" }] });
    const found = await scim.find("/Users", `userName eq "${body["userName"]}"`);
    expect(found).toEqual([created.json]);
  });

  it("V2 refuses a duplicate", async () => {
    expectStatus(await scim.post("/Users", userBody("a@b.us")), 201);
    expectError(await scim.post("/Users", userBody("a@b.us")), 409, "uniqueness");
  });

  it("V4 V5 E9 finds nobody who is not there, and whoever is there in any case", async () => {
    expectStatus(await scim.post("/Users", userBody("a@b.us")), 201);
    const none = await scim.get("/Users?filter=userName+eq+%22non-existing%22");
    expect(none.json).toMatchObject({ totalResults: 0, Resources: [] });
    expect(await scim.find("/Users", 'userName eq "A@B.US"')).toHaveLength(1);
  });

  it("V6 E2 replaces attribute by attribute, one operation each", async () => {
    const { path } = await scim.newUser({ ...userBody("a@b.us"), emails: [] });
    const replace = (at: string, value: unknown) => ({ op: "replace", path: at, value });
    const names = ["displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone"];
    const nameParts = ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];
    const addressParts = ["formatted", "streetAddress", "locality", "region", "postalCode", "country"];
    const enterpriseNames = ["employeeNumber", "costCenter", "organization", "division", "department"];
    const operations = [
      ...names.map((name) => replace(name, `new ${name}`)),
      replace("profileUrl", "https://example.test/new"),
      ...nameParts.map((name) => replace(`name.${name}`, `new ${name}`)),
      replace('emails[type eq "work"].value', "new@example.com"),
      replace('emails[type eq "work"].primary', true),
      replace('phoneNumbers[type eq "work"].value', "1"),
      replace('phoneNumbers[type eq "mobile"].value', "2"),
      replace('phoneNumbers[type eq "fax"].value', "3"),
      ...addressParts.map((name) => replace(`addresses[type eq "work"].${name}`, `new ${name}`)),
      replace('roles[primary eq "True"].display', "new display"),
      replace('roles[primary eq "True"].value', "new value"),
      replace('roles[primary eq "True"].type', "new type"),
      ...enterpriseNames.map((name) => replace(`${enterprise}:${name}`, `new ${name}`)),
      replace(`${enterprise}:manager.value`, "new manager"),
    ];
    const patched = await scim.patch(path, ...operations);
    expectStatus(patched, 200);
    const renewed = (list: readonly string[]) => Object.fromEntries(list.map((name) => [name, `new ${name}`]));
    expect(patched.json).toMatchObject({
      ...renewed(names),
      name: renewed(nameParts),
      emails: [{ type: "work", value: "new@example.com", primary: true }],
      phoneNumbers: [
        { type: "work", value: "1", primary: true },
        { type: "mobile", value: "2" },
        { type: "fax", value: "3" },
      ],
      addresses: [{ type: "work", ...renewed(addressParts) }],
      roles: [{ primary: true, display: "new display", value: "new value", type: "new type" }],
      [enterprise]: { ...renewed(enterpriseNames), manager: { value: "new manager" } },
    });
    expect((await scim.get(path)).json).toEqual(patched.json);
  });

  it("V7 renames", async () => {
    const { path, id } = await scim.newUser(userBody("a@b.us"));
    const renamed = await scim.patch(path, { op: "Replace", path: "userName", value: "c@d.us" });
    expect(renamed.json["userName"]).toBe("c@d.us");
    expect((await scim.find("/Users", 'userName eq "c@d.us"')).map((user) => user["id"])).toEqual([id]);
    expect(await scim.find("/Users", 'userName eq "a@b.us"')).toEqual([]);
  });

  it("V8 E1 E2 E15 disables and restores, and shows who is disabled", async () => {
    const { path } = await scim.newUser(userBody("a@b.us"));
    for (const [value, active] of [
      [false, false],
      ["True", true],
      ["False", false],
    ] as const) {
      const patched = await scim.patch(path, { op: "Replace", path: "active", value });
      expectStatus(patched, 200);
      expect(patched.json["active"]).toBe(active);
    }
    expect((await scim.get(path)).json["active"]).toBe(false);
    expect(await scim.find("/Users", 'userName eq "a@b.us"')).toHaveLength(1);
  });

  it("V9 V10 V11 E12 adds, replaces and clears a manager", async () => {
    const path = `${enterprise}:manager`;
    const [boss, next] = [await scim.newUser(), await scim.newUser()];
    const user = await scim.newUser({ schemas: [coreUserSchema, enterprise] });
    for (const [operation, expected] of [
      [{ op: "Add", path, value: boss.id }, boss.id],
      [{ op: "Replace", path, value: { value: next.id } }, next.id],
      [{ op: "Add", path, value: [{ $ref: null, value: boss.id }] }, boss.id],
      [{ op: "Replace", path, value: { value: "" } }, undefined],
      [{ op: "Add", path, value: boss.id }, boss.id],
      [{ op: "Remove", path }, undefined],
    ] as const) {
      const patched = await scim.patch(user.path, operation);
      expectStatus(patched, 200);
      const wanted = expected === undefined ? undefined : { manager: { value: expected } };
      expect(patched.json[enterprise]).toEqual(wanted);
    }
  });

  it("V12 VP3 VP4 deletes once", async () => {
    const { path } = await scim.newUser(userBody("a@b.us"));
    expectStatus(await scim.delete(path), 204);
    expectError(await scim.get(path), 404);
    expectError(await scim.delete(path), 404);
    expectError(await scim.delete(`/Users/${testId(999)}`), 404);
  });

  it("VP1 VP2 does several operations on different attributes and on the same", async () => {
    const { path } = await scim.newUser(userBody("a@b.us"));
    const { json } = await scim.patch(
      path,
      { op: "Replace", path: "displayName", value: "x" },
      { op: "Remove", path: "nickName" },
      { op: "Add", path: "title", value: "y" },
      { op: "Replace", path: "displayName", value: "z" },
    );
    expect(json).toMatchObject({ displayName: "z", title: "y" });
    expect(json).not.toHaveProperty("nickName");
  });

  it("E3 E7 takes what its compliance flag sends: names that are paths, and parts that are not there yet", async () => {
    const { path } = await scim.newUser();
    const { json } = await scim.patch(
      path,
      { op: "replace", path: 'emails[type eq "work"].value', value: "TestMhvaes@test.microsoft.com" },
      {
        op: "replace",
        value: { displayName: "Bjfe", "name.givenName": "Kkom", [`${enterprise}:employeeNumber`]: "Aklq" },
      },
    );
    expect(json).toMatchObject({
      displayName: "Bjfe",
      name: { givenName: "Kkom" },
      emails: [{ type: "work", value: "TestMhvaes@test.microsoft.com" }],
      [enterprise]: { employeeNumber: "Aklq" },
    });
  });

  it("E16 E19 keeps values as they are sent, and changes nothing when they are sent again", async () => {
    const body = { ...userBody("A@b.us"), phoneNumbers: [{ type: "work", value: "(555) 010-0199 x 7" }] };
    const { path, json } = await scim.newUser(body);
    expect(json["phoneNumbers"]).toEqual(body.phoneNumbers);
    const again = await scim.put(path, body);
    expect(again.json).toEqual(json);
    expect(versionOf(again)).toBe(versionOf({ json }));
  });
});

onEachEndpoint("Entra ID's validator, groups", (scim) => {
  const newGroup = async (displayName: string) => {
    const body = {
      schemas: [coreGroupSchema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
      externalId: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      displayName,
      meta: { resourceType: "Group" },
    };
    const created = await scim.post("/Groups", body);
    expectStatus(created, 201);
    return { id: String(created.json["id"]), path: `/Groups/${created.json["id"]}`, json: created.json };
  };

  it("V18 V19 E10 E20 creates a group without members, and refuses a duplicate", async () => {
    const { json } = await newGroup("FMGLOWRKXVTQ");
    expect(withoutMeta(json)).toEqual({
      schemas: [coreGroupSchema],
      externalId: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      displayName: "FMGLOWRKXVTQ",
    });
    expectError(await scim.post("/Groups", { displayName: "FMGLOWRKXVTQ" }), 409, "uniqueness");
  });

  it("V13 V14 answers groups without members, by id and by name", async () => {
    const { id } = await scim.newUser();
    const { path } = await scim.newGroup({ displayName: "g", members: [{ value: id }] });
    expect((await scim.get(`${path}?excludedAttributes=members`)).json).not.toHaveProperty("members");
    const found = await scim.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22g%22");
    expect(found.json["totalResults"]).toBe(1);
    expect(resourcesOf(found)[0]).not.toHaveProperty("members");
  });

  it("V15 V16 V17 finds a group by name, in any case, and no other", async () => {
    const { id } = await newGroup("Guides");
    for (const name of ["Guides", "GUIDES", "guides"]) {
      expect((await scim.find("/Groups", `displayName eq "${name}"`)).map((group) => group["id"])).toEqual([id]);
    }
    expect(await scim.find("/Groups", 'displayName eq "Guide"')).toEqual([]);
  });

  it("V20 V21 replaces externalId and displayName without a path", async () => {
    const { path } = await newGroup("g");
    const identified = await scim.patch(path, { op: "replace", value: { externalId: "new" } });
    expect(identified.json).toMatchObject({ externalId: "new", displayName: "g" });
    const renamed = await scim.patch(path, { op: "replace", value: { displayName: "h" } });
    expect(renamed.json).toMatchObject({ externalId: "new", displayName: "h" });
  });

  it("V22 E11 E14 adds a member, by replacing them all and by adding", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const group = await newGroup("g");
    expectStatus(await scim.patch(group.path, { op: "Replace", path: "members", value: [{ value: a.id }] }), 204);
    expect(await scim.membersOf(group)).toEqual([a.id]);
    const add = { op: "Add", path: "members", value: [{ $ref: null, value: b.id }] };
    expectStatus(await scim.patch(group.path, add), 204);
    expect(await scim.membersOf(group)).toEqual([a.id, b.id].sort());
  });

  it("V23 E4 E5 removes one member, by value or by filter, and leaves the others", async () => {
    const [a, b, c] = [await scim.newUser(), await scim.newUser(), await scim.newUser()];
    const group = await newGroup("g");
    const all = [a, b, c].map(({ id }) => ({ value: id }));
    expectStatus(await scim.patch(group.path, { op: "Replace", path: "members", value: all }), 204);
    expectStatus(await scim.patch(group.path, { op: "remove", path: `members[value eq "${a.id}"]` }), 204);
    expect(await scim.membersOf(group)).toEqual([b.id, c.id].sort());
    expectStatus(await scim.patch(group.path, { op: "Remove", path: "members", value: [{ value: b.id }] }), 204);
    expect(await scim.membersOf(group)).toEqual([c.id]);
  });

  it("V24 VP6 VP7 deletes once, and leaves the members", async () => {
    const user = await scim.newUser();
    const group = await scim.newGroup({ members: [{ value: user.id }] });
    expectStatus(await scim.delete(group.path), 204);
    expectError(await scim.get(group.path), 404);
    expectError(await scim.delete(group.path), 404);
    expectError(await scim.delete(`/Groups/${testId(999)}`), 404);
    expect((await scim.get(user.path)).json).not.toHaveProperty("groups");
  });

  it("VP5 adds and removes the same member in one request", async () => {
    const { id } = await scim.newUser();
    const group = await newGroup("g");
    const add = { op: "add", path: "members", value: [{ value: id }] };
    const remove = { op: "remove", path: `members[value eq "${id}"]` };
    expectStatus(await scim.patch(group.path, add, remove), 204);
    expect(await scim.membersOf(group)).toEqual([]);
  });

  it("E17 publishes schemas without null, in a list", async () => {
    const answer = await scim.get("/Schemas");
    expect(answer.text).not.toContain("null");
    expect(listOf(answer.json, "Resources").map(({ id }) => id)).toEqual(
      expect.arrayContaining([coreUserSchema, coreGroupSchema, enterprise]),
    );
  });
});
