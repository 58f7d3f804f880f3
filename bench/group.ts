import { alone, type Figure } from "./figures.ts";
import { startBridge } from "./lib/bridge.ts";
import { startCorp } from "./lib/corp.ts";
import { startTarget } from "./lib/target.ts";

/** Members that the profile `generic` sends in one request. */
const membersPerRequest = 100;

/**
 * Everybody in one user group, which may be larger than a department of WeCom's: how many requests bring its members to a
 * target, and whether that takes more memory than the same corp without it.
 */
export async function benchGroup(dist: string, members: number): Promise<readonly Figure[]> {
  const spread = await syncOnce(dist, members, false);
  const together = await syncOnce(dist, members, true);
  const path = `a group of ${members.toLocaleString("en")}`;
  const ratio = together.peakRss / spread.peakRss;
  return [
    {
      path: `${path}: requests for its members`,
      ours: together.patches.toLocaleString("en"),
      floor: together.fewest.toLocaleString("en"),
      ratio: together.patches / together.fewest,
      goal: "1.00",
      met: together.patches === together.fewest && together.largest === members,
    },
    {
      path: "    peak RSS, beside the corp without it",
      ours: `${Math.round(together.peakRss)} MB`,
      floor: `${Math.round(spread.peakRss)} MB`,
      ratio,
      goal: "≤ 1.1",
      met: ratio <= 1.1,
    },
    alone("    first sync, to a target", `${(together.ms / 1000).toFixed(1)} s, ${(spread.ms / 1000).toFixed(1)} s`),
  ];
}

interface Synced {
  readonly ms: number;
  /** Requests that changed groups, and with how few their members could have been brought. Tags are groups too. */
  readonly patches: number;
  readonly fewest: number;
  /** Members of the largest group. */
  readonly largest: number;
  /** MB. */
  readonly peakRss: number;
}

async function syncOnce(dist: string, members: number, withGroup: boolean): Promise<Synced> {
  const corp = await startCorp(dist, members);
  const target = await startTarget(dist);
  const bridge = await startBridge(dist);
  try {
    const source = await bridge.createSource(corp);
    if (withGroup) await bridge.createUserGroup({ displayName: "Everybody", memberFilter: "userName pr" });
    await bridge.createTarget(target, source, { groups: true, userGroups: withGroup, concurrency: 8 });
    const { ms, state, error } = await bridge.sync(source);
    if (state !== "succeeded") throw new Error(`the sync ended ${state}: ${error ?? ""}`);
    const { counts } = await target.requests();
    let fewest = 0;
    let largest = 0;
    for await (const { members: held } of target.dump()) {
      fewest += Math.ceil(held.length / membersPerRequest);
      largest = Math.max(largest, held.length);
    }
    return { ms, patches: counts["PATCH Group"] ?? 0, fewest, largest, peakRss: bridge.peakRss() };
  } finally {
    await bridge.stop();
    await target.stop();
    await corp.stop();
  }
}
