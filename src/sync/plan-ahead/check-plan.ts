import type { PlanBasis, PlanDifference, TaskError, TaskPlan } from "../../store/store.ts";
import type { TaskParts } from "../run-task.ts";
import { type Ahead, type AheadRequest, planAhead } from "./plan-ahead.ts";

/**
 * Whether a plan is still what would be done: it is made once more, and has to come out the same to the letter. Answers
 * why it can't be applied, in words; null when it can.
 */
export async function checkPlan(request: AheadRequest, planTaskId: string): Promise<TaskError | null> {
  const { store } = request.parts;
  const plan = await store.findPlan(planTaskId);
  if (plan === null || (await store.planDigest(planTaskId)) !== plan.digest) return gone;
  const ahead = await planAhead(request);
  try {
    const failed = ahead.pushed.find(({ result }) => result.state === "failed");
    if (failed) {
      const why = failed.result.error?.detail ?? "it could not be looked at";
      return { code: "plan.moved", detail: `the plan was not applied. Target ${failed.row.name}: ${why}` };
    }
    if (ahead.numbers.digest === plan.digest) return null;
    return { code: "plan.moved", detail: await sayWhatMoved(request.parts, plan, ahead, planTaskId) };
  } finally {
    await ahead.scratch.close();
  }
}

const gone: TaskError = {
  code: "plan.gone",
  detail: "what was kept of the plan is not whole any more (records go after recordRetentionDays): plan again",
};

async function sayWhatMoved(parts: TaskParts, plan: TaskPlan, ahead: Ahead, planTaskId: string): Promise<string> {
  const difference = await ahead.scratch.compare(planTaskId);
  const names = new Map((await parts.store.listTargets()).map(({ id, name }) => [id, name]));
  const moved = whatMoved(plan.basis, ahead.basis, difference, (id) => names.get(id) ?? id);
  return `the plan was not applied, because it would come out otherwise now: ${moved.join("; ")}. Plan again`;
}

/**
 * What is not as it was when a plan was made, as sentences with counts.
 *
 * @param difference what comes out otherwise: only where something does, what moved is the reason
 */
export function whatMoved(
  before: PlanBasis,
  now: PlanBasis,
  difference: PlanDifference,
  nameOf: (targetId: string) => string,
): readonly string[] {
  const settings = settingsMoved(before, now, nameOf);
  const directory = now.directory - before.directory;
  const atDirectory = [
    ...(directory > 0 ? [`the directory was written to since (${counted(directory, "time")})`] : []),
    // Once nothing else is otherwise, what is read decides alone.
    ...(settings.length + directory === 0 ? ["the source says something else than it did"] : []),
  ];
  const ofDirectory = `${counted(difference.directory, "change")} of the directory ${difference.directory === 1 ? "differs" : "differ"}`;
  const ofTargets = [...difference.targets].map(([id, count]) => {
    const other = before.targets[id]?.state !== now.targets[id]?.state;
    const why = other ? "was pushed to, linked or read since" : "would be sent something else";
    return `target ${nameOf(id)} ${why} (${counted(count, "change or request", "changes or requests")})`;
  });
  return [
    ...settings,
    ...(difference.directory === 0 ? [] : [...atDirectory, ofDirectory]),
    ...ofTargets,
    ...(difference.directory === 0 && difference.targets.size > 0 && directory > 0 ? atDirectory : []),
  ];
}

/** Settings and mapping that are others than a plan was made with, as sentences. */
export function settingsMoved(
  before: PlanBasis,
  now: PlanBasis,
  nameOf: (targetId: string) => string,
): readonly string[] {
  const mapping =
    before.mapping !== null &&
    now.mapping !== null &&
    (before.mapping.name !== now.mapping.name || before.mapping.version !== now.mapping.version)
      ? [
          `the mapping is ${now.mapping.name} version ${now.mapping.version}, the plan was made with ${before.mapping.name} version ${before.mapping.version}`,
        ]
      : [];
  const ids = [...new Set([...Object.keys(before.targets), ...Object.keys(now.targets)])];
  const targets = ids.flatMap((id) => {
    const [was, is] = [before.targets[id], now.targets[id]];
    if (is === undefined) return [`target ${nameOf(id)} is not there, or not enabled, any more`];
    if (was === undefined) return [`target ${nameOf(id)} was not there, or not enabled, when the plan was made`];
    return was.settings === is.settings ? [] : [`the settings of target ${nameOf(id)} were changed`];
  });
  return [...mapping, ...(before.source === now.source ? [] : ["the settings of the source were changed"]), ...targets];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
