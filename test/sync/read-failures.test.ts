import { describe, expect, test } from "vitest";
import type { FaultAnswer } from "../../src/simulator/wecom/faults.ts";
import { startEngineFixture } from "../support/engine.ts";

test("a first sync brings everything, a second one sends nothing and writes nothing", async () => {
  const fixture = await startEngineFixture({ corp: { shape: { members: 120, departments: 20, seed: 5 } } });
  const first = await fixture.sync();
  expect(first).toMatchObject({ state: "succeeded", error: null, hold: null });
  await fixture.verify();
  expect(fixture.control.noops()).toEqual([]);
  fixture.control.resetJournal();
  const second = await fixture.sync();
  expect(second).toMatchObject({ state: "succeeded", error: null, hold: null });
  expect(fixture.control.requests().total).toBe(0);
  expect(await fixture.records(second)).toEqual([]);
});
