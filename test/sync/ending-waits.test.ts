import { expect, test } from "vitest";
import { makeGaugeReader } from "../../src/metrics/read-gauges.ts";
import { endSource } from "../../src/sync/end-source.ts";
import { makeAdminFixture } from "../support/admin.ts";
import { defaultSafeguards, type EngineFixture, startEngineFixture } from "../support/engine.ts";

const corp = { shape: { members: 6, departments: 3, seed: 6, quirks: false } };
/** Nobody may be removed there without approval. */
const strict = { ...defaultSafeguards, maxRemovals: { floor: 0, percent: 0, count: 0 } };

const endings = (fixture: EngineFixture) => fixture.store.listEndings();

function active({ control }: EngineFixture): number {
  return control.dump().users.filter(({ resource }) => resource["active"] === true).length;
}

async function end(fixture: EngineFixture) {
  const id = await endSource(fixture.store, fixture.source.id, "deactivate", "delete", fixture.now());
  const task = await fixture.store.findTask(id ?? "");
  if (task === null) throw new Error("the end has no task");
  fixture.engine().nudge();
  return fixture.ended(task);
}

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
