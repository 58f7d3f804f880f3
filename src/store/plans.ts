import { sql } from "kysely";
import type { Database } from "./database.ts";
import { shownBody } from "./kept-body.ts";
import { digestPlan, keptOrder } from "./plan-order.ts";
import type { PlanReader, PlanStore, ScratchStore } from "./plan-store.ts";
import { openScratch } from "./scratch.ts";
import type { TaskPlan } from "./store.ts";

/** Plans: made in a copy, kept as the records of their task with the requests that targets would be sent. */
export function makePlanStore(
  database: Database,
  { makeStore, clock }: { readonly makeStore: (database: Database) => ScratchStore; readonly clock: () => number },
): PlanStore & PlanReader {
  const { db, isOneOf } = database;

  /** Whom changes are about, by their numbers. */
  const namesOf = async (seqs: readonly number[]) => {
    const rows = await db
      .selectFrom("change")
      .select(["seq", "external_id", "display_name"])
      .where(isOneOf("seq", [...new Set(seqs)]))
      .execute();
    return new Map(rows.map((row) => [row.seq, row]));
  };

  return {
    openScratch: (scope) => openScratch({ database, makeStore, clock }, scope),

    async readPlanBasis({ sourceId, targetIds }) {
      const source =
        sourceId === null
          ? undefined
          : await db.selectFrom("source").select("updated_at").where("id", "=", sourceId).executeTakeFirst();
      const directory = await db.selectFrom("directory_clock").select("changes").executeTakeFirst();
      const targets = await db.selectFrom("target").selectAll().where(isOneOf("id", targetIds)).orderBy("id").execute();
      const states = await Promise.all(
        targets.map(async ({ id, updated_at, contacted_at, rules_version, vocabulary }) => {
          const links = await sql<Readonly<Record<"count" | "latest" | "versions", number | null>>>`
            select count(*) as count, max(updated_at) as latest, sum(version) as versions
            from link where target_id = ${id}`.execute(db);
          const { count, latest, versions } = links.rows[0] ?? {};
          const known = [count, latest, versions, contacted_at, rules_version, vocabulary];
          const state = known.map((each) => String(each ?? "")).join(" ");
          return [id, { settings: updated_at, state }] as const;
        }),
      );
      return {
        ...{ source: source?.updated_at ?? null, mapping: null, directory: directory?.changes ?? 0 },
        targets: Object.fromEntries(states),
      };
    },

    async findPlan(taskId) {
      const row = await db.selectFrom("sync_task").select("plan").where("id", "=", taskId).executeTakeFirst();
      return row?.plan ? (JSON.parse(row.plan) as TaskPlan) : null;
    },

    async planDigest(taskId) {
      return (await digestPlan(database, keptOrder(database, taskId))).digest;
    },

    async findApplication(planId) {
      const row = await db
        .selectFrom("sync_task")
        .select(["id", "state"])
        .where("plan_id", "=", planId)
        .where("state", "in", ["succeeded", "partial", "held"])
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row ?? null;
    },

    async listPlanRequests(taskId, { target, record, cursor, limit }) {
      let query = db
        .selectFrom("plan_request")
        .selectAll()
        .where("task_id", "=", taskId)
        .orderBy("seq")
        .limit(limit + 1);
      if (target !== undefined) query = query.where("target_id", "=", target);
      if (record !== undefined) query = query.where("change_seq", "=", record);
      if (cursor !== undefined) query = query.where("seq", ">", Number(cursor));
      const rows = await query.execute();
      const names = await namesOf(rows.flatMap(({ change_seq }) => change_seq ?? []));
      const items = rows.slice(0, limit).map((row) => ({
        id: String(row.seq),
        record: row.change_seq === null ? null : String(row.change_seq),
        target: row.target_id,
        resourceType: row.resource_type,
        resourceId: row.resource_id === "" ? null : row.resource_id,
        externalId: names.get(row.change_seq ?? 0)?.external_id ?? null,
        displayName: names.get(row.change_seq ?? 0)?.display_name ?? null,
        ...{ method: row.method, path: row.path },
        ...shownBody(row.method, row.body),
        exact: row.exact === 1,
      }));
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  };
}
