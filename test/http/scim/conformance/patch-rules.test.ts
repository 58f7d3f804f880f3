import { expect, it } from "vitest";
import { patchOpSchema } from "../../../../src/scim/messages.ts";
import { coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { testId } from "../../../store/filter-directory.ts";
import { base } from "../scim-server.ts";
import { expectError, expectStatus, onEachEndpoint } from "./endpoint.ts";

// RFC 7644 §3.5.2: PATCH.

const work = { value: "a@example.com", type: "work" };
const home = { value: "b@example.com", type: "home" };

onEachEndpoint("modifying", (scim, at) => {
  it("R-115 refuses what is no PatchOp, and changes nothing", async () => {
    const { path, json } = await scim.newUser();
    const operation = { op: "replace", path: "title", value: "x" };
    for (const body of [
      "{",
      "[]",
      "",
      {},
      { Operations: [operation] },
      { schemas: [], Operations: [operation] },
      { schemas: [coreUserSchema], Operations: [operation] },
      { schemas: [patchOpSchema] },
      { schemas: [patchOpSchema], Operations: [] },
      { schemas: [patchOpSchema], Operations: operation },
      { schemas: [patchOpSchema], Operations: [7] },
      { schemas: [patchOpSchema], Operations: [{ path: "title", value: "x" }] },
      { schemas: [patchOpSchema], Operations: [{ op: "move", path: "title", value: "x" }] },
    ]) {
      expectError(await scim.send("PATCH", path, { body }), 400, "invalidSyntax");
    }
    expect((await scim.get(path)).json).toEqual(json);
  });

  it("R-116 R-073 takes operations and the names in the message in any case", async () => {
    const { path } = await scim.newUser();
    const body = {
      Schemas: [patchOpSchema.toUpperCase()],
      operations: [
        { OP: "Add", PATH: "title", VALUE: "x" },
        { op: "REPLACE", path: "nickName", value: "y" },
        { op: "Remove", path: "Title" },
      ],
    };
    const { json } = await scim.send("PATCH", path, { body });
    expect(json["nickName"]).toBe("y");
    expect(json).not.toHaveProperty("title");
  });

  it("R-117 does all operations or none, whatever it is that fails", async () => {
    const [a] = [await scim.newUser({ userName: "a" }), await scim.newUser({ userName: "b" })];
    const group = await scim.newGroup({ displayName: "g", members: [{ value: a.id }] });
    const first = { op: "replace", path: "displayName", value: "new" };
    for (const [last, status, scimType] of [
      [{ op: "replace", path: 'emails[type eq "x"]', value: work }, 400, "noTarget"],
      [{ op: "replace", path: "nonsense", value: 1 }, 400, "invalidPath"],
      [{ op: "remove", path: "userName" }, 400, "mutability"],
      [{ op: "replace", path: "userName", value: "B" }, 409, "uniqueness"],
    ] as const) {
      expectError(await scim.patch(a.path, first, last), status, scimType);
    }
    expect((await scim.get(a.path)).json).toEqual({ ...a.json, groups: expect.any(Array) });
    const gone = { op: "remove", path: "members" };
    for (const last of [
      { op: "add", path: "members", value: [{ value: testId(999) }] },
      { op: "add", path: "members", value: [{ value: group.id }] },
      { op: "remove", path: "displayName" },
    ]) {
      expect((await scim.patch(group.path, first, gone, last)).status).toBe(400);
    }
    expect((await scim.get(group.path)).json).toEqual(group.json);
  });

  it("R-118 R-107 answers a user whole, and the attributes that are asked for", async () => {
    const { path, id } = await scim.newUser({ userName: "a" });
    const whole = await scim.patch(path, { op: "add", path: "title", value: "x" });
    expectStatus(whole, 200);
    expect(whole.headers.get("location")).toBe(`${base}${path}`);
    expect((await scim.get(path)).json).toEqual(whole.json);
    const only = await scim.patch(`${path}?attributes=title`, { op: "add", path: "title", value: "y" });
    expect(only.json).toEqual({ schemas: [coreUserSchema], id, title: "y" });
    const both = await scim.patch(`${path}?attributes=a&excludedAttributes=b`, { op: "remove", path: "title" });
    expectError(both, 400, "invalidValue");
    expect((await scim.get(path)).json["title"]).toBe("y");
  });

  it("R-118 TS-20 answers 204 for members, unless attributes are asked for, and 200 for the rest of a group", async () => {
    const { id } = await scim.newUser();
    const { path } = await scim.newGroup({ displayName: "g" });
    const add = { op: "add", path: "members", value: [{ value: id }] };
    const added = await scim.patch(path, add);
    expectStatus(added, 204);
    expectStatus(await scim.patch(path, add), 204);
    const asked = await scim.patch(`${path}?attributes=members`, add);
    expectStatus(asked, 200);
    expect(asked.json["members"]).toEqual([expect.objectContaining({ value: id, type: "User" })]);
    const without = await scim.patch(`${path}?excludedAttributes=members`, add);
    expectStatus(without, 200);
    expect(without.json).not.toHaveProperty("members");
    const renamed = await scim.patch(path, { op: "replace", value: { displayName: "h" } });
    expectStatus(renamed, 200);
    expect(renamed.json).toMatchObject({ displayName: "h", members: [{ value: id }] });
  });

  it("R-119 says in its configuration that it can, and refuses what does not exist", async () => {
    expect((await scim.get("/ServiceProviderConfig")).json["patch"]).toEqual({ supported: true });
    expectError(await scim.patch(`/Users/${testId(999)}`, { op: "remove", path: "title" }), 404);
    expectError(await scim.patch(`/Groups/${testId(999)}`, { op: "remove", path: "members" }), 404);
  });

  it("R-121 takes the place of a value there is one of", async () => {
    const { path } = await scim.newUser({ title: "x", name: { familyName: "Jensen" } });
    const { json } = await scim.patch(
      path,
      { op: "add", path: "title", value: "y" },
      { op: "add", path: "name.familyName", value: "Smith" },
    );
    expect(json).toMatchObject({ title: "y", name: { familyName: "Smith" } });
  });

  it("R-122 leaves version and lastModified as they are where nothing changes", async () => {
    const { path, json, id } = await scim.newUser({ title: "x", emails: [work, home] });
    for (const operation of [
      { op: "add", path: "title", value: "x" },
      { op: "add", path: "emails", value: [{ ...work, value: "A@EXAMPLE.com" }] },
      { op: "replace", value: { title: "x" } },
      { op: "replace", path: 'emails[type eq "work"].value', value: "a@example.com" },
      { op: "remove", path: "nickName" },
      { op: "remove", path: 'emails[type eq "other"]' },
    ]) {
      const answer = await scim.patch(path, operation);
      expectStatus(answer, 200);
      expect(answer.json).toEqual(json);
    }
    const group = await scim.newGroup({ members: [{ value: id }] });
    const before = await scim.get(group.path);
    for (const operation of [
      { op: "add", path: "members", value: [{ value: id }] },
      { op: "replace", path: "members", value: [{ value: id }] },
      { op: "remove", path: "members", value: [{ value: testId(999) }] },
      { op: "remove", path: `members[value eq "${testId(999)}"]` },
    ]) {
      expectStatus(await scim.patch(group.path, operation), 204);
    }
    expect((await scim.get(group.path)).json).toEqual(before.json);
  });

  it("R-123 makes what is not there, and wants a value to add", async () => {
    const boss = await scim.newUser();
    const { path } = await scim.newUser();
    const { json } = await scim.patch(
      path,
      { op: "add", path: "name.givenName", value: "Barbara" },
      { op: "add", path: "emails", value: [work] },
      { op: "add", path: `${enterprise}:manager`, value: { value: boss.id } },
    );
    expect(json).toMatchObject({
      name: { givenName: "Barbara" },
      emails: [work],
      [enterprise]: { manager: { value: boss.id } },
    });
    for (const op of ["add", "replace"]) {
      expectError(await scim.patch(path, { op, path: "title" }), 400, "invalidValue");
      expectError(await scim.patch(path, { op }), 400, "invalidValue");
    }
  });

  it("R-124 cannot remove without a path, nor what is readOnly or required", async () => {
    const { path } = await scim.newUser({ title: "x" });
    expectError(await scim.patch(path, { op: "remove" }), 400, "noTarget");
    expectError(await scim.patch(path, { op: "remove", value: { title: "x" } }), 400, "noTarget");
    for (const name of ["userName", "id", "meta", "meta.version", "groups", "schemas"]) {
      expectError(await scim.patch(path, { op: "remove", path: name }), 400, "mutability");
    }
    expect((await scim.get(path)).json["title"]).toBe("x");
  });

  it("R-125 R-126 removes what is not there without ado, and leaves no empty list", async () => {
    const { path, json } = await scim.newUser();
    const same = await scim.patch(path, { op: "remove", path: "emails" }, { op: "remove", path: "name.middleName" });
    expect(same.json).toEqual(json);
    await scim.patch(path, { op: "add", path: "emails", value: [work] });
    const emptied = await scim.patch(path, { op: "remove", path: 'emails[type eq "work"]' });
    expect(emptied.json).not.toHaveProperty("emails");
    const parts = await scim.patch(
      path,
      { op: "add", path: "name", value: { givenName: "B" } },
      { op: "remove", path: "name.givenName" },
    );
    expect(parts.json).not.toHaveProperty("name");
  });

  it("R-127 R-128 replaces like add where nothing is, and leaves the parts of a complex attribute that are not named", async () => {
    const { path } = await scim.newUser();
    const first = await scim.patch(path, { op: "replace", path: "name", value: { givenName: "B", familyName: "J" } });
    expect(first.json["name"]).toEqual({ givenName: "B", familyName: "J" });
    const second = await scim.patch(path, { op: "replace", path: "name", value: { givenName: "C" } });
    expect(second.json["name"]).toEqual({ givenName: "C", familyName: "J" });
    const third = await scim.patch(path, { op: "replace", path: "emails", value: [work] });
    expect(third.json["emails"]).toEqual([work]);
  });

  it("R-129 TS-07 makes the element that a part is replaced in, and refuses where it cannot tell which", async () => {
    const { path } = await scim.newUser();
    const made = await scim.patch(path, { op: "replace", path: 'emails[type eq "work"].value', value: work.value });
    expect(made.json["emails"]).toEqual([work]);
    for (const operation of [
      { op: "replace", path: 'emails[type eq "home"]', value: home },
      { op: "replace", path: 'emails[not (type eq "work")].value', value: "x" },
      { op: "replace", path: 'emails[type sw "h"].value', value: "x" },
    ]) {
      expectError(await scim.patch(path, operation), 400, "noTarget");
    }
    expect((await scim.get(path)).json["emails"]).toEqual([work]);
  });

  it("R-130 removes nothing without ado where a filter chooses nothing", async () => {
    const { path, json } = await scim.newUser({ emails: [work] });
    const same = await scim.patch(path, { op: "remove", path: 'emails[type eq "home"]' });
    expectStatus(same, 200);
    expect(same.json).toEqual(json);
  });

  it("R-131 TS-06 refuses paths that lead nowhere and values of another type", async () => {
    const { path, json, id } = await scim.newUser({ emails: [work] });
    const group = await scim.newGroup({ members: [{ value: id }] });
    for (const [name, scimType] of [
      ["nonsense", "invalidPath"],
      ["", "invalidPath"],
      ["emails[", "invalidPath"],
      ['emails[type eq "work"', "invalidPath"],
      ['emails[type eq "work"].nonsense', "invalidPath"],
      ["emails[nonsense]", "invalidFilter"],
      ['emails[nonsense eq "x"]', "invalidFilter"],
      ["urn:example:unknown:title", "invalidPath"],
      ["members", "invalidPath"],
      ["__proto__.title", "invalidPath"],
    ] as const) {
      expectError(await scim.patch(path, { op: "replace", path: name, value: "x" }), 400, scimType);
    }
    expectError(await scim.patch(path, { op: "replace", path: "active", value: "perhaps" }), 400, "invalidValue");
    expectError(await scim.patch(path, { op: "replace", path: "emails", value: [7] }), 400, "invalidValue");
    expectError(await scim.patch(path, { op: "replace", path: 7, value: "x" }), 400, "invalidPath");
    expect((await scim.get(path)).json).toEqual({ ...json, groups: expect.any(Array) });
    expectError(await scim.patch(group.path, { op: "remove", path: "member" }), 400, "invalidPath");
    expectError(await scim.patch(group.path, { op: "replace", path: "members", value: [{ id }] }), 400, "invalidValue");
    expect(await scim.membersOf(group)).toEqual([id]);
  });

  it("R-132 R-016 lets a new primary take the place of the old one", async () => {
    const { path } = await scim.newUser({ emails: [{ ...work, primary: true }, home] });
    const moved = await scim.patch(path, { op: "replace", path: 'emails[type eq "home"].primary', value: true });
    expect(moved.json["emails"]).toEqual([
      { ...work, primary: false },
      { ...home, primary: true },
    ]);
    const third = { value: "c@example.com", type: "other", primary: true };
    const added = await scim.patch(path, { op: "add", path: "emails", value: [third] });
    expect(added.json["emails"]).toEqual([{ ...work, primary: false }, { ...home, primary: false }, third]);
  });

  it("R-133 R-021 keeps schemas in step with the data", async () => {
    const { path } = await scim.newUser();
    const added = await scim.patch(path, { op: "add", path: `${enterprise}:department`, value: "x" });
    expect(added.json["schemas"]).toEqual([coreUserSchema, enterprise]);
    const named = await scim.patch(path, { op: "remove", path: enterprise });
    expect(named.json["schemas"]).toEqual([coreUserSchema]);
    const said = await scim.patch(path, { op: "add", path: "schemas", value: [enterprise, "urn:example:x"] });
    expect(said.json["schemas"]).toEqual([coreUserSchema]);
  });

  it("R-134 VP5 does operations on the same attribute one after the other", async () => {
    const { path, id } = await scim.newUser();
    const { json } = await scim.patch(
      path,
      { op: "add", path: "emails", value: [work, home] },
      { op: "remove", path: 'emails[type eq "work"]' },
      { op: "replace", path: "title", value: "x" },
      { op: "replace", path: "title", value: "y" },
    );
    expect(json).toMatchObject({ emails: [home], title: "y" });
    const group = await scim.newGroup();
    const add = { op: "add", path: "members", value: [{ value: id }] };
    const remove = { op: "remove", path: `members[value eq "${id}"]` };
    expectStatus(await scim.patch(group.path, add, remove), 204);
    expect(await scim.membersOf(group)).toEqual([]);
    expectStatus(await scim.patch(group.path, remove, add), 204);
    expect(await scim.membersOf(group)).toEqual([id]);
  });

  it("R-135 adds and removes 10,000 members by sets", async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => testId(index + 1000));
    await insertUsers(ids);
    const group = await scim.newGroup();
    const value = ids.map((each) => ({ value: each }));
    // It takes less than a second; one by one it would take a minute.
    const start = performance.now();
    expectStatus(await scim.patch(group.path, { op: "add", path: "members", value }), 204);
    const [counted] = await at.rows<{ count: number | string }>("select count(*) as count from member");
    expect(Number(counted?.count)).toBe(10_000);
    expectStatus(await scim.patch(group.path, { op: "remove", path: "members", value: value.slice(1) }), 204);
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(await scim.membersOf(group)).toEqual([ids[0]]);
  });

  async function insertUsers(ids: readonly string[]): Promise<void> {
    const { id } = await scim.newUser();
    const columns = await at.database.db
      .selectFrom("resource")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    for (let start = 0; start < ids.length; start += 500) {
      const rows = ids.slice(start, start + 500).map((each) => ({
        ...columns,
        id: each,
        key: each,
        user_name: each,
        user_name_folded: each,
      }));
      await at.database.db.insertInto("resource").values(rows).execute();
    }
  }
});
