import type { EngineTaskStore, PushStore, SourceRow, SourceStore, TargetStore, TaskStore } from "../store/store.ts";
import { leavingRetryMs } from "./end-source.ts";

/** When an automatic source is due next; null when it never is. */
export function nextRun(source: Pick<SourceRow, "status" | "settings" | "type">, now: number): number | null {
  const { automatic, intervalHours } = source.settings.sync;
  if (source.status !== "enabled" || !automatic || source.type === "custom") return null;
  return now + intervalHours * 3_600_000;
}

/** Queues a task for each source whose time has come. Several processes may do so: there is one task at a time. */
export async function queueDueSources(store: SourceStore & TaskStore & EngineTaskStore, now: number): Promise<void> {
  for (const source of await store.listSources()) {
    const isWanted = source.status === "enabled" || source.settings.leaving !== undefined;
    if (!isWanted || source.nextRunAt === null || source.nextRunAt > now) continue;
    const next = source.settings.leaving ? now + leavingRetryMs : nextRun(source, now);
    if (!(await store.postponeSource(source.id, source.nextRunAt, next))) continue;
    await store.queueTask({ sourceId: source.id, targetId: null, trigger: "schedule", mode: "apply" });
  }
}

/** Queues a push for each target at which something failed and is due for another try. */
export async function queueDueTargets(store: TargetStore & TaskStore & PushStore, now: number): Promise<void> {
  for (const target of await store.listTargets()) {
    if (target.status !== "enabled" || !(await store.hasDueRetries(target.id, now))) continue;
    await store.queueTask({ sourceId: null, targetId: target.id, trigger: "schedule", mode: "apply" });
  }
}
