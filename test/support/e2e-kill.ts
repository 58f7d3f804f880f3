import { expect } from "vitest";
import type { FaultOrder } from "../../src/simulator/scim/fault.ts";
import { Random } from "../../src/simulator/wecom/random.ts";
import { openDatabase } from "../../src/store/open-store.ts";
import type { RunningBridge } from "./bridge.ts";
import { wrongAt } from "./e2e-compare.ts";
import { type Line, makeLine } from "./e2e-line.ts";

/** How much there is to do in an undisturbed first sync: what moments are chosen from. */
export interface Work {
  /** Requests to WeCom. */
  readonly reads: number;
  /** From the last request to WeCom to the first one to the target: mapping, planning, storing. */
  readonly storeMs: number;
  /** Requests to the target. */
  readonly requests: number;
}

export const phases = ["read", "store", "push"] as const;
type Phase = (typeof phases)[number];

/** Large enough for several batches of everything, small enough to be done in seconds. */
export const killedCorp = { members: 1500, departments: 60 };

/** Syncs once without disturbance, and measures. */
export async function measureWork(databaseUrl?: string, corp = killedCorp): Promise<Work> {
  const line = await makeLine({ ...corp, seed: "undisturbed" }, databaseUrl);
  try {
    const { id } = await line.bridge.api.startSync("corp");
    let reads = 0;
    let readAt = 0;
    await until(() => {
      const now = readsOf(line);
      if (now > reads) readAt = Date.now();
      reads = now;
      return line.target.control.requests().total > 0;
    });
    const storeMs = Date.now() - readAt;
    expect((await line.bridge.api.ended(id)).state).toBe("succeeded");
    return { reads, storeMs, requests: line.target.control.requests().total };
  } finally {
    await line.close();
  }
}

/** What befalls a life, besides kills. */
export interface LifeOptions {
  readonly databaseUrl?: string | undefined;
  /** `work` has to be that of the same corp. */
  readonly corp?: typeof killedCorp;
  /** One request in ten at the target goes wrong in one way or another, and some at WeCom. */
  readonly faults?: boolean;
}

/**
 * The life of a bridge that is killed at three moments which the seed chooses: in the first sync (in the given phase),
 * when it has been started again and goes on, and in a later sync that brings changes. Each time it is only started
 * again; then the target must be exactly right, with nobody there twice, and nothing must be left to do. With faults that
 * is once they are over, and somebody has asked for a sync.
 */
export async function killAndRecover(
  seed: number,
  phase: Phase,
  work: Work,
  { databaseUrl, corp = killedCorp, faults = false }: LifeOptions = {},
): Promise<void> {
  const random = new Random(`kill ${seed}`);
  const line = await makeLine({ ...corp, seed }, databaseUrl);
  const settle = faults ? isExactAfterFaults : isExact;
  try {
    if (faults) strewFaults(line, random);
    const first = await line.bridge.api.startSync("corp");
    await reach(line, markOf(line), phase, random.between(5, 70) / 100, work);
    const second = await killAndStart(line, line.bridge, first.id);
    const resumed = markOf(line);
    const soon = random.between(1, 300);
    await until(() => requestsOf(line) - resumed.requests >= soon);
    const third = await killAndStart(line, second, first.id);
    await settle(line, third, first.id);

    line.wecom.control.randomChanges(80, seed);
    if (faults) strewFaults(line, random);
    const changes = await third.api.startSync("corp");
    // Eighty changes are at least so many requests as are waited for here.
    await reach(line, markOf(line), random.pick(phases), random.between(5, 70) / 100, { ...work, requests: 60 });
    await settle(line, await killAndStart(line, third, changes.id), changes.id);
  } finally {
    await line.close();
  }
}

const effects: readonly FaultOrder["effect"][] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 502, commit: true },
  { kind: "status", status: 503 },
  { kind: "throttle", seconds: 0 },
  { kind: "reset" },
  { kind: "reset", commit: true },
  { kind: "html", commit: true },
  { kind: "truncated" },
  { kind: "cut" },
  { kind: "without-id" },
];

/** Of each kind one request in a hundred. */
function strewFaults({ wecom, target }: Line, random: Random): void {
  for (const effect of effects) target.control.fault({ probability: 0.01, seed: random.below(1_000_000), effect });
  for (const kind of ["reset", "html"] as const) {
    wecom.control.addFault({ endpoint: "*", after: random.below(60), times: 2, answer: { kind } });
  }
}

/** Kills of one call of {@link killAndRecover}. */
export const killsPerLife = 3;

async function isExact({ wecom, target }: Line, bridge: RunningBridge, taskId: string): Promise<void> {
  const task = await bridge.api.ended(taskId);
  expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
  expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  expect(target.control.violations()).toEqual([]);
  const { total } = target.control.requests();
  expect((await bridge.api.sync("corp")).state).toBe("succeeded");
  expect(target.control.requests().total).toBe(total);
}

/** What was cut off ends in some way; once nothing goes wrong any more one sync brings all that is missing. */
async function isExactAfterFaults(line: Line, bridge: RunningBridge, taskId: string): Promise<void> {
  await bridge.api.ended(taskId);
  line.target.control.clearFault();
  line.wecom.control.clearFaults();
  const { id } = await bridge.api.startSync("corp");
  await isExact(line, bridge, id);
}

async function killAndStart({ home }: Line, bridge: RunningBridge, taskId: string): Promise<RunningBridge> {
  await bridge.kill();
  // On a machine that is busy elsewhere a kill may come after the end; what follows must be right all the same.
  expect(["running", "succeeded", "partial"]).toContain(await stateOf(home.databaseUrl, taskId));
  return home.start();
}

async function stateOf(databaseUrl: string, taskId: string): Promise<string | undefined> {
  const database = await openDatabase(databaseUrl);
  try {
    const row = await database.db.selectFrom("sync_task").select("state").where("id", "=", taskId).executeTakeFirst();
    return row?.state;
  } finally {
    await database.close();
  }
}

interface Mark {
  readonly reads: number;
  readonly requests: number;
}

const readsOf = ({ wecom }: Line): number =>
  Object.values(wecom.control.requests()).reduce((sum, count) => sum + count, 0);
const requestsOf = ({ target }: Line): number => target.control.requests().total;
const markOf = (line: Line): Mark => ({ reads: readsOf(line), requests: requestsOf(line) });

/** Waits until a sync that began at the mark has done this share of that phase. */
async function reach(line: Line, mark: Mark, phase: Phase, share: number, work: Work): Promise<void> {
  if (phase === "read") await until(() => readsOf(line) - mark.reads >= share * work.reads);
  if (phase === "push") await until(() => requestsOf(line) - mark.requests >= share * work.requests);
  if (phase === "store") {
    await until(() => readsOf(line) - mark.reads >= work.reads);
    await pause(share * work.storeMs);
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(1);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
