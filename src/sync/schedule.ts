import {
  type DirectoryChangeStore,
  type EngineTaskStore,
  type PushStore,
  type SourceRow,
  type SourceStore,
  type TargetRow,
  type TargetStore,
  type TaskStore,
  userGroups,
} from "../store/store.ts";
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

/** At most one push in this time, in milliseconds: what is written meanwhile goes with the next one. */
const betweenPushesMs = 1000;

/**
 * Queues a push for each target that has not heard yet of what SCIM clients and administrators wrote. Several processes
 * may do so: there is one push at a time.
 */
export function makeChangeQueue(store: TargetStore & TaskStore & DirectoryChangeStore, clock: () => number) {
  /** Every target has a push queued for all changes up to here. */
  let settled = 0;
  const queuedAt = new Map<string, number>();

  const queueFor = async (target: TargetRow, wanted: number): Promise<boolean> => {
    const now = clock();
    if (now - (queuedAt.get(target.id) ?? -betweenPushesMs) < betweenPushesMs) return false;
    const { task, created } = await store.queueTask({
      ...{ sourceId: null, targetId: target.id },
      ...{ trigger: "callback", mode: "apply" },
    });
    // One that runs may have looked already: the change waits for the next.
    if (!created && task.state !== "queued") return false;
    queuedAt.set(target.id, now);
    await store.noteQueuedChange(target.id, wanted);
    return true;
  };

  return async (): Promise<void> => {
    const changes = await store.directoryChanges();
    const latest = Math.max(0, ...changes.values());
    if (latest <= settled) return;
    const queued = await store.queuedChanges();
    let isSettled = true;
    for (const target of await store.listTargets()) {
      const { sources, provision } = target.settings;
      const ofTarget = provision.userGroups ? [...sources, userGroups] : sources;
      const wanted = Math.max(0, ...ofTarget.map((id) => changes.get(id) ?? 0));
      if (wanted <= (queued.get(target.id) ?? 0)) continue;
      // One that is disabled hears of it when it is enabled again.
      if (target.status !== "enabled" || !(await queueFor(target, wanted))) isSettled = false;
    }
    if (isSettled) settled = latest;
  };
}

/** Queues a push for each target at which something failed and is due for another try. */
export async function queueDueTargets(store: TargetStore & TaskStore & PushStore, now: number): Promise<void> {
  for (const target of await store.listTargets()) {
    if (target.status !== "enabled" || !(await store.hasDueRetries(target.id, now))) continue;
    await store.queueTask({ sourceId: null, targetId: target.id, trigger: "schedule", mode: "apply" });
  }
}
