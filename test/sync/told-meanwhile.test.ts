import { expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { defaultSafeguards, type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { groupAt, leavable, membersOf, tagWith } from "./targets/support.ts";

// What an administrator says while something is planned or pushed.

const by = { reason: "a closer look", by: "administrator" };
const timeout = { timeout: 60_000 };
const accountOf = ({ control }: EngineFixture, name: string) =>
  control.dump().users.find(({ resource }) => resource["externalId"] === name);
const idOf = async ({ store }: EngineFixture, name: string) => (await store.findPeople(name))[0] ?? "";
const requestsOf = async ({ store }: EngineFixture, plan: TaskRow) =>
  (await store.listPlanRequests(plan.id, { limit: 10 })).items;

async function apply({ store, engine, ended }: EngineFixture, plan: TaskRow): Promise<TaskRow> {
  const { sourceId, targetId, id: planId } = plan;
  const { task } = await store.queueTask({ sourceId, targetId, trigger: "manual", mode: "apply", planId });
  engine().nudge();
  return ended(task);
}

test("whoever is paused during a push keeps his account, but for requests that are on their way", timeout, async () => {
  const provision = { users: true, groups: false, userGroups: false, onRemoval: "delete" } as const;
  const fixture = await startEngineFixture({
    source: { safeguards: noSafeguards },
    targetSettings: { safeguards: noSafeguards, provision, limits: { concurrency: 2, requestsPerSecond: 0 } },
    corp: { shape: { members: 40, departments: 3, seed: 1, quirks: false } },
  });
  await fixture.sync();
  const leavers = leavable(fixture).slice(0, 20);
  const ids = new Map<string, string>();
  for (const name of leavers) ids.set(name, await idOf(fixture, name));
  for (const name of leavers) fixture.corp.deleteMember(name);
  fixture.control.fault({ match: { method: "DELETE" }, effect: { kind: "delay", ms: 400 } });
  const { task } = await fixture.store.queueTask({
    ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
  });
  fixture.engine().nudge();
  const there = () => leavers.filter((name) => accountOf(fixture, name) !== undefined);
  while (there().length > 17) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const name of there()) await fixture.store.pausePerson(ids.get(name) ?? "", null, by);
  const paused = there();
  await fixture.ended(task);
  // Two at a time, and a quarter of a second until it is heard of.
  expect(there().length).toBeGreaterThanOrEqual(paused.length - 4);
});

test("a plan leaves out who is paused, and so does what it is applied as", timeout, async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const [one = "", other = ""] = leavable(fixture);
  await fixture.store.pausePerson(await idOf(fixture, one), null, by);
  fixture.corp.patchMember(one, { position: "planned" });
  fixture.corp.patchMember(other, { position: "planned" });
  const plan = await fixture.sync({ mode: "plan" });
  expect(await requestsOf(fixture, plan)).toHaveLength(1);
  expect(await apply(fixture, plan)).toMatchObject({ state: "succeeded", error: null });
  const titles = [one, other].map((name) => accountOf(fixture, name)?.resource["title"]);
  expect([titles[0] === "planned", titles[1]]).toEqual([false, "planned"]);
});

test("a plan of a source is applied at the others while one of its targets is paused", timeout, async () => {
  const fixture = await startEngineFixture();
  const second = await fixture.addTarget();
  await fixture.sync();
  await fixture.store.pauseTarget(second.row.id, by);
  const [one = ""] = leavable(fixture);
  fixture.corp.patchMember(one, { position: "planned" });
  const plan = await fixture.sync({ mode: "plan" });
  expect((await requestsOf(fixture, plan)).map(({ target }) => target)).toEqual([fixture.row.id]);
  expect(await apply(fixture, plan)).toMatchObject({ error: null });
  expect(accountOf(fixture, one)?.resource["title"]).toBe("planned");
});

test("a sync that was due while a plan was made comes soon, not at the next turn", timeout, async () => {
  const sync = { automatic: true, users: true, intervalHours: 24 };
  const fixture = await startEngineFixture({ source: { sync } });
  await fixture.sync();
  await fixture.stop();
  await fixture.store.updateSource(fixture.source.id, { nextRunAt: fixture.now() - 1 });
  const { task } = await fixture.store.queueTask({
    ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "plan" },
  });
  fixture.start();
  await fixture.ended(task);
  await expect
    .poll(async () => ((await fixture.store.findSource(fixture.source.id))?.nextRunAt ?? 0) - fixture.now())
    .toBeLessThan(60_000);
});

test("a protected group keeps its people also where people are protected by the same text", timeout, async () => {
  const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
  const tag = tagWith(fixture, "Admins", leavable(fixture).slice(0, 3));
  const filter = 'displayName eq "Admins"';
  await fixture.patchTarget({ safeguards: { ...defaultSafeguards, protected: filter, protectedGroups: filter } });
  await fixture.sync();
  const before = membersOf(fixture, "Admins");
  expect(before).toHaveLength(3);
  fixture.corp.deleteTag(tag);
  await fixture.sync();
  expect(groupAt(fixture, "Admins")).toBeDefined();
  expect(membersOf(fixture, "Admins")).toEqual(before);
});
