import { describe, expect, it } from "vitest";
import { makeSchemaCatalog, parseSchema } from "../../../../src/scim/catalog.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { badgeSchema } from "../../../support/scim-write.ts";
import { extensionUrn } from "../scim-server.ts";
import { expectError, expectStatus, listOf, onEachEndpoint, withoutMeta } from "./endpoint.ts";

// RFC 7643 §2 to §4: attributes, as they are written and come back.

const core = "urn:ietf:params:scim:schemas:core:2.0";

onEachEndpoint("attributes", (scim) => {
  it("R-001 R-003 takes names and URNs in any case, and answers them as the schemas have them", async () => {
    const created = await scim.post("/Users", {
      SCHEMAS: [coreUserSchema.toUpperCase()],
      UserName: "bjensen",
      NAME: { GivenNAME: "Barbara" },
      emails: [{ VALUE: "b@example.com", Type: "work" }],
      [enterprise.toUpperCase()]: { Department: "Sales" },
    });
    expectStatus(created, 201);
    expect(withoutMeta(created.json)).toEqual({
      schemas: [coreUserSchema, enterprise],
      userName: "bjensen",
      name: { givenName: "Barbara" },
      active: true,
      emails: [{ value: "b@example.com", type: "work" }],
      [enterprise]: { department: "Sales" },
    });
    const path = `/Users/${created.json["id"]}`;
    const replaced = await scim.patch(path, { op: "replace", path: "NICKNAME", value: "Babs" });
    expect(replaced.json["nickName"]).toBe("Babs");
    expect(await scim.find("/Users", `${enterprise.toUpperCase()}:DEPARTMENT eq "sales"`)).toHaveLength(1);
    expect((await scim.get(`${path}?attributes=NickName`)).json["nickName"]).toBe("Babs");
    expect((await scim.get("/Users?sortBy=USERNAME")).json["totalResults"]).toBe(1);
  });

  it("R-001 refuses an attribute that is given twice in different spellings", async () => {
    expectError(await scim.post("/Users", { userName: "a", USERNAME: "b" }), 400, "invalidValue");
  });

  it("R-006 R-023 R-026 R-037 ignores what is readOnly in POST and PUT", async () => {
    const readOnly = {
      id: "mine",
      meta: { resourceType: "Group", created: "2001-01-01T00:00:00Z", version: 'W/"99"', location: "https://x" },
      groups: [{ value: "mine" }],
    };
    const { path, id, json } = await scim.newUser({ userName: "a", ...readOnly });
    expect(id).not.toBe("mine");
    expect(json).not.toHaveProperty("groups");
    expect(json["meta"]).toMatchObject({ resourceType: "User" });
    expect(String((json["meta"] as object & { created: string }).created)).not.toContain("2001");
    const replaced = await scim.put(path, { userName: "a", ...readOnly, title: "x" });
    expectStatus(replaced, 200);
    expect(replaced.json).toMatchObject({ id, title: "x", meta: { resourceType: "User" } });
  });

  it("R-006 R-037 R-041 refuses a PATCH of what is readOnly", async () => {
    const { path, id } = await scim.newUser();
    for (const operation of [
      { op: "replace", path: "id", value: "mine" },
      { op: "replace", path: "meta.created", value: "2001-01-01T00:00:00Z" },
      { op: "add", path: "groups", value: [{ value: "x" }] },
      { op: "remove", path: "groups" },
      { op: "replace", path: `${enterprise}:manager.displayName`, value: "Boss" },
      { op: "replace", path: `${enterprise}:manager.$ref`, value: "https://elsewhere.example.com/x" },
    ]) {
      expectError(await scim.patch(path, operation), 400, "mutability");
    }
    const pathless = await scim.patch(path, { op: "replace", value: { id, title: "x" } });
    expect(pathless.json).toMatchObject({ id, title: "x" });
    expectError(await scim.patch(path, { op: "replace", value: { id: "other", title: "y" } }), 400, "mutability");
  });

  it("R-008 R-009 takes a password and never gives it back, by whatever way it is asked for", async () => {
    const { path, json } = await scim.newUser({ password: "t1meMa$heen" });
    expect(JSON.stringify(json)).not.toContain("t1meMa$heen");
    for (const answer of [
      await scim.get(`${path}?attributes=password`),
      await scim.put(path, { userName: "a", password: "t1meMa$heen" }),
      await scim.patch(path, { op: "replace", path: "password", value: "t1meMa$heen" }),
    ]) {
      expectStatus(answer, 200);
      expect(answer.text).not.toContain("t1meMa$heen");
      expect(answer.json).not.toHaveProperty("password");
    }
    expectError(await scim.get("/Users?filter=password+sw+%22t%22"), 400, "invalidFilter");
    expectError(await scim.get("/Users?filter=password+pr"), 400, "invalidFilter");
  });

  it("R-009 returns what is returned always even if it is excluded, and what is on request only when named", async () => {
    const { path, id } = await scim.newUser({ [extensionUrn]: { shift: "late", pay: "12" } });
    const excluded = await scim.get(`${path}?excludedAttributes=id,schemas,userName`);
    expect(excluded.json).toMatchObject({ id, schemas: expect.any(Array) });
    expect((await scim.get(path)).json[extensionUrn]).toEqual({ shift: "late" });
    expect((await scim.get(`${path}?attributes=${extensionUrn}:pay`)).json[extensionUrn]).toEqual({ pay: "12" });
  });

  it("R-010 R-011 compares names without regard to case for uniqueness, and by Unicode", async () => {
    await scim.newUser({ userName: "Zoë@Example.com" });
    for (const userName of ["zoë@example.com", "ZOË@EXAMPLE.COM", "Zoe\u0308@example.com"]) {
      expectError(await scim.post("/Users", { userName }), 409, "uniqueness");
    }
    await scim.newUser({ userName: "zoe@example.com" });
    await scim.newGroup({ displayName: "Tour Guides" });
    expectError(await scim.post("/Groups", { displayName: "TOUR guides" }), 409, "uniqueness");
  });

  it("R-012 R-066 refuses values of another type, and says of which attribute", async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ title: 7 }, "title"],
      [{ title: { value: "x" } }, "title"],
      [{ active: "maybe" }, "active"],
      [{ active: 1 }, "active"],
      [{ name: "Barbara Jensen" }, "name"],
      [{ emails: [7] }, "emails[0]"],
      [{ emails: [{ value: { x: 1 } }] }, "emails[0].value"],
      [{ profileUrl: "not a URI" }, "profileUrl"],
      [{ x509Certificates: [{ value: "%%%" }] }, "x509Certificates[0].value"],
      [{ externalId: 701984 }, "externalId"],
      [{ [enterprise]: "x" }, enterprise],
      [{ [enterprise]: { manager: 7 } }, `${enterprise}:manager`],
    ];
    for (const [attributes, name] of wrong) {
      const answer = await scim.post("/Users", { userName: "a", ...attributes });
      expectError(answer, 400, "invalidValue");
      expect(answer.json["detail"]).toContain(name);
    }
    expect(await scim.find("/Users", "id pr")).toEqual([]);
  });

  it("R-013 takes a boolean that is sent as text, for attributes that are boolean only", async () => {
    const { json } = await scim.newUser({
      active: "False",
      title: "True",
      emails: [{ value: "a@example.com", primary: "TRUE" }],
    });
    expect(json).toMatchObject({ active: false, title: "True", emails: [{ value: "a@example.com", primary: true }] });
  });

  it("R-015 R-036 R-039 keeps all multi-valued attributes as they were sent, types nobody knows too", async () => {
    const values = {
      emails: [
        { value: "a@example.com", type: "work", display: "A", primary: true },
        { value: "b@example.com", type: "Ferien" },
      ],
      phoneNumbers: [
        { value: "tel:+86-10-12345678;ext=5", type: "pager" },
        { value: " 555-555-8377 ", type: "satellite" },
      ],
      ims: [{ value: "someaimhandle", type: "wecom" }],
      photos: [{ value: "https://photos.example.com/profilephoto/72930000000Ccne/F", type: "photo" }],
      addresses: [
        {
          type: "work",
          streetAddress: "100 Universal City Plaza",
          locality: "Hollywood",
          region: "CA",
          postalCode: "91608",
          country: "US",
          formatted: "100 Universal City Plaza\nHollywood, CA 91608 USA",
          primary: true,
        },
      ],
      entitlements: [{ value: "print" }],
      roles: [{ value: "admin", type: "x", primary: true, display: "Admin" }],
      x509Certificates: [{ value: "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx" }],
    };
    const { path, json } = await scim.newUser(values);
    expect(json).toMatchObject(values);
    expect((await scim.get(path)).json).toMatchObject(values);
    expect(await scim.find("/Users", 'phoneNumbers[type eq "satellite"].value pr')).toHaveLength(1);
  });

  it("R-016 refuses two primaries", async () => {
    const emails = [
      { value: "a@example.com", primary: true },
      { value: "b@example.com", primary: true },
    ];
    expectError(await scim.post("/Users", { userName: "a", emails }), 400, "invalidValue");
    const { path } = await scim.newUser();
    expectError(await scim.put(path, { userName: "a", emails }), 400, "invalidValue");
    expectError(await scim.patch(path, { op: "add", path: "emails", value: emails }), 400, "invalidValue");
    expect((await scim.get(path)).json).not.toHaveProperty("emails");
  });

  it("R-017 answers each pair of type and value once", async () => {
    const { path, json } = await scim.newUser({
      emails: [
        { value: "a@example.com", type: "work" },
        { value: "A@example.com", type: "WORK", display: "A" },
        { value: "a@example.com", type: "home" },
      ],
    });
    expect(json["emails"]).toEqual([
      { value: "a@example.com", type: "work", display: "A" },
      { value: "a@example.com", type: "home" },
    ]);
    const again = await scim.patch(path, {
      op: "add",
      path: "emails",
      value: [{ value: "A@EXAMPLE.com", type: "home" }],
    });
    expect(again.json["emails"]).toHaveLength(2);
  });

  it("R-018 R-019 takes null, the empty list and nothing at all for the same", async () => {
    const { path, json } = await scim.newUser({
      nickName: null,
      emails: [],
      roles: [],
      name: { givenName: null },
      ims: [{ value: null }],
      [enterprise]: { department: null, manager: { value: "" } },
    });
    expect(Object.keys(json).sort()).toEqual(["active", "id", "meta", "schemas", "userName"]);
    expect(json["schemas"]).toEqual([coreUserSchema]);
    const full = { userName: "a", title: "x", emails: [{ value: "a@example.com" }], name: { familyName: "Jensen" } };
    expectStatus(await scim.put(path, full), 200);
    const cleared = await scim.put(path, { ...full, title: null, emails: [] });
    expect(withoutMeta(cleared.json)).toEqual({
      schemas: [coreUserSchema],
      userName: "a",
      name: { familyName: "Jensen" },
      active: true,
    });
    const patched = await scim.patch(path, { op: "replace", path: "name.familyName", value: null });
    expect(patched.json).not.toHaveProperty("name");
  });

  it("R-021 R-022 R-031 lists the schemas of the data, whatever the client says of them", async () => {
    const bare = await scim.post("/Users", { userName: "a" });
    expectStatus(bare, 201);
    expect(bare.json["schemas"]).toEqual([coreUserSchema]);
    const { path, json } = await scim.newUser({ schemas: [coreUserSchema], [enterprise]: { department: "x" } });
    expect(json["schemas"]).toEqual([coreUserSchema, enterprise]);
    const gone = await scim.patch(path, { op: "remove", path: `${enterprise}:department` });
    expect(gone.json["schemas"]).toEqual([coreUserSchema]);
    const unused = await scim.newUser({ schemas: [coreUserSchema, enterprise, "urn:x:unknown"] });
    expect(unused.json["schemas"]).toEqual([coreUserSchema]);
    expectError(await scim.post("/Users", { schemas: [coreGroupSchema], userName: "b" }), 400, "invalidValue");
    expectError(await scim.post("/Users", { schemas: coreUserSchema, userName: "b" }), 400, "invalidValue");
  });

  it("R-031 does not take an attribute of an extension at the top", async () => {
    const { json } = await scim.newUser({ manager: { value: "x" }, department: "Sales" });
    expect(json).not.toHaveProperty("manager");
    expect(json).not.toHaveProperty("department");
    expect(json).not.toHaveProperty([enterprise]);
  });

  it("R-023 never gives an id twice, whatever the type and whoever went", async () => {
    const ids = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      const user = await scim.newUser({ userName: "same" });
      const group = await scim.newGroup({ displayName: "same" });
      for (const { id, path } of [user, group]) {
        expect(id).not.toBe("bulkId");
        expect(id.length).toBeLessThanOrEqual(36);
        ids.add(id);
        expectStatus(await scim.delete(path), 204);
      }
    }
    expect(ids.size).toBe(10);
  });

  it("R-024 R-025 keeps the client's externalId as it is, and lets two have the same", async () => {
    const first = await scim.newUser({ externalId: "Ext-701984" });
    const second = await scim.newUser({ externalId: "ext-701984" });
    expect((await scim.find("/Users", 'externalId eq "Ext-701984"')).map(({ id }) => id)).toEqual([first.id]);
    const third = await scim.newUser({ externalId: "Ext-701984" });
    expect(third.json["externalId"]).toBe("Ext-701984");
    const changed = await scim.patch(second.path, { op: "replace", path: "externalId", value: "x" });
    expect(changed.json["externalId"]).toBe("x");
    expect((await scim.newGroup({ externalId: "Ext-701984" })).json["externalId"]).toBe("Ext-701984");
  });

  it("R-027 R-028 R-029 R-030 R-155 describes itself in meta, which follows what happens", async () => {
    const { path, json } = await scim.newUser();
    const meta = json["meta"] as { created: string; lastModified: string; version: string };
    expect(meta.lastModified).toBe(meta.created);
    const { json: changed, headers } = await scim.patch(path, { op: "add", path: "title", value: "x" });
    const after = changed["meta"] as typeof meta;
    expect(after.created).toBe(meta.created);
    expect(Date.parse(after.lastModified)).toBeGreaterThan(Date.parse(meta.lastModified));
    expect(after.version).not.toBe(meta.version);
    expect(headers.get("etag")).toBe(after.version);
    expect((await scim.get(path)).json["meta"]).toEqual(after);
    const group = await scim.newGroup();
    expect(group.json["meta"]).toMatchObject({ resourceType: "Group" });
  });

  it("R-032 R-112 wants a userName of a user, R-042 a displayName of a group", async () => {
    for (const body of [{}, { userName: "" }, { userName: null }, { displayName: "x" }]) {
      expectError(await scim.post("/Users", body), 400, "invalidValue");
    }
    for (const body of [{}, { displayName: "" }, { displayName: null }, { userName: "x", members: [] }]) {
      expectError(await scim.post("/Groups", body), 400, "invalidValue");
    }
  });

  it("R-033 R-034 R-040 keeps every attribute of the core and the enterprise schema", async () => {
    const boss = await scim.newUser({ displayName: "Boss" });
    const values = {
      externalId: "701984",
      name: {
        formatted: "Ms. Barbara J Jensen, III",
        familyName: "Jensen",
        givenName: "Barbara",
        middleName: "Jane",
        honorificPrefix: "Ms.",
        honorificSuffix: "III",
      },
      displayName: "Babs Jensen",
      nickName: "Babs",
      profileUrl: "https://login.example.com/bjensen",
      title: "Tour Guide",
      userType: "Employee",
      preferredLanguage: "en-US",
      locale: "zh-CN",
      timezone: "Asia/Shanghai",
      active: false,
      [enterprise]: {
        employeeNumber: "701984",
        costCenter: "4130",
        organization: "Universal Studios",
        division: "Theme Park",
        department: "Tour Operations",
        manager: { value: boss.id },
      },
    };
    const { path, json } = await scim.newUser(values);
    expect(json).toMatchObject(values);
    expect((await scim.get(path)).json).toEqual(json);
    expect(await scim.find("/Users", `${enterprise}:manager.value eq "${boss.id}"`)).toHaveLength(1);
  });

  it("R-035 R-069 makes a user active who is made without it, and keeps one who is not", async () => {
    const { path, json } = await scim.newUser();
    expect(json["active"]).toBe(true);
    expect((await scim.newUser({ active: null })).json["active"]).toBe(true);
    expect((await scim.newUser({ active: false })).json["active"]).toBe(false);
    const off = await scim.patch(path, { op: "replace", path: "active", value: false });
    expect(off.json["active"]).toBe(false);
    expect((await scim.put(path, { userName: "a" })).json["active"]).toBe(true);
    // Clients take somebody without it for one who is not active.
    const cleared = await scim.patch(path, { op: "remove", path: "active" });
    expect(cleared.json).toEqual((await scim.get(path)).json);
    expect(cleared.json["active"]).toBe(true);
  });

  it("R-037 R-038 shows a user the groups that hold him", async () => {
    const { path, id } = await scim.newUser();
    const inner = await scim.newGroup({ displayName: "Inner", members: [{ value: id }] });
    await scim.newGroup({ displayName: "Outer", members: [{ value: inner.id }] });
    expect(listOf((await scim.get(path)).json, "groups")).toEqual([
      { value: inner.id, $ref: expect.stringMatching(`/Groups/${inner.id}$`), display: "Inner", type: "direct" },
    ]);
    const put = await scim.put(path, { userName: "a", groups: [] });
    expect(put.json["groups"]).toHaveLength(1);
  });

  it("R-041 takes the manager's id and leaves out the name that the client gives him", async () => {
    const { json } = await scim.newUser({
      [enterprise]: { manager: { value: "26118915", displayName: "John Smith" } },
    });
    expect(json[enterprise]).toEqual({ manager: { value: "26118915" } });
  });

  it("R-067 answers what it has kept, and ignores attributes that nobody knows", async () => {
    const { path, json } = await scim.newUser({
      nonsense: 1,
      name: { givenName: "Barbara", nonsense: 1 },
      "urn:example:unknown:2.0:User": { x: 1 },
      __proto__: { title: "x" },
      constructor: { title: "y" },
    });
    expect(Object.keys(json).sort()).toEqual(["active", "id", "meta", "name", "schemas", "userName"]);
    expect((await scim.get(path)).json).toEqual(json);
  });
});

const badge = badgeSchema.id;
onEachEndpoint(
  "attributes of an extension with one of everything",
  (scim) => {
    it("R-004 R-005 R-054 publishes every characteristic, those that a schema leaves out too", async () => {
      const { json } = await scim.get(`/Schemas/${badge}`);
      const byName = new Map(listOf(json, "attributes").map((attribute) => [attribute["name"], attribute]));
      expect(byName.get("tags")).toMatchObject({
        type: "string",
        multiValued: true,
        required: false,
        caseExact: false,
        mutability: "readWrite",
        returned: "default",
        uniqueness: "none",
      });
      expect(byName.get("serial")).toMatchObject({ mutability: "immutable" });
      expect(byName.get("issuer")).toMatchObject({ mutability: "readOnly" });
      const { json: user } = await scim.get(`/Schemas/${core}:User`);
      expect(listOf(user, "attributes").find(({ name }) => name === "password")).toMatchObject({
        mutability: "writeOnly",
        returned: "never",
      });
    });

    it("R-006 R-111 ignores what is readOnly in an extension", async () => {
      const { path, json } = await scim.newUser({ [badge]: { code: "x", issuer: "me" } });
      expect(json[badge]).toEqual({ code: "x" });
      expect((await scim.put(path, { userName: "a", [badge]: { code: "y", issuer: "me" } })).json[badge]).toEqual({
        code: "y",
      });
      expectError(await scim.patch(path, { op: "add", path: `${badge}:issuer`, value: "me" }), 400, "mutability");
    });

    it("R-007 R-111 sets what is immutable once", async () => {
      const { path } = await scim.newUser({ userName: "a", [badge]: { code: "x" } });
      const set = await scim.patch(path, { op: "add", path: `${badge}:serial`, value: "S1" });
      expect(set.json[badge]).toEqual({ code: "x", serial: "S1" });
      for (const operation of [
        { op: "replace", path: `${badge}:serial`, value: "S2" },
        { op: "remove", path: `${badge}:serial` },
        { op: "remove", path: badge },
      ]) {
        expectError(await scim.patch(path, operation), 400, "mutability");
      }
      const same = await scim.put(path, { userName: "a", [badge]: { code: "y", serial: "S1" } });
      expect(same.json[badge]).toEqual({ code: "y", serial: "S1" });
      expectError(await scim.put(path, { userName: "a", [badge]: { code: "y", serial: "S2" } }), 400, "mutability");
      // RFC 7644 §3.5.1 lets a client leave it out: it stays.
      expect((await scim.put(path, { userName: "a", [badge]: { code: "z" } })).json[badge]).toEqual({
        code: "z",
        serial: "S1",
      });
    });

    it("R-012 keeps whole numbers, decimals and times as they were sent", async () => {
      const values = { code: "x", number: -9007199254740991, weight: 0.1, since: "2026-01-31T08:00:00.123+08:00" };
      const { path, json } = await scim.newUser({ [badge]: values });
      expect(json[badge]).toEqual(values);
      expect((await scim.get(path)).json[badge]).toEqual(values);
      for (const wrong of [
        { number: 1.5 },
        { number: "1" },
        { weight: "0.1" },
        { since: "2026-01-31" },
        { since: 0 },
      ]) {
        expectError(
          await scim.post("/Users", { userName: "b", [badge]: { code: "x", ...wrong } }),
          400,
          "invalidValue",
        );
      }
      const found = await scim.find("/Users", `${badge}:since eq "2026-01-31T00:00:00.123Z" and ${badge}:weight lt 1`);
      expect(found).toHaveLength(1);
    });

    it("R-112 wants what an extension requires where the extension has data", async () => {
      expectError(await scim.post("/Users", { userName: "a", [badge]: { number: 1 } }), 400, "invalidValue");
      const { path } = await scim.newUser();
      expectError(await scim.patch(path, { op: "add", path: `${badge}:number`, value: 1 }), 400, "invalidValue");
    });
  },
  { schemas: makeSchemaCatalog([parseSchema(badgeSchema)]) },
);

describe("the schemas that are served", () => {
  it("R-014 have no complex attribute in a complex attribute", () => {
    for (const { attributes } of makeSchemaCatalog([]).schemas.filter(({ id }) => !id.endsWith(":Schema"))) {
      const parts = attributes.flatMap(({ subAttributes = [] }) => subAttributes);
      expect(parts.filter(({ type }) => type === "complex")).toEqual([]);
    }
  });
});
