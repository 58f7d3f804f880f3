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
  Pause as Paused,
  PauseStore,
  PushStore,
  RecordStore,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
  TaskRow,
  VerifyStore,
} from "../store/store.ts";
import { LeaseLostError } from "../store/store.ts";
import { type Target, TargetError, type TargetLanguage } from "../target/target.ts";
import type { AlertParts } from "./alerts.ts";
import { type Leaving, settleLeaving } from "./end-source.ts";
import { finishTask, type Pushed } from "./finish-task.ts";
import { type LeaseParts, underLeaseInTurn } from "./lease.ts";
import { makeProgress, type Progress, TaskCancelledError } from "./progress.ts";
import type { Pause } from "./push/attempt.ts";
import type { PushResult } from "./push/prepare.ts";
import { notePushed, type PushMarks } from "./push-marks.ts";
import { type DirectoryResult, type LoadMapping, runSourceTask } from "./run-source-task.ts";
import { type Held, readsBack, workAtTarget } from "./work-at-target.ts";

export type EngineStore = SourceStore &
  TargetStore &
  RecordStore &
  DirectoryStore &
  GroupRuleStore &
  DirectoryChangeStore &
  PushStore &
  Pick<PauseStore, "hasPausedPeople"> &
  VerifyStore &
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
  readonly marks: PushMarks;
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
    const pushes = directory.usable && task.mode !== "plan" && leaving?.people !== "keep";
    const targets = pushes ? await pushAll(parts, task, leaving, progress, signal) : [];
    await progress.flush();
    const state = await finishTask(parts, task, source, directory, targets);
    // What others' groups wait for is no reason to keep a source that nobody has any more.
    const hasLeft = state === "succeeded" || isOwnDone(directory, targets);
    if (source !== null)
      await settleLeaving(store, task, source.id, { leaving, hasLeft, kept: directory.kept, now: clock() });
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
    let fencing: number | null = null;
    const result = await underLeaseInTurn(
      parts.leases,
      `target:${row.id}`,
      signal,
      async (lease, inner, ensureHeld) => {
        // An administrator may have changed it while we waited for our turn.
        const now = await parts.store.findTarget(row.id);
        if (now === null || !isMeant(now, task)) return null;
        if (now.paused !== null && sends(task)) return pausedPush(now.paused);
        const held: Held = { lease, signal: inner, ensureHeld };
        fencing = lease.fencing;
        const done = await workAtTarget(parts, task, now, leaving?.people ?? null, progress, held);
        if (done.isIdle) fencing = null;
        return done;
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
    if (fencing !== null) await notePushed(parts, row.id, fencing, signal);
  });
  return pushed.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

/** One that is disabled, or paused, is sent nothing; it may be looked at. */
function sends(task: OpenTask): boolean {
  return !readsBack(task) || task.repair;
}

function pausedPush({ since, by, reason }: Paused): PushResult {
  const why = reason === null ? "" : `: ${reason}`;
  const detail = `paused by ${by} since ${new Date(since).toISOString()}${why}; what is pending waits until it is resumed`;
  return { state: "paused", error: { code: "target.paused", detail }, hold: null, isIdle: true };
}

function isMeant(row: TargetRow, task: OpenTask): boolean {
  if (row.status !== "enabled" && sends(task)) return false;
  // One person may go to all targets: those of other sources find nobody.
  if (task.resourceId !== null && task.targetId === null) return true;
  return task.sourceId === null ? row.id === task.targetId : row.settings.sources.includes(task.sourceId);
}

function isOwnDone({ usable, error, hold }: DirectoryResult, pushed: readonly Pushed[]): boolean {
  const isDone = pushed.every(({ result }) => result.ownState === "succeeded");
  return usable && error === null && hold === null && pushed.length > 0 && isDone;
}
