import { concurrently } from "../lib/concurrently.ts";
import type { Log } from "../lib/log.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { Source } from "../source/source.ts";
import type {
  DirectoryChangeStore,
  DirectoryStore,
  EngineTaskStore,
  GroupRuleStore,
  Lease,
  LeaseStore,
  PushStore,
  RecordStore,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
  TaskCounts,
  TaskError,
  TaskHold,
  TaskRow,
  TaskState,
  TaskTargetResult,
} from "../store/store.ts";
import { LeaseLostError, userGroups } from "../store/store.ts";
import { type Target, TargetError, type TargetLanguage } from "../target/target.ts";
import { type Leaving, settleLeaving } from "./end-source.ts";
import { holdDurationMs } from "./guard-directory.ts";
import { type LeaseParts, underLeaseInTurn } from "./lease.ts";
import { makeProgress, type Progress, TaskCancelledError } from "./progress.ts";
import type { Pause } from "./push/attempt.ts";
import { type PushResult, pushTarget } from "./push/push-target.ts";
import { type DirectoryResult, type LoadMapping, runSourceTask } from "./run-source-task.ts";
import { latestChange } from "./schedule.ts";

export type EngineStore = SourceStore &
  TargetStore &
  RecordStore &
  DirectoryStore &
  GroupRuleStore &
  DirectoryChangeStore &
  PushStore &
  LeaseStore &
  EngineTaskStore;

/** What the engine is given from outside. */
export interface EngineEdges {
  readonly openSource: (row: SourceRow) => Source;
  readonly openTarget: (row: TargetRow) => { readonly target: Target; readonly language: TargetLanguage };
  readonly loadMapping: LoadMapping;
  /** The schemas in force, for the filters of a target's scope. */
  readonly catalog: () => Promise<SchemaCatalog>;
}

export type OpenTask = TaskRow & { readonly stage: "plan" | "apply" | "push" };

export interface TaskParts extends EngineEdges {
  readonly store: EngineStore;
  readonly leases: LeaseParts;
  readonly clock: () => number;
  /** How time passes between tries at a target; really, if absent. */
  readonly pause?: Pause;
  readonly log: Log;
}

/** Runs one task to its end: the source into our directory, our directory to its targets. */
export async function runTask(parts: TaskParts, found: OpenTask, lease: Lease, outer: AbortSignal): Promise<void> {
  const { store, clock, log } = parts;
  if (!(await store.startTask(found.id))) return;
  // As it is under the lease: who held it before may have brought it further.
  const task = (await store.openTasks()).find(({ id }) => id === found.id);
  if (task === undefined) return;
  log.info(
    { task: task.id, source: task.sourceId, target: task.targetId, mode: task.mode, stage: task.stage },
    "task started",
  );
  const cancelled = new AbortController();
  const signal = AbortSignal.any([outer, cancelled.signal]);
  const progress = makeProgress(store, task.id, { clock, onCancelled: () => cancelled.abort(new Error("cancelled")) });
  try {
    const source = task.sourceId === null ? null : await store.findSource(task.sourceId);
    const leaving = source?.settings.leaving ?? null;
    const directory = await runDirectory(parts, task, source, lease, progress, signal);
    const pushes = directory.usable && task.mode === "apply" && leaving?.people !== "keep";
    const targets = pushes ? await pushAll(parts, task, leaving, progress, signal) : [];
    await progress.flush();
    const state = await finish(parts, task, directory, targets);
    // What others' groups wait for is no reason to keep a source that nobody has any more.
    const hasLeft = state === "succeeded" || isOwnDone(directory, targets);
    if (source !== null) await settleLeaving(store, task, source.id, { leaving, hasLeft, now: clock() });
  } catch (error) {
    if (cancelled.signal.aborted || error instanceof TaskCancelledError) {
      log.info({ task: task.id }, "task cancelled");
      return;
    }
    // Stopping, or another process has taken over: the task stays open and is taken up again.
    if (outer.aborted || error instanceof LeaseLostError) throw error;
    log.error({ task: task.id, err: error }, "task failed");
    const detail = `an unexpected error ended the task (${error instanceof Error ? error.name : "unknown"}); the log has it under this task's id`;
    await store.finishTask(task.id, {
      state: "failed",
      counts: await store.countTask(task.id, null, { users: 0, groups: 0 }),
      targets: [],
      error: { code: "internal", detail },
      hold: null,
    });
  }
}

async function runDirectory(
  parts: TaskParts,
  task: OpenTask,
  row: SourceRow | null,
  lease: Lease,
  progress: Progress,
  signal: AbortSignal,
): Promise<DirectoryResult> {
  const nothing: DirectoryResult = { usable: true, read: { users: 0, groups: 0 }, error: null, hold: null };
  if (task.sourceId === null) return nothing;
  if (row === null) {
    return { ...nothing, usable: false, error: { code: "source.gone", detail: "the source was deleted meanwhile" } };
  }
  // A custom source is kept here: there is nothing to read, only targets to bring up to date.
  if (row.type === "custom" && (row.settings.leaving === undefined || task.mode === "plan")) return nothing;
  return runSourceTask({ ...parts, lease, task, row, progress, signal });
}

interface Pushed {
  readonly row: TargetRow;
  readonly result: TargetResult;
}

interface TargetResult extends PushResult {
  /** Of a source that ends: what came of its own people and groups, the user groups apart. */
  readonly ownState?: PushResult["state"];
}

async function pushAll(
  parts: TaskParts,
  task: OpenTask,
  leaving: Leaving | null,
  progress: Progress,
  signal: AbortSignal,
): Promise<Pushed[]> {
  const targets = (await parts.store.listTargets()).filter((row) => isMeant(row, task));
  const pushed: Pushed[] = [];
  await concurrently(targets, 4, async (row) => {
    const result = await underLeaseInTurn(
      parts.leases,
      `target:${row.id}`,
      signal,
      async (lease, inner, ensureHeld) => {
        // An administrator may have changed it while we waited for our turn.
        const now = await parts.store.findTarget(row.id);
        if (now === null || !isMeant(now, task)) return null;
        return pushOne(parts, task, now, leaving?.people ?? null, lease, progress, inner, ensureHeld);
      },
    ).catch((error: unknown): PushResult => {
      if (signal.aborted || error instanceof LeaseLostError) throw error;
      if (error instanceof TargetError) {
        return { state: "failed", error: { code: `target.${error.code}`, detail: error.message }, hold: null };
      }
      // What is wrong with one target must not keep the others from theirs.
      parts.log.error({ task: task.id, target: row.id, err: error }, "push failed");
      const detail = "an unexpected error ended the push; the log has it under this task's id";
      return { state: "failed", error: { code: "internal", detail }, hold: null };
    });
    if (result !== null) pushed.push({ row, result });
  });
  return pushed.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

function isMeant(row: TargetRow, task: OpenTask): boolean {
  if (row.status !== "enabled") return false;
  return task.sourceId === null ? row.id === task.targetId : row.settings.sources.includes(task.sourceId);
}

async function pushOne(
  parts: TaskParts,
  task: OpenTask,
  row: TargetRow,
  leaving: Leaving["people"] | null,
  lease: Lease,
  progress: Progress,
  signal: AbortSignal,
  ensureHeld: () => Promise<void>,
): Promise<TargetResult> {
  const { store } = parts;
  const ofTask = task.sourceId === null ? row.settings.sources : [task.sourceId];
  // Whatever is written from now on may be missed.
  const heard = latestChange(await store.directoryChanges(), row.settings);
  const { target, language } = parts.openTarget(row);
  const push = async (sourceIds: readonly string[], ending: Leaving["people"] | null): Promise<PushResult> => {
    const result = await pushTarget({
      ...{ store, lease, row, target, language, sourceIds, signal, ensureHeld },
      ...{ taskId: task.id, leaving: ending, catalog: await parts.catalog() },
      isEnding: leaving !== null,
      sourceName: async (id) => (await store.findSource(id))?.name ?? id,
      retryAll: task.trigger === "manual",
      asked: task.trigger === "manual" && task.sourceId === null,
      clock: parts.clock,
      pause: parts.pause,
      log: parts.log,
      onProgress: (done, total) => progress.set("push", done, total),
    });
    // A target that was down keeps what somebody let through for it.
    if (result.state !== "failed") await store.forgetReleased(lease, row.id, sourceIds);
    return result;
  };
  try {
    if (leaving !== null) {
      // A source that ends takes nothing with it but its own; the user groups follow, guarded like ever.
      const own = await push(ofTask, leaving);
      const result = own.state === "succeeded" ? await push([userGroups], null) : own;
      return { ...result, ownState: own.state };
    }
    const result = await push([...ofTask, userGroups], null);
    const heardAll = row.settings.sources.every((id) => ofTask.includes(id));
    if (result.state === "failed") return result;
    if (task.sourceId !== null) {
      if (heardAll) await store.notePushedChange(row, heard);
      return result;
    }
    const settled = await settleHeldPushes(parts, task, row, lease, result);
    await store.notePushedChange(row, heard);
    return settled;
  } finally {
    await target.close();
  }
}

/**
 * This push looked at all that an earlier one had found, and replaces it. Unless nobody asked for it, and it holds just the
 * same: with every write of a client there would be another task to approve, and the one that is looked at would be gone.
 */
async function settleHeldPushes(
  { store }: TaskParts,
  task: OpenTask,
  row: TargetRow,
  lease: Lease,
  result: PushResult,
): Promise<PushResult> {
  const mayKeep = result.state === "held" && task.trigger !== "manual";
  const kept = mayKeep ? await store.keepHeldPush(lease, row.id, task.id) : null;
  await store.replaceHeldPush(row.id, kept ?? task.id);
  if (kept === null) return result;
  const detail = `the changes that its safeguards hold still wait for approval in task ${kept}`;
  return { state: "partial", error: { code: "target.held", detail }, hold: null };
}

async function finish(
  parts: TaskParts,
  task: OpenTask,
  directory: DirectoryResult,
  pushed: readonly Pushed[],
): Promise<TaskState> {
  const { store, log, clock } = parts;
  const counts = await store.countTask(task.id, null, directory.read);
  const targets: TaskTargetResult[] = [];
  for (const { row, result } of pushed) {
    const ofTarget = await store.countTask(task.id, row.id, { users: 0, groups: 0 });
    targets.push({ target: row.id, state: result.state, counts: ofTarget, error: result.error });
  }
  const hold = joinHolds(directory.hold, pushed, clock());
  const error = directory.error ?? failedRecords(counts) ?? firstTargetError(pushed);
  const state = stateOf(task, directory, hold, error);
  await store.finishTask(task.id, { state, counts, targets, error, hold });
  log.info({ task: task.id, state, error: error?.code }, "task finished");
  return state;
}

function isOwnDone({ usable, error, hold }: DirectoryResult, pushed: readonly Pushed[]): boolean {
  const isDone = pushed.every(({ result }) => result.ownState === "succeeded");
  return usable && error === null && hold === null && pushed.length > 0 && isDone;
}

function stateOf(
  task: OpenTask,
  directory: DirectoryResult,
  hold: TaskHold | null,
  error: TaskError | null,
): TaskState {
  if (!directory.usable) return "failed";
  if (task.mode === "plan") return "succeeded";
  if (hold !== null) return "held";
  return error === null ? "succeeded" : "partial";
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
  const bad = pushed.find(({ result }) => result.error !== null);
  return bad?.result.error
    ? { code: bad.result.error.code, detail: `target ${bad.row.name}: ${bad.result.error.detail}` }
    : null;
}

function joinHolds(own: TaskHold | null, pushed: readonly Pushed[], now: number): TaskHold | null {
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
