import { expect, it } from "vitest";
import type { EventType } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { beginWork, finish } from "./support.ts";

onEachDatabase("events", (at) => {
  const makeHook = (name: string, events: readonly EventType[]) =>
    at.store.createWebhook({
      ...{ name, url: "https://hooks.example.com/", events, status: "enabled" },
      secrets: { current: "whsec_c2VjcmV0" },
    });
  const event = (type: EventType) => ({ type, data: { some: 1 } });
  const eventsOf = async ({ id }: { readonly id: string }) =>
    (await at.store.listDeliveries(id, { limit: 9 })).items.map((each) => each.event);

  it("are written with the end of a task, or not at all", async () => {
    const hook = await makeHook("ops", ["task.finished", "task.held"]);
    const other = await makeHook("other", ["source.stale"]);
    const { task, source } = await beginWork(at.store);
    const end = { state: "succeeded", counts: task.counts, targets: [], error: null, hold: null } as const;
    at.clock.now += 1000;
    const done = { ...end, isSynced: true, events: [event("task.finished")] };
    expect(await at.store.finishTask(task.id, done)).toBe(true);
    expect([await eventsOf(hook), await eventsOf(other)]).toEqual([["task.finished"], []]);
    expect((await at.store.findSource(source.id))?.syncedAt).toBe(at.clock.now);
    // It has ended already.
    expect(await at.store.finishTask(task.id, done)).toBe(false);
    expect(await eventsOf(hook)).toHaveLength(1);
    const [due] = await at.store.dueDeliveries(at.clock.now, 9, []);
    expect(JSON.parse(due?.payload ?? "")).toEqual({
      ...{ type: "task.finished", timestamp: new Date(at.clock.now).toISOString(), data: { some: 1 } },
    });
    expect(due?.webhook).toMatchObject({ id: hook.id, secrets: { current: "whsec_c2VjcmV0" } });
  });

  it("are claimed by one of two", async () => {
    const hook = await makeHook("ops", ["task.held"]);
    await at.store.raiseEvents([event("task.held")]);
    const other = await at.openAnother();
    const [seen] = await at.store.dueDeliveries(at.clock.now, 9, []);
    const [same] = await other.dueDeliveries(at.clock.now, 9, []);
    if (seen === undefined || same === undefined) throw new Error("there is nothing due");
    const claims = [at.store.claimDelivery(seen, at.clock.now + 1000), other.claimDelivery(same, at.clock.now + 1000)];
    expect((await Promise.all(claims)).sort()).toEqual([false, true]);
    expect(await at.store.dueDeliveries(at.clock.now, 9, [])).toEqual([]);
    // Whoever claimed it came to an end before he could say how it went.
    expect(await at.store.dueDeliveries(at.clock.now + 1000, 9, [])).toHaveLength(1);
    expect(await at.store.dueDeliveries(at.clock.now + 1000, 9, [hook.id])).toEqual([]);
    expect(await at.store.countPendingDeliveries()).toBe(1);
  });

  it("of something out of order are raised once, and once when it is over", async () => {
    const hook = await makeHook("ops", ["source.stale", "source.recovered"]);
    const [stale, recovered] = [event("source.stale"), event("source.recovered")];
    expect(await at.store.closeAlert("source.stale:1", recovered)).toBe(false);
    const opened = [at.store.openAlert("source.stale:1", stale), at.store.openAlert("source.stale:1", stale)];
    expect((await Promise.all(opened)).sort()).toEqual([false, true]);
    expect(await at.store.openAlerts()).toEqual(new Map([["source.stale:1", at.clock.now]]));
    expect(await at.store.closeAlert("source.stale:1", recovered)).toBe(true);
    expect(await eventsOf(hook)).toEqual(["source.recovered", "source.stale"]);
    await at.store.openAlert("source.stale:1", stale);
    expect(await at.store.closeAlert("source.stale:1", null)).toBe(true);
    expect(await eventsOf(hook)).toHaveLength(3);
  });

  it("of what waits are counted among the open tasks", async () => {
    const work = await beginWork(at.store);
    const open = { sourceId: work.source.id, targetId: null, count: 1 };
    expect(await at.store.countOpenTasks()).toEqual([{ ...open, state: "running" }]);
    await finish(at.store, work.task, "held");
    expect(await at.store.countOpenTasks()).toEqual([{ ...open, state: "held" }]);
    expect(await at.store.tallyTask(work.task.id)).toEqual([]);
  });
});
