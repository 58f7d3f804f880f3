import { concurrently } from "../lib/concurrently.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { Source } from "../source/source.ts";
import type {
  DirectoryChangeStore,
  DirectoryStore,
  EngineTaskStore,
  EventStore,
  GroupRuleStore,
  Lease,
  LeaseStore,
  PushStore,
  RecordStore,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
  TaskRow,
} from "../store/store.ts";
import { LeaseLostError, userGroups } from "../store/store.ts";
import { type Target, TargetError, type TargetLanguage } from "../target/target.ts";
import type { AlertParts } from "./alerts.ts";
import { type Leaving, settleLeaving } from "./end-source.ts";
import { finishTask, type Pushed, type TargetResult } from "./finish-task.ts";
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
  EventStore &
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

export interface TaskParts extends EngineEdges, AlertParts {
  readonly store: EngineStore;
  readonly leases: LeaseParts;
  readonly clock: () => number;
  /** How time passes between tries at a target; really, if absent. */
  readonly pause?: Pause;
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
    const state = await finishTask(parts, task, source, directory, targets);
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
    const read = { users: 0, groups: 0 };
    const source = task.sourceId === null ? null : await store.findSource(task.sourceId);
    await finishTask(parts, task, source, { usable: false, read, error: { code: "internal", detail }, hold: null }, []);
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

function isOwnDone({ usable, error, hold }: DirectoryResult, pushed: readonly Pushed[]): boolean {
  const isDone = pushed.every(({ result }) => result.ownState === "succeeded");
  return usable && error === null && hold === null && pushed.length > 0 && isDone;
}
