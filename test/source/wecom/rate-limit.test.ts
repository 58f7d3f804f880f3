import { describe, expect, test } from "vitest";
import { CallBook } from "../../../src/source/wecom/corp-calls.ts";
import { RateLimiter, type Slot } from "../../../src/source/wecom/rate-limit.ts";
import { FakeClock } from "./fake-clock.ts";

const signal = new AbortController().signal;

const party = { origin: "https://qyapi.weixin.qq.com", corpId: "ww0123456789abcdef" };

interface Settings {
  readonly requestsPerSecond?: number;
  readonly burst?: number;
  readonly concurrency?: number;
}

function limiter(
  limits: Settings = {},
  { clock = new FakeClock(), book = makeBook(), corp = party, urgent = false } = {},
) {
  const settings = { requestsPerSecond: 20, burst: 1000, concurrency: 5, ...limits };
  return { clock, book, limiter: new RateLimiter({ calls: book.of(corp), limits: settings, clock, urgent }) };
}

function makeBook(): CallBook {
  return new CallBook({ bulk: 0.8, urgent: 0.1 });
}

describe("the rate limiter", () => {
  test("lets so many calls run at once and no more", async () => {
    const { limiter: gate } = limiter({ concurrency: 2 });
    const first = await gate.acquire("user/list", signal);
    await gate.acquire("user/list", signal);
    let third: Slot | null = null;
    const waiting = gate.acquire("user/list", signal).then((slot) => {
      third = slot;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(third).toBeNull();
    first.release();
    await waiting;
    expect(third).not.toBeNull();
  });

  test("spaces calls out at the sustained rate once the burst is used up", async () => {
    const { limiter: gate, clock } = limiter({ requestsPerSecond: 10, burst: 3 });
    const start = clock.time;
    const times: number[] = [];
    for (let call = 0; call < 6; call += 1) {
      (await gate.acquire("user/list", signal)).release();
      times.push(clock.time - start);
    }
    expect(times).toEqual([0, 0, 0, 100, 200, 300]);
  });

  test("lets a burst through again after a quiet time", async () => {
    const { limiter: gate, clock } = limiter({ requestsPerSecond: 10, burst: 3 });
    for (let call = 0; call < 3; call += 1) (await gate.acquire("user/list", signal)).release();
    clock.time += 10_000;
    for (let call = 0; call < 3; call += 1) (await gate.acquire("user/list", signal)).release();
    expect(clock.waits).toEqual([]);
  });

  test("halves the calls at once when there were too many, and once only for those that ran together", async () => {
    const { limiter: gate } = limiter({ concurrency: 8 });
    const together = await Promise.all(Array.from({ length: 8 }, () => gate.acquire("user/list", signal)));
    for (const slot of together) {
      slot.tooMany();
      slot.release();
    }
    expect(gate.concurrency("user/list")).toBe(4);
    const again = await gate.acquire("user/list", signal);
    again.tooMany();
    again.release();
    expect(gate.concurrency("user/list")).toBe(2);
  });

  test("never goes below one call, and grows back after calls without complaint", async () => {
    const { limiter: gate } = limiter({ concurrency: 2 });
    for (let round = 0; round < 3; round += 1) {
      const slot = await gate.acquire("user/list", signal);
      slot.tooMany();
      slot.release();
    }
    expect(gate.concurrency("user/list")).toBe(1);
    for (let call = 0; call < 50; call += 1) (await gate.acquire("user/list", signal)).release();
    expect(gate.concurrency("user/list")).toBe(2);
    for (let call = 0; call < 200; call += 1) (await gate.acquire("user/list", signal)).release();
    expect(gate.concurrency("user/list")).toBe(2);
  });

  test("starts nothing before a pause is over", async () => {
    const { limiter: gate, clock } = limiter();
    const until = clock.time + 60_000;
    expect(gate.refused("user/list", 60_000)).toBe(60_000);
    // One that was refused together with it does not make it longer.
    clock.time += 30_000;
    expect(gate.refused("user/list", 60_000)).toBe(30_000);
    await gate.acquire("tag/get", signal);
    expect(clock.time).toBe(until - 30_000);
    await gate.acquire("user/list", signal);
    expect(clock.time).toBe(until);
  });

  test("waits ever longer for a limit that is still used up, a little more than an hour in all", async () => {
    const { limiter: gate, clock } = limiter();
    const start = clock.time;
    const waits: number[] = [];
    for (let refusal = 0; refusal < 5; refusal += 1) {
      waits.push(gate.refused("user/list", 60_000) / 60_000);
      (await gate.acquire("user/list", signal)).release();
    }
    expect(waits).toEqual([1, 4, 10, 15, 30.5]);
    expect(clock.time - start).toBe(60.5 * 60_000);
    gate.succeeded("user/list");
    expect(gate.refused("user/list", 60_000)).toBe(60_000);
  });

  test("gives up a place in the queue when its caller goes away", async () => {
    const { limiter: gate } = limiter({ concurrency: 1 });
    const first = await gate.acquire("user/list", signal);
    const leaving = new AbortController();
    const left = gate.acquire("user/list", leaving.signal);
    const next = gate.acquire("user/list", signal);
    leaving.abort(new Error("gone away"));
    await expect(left).rejects.toThrow("gone away");
    first.release();
    first.release();
    (await next).release();
    await expect(gate.acquire("user/list", leaving.signal)).rejects.toThrow("gone away");
  });

  test("keeps each API below WeCom's own limits, however fast the source may be read", async () => {
    const { limiter: gate, clock } = limiter({ requestsPerSecond: 1000, burst: 100_000 });
    const times: number[] = [];
    for (let call = 0; call < 12_000; call += 1) {
      (await gate.acquire("user/list", signal)).release();
      times.push(clock.time);
    }
    const start = times[0] ?? 0;
    expect(times.filter((time) => time === start)).toHaveLength(4000);
    const most = Math.max(...times.map((from, at) => countWithin(times, at, from + 60_000)));
    expect(most).toBeLessThanOrEqual(8_001);
    // Another API is not held up by that.
    const before = clock.time;
    (await gate.acquire("tag/get", signal)).release();
    expect(clock.time).toBe(before);
  });

  test("keeps each API below WeCom's limit of an hour too", async () => {
    const { limiter: gate, clock } = limiter({ requestsPerSecond: 1e6, burst: 1e6 });
    const start = clock.time;
    let calls = 0;
    for (let second = 0; second < 3600 && clock.time - start < 3_600_000; second += 1) {
      // Each takes its place when it asks, and waits for its time.
      for (let call = 0; call < 60; call += 1) (await gate.acquire("user/list", signal)).release();
      calls += 60;
      clock.time = Math.max(clock.time, start + (second + 1) * 1000);
    }
    expect(calls).toBeLessThanOrEqual(120_060);
    expect(calls).toBeGreaterThan(115_000);
  });

  test("counts the hour over all that are opened one after the other, and of one corp apart from another", async () => {
    const fast = { requestsPerSecond: 1e6, burst: 1e6 };
    const { clock, book } = limiter();
    const open = (corp = party, concurrency = 5) =>
      limiter({ ...fast, concurrency }, { clock, book, corp }).limiter.acquire("user/list", signal);
    // Half of the hour's share at once, in two times, by sources with other settings.
    for (let call = 0; call < 4000; call += 1) (await open()).release();
    clock.time += 10;
    const before = clock.time;
    (await open(party, 6)).release();
    expect(clock.time).toBeGreaterThan(before);
    const after = clock.time;
    (await open({ ...party, corpId: "ww-another" })).release();
    expect(clock.time).toBe(after);
    // It is the same corp, however its id is spelt.
    (await open({ ...party, corpId: party.corpId.toUpperCase() })).release();
    expect(clock.time).toBeGreaterThan(after);
  });

  test("keeps a share for looks at a few people, also when whole reads have used up theirs", async () => {
    const fast = { requestsPerSecond: 1e6, burst: 1e6 };
    const { clock, book, limiter: bulk } = limiter(fast);
    const { limiter: urgent } = limiter({ ...fast, requestsPerSecond: 1e5 }, { clock, book, urgent: true });
    for (let call = 0; call < 4000; call += 1) (await bulk.acquire("user/get", signal)).release();
    const before = clock.time;
    for (let call = 0; call < 500; call += 1) (await urgent.acquire("user/get", signal)).release();
    expect(clock.time).toBe(before);
    (await bulk.acquire("user/get", signal)).release();
    expect(clock.time).toBeGreaterThan(before);
  });

  test("lets a look at a few people go first where calls wait for others to end", async () => {
    const settings = { requestsPerSecond: 1000, burst: 1000, concurrency: 1 };
    const { clock, book, limiter: bulk } = limiter(settings);
    const { limiter: urgent } = limiter(settings, { clock, book, urgent: true });
    const order: string[] = [];
    const running = await bulk.acquire("user/list", signal);
    const waiting = [bulk, bulk, urgent].map(async (gate) => {
      const slot = await gate.acquire("user/list", signal);
      order.push(gate === urgent ? "urgent" : "bulk");
      slot.release();
    });
    running.release();
    await Promise.all(waiting);
    expect(order).toEqual(["urgent", "bulk", "bulk"]);
  });

  test("keeps no place for calls that wait for the end of a limit: other APIs are called meanwhile", async () => {
    const { limiter: gate, clock } = limiter({ concurrency: 2 });
    const until: (() => void)[] = [];
    clock.wait = () => new Promise((resolve) => until.push(resolve));
    gate.refused("user/list", 60_000);
    const blocked = Promise.all([1, 2, 3].map(() => gate.acquire("user/list", signal)));
    await expect.poll(() => until.length).toBe(3);
    (await gate.acquire("user/get", signal)).release();
    clock.time += 60_000;
    for (const go of until) go();
    await new Promise((resolve) => setImmediate(resolve));
    const left = gate.acquire("user/get", signal);
    // Two of them are in flight now, and no more.
    await expect(Promise.race([blocked, left, new Promise((resolve) => setImmediate(resolve, "none"))])).resolves.toBe(
      "none",
    );
  });

  test("tells what it waits for, and how much is left of the hour", async () => {
    const told: string[] = [];
    const clock = new FakeClock();
    const start = clock.time;
    const gate = new RateLimiter({
      calls: makeBook().of(party),
      limits: { requestsPerSecond: 20, burst: 1000, concurrency: 5 },
      clock,
      meter: {
        called: (api, left) => told.push(`${api} ${left}`),
        retried: () => {},
        waits: (api, why, until) => {
          told.push(`${api} waits for ${why} until ${until - start}`);
          return () => told.push("waits no more");
        },
        waited: (api, ms) => told.push(`${api} waited ${ms}`),
        reads: () => {},
      },
    });
    (await gate.acquire("user/list", signal)).release();
    gate.refused("user/list", 60_000);
    (await gate.acquire("user/list", signal)).release();
    clock.time += 3_600_000;
    (await gate.acquire("user/list", signal)).release();
    expect(told).toEqual([
      "user/list 149999",
      "user/list waits for limit until 60000",
      "waits no more",
      "user/list waited 60000",
      "user/list 149998",
      "user/list 149999",
    ]);
  });
});

function countWithin(times: readonly number[], from: number, until: number): number {
  let end = from;
  while (end < times.length && (times[end] ?? 0) < until) end += 1;
  return end - from;
}
