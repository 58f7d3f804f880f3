import type { ConsentStore, SchemaVersionStore, SettingStore, Settings, TaskStore } from "../store/store.ts";
import { LeaseLostError } from "../store/store.ts";
import { type AuthorizationParts, makeAuthorizationKeeper } from "./authorizations.ts";
import { makeHousekeeping } from "./housekeeping.ts";
import { keepSources } from "./keep-sources.ts";
import { underLease } from "./lease.ts";
import { makeMarkQueue } from "./queue-marked.ts";
import { type OpenTask, runTask, type TaskParts } from "./run-task.ts";
import { makeChangeQueue, queueDueSources, queueDueTargets, queueDueTries, queueDueVerifies } from "./schedule.ts";
import { watchSources } from "./watch-sources.ts";
import type { SendWebhook } from "./webhooks/deliver.ts";
import { type DelivererParts, makeDeliverer } from "./webhooks/deliverer.ts";

export interface EngineParts extends Omit<TaskParts, "store"> {
  readonly store: TaskParts["store"] &
    SettingStore &
    TaskStore &
    Pick<ConsentStore, "deleteOldConsents"> &
    DelivererParts["store"] &
    AuthorizationParts["store"] &
    Pick<SchemaVersionStore, "pruneDrafts">;
  readonly sendWebhook: SendWebhook;
  readonly desk: AuthorizationParts["desk"];
  /** Tasks that run at the same time. */
  readonly maxTasks?: number;
  /** How often it looks for work when nobody wakes it, in milliseconds. */
  readonly tickMs?: number;
}

/** Finds work and does it: due sources, queued tasks, what a crash left behind, what failed and is due again. */
export interface Engine {
  /** Looks for work at once. */
  nudge(): void;
  /** Ends what is running at its next safe point; unfinished tasks are taken up again by whoever starts next. */
  stop(): Promise<void>;
}

/** A target that is read back, or planned, has a place of its own beside the pushes: they wait for each other at it. */
function workOf({ mode }: OpenTask): "push" | "verify" | "plan" {
  if (mode === "plan") return "plan";
  return mode === "verify" || mode === "match" ? "verify" : "push";
}

interface Running {
  readonly work: Promise<void>;
  /** Ends it when everything is paused. */
  readonly pausing: AbortController;
  /** It only waits for its source: others may be at work meanwhile. */
  isWaiting: boolean;
}

/** What a task is worked on under; its targets have leases of their own besides. */
function leaseOf(task: OpenTask): string {
  if (task.resourceId !== null) return `person:${task.resourceId}:${task.targetId ?? ""}`;
  return task.sourceId === null ? `${workOf(task)}:${task.targetId}` : `source:${task.sourceId}`;
}

export function startEngine(parts: EngineParts): Engine {
  const { store, clock, log, maxTasks = 2, tickMs = 1000 } = parts;
  const stopping = new AbortController();
  const running = new Map<string, Running>();
  const housekeeping = makeHousekeeping(parts);
  let retriedAt = clock();
  let watchedAt = 0;
  const deliverer = makeDeliverer(parts);
  const authorizations = makeAuthorizationKeeper(parts);
  const queueChanged = makeChangeQueue(store, clock);
  const queueMarked = makeMarkQueue(store, clock);
  const sources = keepSources(parts.openSource, (error) => log.warn({ err: error }, "a source could not be closed"));
  const taskParts = { ...parts, borrowSource: sources.borrow };
  let ticking: Promise<void> | null = null;
  let again = false;

  const tick = async (): Promise<void> => {
    const settings = await store.readSettings();
    const now = clock();
    housekeeping.look(settings, stopping.signal);
    // Also while everything is paused: who waits for an alert does not know that.
    await tell(settings, now);
    // A code that a corp gave is good for ten minutes, paused or not.
    authorizations.look(stopping.signal);
    if (settings.paused) {
      // What is under way ends at its next safe point, and is taken up again afterwards.
      for (const { pausing } of running.values()) pausing.abort(new Error("everything is paused"));
      return;
    }
    await queueDueSources(store, now);
    await queueMarked();
    await queueChanged();
    await queueDueTries(store, now);
    if (now - retriedAt >= 60_000) {
      retriedAt = now;
      await queueDueTargets(store, now);
      await queueDueVerifies(store, now);
    }
    for (const task of await store.openTasks()) {
      const busy = [...running.values()].filter(({ isWaiting }) => !isWaiting).length;
      if (stopping.signal.aborted || busy >= maxTasks) return;
      if (!running.has(task.id)) start(task);
    }
  };

  /** What is wrong with telling others keeps no sync from its turn. */
  const tell = async (settings: Settings, now: number): Promise<void> => {
    try {
      if (now - watchedAt >= 60_000) {
        watchedAt = now;
        await watchSources(parts, settings, now);
      }
      await deliverer.look(stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) log.error({ err: error }, "alerts and webhooks could not be looked after");
    }
  };

  const start = (task: OpenTask): void => {
    const name = leaseOf(task);
    let doneSince = false;
    const pausing = new AbortController();
    const entry = { pausing, isWaiting: false };
    const onWaiting = (isWaiting: boolean): void => {
      entry.isWaiting = isWaiting;
    };
    const until = AbortSignal.any([stopping.signal, pausing.signal]);
    const work = underLease(parts.leases, name, until, (lease, signal) =>
      runTask({ ...taskParts, onWaiting }, task, lease, signal),
    )
      // Free hands look for more at once. A task that somebody else holds, or that failed, waits for the next tick:
      // asking again and again would be all that this thread does.
      .then((result) => {
        if (result !== null) doneSince = true;
      })
      .catch((error: unknown) => {
        if (until.aborted) return;
        const level = error instanceof LeaseLostError ? "warn" : "error";
        log[level]({ task: task.id, err: error }, "task left open");
      })
      .finally(() => {
        running.delete(task.id);
        if (doneSince) wake();
      });
    running.set(task.id, Object.assign(entry, { work }));
  };

  const wake = (): void => {
    if (stopping.signal.aborted) return;
    if (ticking) {
      again = true;
      return;
    }
    ticking = tick()
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ err: error }, "looking for work failed");
      })
      .finally(() => {
        ticking = null;
        if (again) {
          again = false;
          wake();
        }
      });
  };

  const timer = setInterval(wake, tickMs);
  wake();
  return {
    nudge: wake,
    async stop() {
      clearInterval(timer);
      stopping.abort(new Error("the program is stopping"));
      await ticking;
      await housekeeping.idle();
      await deliverer.idle();
      await authorizations.idle();
      await Promise.all([...running.values()].map(({ work }) => work));
      await sources.close();
    },
  };
}
