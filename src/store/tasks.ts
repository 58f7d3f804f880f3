import { type Selectable, sql, type Transaction } from "kysely";
import { abandonPlan } from "./abandon.ts";
import { findHeld, releaseHeld } from "./approvals.ts";
import { countChanges, noCounts } from "./counts.ts";
import type { Database } from "./database.ts";
import type { EngineTaskStore } from "./engine.ts";
import { writeEvents } from "./events.ts";
import { refused, releaseMemberships } from "./held-memberships.ts";
import { keepHeldPeople } from "./held-people.ts";
import { makeHeldPushes } from "./held-pushes.ts";
import { makePruning } from "./prune.ts";
import { insertTask, slotOf, slotOfParts } from "./queued-task.ts";
import type { TaskRow, TaskStore } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Sync tasks. Their records are in `records-view.ts`. */
export function makeTaskStore(database: Database, clock: () => number): TaskStore & EngineTaskStore {
  const { db, isOneOf } = database;

  const findTask = async (id: string): Promise<TaskRow | null> => {
    const row = await db.selectFrom("sync_task").selectAll().where("id", "=", id).executeTakeFirst();
    return row ? toTask(row) : null;
  };

  return {
    ...makeHeldPushes(database),
    ...makePruning(database, clock),

    async queueTask(task) {
      const slot = slotOf(task);
      for (;;) {
        const inserted = await insertTask(db, task, clock());
        if (inserted !== null) return { task: toTask(inserted), created: true };
        const occupant = await db.selectFrom("sync_task").selectAll().where("slot", "=", slot).executeTakeFirst();
        // It may have ended in between: then the place is free, and we try once more.
        if (occupant) return { task: toTask(occupant), created: false };
      }
    },

    findTask,

    async listTasks({ source, state, cursor, limit }) {
      let query = db
        .selectFrom("sync_task")
        .selectAll()
        .orderBy("id", "desc")
        .limit(limit + 1);
      if (source !== undefined) query = query.where("source_id", "=", source);
      if (state !== undefined) query = query.where("state", "=", state);
      if (cursor !== undefined) query = query.where("id", "<", cursor);
      const rows = await query.execute();
      const items = rows.slice(0, limit).map(toTask);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async approveTask(id, changes, by = null) {
      try {
        return await database.write((trx) => approve(trx, id, changes, by));
      } catch (error) {
        // Another task of the same source was queued at this moment: it replaces what was held.
        if (database.isTaken(error)) return false;
        throw error;
      }
    },

    cancelTask: (id, by = null) =>
      database.write(async (trx) => {
        const cancelled = await trx
          .updateTable("sync_task")
          .set({ state: "cancelled", slot: null, finished_at: clock(), decided_by: by, decided_at: clock() })
          .where("id", "=", id)
          .where("state", "in", ["queued", "running", "held"])
          .executeTakeFirst();
        if (cancelled.numUpdatedRows === 0n) return false;
        await abandonPlan(database, trx, id, { error: "the task was cancelled", now: clock() });
        return true;
      }),

    async postponeSource(id, from, to) {
      const moved = await db
        .updateTable("source")
        .set({ next_run_at: to })
        .where("id", "=", id)
        .where("next_run_at", from === null ? "is" : "=", from)
        .executeTakeFirst();
      return moved.numUpdatedRows > 0n;
    },

    async openTasks() {
      const rows = await db
        .selectFrom("sync_task")
        .selectAll()
        .where("slot", "is not", null)
        .where("state", "in", ["queued", "running"])
        .orderBy("id")
        .execute();
      return rows.map(toTask);
    },

    async startTask(id) {
      const started = await db
        .updateTable("sync_task")
        .set((eb) => ({ state: "running", started_at: eb.fn.coalesce("started_at", eb.val(clock())) }))
        .where("id", "=", id)
        .where("state", "in", ["queued", "running"])
        .executeTakeFirst();
      return started.numUpdatedRows > 0n;
    },

    async noteTask(id, { progress, stage, counts, targets, error, hold, mapping, drift, requests }) {
      const noted = await db
        .updateTable("sync_task")
        .set({
          ...(progress === undefined ? {} : { progress: JSON.stringify(progress) }),
          ...(stage === undefined ? {} : { stage }),
          ...(counts === undefined ? {} : { counts: JSON.stringify(counts) }),
          ...(targets === undefined ? {} : { targets: JSON.stringify(targets) }),
          ...(error === undefined ? {} : { error: error === null ? null : JSON.stringify(error) }),
          ...(hold === undefined ? {} : { hold: hold === null ? null : JSON.stringify(hold) }),
          ...(mapping === undefined ? {} : { mapping: JSON.stringify(mapping) }),
          ...(drift === undefined ? {} : { drift: JSON.stringify(drift) }),
          ...(requests === undefined ? {} : { requests: JSON.stringify(requests) }),
        })
        .where("id", "=", id)
        .where("state", "=", "running")
        .executeTakeFirst();
      return noted.numUpdatedRows > 0n;
    },

    finishTask: (id, { state, counts, targets, error, hold, matching, plan, isSynced, events = [] }) =>
      database.write(async (trx) => {
        const finished = await trx
          .updateTable("sync_task")
          .set({
            state,
            counts: JSON.stringify(counts),
            targets: JSON.stringify(targets),
            error: error === null ? null : JSON.stringify(error),
            hold: hold === null ? null : JSON.stringify(hold),
            ...(matching === undefined ? {} : { matching: JSON.stringify(matching) }),
            ...(plan === undefined ? {} : { plan: JSON.stringify(plan) }),
            finished_at: clock(),
            slot: null,
          })
          .where("id", "=", id)
          .where("state", "=", "running")
          .executeTakeFirst();
        if (finished.numUpdatedRows === 0n) return false;
        if (state === "failed") {
          await abandonPlan(database, trx, id, { error: "the task failed before it came to this", now: clock() });
        }
        if (isSynced === true) {
          await trx
            .updateTable("source")
            .set({ synced_at: clock() })
            .where("id", "=", trx.selectFrom("sync_task").select("source_id").where("id", "=", id))
            .execute();
        }
        await writeEvents(database, trx, events, clock());
        return true;
      }),

    async replaceHeld(sourceId, byTaskId, { people } = { people: true }) {
      const held = await db
        .selectFrom("sync_task")
        .select("id")
        .where("source_id", "=", sourceId)
        .where("state", "=", "held")
        // A sync finds what another one held anew; what a person takes back nobody would.
        .where("undoes", "is", null)
        .where("id", "<>", byTaskId)
        .execute();
      for (const { id } of held) {
        await giveUpHeld(id, "replaced by a newer task", people ? undefined : keepHeldPeople);
      }
    },

    async replaceHeldPush(targetId, byTaskId) {
      const held = await db
        .selectFrom("sync_task")
        .select("id")
        .where("source_id", "is", null)
        .where("resource_id", "is", null)
        .where("target_id", "=", targetId)
        .where("state", "=", "held")
        .where("id", "<>", byTaskId)
        .execute();
      for (const { id } of held) await giveUpHeld(id, "replaced by a newer task");
    },

    async expireHeld(before) {
      const held = await db.selectFrom("sync_task").select(["id", "hold"]).where("state", "=", "held").execute();
      for (const { id, hold } of held) {
        const { expiresAt } = JSON.parse(hold ?? "{}") as { expiresAt?: number };
        if (expiresAt === undefined || expiresAt > before) continue;
        await giveUpHeld(id, "nobody approved it in time");
      }
    },

    async tallyTask(id) {
      const rows = await db
        .selectFrom("change")
        .select(["target_id", "resource_type", "action", "status", sql<number>`count(*)`.as("count")])
        .where("task_id", "=", id)
        .groupBy(["target_id", "resource_type", "action", "status"])
        .execute();
      return rows.map(({ target_id, resource_type, count, ...row }) => ({
        ...{ targetId: target_id, resourceType: resource_type, count: Number(count) },
        ...row,
      }));
    },

    async countTask(id, targetId, read) {
      const rows = await db
        .selectFrom("change")
        .select(["resource_type", "action", "status", sql<number>`count(distinct resource_id)`.as("count")])
        .where("task_id", "=", id)
        .where("target_id", targetId === null ? "is" : "=", targetId)
        .where((where) =>
          where.or([where("action", "<>", "update"), where("resource_type", "=", "User"), notMadeHere()]),
        )
        .groupBy(["resource_type", "action", "status"])
        .execute();
      return countChanges(
        rows.map((row) => ({
          resourceType: row.resource_type,
          action: row.action,
          status: row.status,
          count: Number(row.count),
        })),
        read,
      );
    },
  };

  /** Held to queued. One conditional write: of two who approve at once, or one who cancels, one is first. */
  async function approve(
    trx: Transaction<Tables>,
    id: string,
    changes: readonly string[] | null,
    by: string | null,
  ): Promise<boolean> {
    const row = await trx
      .selectFrom("sync_task")
      .select(["source_id", "target_id", "resource_id"])
      .where("id", "=", id)
      .executeTakeFirst();
    if (row === undefined) return false;
    const { source_id: sourceId, target_id: targetId, resource_id: resourceId } = row;
    const slot = slotOf({ sourceId, targetId, ...(resourceId !== null && { resourceId }), mode: "apply" });
    const occupied = await trx.selectFrom("sync_task").select("id").where("slot", "=", slot).executeTakeFirst();
    if (occupied) return false;
    const queued = await trx
      .updateTable("sync_task")
      .set({
        ...{ state: "queued", approved: 1, stage: "apply", slot, hold: null, finished_at: null },
        ...{ decided_by: by, decided_at: clock() },
      })
      .where("id", "=", id)
      .where("state", "=", "held")
      .executeTakeFirst();
    if (queued.numUpdatedRows === 0n) return false;
    if (changes !== null) {
      const seqs = await findHeld(database, trx, id, changes);
      // What follows from a removal (its memberships) goes with the removals that were approved.
      const following = await releaseMemberships(database, trx, id, seqs);
      await trx
        .updateTable("change")
        .set(refused)
        .where("task_id", "=", id)
        .where("status", "=", "held")
        .where((where) => where.not(isOneOf("seq", [...seqs, ...following])))
        .execute();
    }
    await releaseHeld(trx, id);
    return true;
  }

  /**
   * Held to cancelled, unless somebody approved it at this moment.
   *
   * @param keeps answers whether something of it is to wait on, having given up the rest
   */
  function giveUpHeld(id: string, error: string, keeps?: typeof keepHeldPeople): Promise<void> {
    return database.write(async (trx) => {
      if (keeps !== undefined) {
        // Approved or cancelled before this or after it, not meanwhile.
        const there = trx
          .updateTable("sync_task")
          .set({ state: "held" })
          .where("id", "=", id)
          .where("state", "=", "held");
        if ((await there.executeTakeFirst()).numUpdatedRows === 0n || (await keeps(database, trx, id, error))) return;
      }
      const cancelled = await trx
        .updateTable("sync_task")
        .set({ state: "cancelled" })
        .where("id", "=", id)
        .where("state", "=", "held")
        .executeTakeFirst();
      if (cancelled.numUpdatedRows > 0n) await abandonPlan(database, trx, id, { error, now: clock() });
    });
  }

  /** A group that this task created is not counted again for the members that it was given. */
  function notMadeHere() {
    return sql<boolean>`not exists (select 1 from change made where made.task_id = change.task_id
      and made.resource_id = change.resource_id and made.action in ('create', 'adopt')
      and made.target_id is not distinct from change.target_id)`;
  }
}

function toTask(row: Selectable<Tables["sync_task"]>): TaskRow {
  const parse = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));
  return {
    id: row.id,
    sourceId: row.source_id,
    targetId: row.target_id,
    isPart: row.slot?.startsWith(slotOfParts) === true,
    resourceId: row.resource_id,
    trigger: row.trigger,
    mode: row.mode,
    state: row.state,
    approved: row.approved === 1,
    progress: parse(row.progress),
    counts: parse<TaskRow["counts"]>(row.counts) ?? noCounts,
    targets: parse<TaskRow["targets"]>(row.targets) ?? [],
    error: parse(row.error),
    hold: parse(row.hold),
    mapping: parse(row.mapping),
    repair: row.repair === 1,
    drift: parse(row.drift),
    requests: parse(row.requests),
    matching: parse(row.matching),
    plan: parse(row.plan),
    planId: row.plan_id,
    undoes: row.undoes,
    requestedBy: row.requested_by,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    stage: row.stage,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
