import {
  type DirectoryChangeStore,
  type EngineTaskStore,
  type PushStore,
  type QuarantineStore,
  type SourceRow,
  type SourceStore,
  type TargetRow,
  type TargetStore,
  type TaskStore,
  userGroups,
  type VerifyStore,
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
    const isEnding = source.settings.leaving !== undefined;
    if (source.status !== "enabled" && !isEnding) continue;
    // An end without a time is due: its time was taken by a change of the source.
    const dueAt = source.nextRunAt ?? (isEnding ? now : Number.POSITIVE_INFINITY);
    if (dueAt > now) continue;
    // While a task of it runs an end stays due: what was in the way may be gone since that came past.
    if (isEnding && (await store.openTasks()).some(({ sourceId }) => sourceId === source.id)) continue;
    const next = isEnding ? now + leavingRetryMs : nextRun(source, now);
    if (!(await store.postponeSource(source.id, source.nextRunAt, next))) continue;
    const { task, created } = await store.queueTask({
      ...{ sourceId: source.id, targetId: null, trigger: "schedule", mode: "apply" },
    });
    // A plan is no sync, and one that is applied may come to nothing: the turn is not over.
    const isPlan = !created && (task.mode === "plan" || task.planId !== null);
    if (isPlan && next !== null) await store.postponeSource(source.id, next, now + afterPlanMs);
  }
}

/** So long after a plan that stood in its way a sync is looked at again. Milliseconds. */
const afterPlanMs = 10_000;

/** At most one push in this time, in milliseconds: what is written meanwhile goes with the next one. */
const betweenPushesMs = 1000;
/** After a push that failed, or was cancelled: doubled with each other one. */
const firstRetryMs = 30_000;
const longestRetryMs = 3_600_000;

/** What a target is given: its sources, and the user groups where it has them. */
function sourcesGiven({ sources, provision }: TargetRow["settings"]): readonly string[] {
  return provision.userGroups ? [...sources, userGroups] : sources;
}

/** Whose changes concern a target: of the user groups also where it only chooses people by them. */
function sourcesHeard(settings: TargetRow["settings"]): readonly string[] {
  return settings.scope.users === undefined ? sourcesGiven(settings) : [...settings.sources, userGroups];
}

/** The latest of the changes that concern a target, in the directory's time; 0 when there is none. */
export function latestChange(changes: ReadonlyMap<string, number>, settings: TargetRow["settings"]): number {
  return Math.max(0, ...sourcesHeard(settings).map((id) => changes.get(id) ?? 0));
}

/** The last push that was queued for a target because of changes. */
interface Queued {
  readonly at: number;
  /** What the target had heard of then. While that stays the same, pushes have come to nothing. */
  readonly heard: number;
  /** With which settings. */
  readonly updatedAt: number;
  readonly tries: number;
}

/**
 * Queues a push for each target that has not heard yet of what SCIM clients and administrators wrote, and again until it
 * has. Several processes may do so: there is one push at a time.
 */
export function makeChangeQueue(store: TargetStore & TaskStore & DirectoryChangeStore, clock: () => number) {
  const lastQueued = new Map<string, Queued>();

  return async (): Promise<void> => {
    const changes = await store.directoryChanges();
    if (changes.size === 0) return;
    const pushed = await store.pushedChanges();
    const latest = Math.max(...changes.values());
    if ([...pushed.values()].every((at) => at >= latest)) return;
    for (const target of await store.listTargets()) {
      const heard = pushed.get(target.id) ?? 0;
      // One that is disabled hears of it when it is enabled again, one in quarantine with the try that sets it free.
      if (!isOpen(target) || latestChange(changes, target.settings) <= heard) continue;
      const last = lastQueued.get(target.id) ?? null;
      const isSame = last !== null && last.heard === heard && last.updatedAt === target.updatedAt;
      const wait = isSame ? Math.min(firstRetryMs * 2 ** last.tries, longestRetryMs) : betweenPushesMs;
      if (last !== null && clock() < last.at + wait) continue;
      const { created } = await store.queueTask({
        ...{ sourceId: null, targetId: target.id },
        ...{ trigger: "callback", mode: "apply" },
      });
      if (!created) continue;
      const tries = isSame ? last.tries + 1 : 0;
      lastQueued.set(target.id, { at: clock(), heard, updatedAt: target.updatedAt, tries });
    }
  };
}

/** Queues a push for each target in quarantine that is due for a try. */
export async function queueDueTries(store: QuarantineStore & TaskStore, now: number): Promise<void> {
  for (const targetId of await store.dueTries(now)) {
    await store.queueTask({ sourceId: null, targetId, trigger: "schedule", mode: "apply" });
  }
}

/** Whether something is sent to a target by itself. */
function isOpen({ status, paused, quarantine }: TargetRow): boolean {
  return status === "enabled" && paused === null && quarantine === null;
}

/** Queues a push for each target at which something failed and is due for another try. */
export async function queueDueTargets(store: TargetStore & TaskStore & PushStore, now: number): Promise<void> {
  for (const target of await store.listTargets()) {
    if (!isOpen(target) || !(await store.hasDueRetries(target.id, sourcesGiven(target.settings), now))) continue;
    await store.queueTask({ sourceId: null, targetId: target.id, trigger: "schedule", mode: "apply" });
  }
}

/** Queues a verify for each target that is to be read back on a schedule, and whose time has come. */
export async function queueDueVerifies(
  store: TargetStore & TaskStore & Pick<PushStore, "contactedAt"> & Pick<VerifyStore, "noteVerifyStarted">,
  now: number,
): Promise<void> {
  for (const target of await store.listTargets()) {
    const { id, settings, createdAt, verifyStartedAt } = target;
    if (!isOpen(target) || settings.verify === undefined) continue;
    if (now < (verifyStartedAt ?? createdAt) + settings.verify.everyHours * 3_600_000) continue;
    if ((await store.contactedAt(id)) === null || !(await store.noteVerifyStarted(id, verifyStartedAt, now))) continue;
    const { repair } = settings.verify;
    await store.queueTask({ sourceId: null, targetId: id, trigger: "schedule", mode: "verify", repair });
  }
}
