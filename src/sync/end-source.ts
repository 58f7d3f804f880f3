import type { SourceStore, TargetStore, TaskStore } from "../store/store.ts";

type EndStore = SourceStore & TargetStore & Pick<TaskStore, "queueTask">;

/**
 * Begins the end of a source. Its people leave by the same way as any leaver, in a task of their own, and the source
 * goes when the last target has heard of it. `keep` leaves everybody as they are at the targets.
 */
export async function endSource(
  store: EndStore,
  id: string,
  people: "keep" | "deactivate" | "delete",
  then: "disable" | "delete",
): Promise<void> {
  const source = await store.findSource(id);
  if (source === null) return;
  if (people === "keep" && then === "disable") return;
  await store.updateSource(id, {
    status: "disabled",
    nextRunAt: null,
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
