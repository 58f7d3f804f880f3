import type { Kysely, Selectable } from "kysely";
import { uuidv7 } from "../lib/uuid.ts";
import { noCounts } from "./counts.ts";
import type { NewTask } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Queues a task, where its place is free; null where it is not. */
export async function insertTask(
  db: Kysely<Tables>,
  task: NewTask,
  now: number,
): Promise<Selectable<Tables["sync_task"]> | null> {
  const inserted = await db
    .insertInto("sync_task")
    .values({
      id: uuidv7(now),
      source_id: task.sourceId,
      target_id: task.targetId,
      slot: slotOf(task),
      trigger: task.trigger,
      mode: task.mode,
      state: "queued",
      approved: 0,
      stage: "plan",
      progress: null,
      counts: JSON.stringify(noCounts),
      targets: "[]",
      error: null,
      hold: null,
      repair: task.repair ? 1 : 0,
      plan_id: task.planId ?? null,
      undoes: task.undoes ?? null,
      resource_id: task.resourceId ?? null,
      requested_by: task.requestedBy ?? null,
      created_at: now,
      started_at: null,
      finished_at: null,
    })
    .onConflict((conflict) => conflict.column("slot").doNothing())
    .returningAll()
    .executeTakeFirst();
  return inserted ?? null;
}

/** Where a look at a few people stands, so that a sync that somebody asks for meanwhile is one of everything. */
export const slotOfParts = "part:";

/**
 * There is one task at a time for each source, for each target that is pushed to by itself, and for each that is read
 * back or planned: what is written meanwhile need not wait for that to be queued.
 */
export function slotOf({
  sourceId,
  targetId,
  mode,
  resourceId,
  isPart = false,
}: Pick<NewTask, "sourceId" | "targetId" | "mode" | "resourceId" | "isPart">): string {
  if (resourceId !== undefined) return `person:${resourceId}:${targetId ?? ""}`;
  if (sourceId !== null) return `${isPart ? slotOfParts : "source:"}${sourceId}`;
  if (mode === "plan") return `plan:${targetId}`;
  return mode === "verify" || mode === "match" ? `verify:${targetId}` : `target:${targetId}`;
}
