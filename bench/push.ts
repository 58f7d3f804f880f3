import { type Figure, faster, median } from "./figures.ts";
import { startBridge } from "./lib/bridge.ts";
import { startCorp } from "./lib/corp.ts";
import { runProgram } from "./lib/process.ts";
import { startTarget } from "./lib/target.ts";

const concurrency = 8;

/** What a target takes for an answer besides the work, in milliseconds; services far away take some tens. */
const answerTimes = [0, 5] as const;

/**
 * Creating users at a target, from a directory that is there already, against a plain HTTP client with the same bodies.
 * Of a target on the same machine that answers at once the two are a contest for processor time, which no service that is
 * asked over a network leaves room for: so both are measured.
 */
export async function benchPush(dist: string, members: number, repeats: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, members);
  const target = await startTarget(dist);
  const bridge = await startBridge(dist);
  try {
    const source = await bridge.createSource(corp);
    await bridge.sync(source);
    // The first round warms up the target: it is not counted.
    const measure = async (answerMs: number, warmUps: number): Promise<Figure> => {
      const ours: number[] = [];
      const floor: number[] = [];
      for (let round = -warmUps; round < repeats; round += 1) {
        const { bridgeRate, poolRate } = await pushBoth(answerMs);
        if (round < 0) continue;
        ours.push(bridgeRate);
        floor.push(poolRate);
      }
      const after = answerMs === 0 ? "answered at once" : `answered after ${answerMs} ms`;
      const path = `push of ${members.toLocaleString("en")} users, ${concurrency} in flight, ${after}`;
      return faster(path, "users/s", median(ours), median(floor), 0.7);
    };
    const pushBoth = async (answerMs: number): Promise<{ bridgeRate: number; poolRate: number }> => {
      await target.reset("everything");
      await target.delayAnswers(answerMs);
      const targetId = await bridge.createTarget(target, source, { groups: false, concurrency });
      const { ms, state, error } = await bridge.push(targetId);
      if (state !== "succeeded") throw new Error(`the push ended ${state}: ${error ?? ""}`);
      const { users } = await target.counts();
      await target.reset("everything");
      await target.delayAnswers(answerMs);
      const { url, token } = target;
      const input = { url, token, concurrency, databaseFile: bridge.databaseFile, targetId };
      const plain = await runProgram<{ ms: number; count: number }>("floors/push-pool.ts", input);
      if (plain.count !== users) throw new Error(`${users} users were sent by the bridge, ${plain.count} without it`);
      return { bridgeRate: (users * 1000) / ms, poolRate: (plain.count * 1000) / plain.ms };
    };
    const figures: Figure[] = [];
    for (const answerMs of answerTimes) figures.push(await measure(answerMs, answerMs === 0 ? 1 : 0));
    return figures;
  } finally {
    await bridge.stop();
    await target.stop();
    await corp.stop();
  }
}
