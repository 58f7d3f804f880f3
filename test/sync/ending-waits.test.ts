import { expect, test } from "vitest";
import { makeGaugeReader } from "../../src/metrics/read-gauges.ts";
import type { TaskRow } from "../../src/store/store.ts";
import { endSource } from "../../src/sync/end-source.ts";
import { makeWebhookSecret } from "../../src/sync/webhooks/sign.ts";
import { makeAdminFixture } from "../support/admin.ts";
import { defaultSafeguards, type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { idle } from "./quarantine-support.ts";

const corp = { shape: { members: 6, departments: 3, seed: 6, quirks: false } };
/** Nobody may be removed there without approval. */
const strict = { ...defaultSafeguards, maxRemovals: { floor: 0, percent: 0, count: 0 } };

const endings = (fixture: EngineFixture) => fixture.store.listEndings();

function active({ control }: Pick<EngineFixture, "control">): number {
  return control.dump().users.filter(({ resource }) => resource["active"] === true).length;
}

async function order(
  fixture: EngineFixture,
  people: "deactivate" | "delete",
  then: "disable" | "delete",
): Promise<TaskRow> {
  const id = await endSource(fixture.store, fixture.source.id, people, then, fixture.now());
  const task = await fixture.store.findTask(id ?? "");
  if (task === null) throw new Error("the end has no task");
  fixture.engine().nudge();
  return task;
}

const end = async (fixture: EngineFixture) => fixture.ended(await order(fixture, "deactivate", "delete"));

const isGone = ({ store, source }: EngineFixture) =>
  expect.poll(() => store.findSource(source.id), { interval: 10, timeout: 20_000 }).toBeNull();

test("an end that waits for a person who is paused says so, in its task and wherever his name is missed", async () => {
  const fixture = await startEngineFixture({ corp, targetSettings: { safeguards: strict } });
  const { store } = fixture;
  await fixture.sync();
  const [userid = ""] = fixture.corp.truth().members.map((member) => member.userid);
  const query = { type: "User" as const, sources: "all" as const, filter: null, startIndex: 1, count: 100 };
  const person = (await store.queryResources(query)).rows.find(({ document }) => document.includes(`"${userid}"`));
  const personId = person?.id ?? "";
  await store.pausePerson(personId, null, { reason: "on leave", by: "admin" });

  const ended = await end(fixture);
  expect(ended).toMatchObject({ state: "partial", error: { code: "source.ending" } });
  const says = `1 of its people paused at the target ${fixture.row.name}`;
  expect(ended.error?.detail).toContain(says);
  expect(ended.error?.detail).not.toContain(userid);
  expect(await endings(fixture)).toMatchObject([
    { sourceId: fixture.source.id, name: "corp", people: "deactivate", afterwards: "delete" },
  ]);
  expect((await endings(fixture))[0]?.waitsFor).toContain(says);
  const gauges = await makeGaugeReader(store, fixture.now)();
  expect(gauges.filter(({ name }) => name === "bridge_source_ending")).toEqual([
    { name: "bridge_source_ending", labels: { source: "corp" }, value: 1 },
  ]);

  // The same corp, connected again before it is through.
  const { row } = await fixture.addSource("corp", corp);
  const refused = await fixture.records(await fixture.sync({ source: row }), { status: "failed" });
  expect(refused).toHaveLength(fixture.corp.truth().members.length);
  for (const { error } of refused) {
    expect(error).toContain("the source corp, which is ending");
    expect(error).toContain(says);
  }

  // Resumed, he goes as everybody did: nobody has to approve it a second time.
  expect(await store.resumePerson(personId, null)).toBe(true);
  const { task } = await store.queueTask({
    ...{ sourceId: null, targetId: null, resourceId: personId, trigger: "manual", mode: "apply" },
  });
  fixture.engine().nudge();
  expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", hold: null });
  expect(active(fixture)).toBe(0);
  expect(await store.findSource(fixture.source.id)).not.toBeNull();
  // And the end is due now, not in ten minutes.
  await store.tryEndingsAtOnce();
  fixture.engine().nudge();
  await expect.poll(() => store.findSource(fixture.source.id), { interval: 10, timeout: 20_000 }).toBeNull();
  expect(await endings(fixture)).toEqual([]);
  const again = await fixture.sync({ source: row });
  expect(again.counts.users).toMatchObject({ created: refused.length, failed: 0 });
});

test("an end waits for a target that is paused, also where that holds no groups", async () => {
  const provision = { users: true, groups: false, userGroups: false, onRemoval: "deactivate" as const };
  const fixture = await startEngineFixture({ corp, targetSettings: { provision } });
  const { store } = fixture;
  await fixture.sync();
  const before = active(fixture);
  expect(before).toBeGreaterThan(0);
  const { request } = await makeAdminFixture({
    store,
    nudge: () => fixture.engine().nudge(),
    removeSource: (id, people) => endSource(store, id, people, "delete", fixture.now()),
  });
  const target = `/api/v1/targets/${fixture.row.id}`;
  await request("POST", `${target}/pause`, {});
  const { body: preview } = await request("GET", "/api/v1/sources/corp/end?people=deactivate");
  const answer = await request("DELETE", `/api/v1/sources/corp?people=deactivate&confirm=${preview.confirm}`);
  expect(answer.status).toBe(204);
  const location = new URL(answer.headers.get("Location") ?? "").pathname;
  await expect.poll(async () => (await request("GET", location)).body.state, { interval: 10 }).toBe("partial");
  expect((await request("GET", location)).body.error).toMatchObject({ code: "source.ending" });
  expect(active(fixture)).toBe(before);
  const waiting = async () => (await request("GET", "/api/v1/endings")).body.items;
  await expect.poll(async () => (await waiting())[0]?.waitsFor, { interval: 10 }).toContain(fixture.row.name);
  expect(await waiting()).toMatchObject([{ source: fixture.source.id, name: "corp", afterwards: "delete" }]);

  // The answer of a resume is enough: nobody has to wait for ten minutes.
  expect((await request("POST", `${target}/resume`)).status).toBe(200);
  await expect.poll(() => store.findSource(fixture.source.id), { interval: 10, timeout: 20_000 }).toBeNull();
  expect(active(fixture)).toBe(0);
});

test("a target that is resumed while the end is under way is told too, before the source goes", async () => {
  const fixture = await startEngineFixture({ corp });
  const other = await fixture.addTarget();
  await fixture.sync();
  const before = active(other);
  expect(before).toBeGreaterThan(1);
  await fixture.store.pauseTarget(other.row.id, { reason: null, by: "admin" });
  fixture.control.fault({ match: { method: "PATCH" }, effect: { kind: "delay", ms: 300 } });
  const task = await order(fixture, "deactivate", "delete");
  await expect.poll(() => active(fixture), { interval: 5 }).toBeLessThan(before);
  await fixture.store.pauseTarget(other.row.id, null);
  await fixture.store.tryEndingsAtOnce();
  expect(await fixture.ended(task)).toMatchObject({ state: "partial", error: { code: "source.ending" } });
  // And at once, not in ten minutes.
  await isGone(fixture);
  expect(active(other)).toBe(0);
});

test.each(["sqlite", "postgres"] as const)(
  "a source that is deleted while it is being disabled is deleted, as that was ordered (%s)",
  async (dialect) => {
    const fixture = await startEngineFixture({ corp, ...(await onDatabase(dialect)) });
    await fixture.sync();
    const before = active(fixture);
    fixture.control.fault({ match: { method: "PATCH" }, effect: { kind: "delay", ms: 300 } });
    const task = await order(fixture, "deactivate", "disable");
    await expect.poll(() => active(fixture), { interval: 5 }).toBeLessThan(before);
    expect((await order(fixture, "delete", "delete")).id).toBe(task.id);
    await fixture.ended(task);
    fixture.control.clearFault();
    await isGone(fixture);
    expect(fixture.control.dump().users).toEqual([]);
  },
  60_000,
);

test("a source that is changed while its end waits still ends", async () => {
  const fixture = await startEngineFixture({ corp });
  const { store } = fixture;
  await fixture.sync();
  const { request } = await makeAdminFixture({ store, nudge: () => fixture.engine().nudge() });
  await store.pauseTarget(fixture.row.id, { reason: null, by: "admin" });
  await fixture.ended(await order(fixture, "deactivate", "disable"));
  expect((await request("PATCH", "/api/v1/sources/corp", { description: "gone" })).status).toBe(200);
  expect(await endings(fixture)).toMatchObject([{ nextTryAt: expect.any(Number) }]);
  // One that lost its time is due.
  await store.updateSource(fixture.source.id, { nextRunAt: null });
  await store.pauseTarget(fixture.row.id, null);
  fixture.engine().nudge();
  await expect.poll(async () => (await endings(fixture)).length, { interval: 10, timeout: 20_000 }).toBe(0);
  expect(active(fixture)).toBe(0);
  expect(await store.findSource(fixture.source.id)).toMatchObject({ status: "disabled", nextRunAt: null });
});

test("a sync that was queued before its source was disabled brings nobody back", async () => {
  const fixture = await startEngineFixture({ corp });
  await fixture.sync();
  await fixture.ended(await order(fixture, "deactivate", "disable"));
  await idle(fixture);
  expect(active(fixture)).toBe(0);
  expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({
    state: "failed",
    error: { code: "source.disabled" },
  });
  expect(active(fixture)).toBe(0);
});

test("an end that waits for the same still is told of once, and of what is new at once", async () => {
  const fixture = await startEngineFixture({ corp });
  const { store } = fixture;
  await fixture.sync();
  const hook = await store.createWebhook({
    ...{ name: "hook", url: "https://hook.test/", events: ["task.finished"], status: "enabled" },
    secrets: { current: makeWebhookSecret() },
  });
  const told = async () => (await store.listDeliveries(hook.id, { limit: 100 })).items.length;
  await store.pauseTarget(fixture.row.id, { reason: null, by: "admin" });
  await end(fixture);
  expect(await told()).toBe(1);
  const again = async () => {
    await store.tryEndingsAtOnce();
    const count = async () => (await store.listTasks({ limit: 100 })).items.length;
    const before = await count();
    fixture.engine().nudge();
    await expect.poll(count, { interval: 10, timeout: 20_000 }).toBe(before + 1);
    await idle(fixture);
    return (await store.listTasks({ limit: 1 })).items[0];
  };
  for (let tries = 0; tries < 2; tries += 1) {
    expect(await again()).toMatchObject({ state: "partial", error: { code: "source.ending" } });
    expect(await told()).toBe(1);
  }
  await store.updateTarget(fixture.row.id, { status: "disabled" });
  expect(await again()).toMatchObject({ state: "partial" });
  expect(await told()).toBe(2);
});

test("what an end waits for has no words of the target, which may name a person", async () => {
  const fixture = await startEngineFixture({ corp });
  await fixture.sync();
  const effect = { kind: "status", status: 401 } as const;
  fixture.control.fault({ match: { method: "PATCH" }, effect });
  expect(await end(fixture)).toMatchObject({ state: "partial", error: { code: "target.unauthorized" } });
  await expect.poll(async () => (await endings(fixture))[0]?.waitsFor, { interval: 10 }).toContain("credentials");
  expect((await endings(fixture))[0]?.waitsFor).not.toContain("A fault");
});
