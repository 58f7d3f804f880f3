import { describe, expect, test } from "vitest";
import { RateLimiter, type Slot } from "../../../src/source/wecom/rate-limit.ts";
import { FakeClock } from "./fake-clock.ts";

const signal = new AbortController().signal;

function limiter(limits: { requestsPerSecond?: number; burst?: number; concurrency?: number } = {}) {
  const clock = new FakeClock();
  return { clock, limiter: new RateLimiter({ requestsPerSecond: 20, burst: 1000, concurrency: 5, ...limits }, clock) };
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
    expect(gate.concurrency).toBe(4);
    const again = await gate.acquire("user/list", signal);
    again.tooMany();
    again.release();
    expect(gate.concurrency).toBe(2);
  });

  test("never goes below one call, and grows back after calls without complaint", async () => {
    const { limiter: gate } = limiter({ concurrency: 2 });
    for (let round = 0; round < 3; round += 1) {
      const slot = await gate.acquire("user/list", signal);
      slot.tooMany();
      slot.release();
    }
    expect(gate.concurrency).toBe(1);
    for (let call = 0; call < 50; call += 1) (await gate.acquire("user/list", signal)).release();
    expect(gate.concurrency).toBe(2);
    for (let call = 0; call < 200; call += 1) (await gate.acquire("user/list", signal)).release();
    expect(gate.concurrency).toBe(2);
  });

  test("starts nothing before a pause is over", async () => {
    const { limiter: gate, clock } = limiter();
    const until = clock.time + 60_000;
    gate.pauseUntil(until);
    gate.pauseUntil(until - 30_000);
    await gate.acquire("user/list", signal);
    expect(clock.time).toBe(until);
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
    expect(times.filter((time) => time === start)).toHaveLength(4500);
    const most = Math.max(...times.map((from, at) => countWithin(times, at, from + 60_000)));
    expect(most).toBeLessThanOrEqual(9_001);
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
    expect(calls).toBeLessThanOrEqual(135_060);
    expect(calls).toBeGreaterThan(130_000);
  });
});

function countWithin(times: readonly number[], from: number, until: number): number {
  let end = from;
  while (end < times.length && (times[end] ?? 0) < until) end += 1;
  return end - from;
}
