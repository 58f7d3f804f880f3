import { expect, it } from "vitest";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { coreGroupSchema } from "../../../../src/scim/resource.ts";
import { userGroupSchemaUrn as extension } from "../../../../src/scim/schemas/user-group.ts";
import { testId } from "../../../store/filter-directory.ts";
import { base } from "../scim-server.ts";
import { expectError, expectStatus, listOf, type Made, onEachEndpoint, versionOf } from "./endpoint.ts";

// RFC 7643 §4.2: groups and their members, listed or dynamic.

const dynamic = (memberFilter: string): JsonObject => ({ [extension]: { memberFilter } });

onEachEndpoint("members", (scim) => {
  it("R-042 R-044 R-015 answers each with its address, its name and its type, users and groups", async () => {
    const user = await scim.newUser({ displayName: "Babs Jensen" });
    const inner = await scim.newGroup({ displayName: "Inner" });
    const members = [
      { value: user.id, type: "User", display: "somebody else", $ref: "https://elsewhere.example.com" },
      { value: inner.id, type: "Group" },
    ];
    const { json } = await scim.newGroup({ displayName: "Outer", members });
    expect(json).toMatchObject({ schemas: [coreGroupSchema], displayName: "Outer" });
    expect(listOf(json, "members")).toEqual([
      { value: user.id, $ref: `${base}/Users/${user.id}`, display: "Babs Jensen", type: "User" },
      { value: inner.id, $ref: `${base}/Groups/${inner.id}`, display: "Inner", type: "Group" },
    ]);
  });

  it("R-043 come and go, but are not edited", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const { path } = await scim.newGroup({ members: [{ value: a.id }] });
    for (const operation of [
      { op: "replace", path: `members[value eq "${a.id}"].value`, value: b.id },
      { op: "replace", path: `members[value eq "${a.id}"]`, value: { value: b.id } },
      { op: "replace", path: `members[value eq "${a.id}"].type`, value: "Group" },
      { op: "replace", path: "members.display", value: "x" },
      { op: "remove", path: `members[value eq "${a.id}"].$ref` },
    ]) {
      expectError(await scim.patch(path, operation), 400, "mutability");
    }
    expect(listOf((await scim.get(path)).json, "members").map(({ value }) => value)).toEqual([a.id]);
  });

  it("R-044 TS-14 have to be there, of the type that is said, and be no circle", async () => {
    const user = await scim.newUser();
    const inner = await scim.newGroup({ members: [{ value: user.id }] });
    const middle = await scim.newGroup({ members: [{ value: inner.id }] });
    const outer = await scim.newGroup({ members: [{ value: middle.id }] });
    for (const value of [[{ value: testId(999) }], [{ value: user.id, type: "Group" }], [{ value: "" }], [{}], [7]]) {
      expectError(await scim.post("/Groups", { displayName: "g", members: value }), 400, "invalidValue");
      expectError(await scim.put(inner.path, { displayName: "g", members: value }), 400, "invalidValue");
      expectError(await scim.patch(inner.path, { op: "add", path: "members", value }), 400, "invalidValue");
    }
    for (const circle of [inner, middle, outer]) {
      const value = [{ value: circle.id }];
      expectError(await scim.patch(inner.path, { op: "add", path: "members", value }), 400, "invalidValue");
      expectError(await scim.patch(inner.path, { op: "replace", path: "members", value }), 400, "invalidValue");
    }
    const unknown = await scim.patch(inner.path, { op: "add", path: "members", value: [{ value: testId(999) }] });
    expect(unknown.json["detail"]).toContain(testId(999));
    expect(await scim.membersOf(inner)).toEqual([user.id]);
  });

  it("R-045 E20 share no displayName, and can be found by it in any case", async () => {
    const { id } = await scim.newGroup({ displayName: "Tour Guides" });
    expect((await scim.find("/Groups", 'displayName eq "TOUR GUIDES"')).map((group) => group["id"])).toEqual([id]);
    expectError(await scim.post("/Groups", { displayName: "tour guides" }), 409, "uniqueness");
    const other = await scim.newGroup({ displayName: "x" });
    expectError(
      await scim.patch(other.path, { op: "replace", path: "displayName", value: "TOUR guides" }),
      409,
      "uniqueness",
    );
  });

  it("TS-13 are added and removed as often as one likes", async () => {
    const { id } = await scim.newUser();
    const group = await scim.newGroup();
    const value = [{ value: id }];
    for (const [op, left] of [
      ["add", [id]],
      ["add", [id]],
      ["remove", []],
      ["remove", []],
    ] as const) {
      expectStatus(await scim.patch(group.path, { op, path: "members", value }), 204);
      expect(await scim.membersOf(group)).toEqual(left);
    }
  });

  it("R-106 V13 are left out where they are excluded", async () => {
    const { id } = await scim.newUser();
    const { path, json } = await scim.newGroup({ members: [{ value: id }] });
    const { members: _, ...rest } = json;
    expect((await scim.get(`${path}?excludedAttributes=members`)).json).toEqual(rest);
  });

  it("change the version of their group and nothing of themselves", async () => {
    const user = await scim.newUser();
    const group = await scim.newGroup();
    await scim.patch(group.path, { op: "add", path: "members", value: [{ value: user.id }] });
    const { json } = await scim.get(group.path);
    expect(versionOf({ json })).not.toBe(versionOf(group));
    expect(versionOf(await scim.get(user.path))).toBe(versionOf(user));
  });

  it("all come, whoever adds them at the same time", async () => {
    const made: Made[] = [];
    for (let index = 0; index < 8; index += 1) made.push(await scim.newUser());
    const group = await scim.newGroup();
    const answers = await Promise.all(
      made.map(({ id }) => scim.patch(group.path, { op: "add", path: "members", value: [{ value: id }] })),
    );
    for (const answer of answers) expectStatus(answer, 204);
    expect(await scim.membersOf(group)).toEqual(made.map(({ id }) => id).sort());
  });
});

onEachEndpoint("dynamic groups", (scim) => {
  it("hold whom their filter finds, and follow what changes", async () => {
    const sales = await scim.newUser({ title: "Sales" });
    const other = await scim.newUser({ title: "Other" });
    const group = await scim.newGroup(dynamic('title eq "sales"'));
    expect(group.json).toMatchObject({ schemas: [coreGroupSchema, extension], ...dynamic('title eq "sales"') });
    expect(await scim.membersOf(group)).toEqual([sales.id]);
    await scim.patch(other.path, { op: "replace", path: "title", value: "SALES" });
    expect(await scim.membersOf(group)).toEqual([sales.id, other.id].sort());
    await scim.put(sales.path, { userName: "a" });
    expect(await scim.membersOf(group)).toEqual([other.id]);
    const third = await scim.newUser({ title: "sales" });
    await scim.delete(other.path);
    expect(await scim.membersOf(group)).toEqual([third.id]);
    expect(listOf((await scim.get(third.path)).json, "groups")).toMatchObject([{ value: group.id, type: "direct" }]);
  });

  it("R-043 take no members: PATCH is mutability, in POST and PUT they are passed over", async () => {
    const { id } = await scim.newUser();
    const group = await scim.newGroup({ displayName: "g", members: [{ value: id }], ...dynamic('title eq "x"') });
    expect(await scim.membersOf(group)).toEqual([]);
    const put = await scim.put(group.path, { displayName: "g", members: [{ value: id }], ...dynamic('title eq "x"') });
    expectStatus(put, 200);
    expect(put.json).not.toHaveProperty("members");
    for (const operation of [
      { op: "add", path: "members", value: [{ value: id }] },
      { op: "replace", path: "members", value: [] },
      { op: "remove", path: "members" },
      { op: "remove", path: `members[value eq "${id}"]` },
      { op: "replace", value: { displayName: "h", members: [{ value: id }] } },
    ]) {
      expectError(await scim.patch(group.path, operation), 400, "mutability");
    }
    expect((await scim.get(group.path)).json["displayName"]).toBe("g");
  });

  it("get another filter, or none and keep whom they hold", async () => {
    const [a, b] = [await scim.newUser({ title: "a" }), await scim.newUser({ title: "b" })];
    const group = await scim.newGroup(dynamic('title eq "a"'));
    const path = `${extension}:memberFilter`;
    const changed = await scim.patch(group.path, { op: "replace", path, value: 'title eq "b"' });
    expectStatus(changed, 200);
    expect(listOf(changed.json, "members").map(({ value }) => value)).toEqual([b.id]);
    expectStatus(await scim.patch(group.path, { op: "remove", path }), 200);
    expect(await scim.membersOf(group)).toEqual([b.id]);
    expectStatus(await scim.patch(group.path, { op: "add", path: "members", value: [{ value: a.id }] }), 204);
    expect(await scim.membersOf(group)).toEqual([a.id, b.id].sort());
    const again = await scim.patch(group.path, { op: "add", value: { [path]: 'title eq "a"' } });
    expect(listOf(again.json, "members").map(({ value }) => value)).toEqual([a.id]);
  });

  it("refuse a filter that is none, and change nothing", async () => {
    for (const filter of ["nonsense", 'nonsense eq "x"', 'members eq "x"', "title eq x", 'password eq "x"']) {
      expectError(await scim.post("/Groups", { displayName: "g", ...dynamic(filter) }), 400, "invalidValue");
    }
    expect(await scim.find("/Groups", "id pr")).toEqual([]);
    const group = await scim.newGroup(dynamic('title eq "a"'));
    const operation = { op: "replace", path: `${extension}:memberFilter`, value: "nonsense" };
    expectError(await scim.patch(group.path, operation), 400, "invalidValue");
    expect((await scim.get(group.path)).json).toEqual(group.json);
  });

  it("may go by who is in another group, whose members somebody lists", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const listed = await scim.newGroup({ members: [{ value: a.id }] });
    const group = await scim.newGroup(dynamic(`groups.value eq "${listed.id}"`));
    expect(await scim.membersOf(group)).toEqual([a.id]);
    await scim.patch(listed.path, { op: "replace", path: "members", value: [{ value: b.id }] });
    expect(await scim.membersOf(group)).toEqual([b.id]);
    await scim.delete(listed.path);
    expect(await scim.membersOf(group)).toEqual([]);
  });

  it("R-155 are answered in the version that they have when their members are settled", async () => {
    const { id } = await scim.newUser({ title: "x" });
    const listed = await scim.newGroup({ members: [{ value: id }] });
    const group = await scim.newGroup();
    const path = `${extension}:memberFilter`;
    for (const filter of [
      `groups.value eq "${listed.id}"`,
      'title eq "y"',
      'title eq "x"',
      `groups.value ne "${id}"`,
    ]) {
      const changed = await scim.patch(group.path, { op: "replace", path, value: filter });
      expect((await scim.get(group.path)).json).toEqual(changed.json);
      const put = await scim.put(group.path, { displayName: "g", ...dynamic(`not (${filter})`) });
      expect((await scim.get(group.path)).json).toEqual(put.json);
    }
  });
});
