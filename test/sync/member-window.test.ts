import { expect, test } from "vitest";
import { type EngineFixtureOptions, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { membersOf } from "../support/who-is-where.ts";

// Members that leave one group are counted over the window of the safeguards, across tasks and triggers.

const timeout = { timeout: 90_000 };
const few = { ...noSafeguards, maxMemberRemovals: { floor: 2, percent: 50 } };
const userids = Array.from({ length: 6 }, (_, index) => `m${index}`);

/** Six people in one department, who can be moved to another; `heard` moves one, and has that heard of by an event. */
async function withSix(options: EngineFixtureOptions) {
  const fixture = await startEngineFixture({
    ...options,
    corp: { shape: { members: 4, departments: 2, seed: 3, quirks: false } },
  });
  const { corp, store, source } = fixture;
  const [from = 0, to = 0] = ["甲部", "乙部"].map((name) => corp.createDepartment({ name, parentid: 1 }));
  for (const userid of userids) corp.createMember({ userid, name: "某人", department: [from], status: 1 });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  const heard = async (userid: string, department: number) => {
    const before = (await store.listTasks({ limit: 1000 })).items.map(({ id }) => id);
    corp.moveMember(userid, [department]);
    await store.keepEvent(source.id, "contacts", [{ kind: "user", key: userid }]);
    fixture.engine().nudge();
    for (;;) {
      const tasks = (await store.listTasks({ limit: 1000 })).items.filter(({ id }) => !before.includes(id));
      const [last] = tasks;
      if (last !== undefined && tasks.every(({ state }) => state !== "queued" && state !== "running")) return last;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { fixture, from, to, heard };
}

test.each(["sqlite", "postgres"] as const)(
  "a department is not emptied by many small looks, on %s",
  timeout,
  async (dialect) => {
    const { fixture, from, to, heard } = await withSix({ ...(await onDatabase(dialect)), source: { safeguards: few } });
    for (const userid of userids.slice(0, 3)) expect(await heard(userid, to)).toMatchObject({ state: "succeeded" });
    // Four of the six that there were.
    const held = await heard("m3", to);
    expect(held).toMatchObject({ trigger: "callback", state: "held", hold: { removals: { members: 1 } } });
    expect(held.hold?.reason).toContain("within the window already");
    expect((await membersOf(fixture, from)).own).toHaveLength(3);
    // What a person let through is no sign of anything; what tasks did counts on.
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect((await membersOf(fixture, from)).own).toHaveLength(2);
    expect(await heard("m4", to)).toMatchObject({ state: "held" });
    expect((await membersOf(fixture, from)).own).toHaveLength(2);
  },
);

test("whoever is in the department again is no loss, and neither is who left before the window", timeout, async () => {
  const { fixture, from, to, heard } = await withSix({ source: { safeguards: few } });
  for (const userid of userids.slice(0, 3)) await heard(userid, to);
  await heard("m0", from);
  await heard("m1", from);
  expect(await heard("m3", to)).toMatchObject({ state: "succeeded" });
  expect(await heard("m4", to)).toMatchObject({ state: "succeeded" });
  fixture.advance(25 * 3_600_000);
  expect(await heard("m5", to)).toMatchObject({ state: "succeeded" });
  expect((await membersOf(fixture, from)).own).toHaveLength(2);
});

test(
  "a group at a target is not emptied by many small pushes; what was let through there does not count",
  timeout,
  async () => {
    const { fixture, from, to, heard } = await withSix({
      source: { safeguards: noSafeguards },
      targetSettings: { safeguards: few },
    });
    for (const userid of userids.slice(0, 3)) expect(await heard(userid, to)).toMatchObject({ state: "succeeded" });
    const held = await heard("m3", to);
    expect(held).toMatchObject({ state: "held", hold: { removals: { members: 1 } } });
    expect(await membersOf(fixture, from)).toMatchObject({ there: 3 });
    expect((await fixture.store.findTask(held.id))?.hold?.reason).toContain("within the window already");
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(await membersOf(fixture, from)).toMatchObject({ there: 2 });
    const records = await fixture.database.db
      .selectFrom("change")
      .select(["approved", "removed_count"])
      .where("task_id", "=", held.id)
      .where("target_id", "is not", null)
      .where("status", "=", "applied")
      .where("removed_count", ">", 0)
      .execute();
    expect(records).toEqual([{ approved: 1, removed_count: 1 }]);
  },
);

test("a plan counts what left lately, as the sync would", timeout, async () => {
  const { fixture, from, to, heard } = await withSix({
    source: { safeguards: few },
    targetSettings: { safeguards: noSafeguards },
  });
  for (const userid of userids.slice(0, 3)) await heard(userid, to);
  fixture.corp.moveMember("m3", [to]);
  const plan = await fixture.sync({ mode: "plan" });
  const requests = (await fixture.store.listPlanRequests(plan.id, { limit: 100 })).items;
  expect(requests.filter(({ body }) => JSON.stringify(body).includes('"remove"'))).toEqual([]);
  const { sourceId, targetId, id: planId } = plan;
  const { task } = await fixture.store.queueTask({ sourceId, targetId, trigger: "manual", mode: "apply", planId });
  fixture.engine().nudge();
  expect(await fixture.ended(task)).toMatchObject({ state: "held" });
  expect((await membersOf(fixture, from)).own).toHaveLength(3);
});

test("what left a group is known as long as the window lasts, however short records are kept", timeout, async () => {
  const { fixture, to, heard } = await withSix({ source: { safeguards: { ...few, windowHours: 720 } } });
  for (const userid of userids.slice(0, 3)) await heard(userid, to);
  const signal = new AbortController().signal;
  fixture.advance(10 * 86_400_000);
  await fixture.store.pruneRecords(fixture.now() - 86_400_000, signal);
  expect(await heard("m3", to)).toMatchObject({ state: "held" });
  fixture.advance(31 * 86_400_000);
  await fixture.store.pruneRecords(fixture.now() - 86_400_000, signal);
  const left = await fixture.database.db.selectFrom("change").select("seq").where("status", "=", "applied").execute();
  expect(left).toEqual([]);
});
