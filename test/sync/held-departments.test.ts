import { describe, expect, test } from "vitest";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";
import { membersOf } from "../support/who-is-where.ts";
import { undo } from "./undo-support.ts";

// A department that goes takes everybody out of it. Where those wait for a person, it waits with them.

const people = Array.from({ length: 8 }, (_, index) => `b${index}`);
const corp = { shape: { members: 30, departments: 3, seed: 2, quirks: false } };

/** A scope of two departments, one of them with eight people in its sub-department, which is then narrowed to the other. */
async function withScope(options: Parameters<typeof startEngineFixture>[0] = {}) {
  const fixture = await startEngineFixture({ corp, ...options });
  const stays = fixture.corp.createDepartment({ name: "甲", parentid: 1 });
  const above = fixture.corp.createDepartment({ name: "乙", parentid: 1 });
  const goes = fixture.corp.createDepartment({ name: "乙组", parentid: above });
  fixture.corp.createMember({ userid: "a", name: "甲人", department: [stays], status: 1 });
  for (const userid of people) fixture.corp.createMember({ userid, name: "乙人", department: [goes], status: 1 });
  const setScope = (departments: readonly number[]) => fixture.patchSource({ scope: { mode: "partial", departments } });
  await setScope([stays, above]);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  return {
    ...{ fixture, goes, above },
    narrow: () => setScope([stays]),
    widen: () => setScope([stays, above]),
  };
}

const all = { own: people, there: 8 };

describe("a department that goes with people whose removal is held", () => {
  test("stays with them, and with the one above it; all is as it was once they are back", async () => {
    const { fixture, goes, above, narrow, widen } = await withScope();
    const before = await membersOf(fixture, above);
    await narrow();
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 8, groups: 2, members: 0 } } });
    expect(held.hold?.reason).toContain("2 groups to be deleted wait with them");
    expect(await fixture.records(held, { status: "held", resourceType: "Group", target: null })).toHaveLength(4);
    expect(await membersOf(fixture, goes)).toEqual(all);
    expect(await membersOf(fixture, above)).toEqual(before);
    expect(await fixture.store.cancelTask(held.id)).toBe(true);
    await widen();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { groups: { created: 0, updated: 0 } } });
    expect(await membersOf(fixture, goes)).toEqual(all);
  });

  test("goes with them once it is approved", async () => {
    const { fixture, goes, narrow } = await withScope();
    await narrow();
    expect(await fixture.approve(await fixture.sync())).toMatchObject({ state: "succeeded" });
    expect(await membersOf(fixture, goes)).toEqual({ own: [], there: null });
    expect(fixture.control.violations()).toEqual([]);
  });

  test("let through without them, it has them again when it is back", async () => {
    const { fixture, goes, narrow, widen } = await withScope();
    await narrow();
    const held = await fixture.sync();
    const records = await fixture.records(held, { status: "held", resourceType: "Group", target: null });
    const groups = records.flatMap(({ id, action }) => (action === "delete" ? [id] : []));
    expect(groups).toHaveLength(2);
    await fixture.approve(held, groups);
    expect(await membersOf(fixture, goes)).toEqual({ own: [], there: null });
    await widen();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await membersOf(fixture, goes)).toEqual(all);
  });

  test("stays at a target where they wait, until that is approved", async () => {
    const { fixture, goes, narrow } = await withScope({ source: { safeguards: noSafeguards } });
    await narrow();
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 8, groups: 2, members: 0 } } });
    expect(await membersOf(fixture, goes)).toEqual({ own: [], there: 8 });
    const records = await fixture.records(held, { status: "held", resourceType: "Group", target: fixture.row.id });
    expect(records.map(({ action, because }) => [action, because])).toEqual(
      Array.from({ length: 2 }, () => ["delete", expect.stringMatching(/^members of it are to be removed themselves/)]),
    );
    // A push of its own comes to the same.
    expect(await fixture.push()).toMatchObject({ hold: { removals: { users: 8, groups: 2 } } });
    const [waiting] = (await fixture.store.listTasks({ state: "held", limit: 1 })).items;
    expect(await fixture.approve(waiting ?? held)).toMatchObject({ state: "succeeded" });
    expect(await membersOf(fixture, goes)).toEqual({ own: [], there: null });
    expect(fixture.control.violations()).toEqual([]);
  });

  test("stays when an undo of both is held, and is given up", async () => {
    const fixture = await startEngineFixture({ corp });
    await fixture.sync();
    const made = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    for (const userid of people) fixture.corp.createMember({ userid, name: "新人", department: [made], status: 1 });
    const waiting = await undo(fixture, await fixture.sync());
    expect(waiting).toMatchObject({ state: "held", hold: { removals: { users: 8, groups: 1 } } });
    expect(await membersOf(fixture, made)).toEqual(all);
    expect(await fixture.store.cancelTask(waiting.id)).toBe(true);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await membersOf(fixture, made)).toEqual(all);
    await fixture.verify();
  });
});

test("who was to leave with a department that went, and did not for the task was cancelled, has it again", async () => {
  const { fixture, goes, narrow, widen } = await withScope({ source: { safeguards: noSafeguards } });
  const { store } = fixture;
  await narrow();
  const { applyNext } = store;
  let steps = 0;
  store.applyNext = async (lease, taskId, sourceId) => {
    steps += 1;
    // Both departments are gone by now.
    if (steps === 3) await store.cancelTask(taskId);
    return applyNext(lease, taskId, sourceId, 1);
  };
  expect(await fixture.sync()).toMatchObject({ state: "cancelled" });
  store.applyNext = applyNext;
  await expect.poll(async () => (await store.openTasks()).length).toBe(0);
  expect((await membersOf(fixture, goes)).own).toEqual([]);
  await widen();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { groups: { created: 2 } } });
  expect(await membersOf(fixture, goes)).toEqual(all);
});

test.each(["cancelled", "failed"] as const)(
  "who is to leave a group, and waits, is looked at again when the task is %s in the middle",
  async (state) => {
    const fixture = await startEngineFixture({ corp });
    const { store } = fixture;
    const [from, to] = ["甲", "乙"].map((name) => fixture.corp.createDepartment({ name, parentid: 1 }));
    const many = Array.from({ length: 25 }, (_, index) => `a${index}`);
    for (const userid of many) fixture.corp.createMember({ userid, name: "甲人", department: [from ?? 1], status: 1 });
    await fixture.sync();
    for (const userid of many) fixture.corp.moveMember(userid, [to ?? 1]);
    const { applyMarks } = store;
    store.applyMarks = async (_lease, taskId) => {
      if (state === "cancelled") await store.cancelTask(taskId);
      throw new Error("in the middle");
    };
    expect(await fixture.sync()).toMatchObject({ state });
    store.applyMarks = applyMarks;
    await expect.poll(async () => (await store.openTasks()).length).toBe(0);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { members: 25 } } });
    await fixture.approve(held);
    await fixture.verify();
  },
);
