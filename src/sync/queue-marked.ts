import type {
  EngineTaskStore,
  MarkedSource,
  MarkStore,
  RecordStore,
  SourceRow,
  SourceStore,
  TaskStore,
} from "../store/store.ts";

export type MarkQueueStore = MarkStore &
  Pick<SourceStore, "findSource"> &
  Pick<TaskStore, "queueTask" | "listTasks"> &
  Pick<RecordStore, "readUnseenFields"> &
  Pick<EngineTaskStore, "openTasks">;

/** So many people are looked at one by one. Of more, or of departments and tags, a sync of everything knows more. */
export const mostPeople = 200;

/** An event of a department mostly does not come alone. Milliseconds. */
const gatherMs = 1000;
/** At most one sync of everything in this time because of events. */
const betweenWholeMs = 60_000;
/** After one that failed, or that somebody cancelled: doubled with each other one. */
const firstRetryMs = 30_000;
const longestRetryMs = 600_000;

/**
 * Queues a task for each source of which something is marked. While another one of it is under way it waits: what that reads
 * is looked at, and what it read too early is marked still.
 */
export function makeMarkQueue(store: MarkQueueStore, clock: () => number): () => Promise<void> {
  /** By source: when a sync of everything was last queued because of events. */
  const wholeAt = new Map<string, number>();
  /** By source: the last task that came to nothing, and how many did before it. */
  const failures = new Map<string, { readonly task: string; readonly tries: number }>();

  /** Whether the last try came to nothing, and it is too early for another one. */
  const mustWait = async (id: string): Promise<boolean> => {
    const [last] = (await store.listTasks({ source: id, limit: 1 })).items;
    const isFailure = last?.trigger === "callback" && (last.state === "failed" || last.state === "cancelled");
    if (!isFailure) {
      failures.delete(id);
      return false;
    }
    const before = failures.get(id);
    const tries = before === undefined ? 0 : before.task === last.id ? before.tries : before.tries + 1;
    failures.set(id, { task: last.id, tries });
    return clock() < (last.finishedAt ?? 0) + Math.min(firstRetryMs * 2 ** tries, longestRetryMs);
  };

  const queue = async (source: SourceRow, marked: MarkedSource): Promise<void> => {
    const { id } = source;
    // Of one that was never read there is nothing that a person could be put into.
    const isOnePossible =
      !marked.isGathered && marked.people <= mostPeople && (await store.readUnseenFields(id)) !== null;
    const isWhole = marked.others > 0 || !isOnePossible;
    const since = wholeAt.get(id);
    const now = clock();
    const isDue = now >= marked.since + gatherMs && (since === undefined || now >= since + betweenWholeMs);
    const task = { sourceId: id, targetId: null, trigger: "callback", mode: "apply" } as const;
    if (isWhole && isDue) {
      wholeAt.set(id, now);
      await store.queueTask(task);
    } else if (isOnePossible && marked.people > 0) {
      await store.queueTask({ ...task, isPart: true });
    }
  };

  return async () => {
    const found = await store.markedSources();
    if (found.length === 0) return;
    const open = new Set((await store.openTasks()).map(({ sourceId }) => sourceId));
    for (const marked of found) {
      const { sourceId } = marked;
      if (open.has(sourceId)) continue;
      const source = await store.findSource(sourceId);
      if (source === null || !isHeard(source)) {
        // When it is enabled again, or syncs by itself again, it begins with a sync of everything.
        await forget(store, sourceId);
        continue;
      }
      if (!source.settings.sync.users && marked.people > 0) {
        const people = await store.markedPeople(sourceId, Number.MAX_SAFE_INTEGER);
        await store.dropMarks(
          sourceId,
          people.map(({ stamp }) => stamp),
        );
        if (marked.others === 0 && !marked.isGathered) continue;
      }
      if (!(await mustWait(sourceId))) {
        await queue(source, source.settings.sync.users ? marked : { ...marked, people: 0 });
      }
    }
  };
}

/** Whether events of a source lead to anything by themselves. */
function isHeard({ status, type, settings }: SourceRow): boolean {
  return status === "enabled" && type !== "custom" && settings.sync.automatic && settings.leaving === undefined;
}

async function forget(store: MarkStore, sourceId: string): Promise<void> {
  const stamp = await store.gatherMarks(sourceId);
  if (stamp !== null) await store.dropMarks(sourceId, [stamp]);
  await store.settleGone(sourceId);
}
