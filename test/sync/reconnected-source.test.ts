import { expect, test } from "vitest";
import { endSource } from "../../src/sync/end-source.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { membersAt, settled, startClient } from "../support/writing.ts";

const corp = { shape: { members: 8, departments: 5, seed: 5, quirks: false } };
const provision = { users: true, groups: true, userGroups: false, onRemoval: "deactivate" as const };

/** A corp whose source ended with people=keep, and which is connected again, to the same target. */
async function connectedAgain(fixture: EngineFixture) {
  await fixture.sync();
  await endSource(fixture.store, fixture.source.id, "keep", "delete", fixture.now());
  fixture.engine().nudge();
  await expect.poll(() => fixture.store.findSource(fixture.source.id), { interval: 10 }).toBeNull();
  const { wecom, row } = await fixture.addSource("again", corp);
  await fixture.patchTarget({ sources: [row.id] });
  return { row, wecom };
}

/** What is there, by id. */
function accounts({ control }: EngineFixture) {
  const { users, groups } = control.dump();
  return { users: users.map(({ id }) => id).sort(), groups: groups.map(({ id }) => id).sort() };
}

/** What was asked of the target to see what is there. */
function looks({ control }: EngineFixture): readonly string[] {
  return Object.keys(control.requests().counts).filter((what) => /^GET (User|Group)$/.test(what));
}

test("a source that ended with people=keep and is connected again has nothing made twice", async () => {
  const fixture = await startEngineFixture({ corp });
  const { row, wecom } = await connectedAgain(fixture);
  const before = accounts(fixture);
  const { groups, users } = { groups: before.groups.length, users: before.users.length };

  // Read, and not pushed yet: the preview is about this source, though the target was pushed to.
  await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
  await fixture.sync({ source: row });
  const preview = await fixture.readBack({ mode: "match" });
  expect(preview).toMatchObject({ state: "succeeded", error: null });
  expect(preview.matching).toMatchObject({
    users: { created: 0, ambiguous: 0, adopted: { externalId: users } },
    groups: { created: 0, ambiguous: 0, adopted: { externalId: groups } },
  });
  await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });

  const task = await fixture.sync({ source: row });
  expect(task).toMatchObject({ state: "succeeded" });
  expect(task.targets[0]?.counts).toMatchObject({
    users: { adopted: users, created: 0, failed: 0 },
    groups: { adopted: groups, created: 0, failed: 0 },
  });
  expect(accounts(fixture)).toEqual(before);
  expect(await fixture.readBack({ mode: "match" })).toMatchObject({ error: { code: "target.contacted" } });

  // From now on it is a source like any: somebody new costs no look at what is there.
  fixture.control.resetJournal();
  wecom.control.createMember({ userid: "joiner", name: "新人", department: [1] });
  expect(await fixture.sync({ source: row })).toMatchObject({ state: "succeeded", counts: { users: { created: 1 } } });
  expect(looks(fixture)).toEqual([]);
});

test("nothing is made twice where the first push was cut off, its answers lost, and another source came between", async () => {
  const fixture = await startEngineFixture({ corp, impatient: true });
  const other = await fixture.addSource(
    "other",
    {
      shape: { members: 3, departments: 2, seed: 9, quirks: false },
    },
    { namespace: "other" },
  );
  const { row, wecom } = await connectedAgain(fixture);
  const before = accounts(fixture);
  const id = wecom.control.createDepartment({ name: "新部门", parentid: 1 });
  await fixture.patchTarget({ sources: [row.id, other.row.id] });
  // What is made arrives, and nobody is told; groups can't be looked at, so that none is adopted.
  fixture.control.fault({
    match: { method: "POST", type: "Group" },
    effect: { kind: "reset", commit: true },
  });
  fixture.control.fault({ match: { method: "GET", path: "/Groups/" }, effect: { kind: "status", status: 503 } });
  expect(await fixture.sync({ source: row })).toMatchObject({ state: "partial" });
  fixture.control.clearFault();
  expect(await fixture.sync({ source: other.row })).toMatchObject({ state: "succeeded" });
  expect(await fixture.sync({ source: row })).toMatchObject({ state: "succeeded" });
  const { groups } = fixture.control.dump();
  const names = groups.map(({ resource }) => String(resource["externalId"]));
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name === `department:${id}`)).toHaveLength(1);
  expect(accounts(fixture).groups).toEqual(expect.arrayContaining(before.groups));
});

test("nothing is made twice of a source that was added to its target, and pushed with others, before it was read", async () => {
  const fixture = await startEngineFixture({ corp });
  const shape = { members: 3, departments: 2, seed: 9, quirks: false };
  const other = await fixture.addSource("other", { shape }, { namespace: "other" });
  const { row } = await connectedAgain(fixture);
  await fixture.patchTarget({ sources: [other.row.id, row.id] });
  // The push of the other one is about both.
  await fixture.store.pauseTarget(fixture.row.id, { reason: null, by: "admin" });
  await fixture.sync({ source: other.row });
  await fixture.store.pauseTarget(fixture.row.id, null);
  expect(await fixture.push()).toMatchObject({ state: "succeeded" });
  const before = accounts(fixture);

  expect(await fixture.sync({ source: row })).toMatchObject({ state: "succeeded" });
  expect(accounts(fixture)).toEqual(before);
});

test("groups that are provisioned later are looked for too", async () => {
  const fixture = await startEngineFixture({ corp });
  const { row } = await connectedAgain(fixture);
  await fixture.patchTarget({ provision: { ...provision, groups: false } });
  expect(await fixture.sync({ source: row })).toMatchObject({ state: "succeeded" });
  const before = accounts(fixture);
  await fixture.patchTarget({ provision });
  expect(await fixture.sync({ source: row })).toMatchObject({ state: "succeeded" });
  expect(accounts(fixture)).toEqual(before);
});

test.each(["sqlite", "postgres"] as const)(
  "user groups that are provisioned later are looked for, once, on %s",
  async (dialect) => {
    const options = { corp, targetSettings: { provision }, ...(await onDatabase(dialect)) };
    const fixture = await startEngineFixture(options);
    await fixture.sync();
    const client = await startClient(fixture);
    await client.createGroup("VPN");
    await client.createGroup("Wiki");
    const theirs = fixture.control.add("Group", { displayName: "VPN" });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(await fixture.readBack({ mode: "match" })).toMatchObject({ error: { code: "target.contacted" } });
    const before = accounts(fixture);

    // Enabled, it would be pushed to at once.
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await fixture.patchTarget({ provision: { ...provision, userGroups: true } });
    const preview = await fixture.readBack({ mode: "match" });
    expect(preview).toMatchObject({ state: "succeeded", error: null });
    expect(preview.matching).toMatchObject({
      users: { created: 0, adopted: {} },
      groups: { created: 1, ambiguous: 0, adopted: { displayName: 1 } },
    });
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    const named = fixture.control.dump().groups.filter(({ resource }) => resource["displayName"] === "VPN");
    expect(named).toMatchObject([{ id: theirs, resource: { externalId: "VPN" } }]);
    expect(accounts(fixture).groups).toHaveLength(before.groups.length + 1);
    expect(await fixture.readBack({ mode: "match" })).toMatchObject({ error: { code: "target.contacted" } });

    // From now on one more costs no look at what is there.
    fixture.control.resetJournal();
    await client.createGroup("Print");
    await settled(fixture);
    expect(membersAt(fixture, "Print")).toEqual([]);
    expect(looks(fixture)).toEqual([]);
    expect(fixture.control.violations()).toEqual([]);
  },
);

test("user groups that are provisioned later do not have the people of the target looked for", async () => {
  const fixture = await startEngineFixture({ corp, targetSettings: { provision } });
  await fixture.sync();
  await (await startClient(fixture)).createGroup("VPN");
  await settled(fixture);
  fixture.control.resetJournal();
  await fixture.patchTarget({ provision: { ...provision, userGroups: true } });
  expect(await fixture.push()).toMatchObject({ state: "succeeded" });
  expect(looks(fixture)).toEqual(["GET Group"]);
});

test("nothing is made twice of a source that is read for the first time while its target is pushed to", async () => {
  const fixture = await startEngineFixture({ corp });
  const shape = { members: 3, departments: 2, seed: 9, quirks: false };
  const other = await fixture.addSource("other", { shape }, { namespace: "other" });
  const { row } = await connectedAgain(fixture);
  await fixture.patchTarget({ sources: [other.row.id, row.id] });
  await fixture.store.pauseTarget(fixture.row.id, { reason: null, by: "admin" });
  await fixture.sync({ source: other.row });
  await fixture.store.pauseTarget(fixture.row.id, null);
  await fixture.push();
  const before = accounts(fixture);

  // A push of both, which is still at the users when the new source is read.
  other.wecom.control.createMember({ userid: "joiner", name: "新人", department: [1] });
  await fixture.store.pauseTarget(fixture.row.id, { reason: null, by: "admin" });
  await fixture.sync({ source: other.row });
  await fixture.store.pauseTarget(fixture.row.id, null);
  fixture.control.fault({ match: { method: "POST", type: "User" }, effect: { kind: "delay", ms: 1500 } });
  const target = { sourceId: null, targetId: fixture.row.id, trigger: "manual", mode: "apply" } as const;
  const { task: push } = await fixture.store.queueTask(target);
  fixture.engine().nudge();
  await expect.poll(() => fixture.control.requests().counts["POST User"] ?? 0, { interval: 5 }).toBeGreaterThan(0);
  const { task: sync } = await fixture.store.queueTask({ ...target, sourceId: row.id, targetId: null });
  fixture.engine().nudge();
  expect(await fixture.ended(push)).toMatchObject({ state: "succeeded" });
  expect(await fixture.ended(sync)).toMatchObject({ state: "succeeded" });
  const { groups, users } = accounts(fixture);
  expect(groups).toEqual(before.groups);
  expect(users).toHaveLength(before.users.length + 1);
});
