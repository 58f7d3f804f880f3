import { describe, expect, it, onTestFinished } from "vitest";
import type { EventType, TaskRow, WebhookRow } from "../../src/store/store.ts";
import { noteAttempt } from "../../src/sync/webhooks/deliver.ts";
import { makeWebhookSecret } from "../../src/sync/webhooks/sign.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { type Receiver, startReceiver } from "../support/webhook-receiver.ts";

const everything: readonly EventType[] = [
  ...["task.finished", "task.held", "target.quarantined", "target.recovered"],
  ...["source.stale", "source.recovered"],
] as EventType[];

async function listen(fixture: EngineFixture, events = everything): Promise<{ hook: WebhookRow; receiver: Receiver }> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const hook = await fixture.store.createWebhook({
    ...{ name: `hook${receiver.url.split(":")[2]?.slice(0, 5)}`, url: receiver.url, events, status: "enabled" },
    secrets: { current: makeWebhookSecret() },
  });
  return { hook, receiver };
}

const deliveries = async ({ store }: EngineFixture, { id }: WebhookRow) =>
  (await store.listDeliveries(id, { limit: 100 })).items;

/** Waits until no message is on its way that is due. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const types = (receiver: Receiver) => receiver.messages.map(({ body }) => body.type);

describe("webhooks", () => {
  it("hear how a task ended: ids, counts and names of sources and targets, nobody's data", async () => {
    const fixture = await startEngineFixture();
    const { hook, receiver } = await listen(fixture);
    const task = await fixture.sync();
    await receiver.has(1);
    const [message] = receiver.messages;
    expect(message?.body).toEqual({
      type: "task.finished",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        ...{
          task: task.id,
          trigger: "manual",
          mode: "apply",
          state: "succeeded",
          target: null,
          error: null,
          hold: null,
        },
        source: { id: fixture.source.id, name: fixture.source.name },
        counts: task.counts,
        targets: [
          {
            ...{ id: fixture.row.id, name: fixture.row.name, state: "succeeded", error: null },
            counts: task.targets[0]?.counts,
          },
        ],
        links: {
          task: `https://bridge.test/api/v1/sync-tasks/${task.id}`,
          records: `https://bridge.test/api/v1/sync-tasks/${task.id}/records`,
        },
      },
    });
    const people = await fixture.database.db.selectFrom("resource").select(["display_name", "user_name"]).execute();
    for (const { display_name, user_name } of people) {
      if (user_name !== null) expect(message?.text).not.toContain(user_name);
      if (display_name !== null && display_name.length > 2) expect(message?.text).not.toContain(display_name);
    }
    await until(async () => (await deliveries(fixture, hook))[0]?.state === "delivered");
    expect(await deliveries(fixture, hook)).toMatchObject([{ event: "task.finished", attempts: 1, lastStatus: 204 }]);
  });

  it("hear of nothing else than they asked for", async () => {
    const fixture = await startEngineFixture();
    const { hook } = await listen(fixture, ["task.held"]);
    const { hook: other, receiver } = await listen(fixture, ["task.finished"]);
    await fixture.sync();
    await receiver.has(1);
    expect([await deliveries(fixture, hook), (await deliveries(fixture, other)).length]).toEqual([[], 1]);
  });

  it("that do not answer keep no sync waiting, and are tried again later with the same id", async () => {
    const fixture = await startEngineFixture();
    const { hook, receiver } = await listen(fixture);
    receiver.keepWaiting();
    await fixture.sync();
    await receiver.has(1);
    // Its answer does not come: another sync begins and ends all the same.
    expect((await fixture.sync()).state).toBe("succeeded");
    receiver.answer(503);
    await until(async () => (await deliveries(fixture, hook)).every(({ attempts }) => attempts === 1));
    for (const delivery of await deliveries(fixture, hook)) {
      expect(delivery).toMatchObject({ state: "pending", lastStatus: 503, lastError: "it answered 503" });
      expect(delivery.nextTryAt).toBeGreaterThan(fixture.now());
    }
    const before = receiver.messages.map(({ headers }) => headers["webhook-id"]).sort();
    receiver.answer(200);
    fixture.advance(60_000);
    await until(async () => (await deliveries(fixture, hook)).every(({ state }) => state === "delivered"));
    const again = receiver.messages.slice(before.length).map(({ headers }) => headers["webhook-id"]);
    expect(again.sort()).toEqual(before);
  });

  it("that answer 410 are disabled, and get nothing any more", async () => {
    const fixture = await startEngineFixture();
    const { hook, receiver } = await listen(fixture);
    receiver.answer(410);
    await fixture.sync();
    await until(async () => (await fixture.store.findWebhook(hook.id))?.status === "disabled");
    expect((await fixture.store.findWebhook(hook.id))?.disabledBecause).toMatch(/410/);
    await fixture.sync();
    expect(await deliveries(fixture, hook)).toMatchObject([{ state: "failed", lastStatus: 410 }]);
  });

  it("are not followed to where they redirect to", async () => {
    const fixture = await startEngineFixture();
    const { hook, receiver } = await listen(fixture);
    const elsewhere = await startReceiver();
    onTestFinished(() => elsewhere.close());
    receiver.answer(307, { location: elsewhere.url });
    await fixture.sync();
    await until(async () => (await deliveries(fixture, hook))[0]?.attempts === 1);
    expect((await deliveries(fixture, hook))[0]?.lastError).toMatch(/answered 307; redirects are not followed/);
    expect(elsewhere.messages).toEqual([]);
  });

  it("get what was written before the program stopped, from the one that starts next", async () => {
    const fixture = await startEngineFixture();
    const { hook, receiver } = await listen(fixture);
    receiver.keepWaiting();
    await fixture.sync();
    await receiver.has(1);
    await fixture.stop();
    expect(await deliveries(fixture, hook)).toMatchObject([{ state: "pending", attempts: 0 }]);
    receiver.answer(200);
    fixture.advance(61_000);
    fixture.start();
    await until(async () => (await deliveries(fixture, hook))[0]?.state === "delivered");
    expect(new Set(receiver.messages.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("hear of a task that is held, and of its end when it was approved", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { receiver } = await listen(fixture);
    await fixture.patchSource({
      safeguards: {
        ...{ maxRemovals: { floor: 0, percent: 0, count: 0 }, windowHours: 24 },
        maxMemberRemovals: { floor: 1000, percent: 100 },
      },
    });
    const userid = fixture.corp.visibleTruth().members[0]?.userid ?? "";
    fixture.corp.deleteMember(userid);
    const task: TaskRow = await fixture.sync();
    expect(task.state).toBe("held");
    await receiver.has(1);
    expect(receiver.messages[0]?.body).toMatchObject({
      type: "task.held",
      data: { state: "held", hold: { removals: { users: 1 }, expiresAt: expect.any(String) } },
    });
    expect(receiver.messages[0]?.text).not.toContain(userid);
    await fixture.approve(task);
    await receiver.has(2);
    expect(types(receiver)).toEqual(["task.held", "task.finished"]);
  });

  it("hear once that a target is out of order, and once that it is back", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { receiver } = await listen(fixture, ["target.quarantined", "target.recovered"]);
    fixture.control.fault({ effect: { kind: "status", status: 401 } });
    const failed = await fixture.push();
    expect(failed.targets[0]?.error?.code).toBe("target.unauthorized");
    await fixture.push();
    fixture.control.clearFault();
    await fixture.push();
    await fixture.push();
    await receiver.has(2);
    expect(receiver.messages.map(({ body }) => body)).toMatchObject([
      {
        type: "target.quarantined",
        data: {
          target: { name: fixture.row.name },
          error: { code: "target.unauthorized" },
          since: expect.stringMatching(/Z$/),
          nextTryAt: expect.stringMatching(/Z$/),
        },
      },
      { type: "target.recovered" },
    ]);
    expect(fixture.logLines.filter((line) => line.includes('"event":"target.quarantined"'))).toHaveLength(1);
    expect(receiver.messages).toHaveLength(2);
  });

  it("hear that a source was not synced for too long, and that it is again", async () => {
    const fixture = await startEngineFixture();
    await fixture.patchSource({ sync: { automatic: false, users: true, intervalHours: 1, alertAfterHours: 2 } });
    await fixture.sync();
    const { receiver } = await listen(fixture, ["source.stale", "source.recovered"]);
    fixture.advance(3_600_000);
    fixture.engine().nudge();
    fixture.advance(2 * 3_600_000);
    await receiver.has(1);
    expect(receiver.messages[0]?.body).toMatchObject({
      type: "source.stale",
      data: { source: { id: fixture.source.id }, alertAfterHours: 2, lastGoodSyncAt: expect.any(String) },
    });
    await fixture.sync();
    fixture.advance(61_000);
    await receiver.has(2);
    expect(types(receiver)).toEqual(["source.stale", "source.recovered"]);
    expect(await fixture.store.openAlerts()).toEqual(new Map());
  });
});

describe("the waits between attempts", () => {
  it("grow, and come to a day in all; then it is given up", () => {
    const refused = { outcome: "refused", status: 500, error: "no" } as const;
    const waits: number[] = [];
    for (let attempts = 0; ; attempts += 1) {
      const note = noteAttempt(refused, attempts, 0, 0.5);
      if (note.state === "failed") break;
      waits.push(note.nextTryAt ?? 0);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    const total = waits.reduce((sum, each) => sum + each, 0);
    expect(total / 3_600_000).toBeCloseTo(24, 1);
  });

  it("are no shorter than the receiver asks for, up to an hour", async () => {
    const fixture = await startEngineFixture({ withTarget: false });
    const { hook, receiver } = await listen(fixture);
    const nextTry = async () => ((await deliveries(fixture, hook))[0]?.nextTryAt ?? 0) - fixture.now();
    receiver.answer(429, { "Retry-After": "600" });
    await fixture.sync();
    await until(async () => (await deliveries(fixture, hook))[0]?.lastStatus === 429);
    expect(await nextTry()).toBeGreaterThan(595_000);
    expect(await nextTry()).toBeLessThanOrEqual(600_000);
    const refused = { outcome: "refused", status: 503, error: "no", retryAfterMs: 86_400_000 } as const;
    expect(noteAttempt(refused, 0, 0, 0.5).nextTryAt).toBe(3_600_000);
    // A wait of its own that is longer stays.
    expect(noteAttempt({ ...refused, retryAfterMs: 1000 }, 1, 0, 0.5).nextTryAt).toBe(60_000);
  });
});
