import { describe, expect, test } from "vitest";
import { nextRun } from "../../src/sync/schedule.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

const hour = 3_600_000;

async function settle(fixture: EngineFixture): Promise<void> {
  fixture.engine().nudge();
  await expect.poll(async () => (await fixture.store.openTasks()).length, { timeout: 20_000, interval: 10 }).toBe(0);
}

/** The scheduler has looked several times over, and whatever it began has ended. */
async function ticks(fixture: EngineFixture): Promise<number> {
  for (let tick = 0; tick < 4; tick += 1) {
    fixture.engine().nudge();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await settle(fixture);
  }
  return (await fixture.store.listTasks({ limit: 100 })).items.length;
}

describe("when a source is due next", () => {
  const source = (more: object, sync: object = {}) => ({
    status: "enabled" as const,
    type: "wecom" as const,
    settings: { sync: { automatic: true, users: true, intervalHours: 6, ...sync } } as never,
    ...more,
  });

  test("is after its interval, and never when it is manual, disabled or custom", () => {
    expect(nextRun(source({}), 1000)).toBe(1000 + 6 * hour);
    expect(nextRun(source({}, { automatic: false }), 1000)).toBeNull();
    expect(nextRun(source({ status: "disabled" }), 1000)).toBeNull();
    expect(nextRun(source({ type: "custom" }), 1000)).toBeNull();
  });
});

describe("the scheduler", () => {
  test("runs a due source once, and again only after its interval", async () => {
    const fixture = await startEngineFixture();
    await fixture.store.updateSource(fixture.source.id, { nextRunAt: fixture.now() });
    expect(await ticks(fixture)).toBe(1);
    const [task] = (await fixture.store.listTasks({ limit: 1 })).items;
    expect(task).toMatchObject({ trigger: "schedule", state: "succeeded" });
    await fixture.verify();
    fixture.advance(0.5 * hour);
    expect(await ticks(fixture)).toBe(1);
    fixture.advance(0.6 * hour);
    expect(await ticks(fixture)).toBe(2);
    const next = (await fixture.store.findSource(fixture.source.id))?.nextRunAt ?? 0;
    expect(next).toBeGreaterThan(fixture.now() + 0.9 * hour);
  });

  test("makes up for missed hours with one sync", async () => {
    const fixture = await startEngineFixture();
    await fixture.store.updateSource(fixture.source.id, { nextRunAt: fixture.now() - 48 * hour });
    expect(await ticks(fixture)).toBe(1);
  });

  test("leaves a disabled source alone", async () => {
    const fixture = await startEngineFixture();
    await fixture.store.updateSource(fixture.source.id, { status: "disabled", nextRunAt: fixture.now() - hour });
    expect(await ticks(fixture)).toBe(0);
    expect(fixture.corp.requests()).toEqual({});
  });

  test("does nothing while everything is paused, not even what was queued by hand", async () => {
    const fixture = await startEngineFixture();
    await fixture.stop();
    await fixture.store.writeSettings({ paused: true });
    fixture.start();
    await fixture.store.updateSource(fixture.source.id, { nextRunAt: fixture.now() });
    const { task } = await fixture.store.queueTask({
      sourceId: fixture.source.id,
      targetId: null,
      trigger: "manual",
      mode: "apply",
    });
    for (let tick = 0; tick < 4; tick += 1) {
      fixture.engine().nudge();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(await fixture.store.findTask(task.id)).toMatchObject({ state: "queued" });
    expect(fixture.corp.requests()).toEqual({});
    await fixture.store.writeSettings({ paused: false });
    fixture.engine().nudge();
    expect(await fixture.ended(task)).toMatchObject({ state: "succeeded" });
  });

  test("two syncs asked for at once are one", async () => {
    const fixture = await startEngineFixture();
    const ask = () =>
      fixture.store.queueTask({ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" });
    const asked = await Promise.all([ask(), ask(), ask()]);
    expect(new Set(asked.map(({ task }) => task.id)).size).toBe(1);
    expect(asked.filter(({ created }) => created)).toHaveLength(1);
    await settle(fixture);
    await fixture.verify();
  });

  test("two engines on one database do the work once", async () => {
    const fixture = await startEngineFixture();
    // A second engine, as a second replica would be; `stop` knows the last one only.
    const first = fixture.engine();
    fixture.start();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await first.stop();
    await fixture.verify();
    expect(fixture.control.requests().counts["POST User"]).toBe(60);
  });

  test("tries what failed at a target again when its time has come, and not before", async () => {
    const fixture = await startEngineFixture();
    fixture.control.fault({
      match: { method: "POST", type: "User" },
      times: 1,
      effect: { kind: "status", status: 400 },
    });
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "target.pending" } });
    fixture.control.resetJournal();
    fixture.advance(2 * 60_000);
    await ticks(fixture);
    expect(fixture.control.requests().total).toBe(0);
    fixture.advance(20 * 60_000);
    const before = await ticks(fixture);
    await fixture.verify();
    // Once repaired it is left alone.
    fixture.advance(60 * 60_000);
    expect(await ticks(fixture)).toBe(before);
  });
});

describe("sync.users: false", () => {
  test("brings the structure alone when automatic, and everything when manual", async () => {
    const fixture = await startEngineFixture({ source: { sync: { automatic: true, users: false, intervalHours: 1 } } });
    const { departments } = fixture.corp.truth();
    const automatic = await fixture.sync({ trigger: "schedule" });
    expect(automatic).toMatchObject({ state: "succeeded", counts: { users: { read: 0, created: 0 } } });
    expect(fixture.control.counts()).toMatchObject({ users: 0, groups: departments.length });
    expect(fixture.corp.requests()["user/list"]).toBeUndefined();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("leaves people and their memberships as they are, whatever became of them", async () => {
    const fixture = await startEngineFixture({ source: { sync: { automatic: true, users: false, intervalHours: 1 } } });
    await fixture.sync();
    const before = fixture.control.dump();
    const { members } = fixture.corp.truth();
    for (const { userid } of members.slice(0, 4)) fixture.corp.deleteMember(userid);
    fixture.corp.patchMember(members[10]?.userid ?? "", { position: "unseen" });
    const id = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    fixture.corp.moveMember(members[11]?.userid ?? "", [id], id);
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ state: "succeeded" });
    const after = fixture.control.dump();
    expect(after.users).toEqual(before.users);
    expect(after.groups).toHaveLength(before.groups.length + 1);
    const count = (groups: typeof after.groups): number =>
      groups.flatMap(({ members: list }) => list.filter(({ type }) => type === "User")).length;
    expect(count(after.groups)).toBe(count(before.groups));
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("a plan", () => {
  test("says what would be done and does none of it", async () => {
    const fixture = await startEngineFixture();
    const plan = await fixture.sync({ mode: "plan" });
    expect(plan).toMatchObject({ state: "succeeded", counts: { users: { created: 60 } } });
    expect(plan.targets).toMatchObject([{ state: "succeeded", counts: { users: { created: 60 } } }]);
    expect((await fixture.records(plan)).every(({ status }) => status === "planned")).toBe(true);
    expect(Object.keys(fixture.control.requests().counts).filter((kind) => !kind.startsWith("GET"))).toEqual([]);
    expect(
      (await fixture.store.queryResources({ type: "User", sources: "all", filter: null, startIndex: 1, count: 1 }))
        .total,
    ).toBe(0);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
    const { members } = fixture.corp.truth();
    for (const { userid } of members.slice(0, 20)) fixture.corp.deleteMember(userid);
    const second = await fixture.sync({ mode: "plan" });
    expect(second).toMatchObject({ state: "succeeded", hold: null, plan: { hold: { removals: { users: 20 } } } });
    await fixture.verify().then(
      () => expect.unreachable("a plan must change nothing"),
      () => {},
    );
  });

  test("of a source that cannot be read fails", async () => {
    const fixture = await startEngineFixture();
    fixture.corp.addFault({ endpoint: "gettoken", answer: { kind: "errcode", errcode: 40001 } });
    expect(await fixture.sync({ mode: "plan" })).toMatchObject({ state: "failed", error: { errcode: 40001 } });
  });
});
