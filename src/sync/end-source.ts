import type {
  DirectoryStore,
  PauseStore,
  PushStore,
  RemovalCounts,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
  TaskError,
  TaskRow,
  TaskStore,
} from "../store/store.ts";
import { protectorsOf } from "./push/prepare.ts";

/** What becomes of the people of a source that ends, and of itself then. */
export type Leaving = NonNullable<SourceRow["settings"]["leaving"]>;

type LeavingStore = SourceStore &
  TargetStore &
  Pick<DirectoryStore, "countOfSource"> &
  Pick<PauseStore, "pausedPeople"> &
  Pick<PushStore, "areMembersGiven" | "countPendingRemovals">;

type EndStore = SourceStore & TargetStore & Pick<TaskStore, "queueTask">;

/** How long until a source that could not be emptied everywhere is tried again, in milliseconds. */
export const leavingRetryMs = 600_000;

/**
 * Begins the end of a source. Its people leave by the same way as any leaver, in a task of their own, and the source
 * goes when the last target has heard of it. `keep` leaves everybody as they are at the targets.
 *
 * @returns the id of the task; null where nothing is left to do
 */
export async function endSource(
  store: EndStore,
  id: string,
  people: Leaving["people"],
  then: Leaving["then"],
  now: number,
  requestedBy: string | null = null,
): Promise<string | null> {
  const source = await store.findSource(id);
  if (source === null) return null;
  if (people === "keep" && then === "disable") return null;
  if (then === "delete") await store.noteEnding(id, source.name);
  await store.updateSource(id, {
    status: "disabled",
    // Until it is settled it stays due: a crash in between must not leave it half gone.
    nextRunAt: now + leavingRetryMs,
    settings: { ...source.settings, leaving: { people, then } },
    // Its name is free at once for another.
    ...(then === "delete" ? { name: id } : {}),
  });
  const { task } = await store.queueTask({
    sourceId: id,
    targetId: null,
    trigger: "manual",
    mode: "apply",
    requestedBy,
  });
  return task.id;
}

/** Ids of the sources that an administrator ended, and whose people go with them. */
export async function endedSources(store: Pick<SourceStore, "listEndings">): Promise<readonly string[]> {
  return (await store.listEndings()).flatMap(({ sourceId, people }) => (people === "keep" ? [] : [sourceId]));
}

/** What the end of a source has come to. */
export interface EndRequest {
  /** What the task was told; an end that was ordered while it ran takes another task. */
  readonly leaving: Leaving;
  /** What stays in the directory, because it is protected. */
  readonly kept?: RemovalCounts | undefined;
  /** Ids of the targets that it was told: not those that were paused or disabled when it was their turn. */
  readonly told: ReadonlySet<string>;
  readonly now: number;
}

/** What the end of a source still waits for, in words without names of people; null: nothing is in its way here. */
export async function whatEndWaitsFor(
  store: LeavingStore,
  sourceId: string,
  { leaving, kept = { users: 0, groups: 0 }, told, now }: EndRequest,
): Promise<string | null> {
  if (leaving.people === "keep") return null;
  const reasons: string[] = [];
  const paused = await store.pausedPeople(sourceId);
  const targets = await store.listTargets();
  for (const { id, name } of targets) {
    // What waits for a person who is paused would be forgotten with the source.
    const count = paused.get(id) ?? 0;
    if (count > 0) reasons.push(`${count} of its people paused at the target ${name}: resume them`);
  }
  for (const target of targets) {
    if (told.has(target.id) || !(await hasLeavers(store, target, sourceId, leaving, now))) continue;
    reasons.push(`the target ${target.name}, which has people or groups of it and ${whyNotTold(target)}`);
  }
  const { users, groups } = await store.countOfSource(sourceId);
  const left = { users: Math.max(0, users - kept.users), groups: Math.max(0, groups - kept.groups) };
  if (left.users + left.groups > 0) {
    reasons.push(`${left.users} people and ${left.groups} groups that are still in the directory`);
  }
  if (reasons.length === 0 && (await store.areMembersGiven(sourceId))) {
    reasons.push("memberships of its people and groups that targets still have");
  }
  return reasons.length === 0 ? null : reasons.join("; ");
}

function whyNotTold({ status, paused }: TargetRow): string {
  if (status !== "enabled") return "is disabled: enable it, or take the source from it";
  if (paused !== null) return "is paused: resume it, or take the source from it";
  return "came back only while this was under way";
}

/** What the task of an end that is not through says. */
export function endingError(waitsFor: string): TaskError {
  return {
    code: "source.ending",
    detail: `the source has not ended yet, and waits for: ${waitsFor}. It is tried again every ten minutes, and at once when something is resumed`,
  };
}

/**
 * A source whose people are gone everywhere has left: it is disabled for good, or forgotten.
 *
 * @param leaving what this task was told; an end that was ordered while it ran takes another task
 * @param waitsFor what is in its way, in words; null: each target that takes part has done with what was the source's own
 */
export async function settleLeaving(
  store: LeavingStore,
  task: Pick<TaskRow, "mode"> & { readonly stage: string },
  sourceId: string,
  {
    leaving,
    waitsFor,
    now,
  }: { readonly leaving: Leaving | null; readonly waitsFor: string | null; readonly now: number },
): Promise<void> {
  const source = await store.findSource(sourceId);
  if (source?.settings.leaving === undefined) return;
  const isOrdered = leaving !== null && isSameEnd(leaving, source.settings.leaving);
  // A plan, or what had been planned before (and approved, or cut off), empties nothing: that takes another task. So does
  // another end that was ordered meanwhile.
  if (!isOrdered || task.mode === "plan" || waitsFor !== null) {
    const hadItsTurn = isOrdered && task.mode === "apply" && task.stage === "plan";
    // Something was resumed while it ran: it stays due.
    const isDue = source.nextRunAt !== null && source.nextRunAt <= now;
    await store.noteWaiting(sourceId, hadItsTurn ? waitsFor : null, hadItsTurn && !isDue ? now + leavingRetryMs : now);
  } else if (leaving.then === "delete") {
    await store.deleteSource(sourceId, leaving);
  } else {
    await store.closeEnding(sourceId, leaving);
  }
}

function isSameEnd(one: Leaving, other: Leaving): boolean {
  return one.people === other.people && one.then === other.then;
}

/** Whether a target that was not told still has people of this source who are to go: it must hear of it first. */
async function hasLeavers(
  store: LeavingStore,
  target: TargetRow,
  sourceId: string,
  leaving: Leaving,
  now: number,
): Promise<boolean> {
  if (!target.settings.sources.includes(sourceId)) return false;
  const { pending } = await store.countPendingRemovals({
    targetId: target.id,
    sourceIds: [sourceId],
    types: ["User", "Group"],
    userFilter: null,
    groupFilter: null,
    startedAt: now,
    retryAll: true,
    deleteDepartedBefore: leaving.people === "delete" ? now : null,
    protectedBy: protectorsOf(target.settings.safeguards),
  });
  return pending.users + pending.groups > 0;
}
