import type { SourceTaskParts } from "./run-source-task.ts";

/** Changes and groups that are applied in one transaction: short enough that other writers need not wait long. */
const changesAtOnce = 1000;
const groupsAtOnce = 100;

/**
 * Walks the planned changes of a task and applies them to our own directory: resources, then memberships, then the
 * memberships of those who left, and last what was found unchanged. Each step can be repeated.
 */
export async function applyDirectory({
  store,
  lease,
  task,
  row,
  progress,
  signal,
}: Pick<SourceTaskParts, "lease" | "task" | "row" | "progress" | "signal"> & {
  readonly store: Pick<
    SourceTaskParts["store"],
    "applyNext" | "applyMembers" | "applyMarks" | "logRemovals" | "logIdentityChanges"
  >;
}): Promise<void> {
  let done = 0;
  const step = (count: number): boolean => {
    signal.throwIfAborted();
    done += count;
    progress.set("store", done, done);
    return count > 0;
  };
  while (step(await store.applyNext(lease, task.id, row.id, changesAtOnce)));
  while (step(await store.applyMembers(lease, task.id, { leavers: false }, groupsAtOnce)));
  while (step(await store.applyMembers(lease, task.id, { leavers: true }, groupsAtOnce)));
  await store.applyMarks(lease, task.id);
  await store.logRemovals(lease, `source:${row.id}`, task.id);
  await store.logIdentityChanges(lease, `source:${row.id}`, task.id);
}
