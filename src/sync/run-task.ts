import type { SchemaCatalog } from "../scim/catalog.ts";
import type { Source, SourceMeter, SourceUse } from "../source/source.ts";
import type {
  DirectoryChangeStore,
  DirectoryStore,
  EngineTaskStore,
  EventStore,
  GivenReader,
  GroupRuleStore,
  IdentityStore,
  KeptStore,
  Lease,
  LeaseStore,
  MarkStore,
  PauseStore,
  PlanStore,
  PushStore,
  QuarantineStore,
  ReadPartStore,
  RecordStore,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
  TaskRow,
  TaskState,
  TaskStore,
  UndoStore,
  VerifyStore,
} from "../store/store.ts";
import { LeaseLostError } from "../store/store.ts";
import type { Target, TargetLanguage, WriteNotes } from "../target/target.ts";
import type { AlertParts } from "./alerts.ts";
import { atTargets } from "./at-targets.ts";
import { endingError, type Leaving, settleLeaving, whatEndWaitsFor } from "./end-source.ts";
import { finishTask, type Pushed } from "./finish-task.ts";
import type { LeaseParts } from "./lease.ts";
import { checkPlan } from "./plan-ahead/check-plan.ts";
import { type AheadRequest, keepPlan, planAhead } from "./plan-ahead/plan-ahead.ts";
import { makeProgress, type Progress, TaskCancelledError } from "./progress.ts";
import type { Pause } from "./push/attempt.ts";
import type { PushMarks } from "./push-marks.ts";
import { makeRequestMeter } from "./request-meter.ts";
import { type DirectoryResult, type LoadMapping, runSourceTask } from "./run-source-task.ts";
import { workAtTarget } from "./work-at-target.ts";

export type EngineStore = SourceStore &
  TargetStore &
  RecordStore &
  DirectoryStore &
  GroupRuleStore &
  DirectoryChangeStore &
  PushStore &
  QuarantineStore &
  Pick<PauseStore, "pausedPeople"> &
  VerifyStore &
  PlanStore &
  KeptStore &
  IdentityStore &
  UndoStore &
  LeaseStore &
  EventStore &
  MarkStore &
  GivenReader &
  ReadPartStore &
  EngineTaskStore &
  Pick<TaskStore, "queueTask" | "listTasks">;

/** What the engine is given from outside. */
export interface EngineEdges {
  readonly openSource: (row: SourceRow, use?: SourceUse) => Source;
  /** With `notes` nothing that changes anything is sent: it is noted there. */
  readonly openTarget: (
    row: TargetRow,
    notes?: WriteNotes,
  ) => { readonly target: Target; readonly language: TargetLanguage };
  readonly loadMapping: LoadMapping;
  /** The schemas in force, for the filters of a target's scope. */
  readonly catalog: () => Promise<SchemaCatalog>;
}

export type OpenTask = TaskRow;

export interface TaskParts extends EngineEdges, AlertParts {
  readonly store: EngineStore;
  readonly leases: LeaseParts;
  readonly marks: PushMarks;
  /** Opens a source that stays open for a while; absent: as `openSource`. */
  readonly borrowSource?: (row: SourceRow, meter?: SourceMeter) => Source;
  /** Hears when the task only waits for its source, and when it goes on. */
  readonly onWaiting?: (isWaiting: boolean) => void;
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
  const meter = makeRequestMeter(task.requests, (waiting) => {
    parts.onWaiting?.(waiting !== null);
    progress.wait(waiting);
  });
  const progress = makeProgress(store, task.id, {
    clock,
    onCancelled: () => cancelled.abort(new Error("cancelled")),
    requests: () => meter.counted,
  });
  try {
    const source = task.sourceId === null ? null : await store.findSource(task.sourceId);
    const leaving = source?.settings.leaving ?? null;
    const directory = await runDirectory(withMeter(parts, meter), task, source, lease, progress, signal);
    const requests = meter.counted;
    if (requests !== null) await store.noteTask(task.id, { requests });
    const request = { parts, task, source, progress, signal };
    const {
      state,
      targets,
      waitsFor = null,
    } = await (task.mode === "plan"
      ? finishPlan(request, directory, lease)
      : finishPushes(request, directory, leaving));
    // What others' groups wait for is no reason to keep a source that nobody has any more.
    const hasLeft = state === "succeeded" || isOwnDone(directory, targets);
    if (source !== null) {
      const reasons = hasLeft ? waitsFor : whyNotThrough(directory, targets, waitsFor);
      const inTheWay = hasLeft ? reasons : (reasons ?? "its task, which did not come to its end");
      await settleLeaving(store, task, source.id, { leaving, waitsFor: inTheWay, now: clock() });
    }
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

/** Whatever source the task opens, its requests are counted. */
function withMeter(parts: TaskParts, meter: SourceMeter): TaskParts {
  const { openSource, borrowSource } = parts;
  return {
    ...parts,
    openSource: (row) => openSource(row, { meter }),
    ...(borrowSource && { borrowSource: (row: SourceRow) => borrowSource(row, meter) }),
  };
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
  const { planId } = task;
  const check = planId === null ? null : () => checkPlan({ parts, task, source: row, progress, signal }, planId);
  if (task.sourceId === null) {
    if (check === null || task.stage !== "plan") return nothing;
    const moved = await check();
    // From here on it is a push like any other, also for whoever takes it up again.
    if (moved === null) await parts.store.noteTask(task.id, { stage: "apply" });
    return { ...nothing, usable: moved === null, error: moved };
  }
  if (row === null) {
    return { ...nothing, usable: false, error: { code: "source.gone", detail: "the source was deleted meanwhile" } };
  }
  // A custom source is kept here: there is nothing to read, only targets to bring up to date.
  if (row.type === "custom" && (row.settings.leaving === undefined || task.mode === "plan")) return nothing;
  // It was queued before the source was disabled, or its end came through: nobody is to come back by it.
  if (row.status === "disabled" && row.settings.leaving === undefined && reads(task)) {
    return {
      ...nothing,
      usable: false,
      error: { code: "source.disabled", detail: "the source was disabled meanwhile" },
    };
  }
  const checked = check === null ? {} : { checkPlan: check };
  return runSourceTask({ ...parts, lease, task, row, progress, signal, ...checked });
}

/** Whether a task begins with reading its source, to do what that says. */
function reads({ mode, stage, undoes }: OpenTask): boolean {
  return mode === "apply" && stage === "plan" && undoes === null;
}

/** The directory is brought up to date; its targets follow. */
async function finishPushes(
  { parts, task, source, progress, signal }: AheadRequest,
  directory: DirectoryResult,
  leaving: Leaving | null,
): Promise<Ended> {
  const people = leaving?.people ?? null;
  const pushes = directory.usable && people !== "keep";
  const targets = pushes
    ? await atTargets(parts, task, signal, (row, held) => workAtTarget(parts, task, row, people, progress, held))
    : [];
  await progress.flush();
  const { store, clock } = parts;
  const told = new Set(targets.flatMap(({ row, result }) => (result.state === "paused" ? [] : [row.id])));
  const end = leaving === null || source === null ? null : { leaving, kept: directory.kept, told, now: clock() };
  const waitsFor = end === null || source === null ? null : await whatEndWaitsFor(store, source.id, end);
  // What a target failed with says more; and a plan from before the end was ordered has had no turn at it.
  const isSaid = directory.error !== null || targets.some(({ result }) => failed(result)) || task.stage !== "plan";
  const said = waitsFor === null || isSaid ? directory : { ...directory, error: endingError(waitsFor) };
  const why = isOwnDone(directory, targets) ? waitsFor : whyNotThrough(directory, targets, waitsFor);
  const isTold =
    leaving !== null && why !== null && task.trigger === "schedule" && why === (await lastWaitedFor(store, source?.id));
  return { state: await finishTask(parts, task, source, said, targets, { isTold }), targets, waitsFor };
}

/** What the last try of the end of a source said that it waits for. */
async function lastWaitedFor(store: EngineStore, id: string | undefined): Promise<string | null> {
  return (await store.listEndings()).find(({ sourceId }) => sourceId === id)?.waitsFor ?? null;
}

function failed({ state, error }: Pushed["result"]): boolean {
  return error !== null && state !== "paused";
}

/** Why the end of a source is not through: what failed, and what it waits for; null where neither is known. */
function whyNotThrough({ error }: DirectoryResult, targets: readonly Pushed[], waitsFor: string | null): string | null {
  const reasons = targets.flatMap(({ row, result }) =>
    // The target's own words may name a person, and others are to read this.
    failed(result) ? [`the target ${row.name}: ${result.outage?.detail ?? result.error?.detail ?? ""}`] : [],
  );
  const all = [...(error === null ? [] : [error.detail]), ...reasons, ...(waitsFor === null ? [] : [waitsFor])];
  return all.length === 0 ? null : all.join("; ");
}

/** How a task ended, and at which targets. */
interface Ended {
  readonly state: TaskState;
  readonly targets: readonly Pushed[];
  /** What the end of the source still waits for; absent or null: nothing. */
  readonly waitsFor?: string | null;
}

/** What the directory would be changed by is planned; then what each target would be sent, and all of it is kept. */
async function finishPlan(request: AheadRequest, directory: DirectoryResult, lease: Lease): Promise<Ended> {
  const { parts, task, source } = request;
  await request.progress.flush();
  if (!directory.usable) return { state: await finishTask(parts, task, source, directory, []), targets: [] };
  const ahead = await planAhead(request);
  try {
    const plan = await keepPlan(ahead, lease);
    return { state: await finishTask(parts, task, source, directory, ahead.pushed, { plan }), targets: ahead.pushed };
  } finally {
    await ahead.scratch.close();
  }
}

function isOwnDone({ usable, error, hold }: DirectoryResult, pushed: readonly Pushed[]): boolean {
  const isDone = pushed.every(({ result }) => result.ownState === "succeeded");
  return usable && error === null && hold === null && pushed.length > 0 && isDone;
}
