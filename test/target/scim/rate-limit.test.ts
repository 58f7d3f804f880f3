import { expect, test } from "vitest";
import { makeRateLimit } from "../../../src/target/scim/rate-limit.ts";

const never = new AbortController().signal;

function withClock(requestsPerSecond: number) {
  let now = 1_000_000;
  const waits: number[] = [];
  const limit = makeRateLimit(requestsPerSecond, {
    clock: () => now,
    waitFor: async (ms) => {
      waits.push(ms);
    },
  });
  return { limit, waits, pass: (ms: number) => (now += ms) };
}

test("a second's worth goes at once, then one each interval", async () => {
  const { limit, waits } = withClock(4);
  for (let count = 0; count < 7; count += 1) await limit(never);
  expect(waits).toEqual([250, 500, 750]);
});

test("what was not used in the last second is there again, and no more than that", async () => {
  const { limit, waits, pass } = withClock(2);
  for (let count = 0; count < 2; count += 1) await limit(never);
  pass(60_000);
  for (let count = 0; count < 3; count += 1) await limit(never);
  expect(waits).toEqual([500]);
});

test("less than one a second", async () => {
  const { limit, waits } = withClock(0.5);
  for (let count = 0; count < 3; count += 1) await limit(never);
  expect(waits).toEqual([2000, 4000]);
});

test("none is none", async () => {
  const { limit, waits } = withClock(0);
  for (let count = 0; count < 1000; count += 1) await limit(never);
  expect(waits).toEqual([]);
});

test("waiting ends with the signal", async () => {
  const limit = makeRateLimit(0.001);
  await limit(never);
  await expect(limit(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});
