import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone, duration, type Figure, median, slower } from "./figures.ts";
import { type BenchBridge, startBridge, type TaskResult, wecomLimits } from "./lib/bridge.ts";
import { countDifferences } from "./lib/compare.ts";
import { type Corp, startCorp } from "./lib/corp.ts";
import { watchHealth } from "./lib/health.ts";
import { runProgram } from "./lib/process.ts";
import { type BenchTarget, startTarget } from "./lib/target.ts";
import { countWrittenRows } from "./lib/written-rows.ts";

const targetConcurrency = 8;
const changes = 200;

/**
 * The whole line for one size of corp: the first sync to the store alone and to a target, a sync in which nothing
 * changed, some random changes, and whether the target then holds exactly what the corp says.
 */
export async function benchSync(dist: string, members: number, repeats: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, members);
  const target = await startTarget(dist);
  try {
    const size = `${members.toLocaleString("en")} members`;
    // The simulator makes its answers once: they are ready before anybody is timed.
    await readAlone(corp);
    const stored = await benchStore(dist, corp, size, repeats);
    return [...stored, ...(await benchLine(dist, corp, target, size, repeats))];
  } finally {
    await target.stop();
    await corp.stop();
  }
}

/** First sync of a source that no target takes: reading, mapping, storing. */
async function benchStore(dist: string, corp: Corp, size: string, repeats: number): Promise<readonly Figure[]> {
  const ours: Took[] = [];
  const floor: Took[] = [];
  for (let round = 0; round < repeats; round += 1) {
    floor.push(await readAndStore(corp));
    const bridge = await startBridge(dist);
    try {
      ours.push(succeeded(await bridge.sync(await bridge.createSource(corp))));
    } finally {
      await bridge.stop();
    }
  }
  return compared(`${size}: first sync, to the store`, ours, floor, 2);
}

async function benchLine(
  dist: string,
  corp: Corp,
  target: BenchTarget,
  size: string,
  repeats: number,
): Promise<readonly Figure[]> {
  const bridge = await startBridge(dist);
  try {
    const source = await bridge.createSource(corp);
    await bridge.createTarget(target, source, { groups: true, concurrency: targetConcurrency });
    const { result: first, bridge: answered, idle } = await watchHealth(bridge.url, () => bridge.sync(source));
    succeeded(first);
    const { total: sent } = await target.requests();
    const afterFirst = bridge.peakRss();
    const unchanged = await benchUnchanged(bridge, corp, target, source, size, Math.max(repeats, 3));
    const impact = await benchImpact(bridge, size, repeats);
    const changed = await benchChanges(bridge, corp, target, source, size);
    const { count, examples } = await countDifferences(corp, target);
    for (const example of examples) process.stderr.write(`  ${example}\n`);
    const rss = bridge.peakRss();
    return [
      alone(`${size}: first sync, to a target`, duration(first.ms)),
      alone("    processor time", duration(first.processorMs)),
      ...phasesOf(first).map(({ phase, ms }) => alone(`    of it ${phase}`, duration(ms))),
      alone("    requests sent", sent.toLocaleString("en")),
      slower("    /healthz meanwhile, p50", answered.p50, idle.p50, null),
      {
        ...slower("    /healthz meanwhile, p99", answered.p99, idle.p99, null),
        goal: "≤ 20 ms",
        met: answered.p99 <= 20,
      },
      ...unchanged,
      ...impact,
      ...changed,
      alone(`${size}: differences between target and corp`, String(count), "0", count === 0),
      alone(`${size}: peak RSS after the first sync`, `${afterFirst.toFixed(0)} MB`, "< 350 MB", afterFirst < 350),
      alone(`${size}: peak RSS at the end`, `${rss.toFixed(0)} MB`, "< 350 MB", rss < 350),
    ];
  } finally {
    await bridge.stop();
  }
}

async function benchUnchanged(
  bridge: BenchBridge,
  corp: Corp,
  target: BenchTarget,
  source: string,
  size: string,
  repeats: number,
): Promise<readonly Figure[]> {
  await target.reset("journal");
  const rows = countWrittenRows(bridge.databaseFile);
  const ours: Took[] = [];
  const floor: Took[] = [];
  for (let round = 0; round < repeats; round += 1) {
    floor.push(await readAlone(corp));
    ours.push(succeeded(await bridge.sync(source)));
  }
  const written = Object.entries(rows.count());
  rows.close();
  const { total: sent } = await target.requests();
  const count = written.reduce((sum, [, number]) => sum + number, 0);
  for (const [table, number] of written) process.stderr.write(`  written to ${table}: ${number}\n`);
  return [
    ...compared(`${size}: sync in which nothing changed`, ours, floor, 1.3),
    alone("    rows written", String(count), "0", count === 0),
    alone("    requests sent", String(sent), "0", sent === 0),
  ];
}

/** What an edited mapping would change, counted over everybody; what one target would get of it included. */
async function benchImpact(bridge: BenchBridge, size: string, repeats: number): Promise<readonly Figure[]> {
  const floor: Took[] = [];
  for (let round = 0; round < repeats; round += 1) {
    floor.push(await runProgram<Took>("floors/read-rows.ts", { file: bridge.databaseFile }));
  }
  const {
    result: ours,
    bridge: answered,
    idle,
  } = await watchHealth(bridge.url, async () => {
    const took: Took[] = [];
    for (let round = 0; round < repeats; round += 1) took.push(await bridge.impact());
    return took;
  });
  const path = `${size}: impact of an edited mapping`;
  return [
    slower(path, median(ours.map(({ ms }) => ms)), median(floor.map(({ ms }) => ms)), null),
    {
      ...slower("    /healthz meanwhile, p99", answered.p99, idle.p99, null),
      goal: "≤ 20 ms",
      met: answered.p99 <= 20,
    },
  ];
}

async function benchChanges(
  bridge: BenchBridge,
  corp: Corp,
  target: BenchTarget,
  source: string,
  size: string,
): Promise<readonly Figure[]> {
  await corp.randomChanges(changes);
  await target.reset("journal");
  const task = succeeded(await bridge.sync(source));
  const { total, counts } = await target.requests();
  const writes = Object.entries(counts)
    .filter(([name]) => /^(POST|PATCH|PUT|DELETE) (User|Group)$/.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
  const { resources, memberships } = await bridge.pushedRecords(task.id);
  const goal = resources + memberships;
  return [
    alone(`${size}: ${changes} random changes`, duration(task.ms)),
    alone("    resources changed, groups with joiners or leavers", `${resources}, ${memberships}`),
    alone("    writes sent", String(writes)),
    alone("    other requests (discovery)", String(total - writes)),
    alone("    writes for each of these changes", (writes / goal).toFixed(2), "1", writes === goal),
  ];
}

function phasesOf({ phases, ms }: TaskResult): readonly { readonly phase: string; readonly ms: number }[] {
  return phases.map(({ phase, atMs }, index) => {
    const from = index === 0 ? 0 : atMs;
    return { phase, ms: (phases[index + 1]?.atMs ?? ms) - from };
  });
}

function succeeded(task: TaskResult): TaskResult {
  if (task.state !== "succeeded") throw new Error(`a task ended ${task.state}: ${task.error ?? ""}`);
  return task;
}

/** How long something took, and how much of the processors it used. Milliseconds. */
interface Took {
  readonly ms: number;
  readonly processorMs: number;
}

/** Time against time and, since other programs may share the machine, processor time against processor time. */
function compared(path: string, ours: readonly Took[], floor: readonly Took[], atMost: number): readonly Figure[] {
  const middle = (took: readonly Took[], of: keyof Took): number => median(took.map((each) => each[of]));
  return [
    slower(path, middle(ours, "ms"), middle(floor, "ms"), atMost),
    slower("    processor time", middle(ours, "processorMs"), middle(floor, "processorMs"), null),
  ];
}

function readAlone(corp: Corp): Promise<Took> {
  return runProgram<Took>("floors/read-source.ts", { ...floorInput(corp), file: null });
}

async function readAndStore(corp: Corp): Promise<Took> {
  const directory = await mkdtemp(join(tmpdir(), "bridge-floor-"));
  try {
    const input = { ...floorInput(corp), file: join(directory, "floor.db") };
    return await runProgram<Took>("floors/read-source.ts", input);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function floorInput({ url, corpId, appSecret }: Corp) {
  return { url, corpId, appSecret, concurrency: wecomLimits.concurrency };
}
