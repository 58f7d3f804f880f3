import type {
  DirectoryStore,
  PauseStore,
  PushStore,
  RemovalCounts,
  SourceRow,
  SourceStore,
  TargetStore,
  TaskRow,
  TaskStore,
} from "../store/store.ts";
import { protectorsOf } from "./push/prepare.ts";

/** What becomes of the people of a source that ends, and of itself then. */
export type Leaving = NonNullable<SourceRow["settings"]["leaving"]>;

type LeavingStore = SourceStore &
  TargetStore &
  Pick<DirectoryStore, "countOfSource"> &
  Pick<PauseStore, "hasPausedPeople"> &
  Pick<PushStore, "areMembersGiven" | "countPendingRemovals">;

type EndStore = SourceStore & TargetStore & Pick<TaskStore, "queueTask">;

/** How long until a source that could not be emptied everywhere is tried again, in milliseconds. */
export const leavingRetryMs = 600_000;

/**
 * Begins the end of a source. Its people leave by the same way as any leaver, in a task of their own, and the source
 * goes when the last target has heard of it. `keep` leaves everybody as they are at the targets.
 */
export async function endSource(
  store: EndStore,
  id: string,
  people: Leaving["people"],
  then: Leaving["then"],
  now: number,
  requestedBy: string | null = null,
): Promise<void> {
  const source = await store.findSource(id);
  if (source === null) return;
  if (people === "keep" && then === "disable") return;
  if (then === "delete") await store.noteEnding(id, source.name);
  await store.updateSource(id, {
    status: "disabled",
    // Until it is settled it stays due: a crash in between must not leave it half gone.
    nextRunAt: now + leavingRetryMs,
    settings: { ...source.settings, leaving: { people, then } },
    // Its name is free at once for another.
    ...(then === "delete" ? { name: id } : {}),
  });
  await store.queueTask({ sourceId: id, targetId: null, trigger: "manual", mode: "apply", requestedBy });
}

/** Removes a source here, and from the lists of its targets. */
async function forgetSource(store: SourceStore & TargetStore, id: string): Promise<void> {
  for (const target of await store.listTargets()) {
    if (!target.settings.sources.includes(id)) continue;
    const sources = target.settings.sources.filter((each) => each !== id);
    await store.updateTarget(target.id, { settings: { ...target.settings, sources } });
  }
  await store.deleteSource(id);
}

/**
 * A source whose people are gone everywhere has left: it is disabled for good, or forgotten.
 *
 * @param leaving what this task was told; an end that was ordered while it ran takes another task
 * @param hasLeft each target that takes part has done with what was the source's own
 */
export async function settleLeaving(
  store: LeavingStore,
  task: Pick<TaskRow, "mode"> & { readonly stage: string },
  sourceId: string,
  {
    leaving,
    hasLeft,
    kept = { users: 0, groups: 0 },
    now,
  }: {
    readonly leaving: Leaving | null;
    readonly hasLeft: boolean;
    /** What stays in the directory, because it is protected. */
    readonly kept?: RemovalCounts | undefined;
    readonly now: number;
  },
): Promise<void> {
  const source = await store.findSource(sourceId);
  if (source?.settings.leaving === undefined) return;
  // A plan, or what had been planned before (and approved, or cut off), empties nothing: that takes another task.
  const { users, groups } = await store.countOfSource(sourceId);
  const isEmptied =
    leaving?.people === "keep" ||
    (users <= kept.users &&
      groups <= kept.groups &&
      !(await store.areMembersGiven(sourceId)) &&
      // What waits for a person who is paused would be forgotten with the source.
      !(await store.hasPausedPeople(sourceId)) &&
      !(await isHeldElsewhere(store, sourceId, leaving, now)));
  if (leaving === null || task.mode === "plan" || !hasLeft || !isEmptied) {
    const hadItsTurn = leaving !== null && task.mode === "apply" && task.stage === "plan";
    await store.updateSource(sourceId, { nextRunAt: hadItsTurn ? now + leavingRetryMs : now });
  } else if (leaving.then === "delete") {
    await forgetSource(store, sourceId);
  } else {
    const { leaving: _, ...settings } = source.settings;
    await store.updateSource(sourceId, { settings, nextRunAt: null });
  }
}

/** Whether a target that is disabled now still has people of this source who are to go: it must hear of it first. */
async function isHeldElsewhere(
  store: LeavingStore,
  sourceId: string,
  leaving: Leaving | null,
  now: number,
): Promise<boolean> {
  for (const target of await store.listTargets()) {
    if (target.status === "enabled" || !target.settings.sources.includes(sourceId)) continue;
    const { pending } = await store.countPendingRemovals({
      targetId: target.id,
      sourceIds: [sourceId],
      types: ["User", "Group"],
      userFilter: null,
      groupFilter: null,
      startedAt: now,
      retryAll: true,
      deleteDepartedBefore: leaving?.people === "delete" ? now : null,
      protectedBy: protectorsOf(target.settings.safeguards),
    });
    if (pending.users + pending.groups > 0) return true;
  }
  return false;
}
