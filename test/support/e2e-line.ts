import { expect } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import type { CorpShape } from "../../src/simulator/wecom/generate.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge, type StartOptions } from "./bridge.ts";
import type { Task } from "./bridge-api.ts";
import { sourceForm, targetForm } from "./e2e.ts";
import { fewestRequests, resourceRequests, wrongAt } from "./e2e-compare.ts";

/** One corp, one bridge, one target: the corp is the source `corp`, the target is called `target`. */
export interface Line {
  readonly wecom: WecomSimulator;
  readonly target: ScimSimulator;
  readonly home: BridgeHome;
  readonly bridge: RunningBridge;
  /** Syncs and waits for the end. */
  readonly sync: () => Promise<Task>;
  readonly close: () => Promise<void>;
}

/** What the profile `generic` sends in one request. */
export const membersPerRequest = 100;

/** @param databaseUrl absent: SQLite */
export async function makeLine(shape: CorpShape, databaseUrl?: string, options?: StartOptions): Promise<Line> {
  const wecom = await startWecomSimulator({ shape });
  const target = await startScimSimulator();
  const home = await makeBridgeHome(databaseUrl);
  const bridge = await home.start(options);
  const source = await bridge.api.createSource(sourceForm("corp", wecom.url, wecom));
  await bridge.api.createTarget(targetForm("target", target, [source]));
  return {
    wecom,
    target,
    home,
    bridge,
    sync: () => bridge.api.sync(source),
    async close() {
      await home.close();
      await wecom.close();
      await target.close();
    },
  };
}

/**
 * Changes the corp at random, syncs, and looks at everything: what the target holds, that as few requests were sent as
 * there can be, what the task counted, and that another sync sends nothing.
 */
export async function changeAndSync(
  { wecom, target, sync }: Line,
  count: number,
  seed: number | string,
): Promise<void> {
  const before = target.control.dump();
  const changes = wecom.control.randomChanges(count, seed);
  expect(changes).toHaveLength(count);
  target.control.resetJournal();
  const task = await sync();
  expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
  const after = target.control.dump();
  expect(wrongAt(after, wecom.control.visibleTruth())).toEqual([]);
  expect(target.control.violations()).toEqual([]);
  expect(target.control.noops()).toEqual([]);

  const requests = resourceRequests(target.control.requests().counts);
  expect(requests).toEqual(fewestRequests(before, after, membersPerRequest));
  const { created = 0, updated = 0, deactivated = 0, reactivated = 0 } = task.targets[0]?.counts.users ?? {};
  expect({ made: created, changed: updated + deactivated + reactivated }).toEqual({
    made: requests["POST User"] ?? 0,
    changed: requests["PATCH User"] ?? 0,
  });

  target.control.resetJournal();
  expect((await sync()).state).toBe("succeeded");
  expect(target.control.requests().total).toBe(0);
}
