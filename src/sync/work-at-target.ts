import { type Lease, LeaseLostError, type Matching, type TargetRow, userGroups } from "../store/store.ts";
import { type Target, TargetError, type TargetLanguage } from "../target/target.ts";
import { endedSources, type Leaving } from "./end-source.ts";
import { previewMatches } from "./match/preview-matches.ts";
import type { Progress } from "./progress.ts";
import { failedAt, type PushResult } from "./push/prepare.ts";
import type { Probation } from "./push/probation.ts";
import { pushTarget } from "./push/push-target.ts";
import { wasRestored } from "./push-marks.ts";
import { changesTried, mayTry, quarantinedError } from "./quarantine.ts";
import type { OpenTask, TaskParts } from "./run-task.ts";
import { latestChange } from "./schedule.ts";
import { freeTarget, settleVisit, type Visit } from "./settle-quarantine.ts";
import { verifyFirstError, verifyTarget } from "./verify/verify-target.ts";

/** The right to work on a target. */
export interface Held {
  readonly lease: Lease;
  readonly signal: AbortSignal;
  readonly ensureHeld: () => Promise<void>;
}

export interface TargetResult extends PushResult {
  /** Of a source that ends: what came of its own people and groups, the user groups apart. */
  readonly ownState?: PushResult["state"];
  readonly matching?: Matching | null;
}

/** Whether a task looks at what a target holds, before it may push. */
export function readsBack({ mode }: Pick<OpenTask, "mode">): boolean {
  return mode === "verify" || mode === "match";
}

interface Opened {
  readonly target: Target;
  readonly language: TargetLanguage;
}

/** One task at one target. */
interface Work {
  readonly parts: TaskParts;
  readonly task: OpenTask;
  readonly row: TargetRow;
  readonly progress: Progress;
  readonly held: Held;
  readonly opened: Opened;
  readonly visit: Visit;
}

/**
 * What a task does at one target, under its lease: pushes, reads it back, or looks for matches. A target in quarantine is
 * left alone until its next try, unless somebody asks.
 */
export async function workAtTarget(
  parts: TaskParts,
  task: OpenTask,
  row: TargetRow,
  leaving: Leaving["people"] | null,
  progress: Progress,
  held: Held,
): Promise<TargetResult> {
  const { quarantine } = row;
  if (quarantine !== null && !mayTry(task, quarantine, { isEnding: leaving !== null, now: parts.clock() })) {
    return { state: "failed", error: quarantinedError(quarantine), hold: null, isIdle: true };
  }
  const isPart = task.sourceId !== null || task.resourceId !== null;
  const visit: Visit = { row, isPart, quarantine, isPush: false };
  try {
    const result = await workAt({ parts, task, row, progress, held, visit }, leaving);
    await settleVisit(parts, held.lease, visit, result);
    return result;
  } catch (error) {
    if (held.signal.aborted || error instanceof LeaseLostError) throw error;
    const failed = error instanceof TargetError ? failedAt(error) : null;
    // Should it be due, it must not stay so: it would be tried again at once, and so on.
    await settleVisit(parts, held.lease, visit, failed ?? { state: "failed" });
    if (failed === null) throw error;
    return failed;
  }
}

async function workAt(found: Omit<Work, "opened">, leaving: Leaving["people"] | null): Promise<TargetResult> {
  const { parts, task, held, visit } = found;
  const row = await lookForRestore(parts, found.row, held.lease);
  const opened = parts.openTarget(row);
  let work: Work = { ...found, row, opened };
  try {
    if (task.mode === "match") return await matchOne(work);
    // A verify that was approved, or cut off after it was through, is gone on with as the push that it is by now.
    if (task.mode === "verify" && task.stage === "plan") {
      const result = await verifyOne(work);
      if (!task.repair || result.state !== "succeeded") return result;
      // As it is now: it may be pushed to, and by which rules its links were looked at.
      work = { ...work, row: (await parts.store.findTarget(row.id)) ?? row };
    } else if (task.mode === "verify" && !task.repair) {
      return { state: "succeeded", error: null, hold: null, isIdle: true };
    }
    const { verifyFirst } = work.row;
    if (verifyFirst !== null) {
      return { state: "failed", error: verifyFirstError(verifyFirst), hold: null, isIdle: true };
    }
    visit.isPush = true;
    return await pushOne(work, leaving);
  } finally {
    await opened.target.close();
  }
}

/** Before anything else: whether our database is older than what the target was given. */
async function lookForRestore(parts: TaskParts, row: TargetRow, lease: Lease): Promise<TargetRow> {
  const { store, marks, log } = parts;
  if (row.verifyFirst !== null || !(await wasRestored(marks, row.id, lease))) return row;
  // What was never met, or was forgotten, has no links that could be wrong.
  if ((await store.contactedAt(row.id)) === null) {
    await marks.note(row.id, lease.fencing);
    return row;
  }
  log.warn({ target: row.id }, "the database is older than what this target was given: it has to be verified first");
  await store.noteVerifyFirst(lease, row.id, "restored");
  return { ...row, verifyFirst: "restored" };
}

async function requestOf({ parts, task, row, progress, held, opened }: Work) {
  const { store, clock, log } = parts;
  return {
    ...{ store, row, clock, log, pause: parts.pause, ...held, ...opened },
    ...{ taskId: task.id, catalog: await parts.catalog(), retryAll: task.trigger === "manual" },
    sourceName: async (id: string) => (await store.findSource(id))?.name ?? id,
    onProgress: (done: number, total: number) => progress.set("push", done, total),
  };
}

async function verifyOne(work: Work): Promise<TargetResult> {
  const { parts, task, row, progress, held } = work;
  const { store, clock } = parts;
  await store.noteVerifyStarted(row.id, row.verifyStartedAt, clock());
  const { drift, ...result } = await verifyTarget({
    ...(await requestOf(work)),
    sourceIds: [...row.settings.sources, userGroups],
    repair: task.repair,
    isScheduled: task.trigger === "schedule",
    onProgress: (done, total) => progress.set("read", done, total),
  });
  if (drift === null) return { ...result, isIdle: true };
  await store.noteTask(task.id, { stage: "push", drift });
  await store.forgetSeen(held.lease, row.id, "");
  // From here on the numbers of this database count.
  if (row.verifyFirst !== null && result.state === "succeeded") await parts.marks.note(row.id, held.lease.fencing);
  return { ...result, isIdle: true };
}

async function matchOne(work: Work): Promise<TargetResult> {
  const { row, progress } = work;
  const result = await previewMatches({
    ...(await requestOf(work)),
    sourceIds: [...row.settings.sources, userGroups],
    onProgress: (done, total) => progress.set("read", done, total),
  });
  return { ...result, isIdle: true };
}

async function pushOne(work: Work, leaving: Leaving["people"] | null): Promise<TargetResult> {
  const { parts, task, row, held } = work;
  const { store } = parts;
  const { lease } = held;
  const ofTask = task.sourceId === null ? row.settings.sources : [task.sourceId];
  // Whatever is written from now on may be missed.
  const heard = latestChange(await store.directoryChanges(), row.settings);
  const among = await amongWhom(work);
  const ended = [...(await endedSources(store)), ...(leaving === null ? [] : ofTask)];
  const push = async (sourceIds: readonly string[], ending: Leaving["people"] | null): Promise<PushResult> => {
    const result = await pushTarget({
      ...(await requestOf(work)),
      ...{ sourceIds, leaving: ending, ended, isEnding: leaving !== null || ending !== null },
      asked: task.trigger === "manual" && task.sourceId === null && task.resourceId === null,
      ...probationOf(work),
      ...(task.resourceId !== null && { only: task.resourceId }),
      ...(among !== null && { among }),
    });
    // What is about one person, or a few, settles nothing of the others.
    if (task.resourceId !== null || among !== null) return result;
    // A target that was down keeps what somebody let through for it.
    if (result.state !== "failed" && result.outage === undefined) await store.forgetReleased(lease, row.id, sourceIds);
    return result;
  };
  if (leaving !== null) {
    // A source that ends takes nothing with it but its own; the user groups follow, guarded like ever.
    const own = await push(ofTask, leaving);
    const result = own.state === "succeeded" ? await push([userGroups], null) : own;
    return { ...result, ownState: own.state };
  }
  const result = await pushAll(work, ofTask, push);
  if (task.resourceId !== null || among !== null) return result;
  const heardAll = row.settings.sources.every((id) => ofTask.includes(id));
  if (result.state === "failed") return result;
  if (task.sourceId !== null) {
    if (heardAll && result.outage === undefined) await store.notePushedChange(row, heard);
    return result;
  }
  const settled = await settleHeldPushes(parts, task, row, lease, result);
  if (result.outage === undefined) await store.notePushedChange(row, heard);
  return settled;
}

/**
 * Of a look at a few people: what that has changed. To find what else is pending takes long for a large corp, and whatever
 * that is is for the task that it came with. Null: all is looked at, and has to be where the target was not met yet, or
 * whether it takes anything is being tried.
 */
async function amongWhom({ parts, task, row, visit }: Work): Promise<readonly string[] | null> {
  const { store } = parts;
  if (!task.isPart || visit.quarantine !== null || (await store.contactedAt(row.id)) === null) return null;
  const isMet = (await store.newSources(row.id, task.sourceId === null ? [] : [task.sourceId])).length === 0;
  return isMet ? store.touchedBy(task.id) : null;
}

/**
 * What is left over of a source that ends (of somebody who was paused, say) goes past the safeguards as the rest of it did:
 * an administrator has said so. Everybody else's is guarded.
 */
async function pushAll(
  { parts, task }: Work,
  ofTask: readonly string[],
  push: (sourceIds: readonly string[], ending: Leaving["people"] | null) => Promise<PushResult>,
): Promise<PushResult> {
  // Of a task of one source its own settings decided, when it began.
  const endings = task.sourceId === null ? await parts.store.listEndings() : [];
  const ending = endings.filter(({ sourceId, people }) => people !== "keep" && ofTask.includes(sourceId));
  const own: PushResult[] = [];
  for (const { sourceId, people } of ending) {
    const result = await push([sourceId], people);
    if (result.state === "failed") return result;
    own.push(result);
  }
  const rest = ofTask.filter((id) => !ending.some(({ sourceId }) => sourceId === id));
  const result = await push([...rest, userGroups], null);
  const unfinished = own.find(({ state }) => state !== "succeeded");
  if (unfinished !== undefined && result.state === "succeeded") return unfinished;
  if (own.every(({ isIdle }) => isIdle)) return result;
  const { isIdle: _, ...busy } = result;
  return busy;
}

/** A push to a target in quarantine is a try. */
function probationOf({ parts, task, held, visit }: Work): { readonly probation?: Probation } {
  const { quarantine } = visit;
  if (quarantine === null) return {};
  const onPassed = (): Promise<void> => freeTarget(parts, held.lease, visit);
  return { probation: { mayRefuse: changesTried(quarantine, task.trigger === "manual"), onPassed } };
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
  const { outage } = result;
  return { state: "partial", error: { code: "target.held", detail }, hold: null, ...(outage && { outage }) };
}
