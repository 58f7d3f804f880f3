import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { makeCipher } from "../../src/lib/cipher.ts";
import { makeStore, openDatabase } from "../../src/store/open-store.ts";
import { LeaseLostError } from "../../src/store/store.ts";
import { underLease } from "../../src/sync/lease.ts";

// A process that stood still does not notice: its timers have not fired yet when its work goes on. So these tests turn
// the clock and leave the timers alone.

const durationMs = 3_600_000;

it("who wakes after another has taken over is told before the next request", async () => {
  const { store, clock, close } = await open();
  const parts = { store, holder: "sleeper", durationMs, clock: () => clock.now };
  await underLease(parts, "target:1", new AbortController().signal, async (_lease, signal, ensureHeld) => {
    await ensureHeld();
    clock.now += durationMs + 1;
    expect(await store.takeLease("target:1", "other", durationMs)).not.toBeNull();
    await expect(ensureHeld()).rejects.toThrow(LeaseLostError);
    expect(signal.aborted).toBe(true);
  });
  await close();
});

it("who wakes and finds his lease untouched renews it before the next request", async () => {
  const { store, clock, close } = await open();
  const parts = { store, holder: "sleeper", durationMs, clock: () => clock.now };
  await underLease(parts, "target:1", new AbortController().signal, async (_lease, signal, ensureHeld) => {
    clock.now += durationMs + 1;
    await ensureHeld();
    expect(await store.takeLease("target:1", "other", durationMs)).toBeNull();
    expect(signal.aborted).toBe(false);
  });
  await close();
});

it("a lease of which little is left is renewed before the next request, so that what is sent arrives under it", async () => {
  const { store, clock, close } = await open();
  const parts = { store, holder: "slow", durationMs, clock: () => clock.now };
  await underLease(parts, "target:1", new AbortController().signal, async (_lease, _signal, ensureHeld) => {
    clock.now += durationMs - 1;
    await ensureHeld();
    clock.now += durationMs / 2;
    expect(await store.takeLease("target:1", "other", durationMs)).toBeNull();
  });
  await close();
});

async function open() {
  const clock = { now: 1_000_000 };
  const database = await openDatabase("file::memory:");
  const store = makeStore(database, makeCipher(randomBytes(32)), () => clock.now);
  return { store, clock, close: () => store.close() };
}
