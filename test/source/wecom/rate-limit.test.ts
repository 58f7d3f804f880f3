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
    const first = await gate.acquire(signal);
    await gate.acquire(signal);
    let third: Slot | null = null;
    const waiting = gate.acquire(signal).then((slot) => {
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
      (await gate.acquire(signal)).release();
      times.push(clock.time - start);
    }
    expect(times).toEqual([0, 0, 0, 100, 200, 300]);
  });

  test("lets a burst through again after a quiet time", async () => {
    const { limiter: gate, clock } = limiter({ requestsPerSecond: 10, burst: 3 });
    for (let call = 0; call < 3; call += 1) (await gate.acquire(signal)).release();
    clock.time += 10_000;
    for (let call = 0; call < 3; call += 1) (await gate.acquire(signal)).release();
    expect(clock.waits).toEqual([]);
  });

  test("halves the calls at once when there were too many, and once only for those that ran together", async () => {
    const { limiter: gate } = limiter({ concurrency: 8 });
    const together = await Promise.all(Array.from({ length: 8 }, () => gate.acquire(signal)));
    for (const slot of together) {
      slot.tooMany();
      slot.release();
    }
    expect(gate.concurrency).toBe(4);
    const again = await gate.acquire(signal);
    again.tooMany();
    again.release();
    expect(gate.concurrency).toBe(2);
  });

  test("never goes below one call, and grows back after calls without complaint", async () => {
    const { limiter: gate } = limiter({ concurrency: 2 });
    for (let round = 0; round < 3; round += 1) {
      const slot = await gate.acquire(signal);
      slot.tooMany();
      slot.release();
    }
    expect(gate.concurrency).toBe(1);
    for (let call = 0; call < 50; call += 1) (await gate.acquire(signal)).release();
    expect(gate.concurrency).toBe(2);
    for (let call = 0; call < 200; call += 1) (await gate.acquire(signal)).release();
    expect(gate.concurrency).toBe(2);
  });

  test("starts nothing before a pause is over", async () => {
    const { limiter: gate, clock } = limiter();
    const until = clock.time + 60_000;
    gate.pauseUntil(until);
    gate.pauseUntil(until - 30_000);
    await gate.acquire(signal);
    expect(clock.time).toBe(until);
  });

  test("gives up a place in the queue when its caller goes away", async () => {
    const { limiter: gate } = limiter({ concurrency: 1 });
    const first = await gate.acquire(signal);
    const leaving = new AbortController();
    const left = gate.acquire(leaving.signal);
    const next = gate.acquire(signal);
    leaving.abort(new Error("gone away"));
    await expect(left).rejects.toThrow("gone away");
    first.release();
    first.release();
    (await next).release();
    await expect(gate.acquire(leaving.signal)).rejects.toThrow("gone away");
  });
});
