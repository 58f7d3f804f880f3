import fc from "fast-check";
import { expect, test } from "vitest";
import { startEngineFixture } from "../support/engine.ts";
import { directory, undo, unguarded } from "./undo-support.ts";

test("whatever came before and after, an undo stays until it is let go, and then all is as the source says", async () => {
  const seeds = fc.integer({ min: 1, max: 1_000_000 });
  const run = async (seed: number, count: number, quirks: boolean): Promise<void> => {
    const corp = { shape: { members: 20, departments: 6, seed: seed % 50, quirks } };
    const fixture = await startEngineFixture({ ...unguarded, corp });
    await fixture.sync();
    fixture.corp.randomChanges(count, seed);
    const first = await fixture.sync();
    fixture.corp.randomChanges(Math.ceil(count / 3), seed + 1);
    const second = await fixture.sync();
    const undone = await undo(fixture, first);
    const now = await directory(fixture);
    expect((await fixture.sync({ mode: "plan" })).plan).toMatchObject({ changes: 0, requests: 0 });
    await fixture.sync();
    expect(await directory(fixture)).toEqual(now);

    fixture.corp.randomChanges(Math.ceil(count / 2), seed + 2);
    await fixture.sync();
    expect(fixture.control.violations()).toEqual([]);
    await fixture.store.endKept({ task: undone.id });
    await fixture.sync();
    const other = await undo(fixture, second);
    await fixture.sync();
    await fixture.store.endKept({ task: other.id });
    await fixture.sync();
    expect((await fixture.store.listKept({ limit: 1 })).items).toEqual([]);
    await fixture.verify();
  };
  await fc.assert(fc.asyncProperty(seeds, fc.integer({ min: 3, max: 40 }), fc.boolean(), run), { numRuns: 25 });
}, 600_000);
