import { expect } from "vitest";
import type { Quarantine, TargetRow, TaskRow } from "../../src/store/store.ts";
import type { EngineFixture } from "../support/engine.ts";

/** The quarantine of a target as it is now. */
export async function quarantineOf({ store, row }: EngineFixture, target: TargetRow = row): Promise<Quarantine | null> {
  return (await store.findTarget(target.id))?.quarantine ?? null;
}

/** Moves on to the next try, and waits until it has come to an end. */
export async function nextTry(fixture: EngineFixture): Promise<TaskRow | undefined> {
  const { nextTryAt = 0 } = (await quarantineOf(fixture)) ?? {};
  fixture.advance(Math.max(0, nextTryAt - fixture.now()) + 100);
  return tried(fixture, nextTryAt);
}

/** Waits until a try that was due at a time is over. */
export async function tried(fixture: EngineFixture, dueAt: number): Promise<TaskRow | undefined> {
  fixture.engine().nudge();
  const next = async () => (await quarantineOf(fixture))?.nextTryAt ?? null;
  await expect.poll(next, { timeout: 20_000, interval: 10 }).not.toBe(dueAt);
  await idle(fixture);
  return (await fixture.store.listTasks({ limit: 1 })).items[0];
}

/** Waits until no task is open. */
export async function idle({ store }: EngineFixture): Promise<void> {
  await expect.poll(async () => (await store.openTasks()).length, { timeout: 20_000, interval: 10 }).toBe(0);
}
