import type { SourceStore, TargetStore, TaskStore } from "../store/store.ts";

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
  people: "keep" | "deactivate" | "delete",
  then: "disable" | "delete",
  now: number,
): Promise<void> {
  const source = await store.findSource(id);
  if (source === null) return;
  if (people === "keep" && then === "disable") return;
  await store.updateSource(id, {
    status: "disabled",
    // Until it is settled it stays due: a crash in between must not leave it half gone.
    nextRunAt: now + leavingRetryMs,
    settings: { ...source.settings, leaving: { people, then } },
    // Its name is free at once for another.
    ...(then === "delete" ? { name: id } : {}),
  });
  await store.queueTask({ sourceId: id, targetId: null, trigger: "manual", mode: "apply" });
}

/** Removes a source here, and from the lists of its targets. */
export async function forgetSource(store: SourceStore & TargetStore, id: string): Promise<void> {
  for (const target of await store.listTargets()) {
    if (!target.settings.sources.includes(id)) continue;
    const sources = target.settings.sources.filter((each) => each !== id);
    await store.updateTarget(target.id, { settings: { ...target.settings, sources } });
  }
  await store.deleteSource(id);
}
