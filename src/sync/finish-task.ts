import type {
  EngineTaskStore,
  SourceRow,
  TargetRow,
  TaskCounts,
  TaskError,
  TaskHold,
  TaskPlan,
  TaskRow,
  TaskState,
  TaskTargetResult,
} from "../store/store.ts";
import type { AlertParts } from "./alerts.ts";
import { taskEvent } from "./events.ts";
import { holdDurationMs } from "./guard-directory.ts";
import { identityCode } from "./identity/identify.ts";
import { outOfSightCode } from "./incompleteness.ts";
import type { DirectoryResult } from "./run-source-task.ts";
import { readsBack, type TargetResult } from "./work-at-target.ts";

export interface FinishParts extends AlertParts {
  readonly store: AlertParts["store"] & Pick<EngineTaskStore, "finishTask" | "countTask" | "tallyTask">;
  readonly clock: () => number;
}

export interface Pushed {
  readonly row: TargetRow;
  readonly result: TargetResult;
}

/** What else there is to say of a task that ended. */
export interface Ending {
  readonly plan?: TaskPlan;
  /** The same was told of the task before it: nobody wants to hear it again. */
  readonly isTold?: boolean;
}

/** Writes down how a task ended, and tells whoever wants to hear of it. */
export async function finishTask(
  parts: FinishParts,
  task: Pick<TaskRow, "id" | "trigger" | "mode" | "undoes" | "createdAt" | "startedAt">,
  source: Pick<SourceRow, "id" | "name"> | null,
  directory: DirectoryResult,
  pushed: readonly Pushed[],
  { plan, isTold }: Ending = {},
): Promise<TaskState> {
  const { store, log, clock, observer, publicUrl } = parts;
  const counts = await store.countTask(task.id, null, directory.read);
  const targets: (TaskTargetResult & { readonly name: string })[] = [];
  for (const { row, result } of pushed) {
    const ofTarget = await store.countTask(task.id, row.id, { users: 0, groups: 0 });
    targets.push({ target: row.id, name: row.name, state: result.state, counts: ofTarget, error: result.error });
  }
  // What a plan would hold is said with the plan: nothing waits.
  const hold = task.mode === "plan" ? null : joinHolds(directory.hold, pushed, clock());
  const error = directory.error ?? failedRecords(counts) ?? firstTargetError(pushed) ?? nothingRead(task, pushed);
  const state = stateOf(task, directory, hold, error, pushed);
  const matching = pushed.find(({ result }) => result.matching)?.result.matching;
  const target = source === null ? (pushed[0]?.row ?? null) : null;
  const event = taskEvent({ task, state, source, target, counts, targets, error, hold }, publicUrl);
  const isSilent = isTold === true && state !== "held";
  // An undo reads nothing.
  const isRead = source !== null && task.mode === "apply" && task.undoes === null;
  const isWhole = directory.error === null || stillWhole.has(directory.error.code);
  const isSynced = isRead && directory.usable && isWhole && directory.isPart !== true;
  const isFinished = await store.finishTask(task.id, {
    ...{ state, counts, error, hold, isSynced, events: isSilent ? [] : [event] },
    targets: targets.map(({ name: _, ...each }) => each),
    ...(matching && { matching }),
    ...(plan && { plan }),
  });
  if (!isFinished) return state;
  log[(isSilent ? null : levels[state]) ?? "info"](
    { task: task.id, state, error: error?.code, event: event.type },
    "task finished",
  );
  if (!isSilent) observer.eventRaised(event.type);
  const names = new Map(pushed.map(({ row }) => [row.id, row.name]));
  observer.taskEnded({
    ...{ source: source?.name ?? null, target: target?.name ?? null, mode: task.mode, state },
    seconds: (clock() - (task.startedAt ?? task.createdAt)) / 1000,
    changes: (await store.tallyTask(task.id)).map(({ targetId, ...tally }) => ({
      ...tally,
      target: targetId === null ? null : (names.get(targetId) ?? targetId),
    })),
  });
  return state;
}

/** What may be said of a read that was whole. */
const stillWhole: ReadonlySet<string> = new Set([outOfSightCode, identityCode]);

/** What an operator is to look at stands out in the log. */
const levels: Partial<Record<TaskState, "warn" | "error">> = { held: "warn", partial: "warn", failed: "error" };

function stateOf(
  task: Pick<TaskRow, "mode">,
  directory: DirectoryResult,
  hold: TaskHold | null,
  error: TaskError | null,
  pushed: readonly Pushed[],
): TaskState {
  if (!directory.usable) return "failed";
  if (task.mode === "plan") return stateOfPlan(pushed);
  // What was asked for is what a target holds: without an answer there is nothing.
  const isRead = pushed.some(({ result }) => result.state !== "failed" && result.state !== "paused");
  if (readsBack(task) && !isRead) return "failed";
  if (hold !== null) return "held";
  return error === null ? "succeeded" : "partial";
}

/** A plan that lacks a target is none of what was asked for. */
function stateOfPlan(pushed: readonly Pushed[]): TaskState {
  const failed = pushed.filter(({ result }) => result.state === "failed").length;
  return failed === 0 ? "succeeded" : "partial";
}

function nothingRead(task: Pick<TaskRow, "mode">, pushed: readonly Pushed[]): TaskError | null {
  if (!readsBack(task) || pushed.length > 0) return null;
  return { code: "target.gone", detail: "the target was disabled or deleted meanwhile" };
}

function failedRecords(counts: TaskCounts): TaskError | null {
  const failed = counts.users.failed + counts.groups.failed;
  if (failed === 0) return null;
  const what = failed === 1 ? "one record" : `${failed} records`;
  return {
    code: "records.failed",
    detail: `${what} of the source could not be brought into the directory and stay as they were; the records of this task with status "failed" say why`,
  };
}

function firstTargetError(pushed: readonly Pushed[]): TaskError | null {
  // A pause is meant: it is no failure of the task.
  const bad = pushed.find(({ result }) => result.error !== null && result.state !== "paused");
  return bad?.result.error
    ? { code: bad.result.error.code, detail: `target ${bad.row.name}: ${bad.result.error.detail}` }
    : null;
}

export function joinHolds(own: TaskHold | null, pushed: readonly Pushed[], now: number): TaskHold | null {
  const holds = [
    ...(own === null ? [] : [own]),
    ...pushed.flatMap(({ row, result }) =>
      result.hold === null
        ? []
        : [{ ...result.hold, reason: `target ${row.name}: ${result.hold.reason}`, expiresAt: now + holdDurationMs }],
    ),
  ];
  const [first] = holds;
  if (first === undefined) return null;
  const sum = (key: "users" | "groups" | "members"): number => holds.reduce((all, each) => all + each.removals[key], 0);
  const names = (key: "users" | "groups"): number =>
    holds.reduce((all, each) => all + (each.identities?.[key] ?? 0), 0);
  return {
    reason: holds.map((each) => each.reason).join("; "),
    removals: { users: sum("users"), groups: sum("groups"), members: sum("members") },
    ...(holds.some((each) => each.identities) && { identities: { users: names("users"), groups: names("groups") } }),
    expiresAt: first.expiresAt,
  };
}
