import {
  type Lease,
  type PlanBasis,
  type PlanNumbers,
  type Scratch,
  type SourceRow,
  type TargetRow,
  type TaskHold,
  type TaskPlan,
  userGroups,
} from "../../store/store.ts";
import { hasStandIn, type WriteNotes } from "../../target/target.ts";
import { applyDirectory } from "../apply-directory.ts";
import { atTargets, isMeant } from "../at-targets.ts";
import { endedSources } from "../end-source.ts";
import { joinHolds, type Pushed } from "../finish-task.ts";
import { guardDirectory } from "../guard-directory.ts";
import type { Progress } from "../progress.ts";
import { failedPush, type PushResult } from "../push/prepare.ts";
import { pushTarget } from "../push/push-target.ts";
import { wasRestored } from "../push-marks.ts";
import type { OpenTask, TaskParts } from "../run-task.ts";
import { settleGroups } from "../settle-groups.ts";
import { verifyFirstError } from "../verify/verify-target.ts";
import type { Held } from "../work-at-target.ts";

// A plan is made by the functions that carry it out, on a copy of the directory that nobody else sees and with targets that
// are asked and told nothing: the directory's planned changes are guarded and applied there, and each target is pushed to,
// with its requests written down. So a plan can't say anything else than the sync that follows it, if nothing moves.

/** A plan as it was found, before it is kept or compared. To be closed. */
export interface Ahead {
  readonly scratch: Scratch;
  readonly basis: PlanBasis;
  readonly numbers: PlanNumbers;
  /** What the safeguards of the source, and of the targets, would hold. */
  readonly hold: Omit<TaskHold, "expiresAt"> | null;
  readonly pushed: readonly Pushed[];
}

export interface AheadRequest {
  readonly parts: TaskParts;
  readonly task: OpenTask;
  /** Whose changes are planned for the directory already, as changes of the task; null: only targets are looked at. */
  readonly source: SourceRow | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Looks ahead: what applying what the task has planned would come to, in the directory and at each target. */
export async function planAhead(request: AheadRequest): Promise<Ahead> {
  const { parts, task, source } = request;
  const { store, clock } = parts;
  const targetIds = (await store.listTargets()).filter((row) => isMeant(row, task)).map(({ id }) => id);
  const found = await store.readPlanBasis({ sourceId: task.sourceId, targetIds });
  const mapping = (await store.openTasks()).find(({ id }) => id === task.id)?.mapping ?? null;
  const basis = { ...found, mapping: mapping && { name: mapping.name, version: mapping.version } };
  const scratch = await store.openScratch({ taskId: task.id, targetIds });
  try {
    const own = source === null || source.type === "custom" ? null : await applyAhead(request, source, scratch);
    const pushed = await atTargets(parts, task, request.signal, (row, held) => pushAhead(request, scratch, row, held));
    await request.progress.flush();
    const hold = joinHolds(own, pushed, clock());
    const numbers = await scratch.settle();
    return { scratch, basis, numbers, hold: hold === null ? null : withoutExpiry(hold), pushed };
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

/** Keeps a plan as the records of its task. */
export async function keepPlan({ scratch, basis, numbers, hold, pushed }: Ahead, lease: Lease): Promise<TaskPlan> {
  await scratch.keep(lease, (remoteId) => !hasStandIn(remoteId));
  return { ...numbers, hold, whole: pushed.every(({ result }) => result.state !== "failed"), basis };
}

function withoutExpiry({ expiresAt: _, ...hold }: TaskHold): Omit<TaskHold, "expiresAt"> {
  return hold;
}

/** The directory as it would be. What the guard would hold waits there as it would. */
async function applyAhead(
  { parts, task, progress, signal }: AheadRequest,
  row: SourceRow,
  { store, lease }: Scratch,
): Promise<TaskHold | null> {
  const { safeguards } = row.settings;
  const { clock } = parts;
  const of = { store, lease, taskId: task.id, safeguards, clock };
  const hold = await guardDirectory({ ...of, sourceId: row.id });
  await applyDirectory({ store, lease, task, row, progress, signal });
  const groups = await settleGroups({ ...of, catalog: await parts.catalog(), signal });
  return hold ?? groups;
}

/** What one target would be sent. It is asked what has to be known, under its lease, so that nobody else changes it. */
async function pushAhead(
  { parts, task, progress }: AheadRequest,
  scratch: Scratch,
  row: TargetRow,
  held: Held,
): Promise<PushResult> {
  const first = await mustBeVerified(parts, row, held.lease);
  if (first !== null) return first;
  const opened = parts.openTarget(row, notesOf(scratch, row.id));
  try {
    if (opened.target.notesWrites !== true) return failedPush(unplannable.code, unplannable.detail);
    const ofTask = task.sourceId === null ? row.settings.sources : [task.sourceId];
    const result = await pushTarget({
      ...{ store: scratch.store, lease: scratch.lease, row, taskId: task.id, ...opened },
      ...{ clock: parts.clock, log: parts.log, pause: parts.pause, catalog: await parts.catalog() },
      ...{ signal: held.signal, ensureHeld: held.ensureHeld },
      ...{ sourceIds: [...ofTask, userGroups], leaving: null, isEnding: false, ended: await endedSources(parts.store) },
      ...{ retryAll: task.trigger === "manual", asked: task.trigger === "manual" && task.sourceId === null },
      sourceName: async (id) => (await parts.store.findSource(id))?.name ?? id,
      onProgress: (done, total) => progress.set("push", done, total),
      // It answers: if it is in quarantine, that may be over.
      onAnswered: async () => {
        if (row.quarantine !== null) await parts.store.tryAtOnce(row.id);
      },
    });
    // What would fail has records that say so; that it is planned is not the worse for it.
    const planned = result.state === "partial" ? ({ state: "succeeded", error: null, hold: null } as const) : result;
    return { ...planned, isIdle: true };
  } finally {
    await opened.target.close();
  }
}

const unplannable = {
  code: "target.no-plan",
  detail: "what this kind of target would be sent can't be written down without sending it",
} as const;

/** As a push finds out, and without noting it. */
async function mustBeVerified({ store, marks }: TaskParts, row: TargetRow, lease: Lease): Promise<PushResult | null> {
  const restored = (await wasRestored(marks, row.id, lease)) && (await store.contactedAt(row.id)) !== null;
  const reason = row.verifyFirst ?? (restored ? "restored" : null);
  return reason === null ? null : { state: "failed", error: verifyFirstError(reason), hold: null, isIdle: true };
}

function notesOf(scratch: Scratch, targetId: string): WriteNotes {
  return {
    note: (request, { type, resourceId, remoteId }) =>
      scratch.note(targetId, {
        ...request,
        ...{ resourceType: type, resourceId, remoteId },
        // What is sent whole is made of what the target answers just then.
        exact:
          request.method !== "PUT" &&
          request.isPartial !== true &&
          !hasStandIn(`${request.path} ${request.body ?? ""}`),
      }),
    lastWhole: (type, remoteId) => scratch.lastWhole(targetId, type, remoteId),
  };
}
