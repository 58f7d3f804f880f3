import { describe, expect, test } from "vitest";
import { HoldMovedError, type TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { membersOf } from "../support/who-is-where.ts";
import { undo } from "./undo-support.ts";

// Automatic syncs bring departments alone, and people come by manual ones: what such a sync holds of people nothing finds
// again until the next one, so it has to outlast what happens in between.

const shape = { members: 30, departments: 3, seed: 2, quirks: false };
const structureAlone = { automatic: true, users: false, intervalHours: 1 };

/** Of the root a department with a sub-department, and so many people in the first or, if there are some, in the second. */
async function withPeople(dialect: "sqlite" | "postgres", people: number, where: "above" | "below") {
  const fixture = await startEngineFixture({
    ...{ corp: { shape }, source: { sync: structureAlone } },
    ...(await onDatabase(dialect)),
  });
  const above = fixture.corp.createDepartment({ name: "乙", parentid: 1 });
  const below = fixture.corp.createDepartment({ name: "乙组", parentid: above });
  const userids = Array.from({ length: people }, (_, index) => `b${index}`);
  const department = [where === "above" ? above : below];
  for (const userid of userids) fixture.corp.createMember({ userid, name: "乙人", department, status: 1 });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  const structure = () => fixture.sync({ trigger: "schedule" });
  const now = async ({ id }: TaskRow) => (await fixture.store.findTask(id)) ?? expect.unreachable();
  return { fixture, above, below, userids, structure, now };
}

function activeAt({ control }: EngineFixture, userids: readonly string[]): number {
  const { users } = control.dump();
  return users.filter(
    ({ resource }) => userids.includes(String(resource["externalId"])) && resource["active"] !== false,
  ).length;
}

describe.each(["sqlite", "postgres"] as const)("what a manual sync holds of people, on %s", (dialect) => {
  test("waits on while syncs of the structure come and go, and is approved as it was shown", async () => {
    const { fixture, below, userids, structure, now } = await withPeople(dialect, 8, "below");
    for (const userid of userids) fixture.corp.deleteMember(userid);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 8, groups: 0, members: 0 } } });
    fixture.corp.patchDepartment(below, { name: "丙组" });
    fixture.corp.createDepartment({ name: "新部门", parentid: below });
    expect(await structure()).toMatchObject({ state: "succeeded", counts: { groups: { created: 1, updated: 1 } } });
    expect(await structure()).toMatchObject({ state: "succeeded" });
    expect(await now(held)).toEqual(held);
    expect(activeAt(fixture, userids)).toBe(8);

    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(activeAt(fixture, userids)).toBe(0);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("is replaced by the next sync that looks at people, cancelled, or lapses as always", async () => {
    const { fixture, userids, structure, now } = await withPeople(dialect, 8, "below");
    for (const userid of userids) fixture.corp.deleteMember(userid);
    const first = await fixture.sync();
    await structure();
    const second = await fixture.sync();
    expect(await now(first)).toMatchObject({ state: "cancelled" });
    expect(second).toMatchObject({ state: "held", hold: { removals: { users: 8 } } });
    await structure();
    expect(await fixture.store.cancelTask(second.id)).toBe(true);
    const third = await fixture.sync();
    await structure();
    await fixture.store.expireHeld(third.hold?.expiresAt ?? 0);
    expect(await now(third)).toMatchObject({ state: "cancelled" });
    expect(activeAt(fixture, userids)).toBe(8);
  });

  test("keeps the departments that they are in, and those above them, until it is decided", async () => {
    const { fixture, above, below, userids, structure, now } = await withPeople(dialect, 8, "below");
    for (const userid of userids) fixture.corp.deleteMember(userid);
    const alone = fixture.corp.createDepartment({ name: "空组", parentid: above });
    await structure();
    fixture.corp.deleteDepartment(alone);
    fixture.corp.deleteDepartment(below);
    fixture.corp.deleteDepartment(above);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 8, groups: 2, members: 0 } } });

    const task = await structure();
    expect(task).toMatchObject({ state: "succeeded", hold: null });
    const waiting = await fixture.records(task, { status: "skipped", target: null });
    expect(waiting.flatMap(({ action, externalId }) => (action === "delete" ? [externalId] : [])).sort()).toEqual(
      [`department:${above}`, `department:${below}`].sort(),
    );
    expect(await now(held)).toMatchObject({ state: "held", hold: { removals: { users: 8, groups: 0, members: 0 } } });
    expect((await now(held)).hold?.reason).toMatch(/wait with them[^;]*; departments, .* are left to newer tasks$/);
    const before = { above: await membersOf(fixture, above), below: await membersOf(fixture, below) };
    expect(before).toEqual({ above: { own: [`department:${below}`], there: 1 }, below: { own: userids, there: 8 } });
    // Nothing is written for what waits, however often it is found.
    const at = await fixture.store.directoryTime();
    fixture.control.resetJournal();
    expect(await structure()).toMatchObject({ state: "succeeded" });
    expect(await fixture.store.directoryTime()).toBe(at);
    expect(fixture.control.requests().total).toBe(0);

    expect(await fixture.approve(await now(held))).toMatchObject({ state: "succeeded" });
    expect(await membersOf(fixture, below)).toEqual({ own: [], there: 0 });
    expect(await structure()).toMatchObject({ state: "succeeded", counts: { groups: { deleted: 2 } } });
    expect(await membersOf(fixture, above)).toEqual({ own: [], there: null });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("a part of it is approved with the memberships of just those people", async () => {
    const { fixture, below, userids, structure, now } = await withPeople(dialect, 8, "below");
    for (const userid of userids) fixture.corp.deleteMember(userid);
    fixture.corp.deleteDepartment(below);
    const held = await fixture.sync();
    await structure();
    const records = await fixture.records(held, { status: "held", target: null });
    const groups = await fixture.records(held, { status: "skipped", target: null, action: "delete" });
    expect(groups).toMatchObject([{ externalId: `department:${below}`, error: "replaced by a newer task" }]);
    await expect(fixture.store.approveTask(held.id, [groups[0]?.id ?? ""])).rejects.toThrow();
    const chosen = records.filter(({ externalId }) => externalId === "b3");
    await fixture.approve(
      await now(held),
      chosen.map(({ id }) => id),
    );
    expect((await membersOf(fixture, below)).own).toEqual(userids.filter((userid) => userid !== "b3"));
    expect(activeAt(fixture, userids)).toBe(7);
  });

  test("takes out of a department, once approved, the people that were shown, and nothing that came back to it", async () => {
    const { fixture, above, below, userids, structure, now } = await withPeople(dialect, 30, "above");
    const other = fixture.corp.createDepartment({ name: "丁", parentid: 1 });
    const [moved, stayed] = [userids.slice(0, 25), userids.slice(25)];
    for (const userid of moved) fixture.corp.moveMember(userid, [other], other);
    fixture.corp.patchDepartment(below, { parentid: other });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 0, groups: 0, members: 26 } } });
    // The department is found by itself, and few enough to go; then it is back.
    expect(await structure()).toMatchObject({ state: "succeeded" });
    expect((await membersOf(fixture, above)).own).toEqual([...userids].sort());
    expect(await now(held)).toMatchObject({ state: "held", hold: { removals: { users: 0, groups: 0, members: 25 } } });
    fixture.corp.patchDepartment(below, { parentid: above });
    expect(await structure()).toMatchObject({ state: "succeeded" });

    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect((await membersOf(fixture, above)).own).toEqual([...stayed, `department:${below}`].sort());
    await fixture.verify();
  });

  test("leaves out, once approved, who was to leave a department that is gone by then", async () => {
    const { fixture, above, below, userids, structure, now } = await withPeople(dialect, 30, "below");
    for (const userid of userids) fixture.corp.moveMember(userid, [above], above);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { members: 30 } } });
    fixture.corp.deleteDepartment(below);
    expect(await structure()).toMatchObject({ state: "succeeded", counts: { groups: { deleted: 1 } } });
    expect(await now(held)).toMatchObject({ state: "held" });
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(await fixture.records(held, { target: null, status: "skipped" })).toMatchObject([
      { error: "the group is not there any more" },
    ]);
    await fixture.verify();
  });
});

test("what a sync holds of departments alone is replaced by one of the structure, which holds it again", async () => {
  const { fixture, structure, now } = await withPeople("sqlite", 0, "below");
  const made = Array.from({ length: 8 }, (_, index) =>
    fixture.corp.createDepartment({ name: `组${index}`, parentid: 1 }),
  );
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  for (const id of made) fixture.corp.deleteDepartment(id);
  const held = await fixture.sync();
  expect(held).toMatchObject({ state: "held", hold: { removals: { users: 0, groups: 8 } } });
  const next = await structure();
  expect(next).toMatchObject({ state: "held", hold: { removals: { users: 0, groups: 8 } } });
  expect(await now(held)).toMatchObject({ state: "cancelled" });
});

test("what a sync holds at a target is held again by one of the structure", async () => {
  const { fixture, userids, structure, now } = await withPeople("sqlite", 8, "below");
  await fixture.patchSource({ safeguards: noSafeguards });
  for (const userid of userids) fixture.corp.deleteMember(userid);
  const held = await fixture.sync();
  expect(held).toMatchObject({ state: "held", hold: { removals: { users: 8 } } });
  const next = await structure();
  expect(next).toMatchObject({ state: "held", hold: { removals: { users: 8 } } });
  expect(await now(held)).toMatchObject({ state: "cancelled" });
  expect(await fixture.approve(next)).toMatchObject({ state: "succeeded" });
  expect(activeAt(fixture, userids)).toBe(0);
});

test("what a manual sync holds of people waits on after an undo, unless that changed them", async () => {
  const { fixture, userids, now } = await withPeople("sqlite", 8, "below");
  const { corp, store } = fixture;
  const other = corp.truth().members.find(({ userid }) => !userids.includes(userid))?.userid ?? "";
  corp.patchMember(other, { position: "顾问" });
  const ofOther = await fixture.sync();
  corp.patchMember("b0", { position: "顾问" });
  const ofLeaver = await fixture.sync();
  for (const userid of userids) corp.deleteMember(userid);
  const held = await fixture.sync();
  expect(await undo(fixture, ofOther)).toMatchObject({ state: "succeeded" });
  expect(await now(held)).toEqual(held);
  expect(await undo(fixture, ofLeaver)).toMatchObject({ state: "succeeded" });
  await expect(store.approveTask(held.id, null)).rejects.toThrow(HoldMovedError);
  expect(await now(held)).toEqual(held);
  // Of the others it is as it was shown.
  const records = await fixture.records(held, { status: "held", resourceType: "User", target: null });
  const chosen = records.filter(({ externalId }) => externalId !== "b0");
  await fixture.approve(
    held,
    chosen.map(({ id }) => id),
  );
  expect(activeAt(fixture, userids)).toBe(1);
});
