import { alone, duration, type Figure } from "./figures.ts";
import { startBridge, type TaskResult } from "./lib/bridge.ts";
import { startCorp } from "./lib/corp.ts";
import { watchRss } from "./lib/rss.ts";
import { startTarget } from "./lib/target.ts";

/** What the bridge may take, however large the corp is. MB. */
const most = 512;
/** WeCom lets no corp have more. */
const mostDepartments = 30_000;

/**
 * How much memory the whole line takes for one size of corp: the first sync to a target, and one in which nothing changed,
 * each with the contacts secret's list of all ids. By phase, to show where it grows.
 */
export async function benchMemory(dist: string, members: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, members, Math.min(mostDepartments, Math.max(1, Math.round((members * 3) / 100))));
  const target = await startTarget(dist);
  const bridge = await startBridge(dist);
  const size = `${members.toLocaleString("en")} members`;
  try {
    const source = await bridge.createSource(corp, { contactsSecret: corp.contactsSecret });
    await bridge.createTarget(target, source, { groups: true, concurrency: 8 });
    const first = await watched(bridge.pid, `${size}: first sync, to a target`, () => bridge.sync(source));
    const again = await watched(bridge.pid, `${size}: sync in which nothing changed`, () => bridge.sync(source));
    const { users, memberships } = await target.counts();
    const rss = bridge.peakRss();
    return [
      ...first,
      ...again,
      alone(
        "    users, memberships at the target",
        `${users.toLocaleString("en")}, ${memberships.toLocaleString("en")}`,
      ),
      alone(`${size}: peak RSS`, `${rss.toFixed(0)} MB`, `< ${most} MB`, rss < most),
    ];
  } finally {
    await bridge.stop();
    await target.stop();
    await corp.stop();
  }
}

async function watched(pid: number, path: string, sync: () => Promise<TaskResult>): Promise<readonly Figure[]> {
  const { result, startedAt, peakBetween } = await watchRss(pid, sync);
  const { state, error, ms, phases } = result;
  if (state !== "succeeded") throw new Error(`a task ended ${state}: ${error ?? ""}`);
  const figures = [alone(path, duration(ms))];
  for (const [index, { phase, atMs }] of phases.entries()) {
    const until = phases[index + 1]?.atMs ?? ms;
    const peak = peakBetween(startedAt + (index === 0 ? 0 : atMs), startedAt + until);
    figures.push(
      alone(`    of it ${phase}`, `${duration(until - (index === 0 ? 0 : atMs))}, peak ${peak.toFixed(0)} MB`),
    );
  }
  return figures;
}
