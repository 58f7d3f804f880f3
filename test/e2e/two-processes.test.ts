import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { StartOptions } from "../support/bridge.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { type Line, makeLine } from "../support/e2e-line.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

describe.each(["SQLite", "PostgreSQL"])("two processes on one %s database", (database) => {
  let postgres: TestPostgres | null = null;
  let line: Line | null = null;

  beforeAll(async () => {
    if (database === "PostgreSQL") postgres = await startPostgres();
  });
  afterEach(() => line?.close());
  afterAll(() => postgres?.close());

  const start = async (seed: number, options?: StartOptions): Promise<Line> => {
    line = await makeLine({ members: 400, departments: 60, seed }, await postgres?.createDatabase(), options);
    return line;
  };

  it("sync a source once at a time, whichever of them is told to", { timeout: 180_000 }, async () => {
    const { wecom, target, home, bridge: one } = await start(31, { leaseSeconds: 30 });
    const other = await home.start({ leaseSeconds: 30 });
    for (let round = 0; round < 4; round += 1) {
      const tasks = await Promise.all([one, other].map(({ api }) => api.startSync("corp")));
      const ended = await Promise.all(tasks.map(({ id }) => other.api.ended(id)));
      for (const task of ended) expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
      expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
      wecom.control.randomChanges(30, round);
    }
    expect(target.control.violations()).toEqual([]);
    expect(target.control.noops()).toEqual([]);
    expect(target.control.requests().statuses["409"]).toBeUndefined();
  });

  it("when one is killed in the middle, the other goes on", { timeout: 180_000 }, async () => {
    const { wecom, target, home, bridge: one } = await start(32);
    target.control.fault({ effect: { kind: "delay", ms: 10 } });
    const task = await one.api.startSync("corp");
    const other = await home.start();
    await until(() => target.control.counts().users > 200);
    await one.kill();
    expect(await other.api.ended(task.id)).toMatchObject({ state: "succeeded", error: null, hold: null });
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
    expect(target.control.violations()).toEqual([]);
  });

  it.each(["User", "Group"] as const)(
    "when one stands still in the middle and the other has taken over, the first one does no harm when it goes on (%s)",
    { timeout: 180_000 },
    async (type) => {
      const { wecom, target, home, bridge: one } = await start(33);
      const other = await home.start();
      target.control.fault({ match: { method: "POST", type }, effect: { kind: "delay", ms: 300 } });
      const task = await one.api.startSync("corp");
      await until(() => (target.control.requests().counts[`POST ${type}`] ?? 0) > 10);
      // Now it has sent the next ones, and waits for their answers: it will wake with those in its hands.
      await pause(150);
      one.freeze();
      target.control.clearFault();
      expect(await other.api.ended(task.id)).toMatchObject({ state: "succeeded", error: null, hold: null });
      one.thaw();
      // Its answer shows that it is awake; what it wrongly sent would have arrived by the end of another sync.
      await one.api.task(task.id);
      wecom.control.randomChanges(30, "later");
      expect((await other.api.sync("corp")).state).toBe("succeeded");
      expect((await one.api.sync("corp")).state).toBe("succeeded");
      expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
      expect(target.control.violations()).toEqual([]);
    },
  );
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(1);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
