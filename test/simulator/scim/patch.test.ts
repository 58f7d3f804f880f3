import { expect, test } from "vitest";
import { enterpriseUrn, start, userUrn, wecomUrn } from "./support.ts";

const work = { value: "w@example.com", type: "work", primary: true };
const home = { value: "h@example.com", type: "home" };

/** A user with these attributes, patched: its attributes afterwards, without id, schemas, meta and userName. */
async function patched(before: Record<string, unknown>, ...operations: readonly unknown[]) {
  const { user, patch, broken, simulator } = await start();
  const id = await user("a", before);
  const { status, body } = await patch(`/Users/${id}`, ...operations);
  const { id: _id, schemas, meta: _meta, userName: _userName, ...after } = body;
  return { status, after, schemas, scimType: body["scimType"], broken: broken(), noops: simulator.control.noops() };
}

test("every path form of RFC 7644 §3.5.2 adds", async () => {
  const cases: readonly (readonly [
    before: Record<string, unknown>,
    operation: object,
    after: Record<string, unknown>,
  ])[] = [
    [{}, { value: { title: "t", name: { givenName: "g" } } }, { title: "t", name: { givenName: "g" } }],
    [{}, { value: { [enterpriseUrn]: { department: "d" } } }, { [enterpriseUrn]: { department: "d" } }],
    [{ displayName: "x" }, { path: "displayName", value: "y" }, { displayName: "y" }],
    [
      { name: { familyName: "f" } },
      { path: "name", value: { givenName: "g" } },
      { name: { familyName: "f", givenName: "g" } },
    ],
    [{}, { path: "name.familyName", value: "f" }, { name: { familyName: "f" } }],
    [{ emails: [work] }, { path: "emails", value: [home, work] }, { emails: [work, home] }],
    [{ emails: [work] }, { path: "emails", value: home }, { emails: [work, home] }],
    [
      { emails: [work] },
      { path: "emails", value: [{ ...home, primary: true }] },
      {
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    [
      { emails: [work, home] },
      { path: 'emails[type eq "home"]', value: { display: "d" } },
      { emails: [work, { ...home, display: "d" }] },
    ],
    [
      { emails: [work] },
      { path: 'emails[type eq "work"].value', value: "n@example.com" },
      { emails: [{ ...work, value: "n@example.com" }] },
    ],
    [{}, { path: `${enterpriseUrn}:department`, value: "d" }, { [enterpriseUrn]: { department: "d" } }],
    [
      { [enterpriseUrn]: { department: "d" } },
      { path: enterpriseUrn, value: { division: "v" } },
      { [enterpriseUrn]: { department: "d", division: "v" } },
    ],
    [{}, { path: `${wecomUrn}:status`, value: 4 }, { [wecomUrn]: { status: 4 } }],
    [{}, { path: `${userUrn}:title`, value: "t" }, { title: "t" }],
    [{}, { path: "TITLE", value: "t" }, { title: "t" }],
  ];
  for (const [before, operation, expected] of cases) {
    const { after, broken } = await patched(before, { op: "add", ...operation });
    expect([operation, after, broken]).toEqual([operation, expected, []]);
  }
});

test("every path form of RFC 7644 §3.5.2 replaces", async () => {
  const cases: readonly (readonly [
    before: Record<string, unknown>,
    operation: object,
    after: Record<string, unknown>,
  ])[] = [
    [{ title: "t" }, { value: { title: "u", active: false } }, { title: "u", active: false }],
    [
      { name: { familyName: "f" } },
      { path: "name", value: { givenName: "g" } },
      { name: { familyName: "f", givenName: "g" } },
    ],
    [{ name: { familyName: "f" } }, { path: "name.familyName", value: "e" }, { name: { familyName: "e" } }],
    [{ emails: [work] }, { path: "emails", value: [home] }, { emails: [home] }],
    [
      { emails: [work, home] },
      { path: 'emails[type eq "work"]', value: { value: "n@example.com", type: "other" } },
      { emails: [{ value: "n@example.com", type: "other" }, home] },
    ],
    [
      { emails: [work, home] },
      { path: 'emails[value ew "EXAMPLE.com" and type eq "home"].primary', value: true },
      {
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    [
      { [enterpriseUrn]: { department: "d", division: "v" } },
      { path: enterpriseUrn, value: { division: "w" } },
      { [enterpriseUrn]: { department: "d", division: "w" } },
    ],
    [{}, { path: "nickName", value: "n" }, { nickName: "n" }],
  ];
  for (const [before, operation, expected] of cases) {
    const { after, broken } = await patched(before, { op: "replace", ...operation });
    expect([operation, after, broken]).toEqual([operation, expected, []]);
  }
});

test("every path form of RFC 7644 §3.5.2 removes, and empty holders go with their content", async () => {
  const cases: readonly (readonly [before: Record<string, unknown>, path: string, after: Record<string, unknown>])[] = [
    [{ title: "t" }, "title", {}],
    [{ name: { familyName: "f" } }, "name", {}],
    [{ name: { familyName: "f" } }, "name.familyName", {}],
    [{ emails: [work, home] }, "emails", {}],
    [{ emails: [work, home] }, 'emails[type eq "home"]', { emails: [work] }],
    [{ emails: [work] }, 'emails[type eq "work"]', {}],
    [{ emails: [work] }, 'emails[type eq "work"].primary', { emails: [{ value: "w@example.com", type: "work" }] }],
    [
      { [enterpriseUrn]: { department: "d", division: "v" } },
      `${enterpriseUrn}:division`,
      { [enterpriseUrn]: { department: "d" } },
    ],
    [{ [enterpriseUrn]: { department: "d" } }, `${enterpriseUrn}:department`, {}],
    [{ [enterpriseUrn]: { department: "d", division: "v" } }, enterpriseUrn, {}],
  ];
  for (const [before, path, expected] of cases) {
    const { after, broken, schemas } = await patched(before, { op: "remove", path });
    expect([path, after, broken]).toEqual([path, expected, []]);
    expect(schemas).toEqual([userUrn, ...Object.keys(expected).filter((name) => name.startsWith("urn:"))]);
  }
});

test("a manager is set by the whole, by its value and removed", async () => {
  const { user, patch, call, broken } = await start();
  const [boss, id] = [await user("boss"), await user("a")];
  const manager = async () => (await call("GET", `/Users/${id}`)).body[enterpriseUrn]?.["manager"];
  await patch(`/Users/${id}`, { op: "add", path: `${enterpriseUrn}:manager`, value: { value: boss } });
  expect(await manager()).toEqual({ value: boss });
  await patch(`/Users/${id}`, { op: "replace", path: `${enterpriseUrn}:manager.value`, value: id });
  expect(await manager()).toEqual({ value: id });
  await patch(`/Users/${id}`, { op: "remove", path: `${enterpriseUrn}:manager` });
  expect(await manager()).toBeUndefined();
  expect(broken()).toEqual([]);
  const { status, body } = await patch(`/Users/${id}`, {
    op: "add",
    path: `${enterpriseUrn}:manager.value`,
    value: "nobody",
  });
  expect([status, body["scimType"], broken()]).toEqual([400, "invalidValue", ["manager-unknown!"]]);
});

test("what is wrong with an operation is refused with the scimType of the RFC", async () => {
  const cases: readonly (readonly [operation: unknown, scimType: string, rule: string])[] = [
    [{ op: "remove" }, "noTarget", "patch-no-target!"],
    [{ op: "remove", path: "userName" }, "mutability", "patch-mutability!"],
    [{ op: "remove", path: "id" }, "mutability", "patch-mutability!"],
    [{ op: "remove", path: "emails", value: [work] }, "invalidSyntax", "patch-value!"],
    [{ op: "add", path: "groups", value: [{ value: "x" }] }, "mutability", "patch-mutability!"],
    [{ op: "replace", value: { id: "x" } }, "mutability", "patch-mutability!"],
    [{ op: "replace", path: "meta.created", value: "2020-01-01T00:00:00Z" }, "mutability", "patch-mutability!"],
    [{ op: "add", path: "title" }, "invalidValue", "patch-value!"],
    [{ op: "add", path: "title", value: null }, "invalidValue", "patch-value!"],
    [{ op: "add", value: "x" }, "invalidValue", "patch-value!"],
    [{ op: "add", path: "shoeSize", value: 1 }, "invalidPath", "patch-path!"],
    [{ op: "add", path: "title.x", value: 1 }, "invalidPath", "patch-path!"],
    [{ op: "add", path: 'title[value eq "x"]', value: 1 }, "invalidPath", "patch-path!"],
    [{ op: "add", path: 'emails[type eq "work"', value: 1 }, "invalidPath", "patch-path!"],
    [{ op: "add", path: "", value: 1 }, "invalidPath", "patch-path!"],
    [{ op: "add", path: "__proto__", value: 1 }, "invalidPath", "patch-path!"],
    [{ op: "add", value: { shoeSize: 1 } }, "invalidPath", "attribute-unknown!"],
    [{ op: "add", value: { "name.givenName": "g" } }, "invalidPath", "attribute-unknown!"],
    [{ op: "replace", path: "active", value: "False" }, "invalidValue", "attribute-type!"],
    [{ op: "replace", path: "emails", value: [work, { ...home, primary: true }] }, "invalidValue", "value-primary!"],
    [{ op: "replace", path: 'emails[type eq "fax"]', value: home }, "noTarget", "patch-no-target!"],
    [{ op: "add", path: 'emails[type eq "fax"].value', value: "x" }, "noTarget", "patch-no-target!"],
    [{ op: "replace", path: `${enterpriseUrn}:manager`, value: "x" }, "invalidValue", "attribute-type!"],
    [{ op: "move", path: "title", value: "x" }, "invalidSyntax", "patch-op!"],
    [{ op: "add", path: "title", value: "x", from: "y" }, "invalidSyntax", "patch-operations!"],
    ["add", "invalidSyntax", "patch-operations!"],
  ];
  for (const [operation, scimType, rule] of cases) {
    const result = await patched({ title: "t" }, operation);
    expect([operation, result.status, result.scimType, result.broken]).toEqual([operation, 400, scimType, [rule]]);
  }
});

test("a PATCH needs its schema and at least one operation", async () => {
  const { call, user, broken } = await start();
  const id = await user("a");
  expect((await call("PATCH", `/Users/${id}`, { Operations: [{ op: "add", path: "title", value: "t" }] })).status).toBe(
    400,
  );
  expect((await call("PATCH", `/Users/${id}`, { schemas: [userUrn], Operations: [] })).status).toBe(400);
  expect(broken()).toEqual(["schemas-missing!", "schemas-missing!", "patch-operations!"]);
});

test("an op in capitals is done and noted, and so is a null", async () => {
  const { status, after, broken } = await patched({ title: "t" }, { op: "Replace", path: "title", value: null });
  expect([status, after, broken]).toEqual([200, {}, ["patch-op", "value-null"]]);
});

test("of several operations all are done, or none", async () => {
  const { user, group, patch, call, simulator } = await start();
  const [a, b, c] = [await user("a"), await user("b"), await user("c")];
  const team = await group("team", [a, b]);
  const before = simulator.control.dump();
  const { status } = await patch(
    `/Groups/${team}`,
    { op: "replace", path: "displayName", value: "other" },
    { op: "replace", path: "members", value: [{ value: c }] },
    { op: "add", path: "members", value: [{ value: a }] },
    { op: "remove", path: "displayName" },
  );
  expect(status).toBe(400);
  const sorted = (ids: readonly { value: string }[] | undefined) => ids?.map(({ value }) => value).sort();
  const after = simulator.control.dump();
  expect(sorted(after.groups[0]?.members)).toEqual(sorted(before.groups[0]?.members));
  expect(after.groups[0]?.resource).toEqual(before.groups[0]?.resource);
  expect((await call("GET", `/Users/${c}`)).body).not.toHaveProperty("groups");
  expect((await call("GET", `/Groups/${team}`)).headers.get("etag")).toBe('W/"1"');
});

test("members are added, removed one by one, replaced and cleared", async () => {
  const { user, group, patch, simulator, broken } = await start();
  const [a, b, c] = [await user("a"), await user("b"), await user("c")];
  const team = await group("team");
  const members = () => simulator.control.dump().groups[0]?.members.map(({ value }) => value);
  const path = `/Groups/${team}`;
  expect(
    (await patch(path, { op: "add", path: "members", value: [{ value: a, type: "User" }, { value: b }] })).status,
  ).toBe(204);
  expect(members()).toEqual([a, b]);
  await patch(path, { op: "add", value: { members: [{ value: c }] } });
  expect(members()).toEqual([a, b, c]);
  await patch(path, { op: "remove", path: `members[value eq "${b}"]` });
  expect(members()).toEqual([a, c]);
  await patch(path, { op: "remove", path: `members[value eq "${a}" or value eq "${c}"]` });
  expect(members()).toEqual([]);
  await patch(path, { op: "replace", path: "members", value: [{ value: b }, { value: c }] });
  expect(members()).toEqual([b, c]);
  await patch(path, { op: "remove", path: 'members[type eq "User" and not (value eq "x")]' });
  expect(members()).toEqual([]);
  await patch(path, { op: "add", path: "members", value: { value: a } }, { op: "remove", path: "members" });
  expect(members()).toEqual([]);
  expect(broken()).toEqual([]);
});

test("members that do not exist, are of another type, or come twice are found out", async () => {
  const { user, group, patch, simulator, broken } = await start();
  const [a, team] = [await user("a"), await group("team")];
  const add = async (...value: readonly unknown[]) =>
    (await patch(`/Groups/${team}`, { op: "add", path: "members", value })).status;
  expect(await add({ value: a }, { value: "nobody" })).toBe(400);
  expect(await add({ value: a, type: "Group" })).toBe(400);
  expect(await add({ value: a, type: "user" })).toBe(400);
  expect(await add({ value: a, $ref: "https://example.com/scim/v2/Users/other" })).toBe(400);
  expect(await add({ value: team })).toBe(400);
  expect(await add({ type: "User" })).toBe(400);
  expect(simulator.control.counts().memberships).toBe(0);
  expect(await add({ value: a }, { value: a })).toBe(204);
  expect(
    (await patch(`/Groups/${team}`, { op: "replace", path: `members[value eq "${a}"].value`, value: "b" })).body,
  ).toMatchObject({
    scimType: "mutability",
  });
  expect(broken()).toEqual([
    "member-unknown!",
    "member-type!",
    "member-type!",
    "member-type!",
    "member-self!",
    "attribute-required!",
    "member-duplicate",
    "patch-mutability!",
  ]);
});

test("groups as members, and many members in a PATCH, can be forbidden", async () => {
  const { user, group, patch, broken, simulator } = await start({ nestedGroups: false, maxMembersPerPatch: 2 });
  const [a, b, c] = [await user("a"), await user("b"), await user("c")];
  const [team, inner] = [await group("team"), await group("inner")];
  const add = async (...ids: readonly string[]) =>
    (await patch(`/Groups/${team}`, { op: "add", path: "members", value: ids.map((value) => ({ value })) })).status;
  expect(await add(inner)).toBe(400);
  expect(await add(a, b, c)).toBe(413);
  expect(simulator.control.counts().memberships).toBe(0);
  expect(await add(a, b)).toBe(204);
  expect(broken()).toEqual(["member-nested!", "member-limit!"]);
});

test("what changes nothing is recorded as needless and leaves the version alone", async () => {
  const { user, group, patch, call, simulator, broken } = await start();
  const id = await user("a", { title: "t", emails: [work] });
  const team = await group("team", [id]);
  await patch(
    `/Users/${id}`,
    { op: "replace", path: "title", value: "t" },
    { op: "add", path: "emails", value: [work] },
  );
  await patch(`/Groups/${team}`, { op: "add", path: "members", value: [{ value: id }] });
  await patch(`/Groups/${team}`, { op: "remove", path: 'members[value eq "gone"]' });
  await call("PUT", `/Users/${id}`, { schemas: [userUrn], userName: "a", title: "t", emails: [work] });
  const other = await user("b");
  await patch(`/Groups/${team}`, { op: "add", path: "members", value: [{ value: id }, { value: other }] });
  await call("DELETE", "/Users/gone");
  expect(simulator.control.noops().map(({ waste }) => waste)).toEqual([
    "patch-changes-nothing",
    "patch-changes-nothing",
    "patch-changes-nothing",
    "put-changes-nothing",
    "member-already-there",
    "delete-of-absent",
  ]);
  expect((await call("GET", `/Users/${id}`)).headers.get("etag")).toBe('W/"1"');
  expect(broken()).toEqual([]);
});

test("ten thousand members are added in one PATCH and removed one by one from it", async () => {
  const { group, patch, simulator } = await start();
  const ids = Array.from({ length: 10_000 }, (_, index) => simulator.control.add("User", { userName: `u${index}` }));
  const team = await group("team");
  await patch(`/Groups/${team}`, { op: "add", path: "members", value: ids.map((value) => ({ value })) });
  expect(simulator.control.counts().memberships).toBe(10_000);
  const removals = ids.slice(1).map((id) => ({ op: "remove", path: `members[value eq "${id}"]` }));
  expect((await patch(`/Groups/${team}`, ...removals)).status).toBe(204);
  expect(simulator.control.dump().groups[0]?.members).toEqual([{ value: ids[0], type: "User" }]);
});
