import { type Figure, faster, median } from "./figures.ts";
import { startBridge } from "./lib/bridge.ts";
import { startCorp } from "./lib/corp.ts";
import { runProgram } from "./lib/process.ts";
import { startTarget } from "./lib/target.ts";

const concurrency = 8;

/** Creating users at a target, from a directory that is there already, against a plain HTTP client with the same bodies. */
export async function benchPush(dist: string, members: number, repeats: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, members);
  const target = await startTarget(dist);
  const bridge = await startBridge(dist);
  try {
    const source = await bridge.createSource(corp);
    await bridge.sync(source);
    const ours: number[] = [];
    const floor: number[] = [];
    // The first round warms up the target: it is not counted.
    for (let round = 0; round <= repeats; round += 1) {
      await target.reset("everything");
      const targetId = await bridge.createTarget(target, source, { groups: false, concurrency });
      const { ms, state, error } = await bridge.push(targetId);
      if (state !== "succeeded") throw new Error(`the push ended ${state}: ${error ?? ""}`);
      const { users } = await target.counts();
      await target.reset("everything");
      const { url, token } = target;
      const input = { url, token, concurrency, databaseFile: bridge.databaseFile, targetId };
      const plain = await runProgram<{ ms: number; count: number }>("floors/push-pool.ts", input);
      if (plain.count !== users) throw new Error(`${users} users were sent by the bridge, ${plain.count} without it`);
      if (round === 0) continue;
      ours.push((users * 1000) / ms);
      floor.push((plain.count * 1000) / plain.ms);
    }
    const path = `push of ${members.toLocaleString("en")} users, ${concurrency} in flight`;
    return [faster(path, "users/s", median(ours), median(floor), 0.7)];
  } finally {
    await bridge.stop();
    await target.stop();
    await corp.stop();
  }
}
