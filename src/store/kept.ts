import { type RawBuilder, sql } from "kysely";
import { wait } from "../lib/wait.ts";
import type { Database } from "./database.ts";
import { endRows, keptAndSaid } from "./keep-undone.ts";
import { type Kept, type KeptReader, type KeptStore, undoneMark } from "./kept-store.ts";
import { leasedWrite } from "./leases.ts";
import { toCurrent } from "./records.ts";

/** Rows that one transaction lets go of: so few that whoever wants to write meanwhile hardly waits. */
const batch = 500;
/** Between two of them others have their turn. */
const pauseMs = 10;

interface KeptRow {
  readonly resource_id: string;
  readonly type: "User" | "Group";
  readonly external_id: string | null;
  readonly display_name: string | null;
  readonly source_id: string;
  readonly task_id: string;
  readonly undoes: string;
  readonly fingerprint: string | null;
  readonly since: number;
  readonly ended: number;
}

/** Whom undos keep as they have left them. */
export function makeKeptStore(database: Database): KeptStore & KeptReader {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  const list = async (where: RawBuilder<boolean>, limit: number): Promise<readonly Kept[]> => {
    const { rows } = await sql<KeptRow>`
      select k.resource_id, x.type, x.external_id, x.display_name, k.source_id, k.task_id, k.undoes, k.fingerprint,
        k.since, k.ended
      from kept k join resource x on x.id = k.resource_id
      where ${where} order by k.resource_id limit ${limit}`.execute(db);
    return rows.map((row) => ({
      ...{ resourceId: row.resource_id, resourceType: row.type },
      ...{ externalId: row.external_id, displayName: row.display_name, source: row.source_id },
      ...{ task: row.task_id, undoes: row.undoes, since: Number(row.since) },
      ...{ isGone: row.fingerprint === null, isEnded: Number(row.ended) === 1 },
    }));
  };

  return {
    async listKept({ source, task, cursor, limit }) {
      const where = sql.join<boolean>(
        [
          sql`1 = 1`,
          ...(source === undefined ? [] : [sql`k.source_id = ${source}`]),
          ...(task === undefined ? [] : [sql`k.task_id = ${task}`]),
          ...(cursor === undefined ? [] : [sql`k.resource_id > ${cursor}`]),
        ],
        sql` and `,
      );
      const rows = await list(where, limit + 1);
      const items = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.resourceId ?? null) : null };
    },

    findKept: async (resourceId) => (await list(sql<boolean>`k.resource_id = ${resourceId}`, 1))[0] ?? null,

    async endKept(whose) {
      if ("resourceId" in whose) {
        const { resourceId } = whose;
        const isMeant = sql<boolean>`k.resource_id = ${resourceId} and k.ended = 0`;
        return database.write((trx) => endRows(database, trx, isMeant));
      }
      for (let [count, after] = [0, ""]; ; ) {
        const ids = await pageOfTask(whose.task, after);
        const last = ids.at(-1);
        if (last === undefined) return count;
        after = last;
        const isMeant = sql<boolean>`${isOneOf("k.resource_id", ids)} and k.task_id = ${whose.task} and k.ended = 0`;
        count += await database.write((trx) => endRows(database, trx, isMeant));
        if (ids.length === batch) await wait(pauseMs);
      }
    },

    async keptAmong(sourceId, mappingVersions, ids) {
      if (ids.length === 0) return new Set();
      const { rows } = await sql<{ resource_id: string }>`
        select k.resource_id from ${keptAndSaid}
        where ${isOneOf("k.resource_id", ids)} and k.source_id = ${sourceId} and k.ended = 0
          and ((r.seq is null and k.fingerprint is null)
            or (r.fingerprint = k.fingerprint and ${isOneOf("k.mapping_version", mappingVersions)}))`.execute(db);
      return new Set(rows.map((row) => row.resource_id));
    },

    async listUnrecorded(sourceId, kind, { all, after, limit }) {
      // A literal, where a partial index has it.
      const isForgotten = sql`x.mapping_version = ${sql.lit(undoneMark)} and not exists (
        select 1 from kept k where k.resource_id = x.id and k.ended = 0 and k.fingerprint is null)`;
      const { rows } = await sql<Parameters<typeof toCurrent>[0]>`
        select x.id, x.type, x.key, x.version, x.external_id, x.display_name, x.active, x.document, x.departed_at,
          x.deleted_at, x.mapping_version, x.fingerprint as made_from
        from resource x
        where x.source_id = ${sourceId} and x.kind = ${kind} and x.id > ${after}
          and x.departed_at is null and x.deleted_at is null and not exists (
            select 1 from source_record r where r.source_id = x.source_id and r.kind = x.kind and r.key = x.key)
          ${all ? sql`` : sql`and ${isForgotten}`}
        order by x.id limit ${limit}`.execute(db);
      return rows.map(toCurrent);
    },

    async releaseKept(lease, sourceId, mappingVersions) {
      const isOther = mappingVersions === null ? sql`1 = 0` : sql`not ${isOneOf("k.mapping_version", mappingVersions)}`;
      for (let after = ""; ; ) {
        const { rows } = await sql<{ resource_id: string; is_over: number }>`
          select k.resource_id, case when case
            when r.seq is not null
              then r.fingerprint <> coalesce(k.fingerprint, '') or ${isOther}
            else k.fingerprint is not null or x.departed_at is not null or x.deleted_at is not null end
            then 1 else 0 end as is_over
          from ${keptAndSaid}
          where k.source_id = ${sourceId} and k.resource_id > ${after}
          order by k.resource_id limit ${batch}`.execute(db);
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.resource_id;
        const over = rows.filter((row) => Number(row.is_over) === 1).map((row) => row.resource_id);
        if (over.length > 0) {
          await write(lease, async (trx) => {
            await trx.deleteFrom("kept").where(isOneOf("resource_id", over)).execute();
          });
        }
        if (rows.length < batch) return;
        await wait(over.length > 0 ? pauseMs : 0);
      }
    },

    async renameKeptVersion(lease, taskId, from, to) {
      for (let after = ""; ; ) {
        const ids = await pageOfTask(taskId, after);
        const last = ids.at(-1);
        if (last === undefined) return;
        after = last;
        await write(lease, async (trx) => {
          await trx
            .updateTable("kept")
            .set({ mapping_version: to })
            .where(isOneOf("resource_id", ids))
            .where("task_id", "=", taskId)
            .where("mapping_version", "=", from)
            .execute();
        });
        if (ids.length === batch) await wait(pauseMs);
      }
    },
  };

  /** Ids of what an undo keeps, in their order. */
  async function pageOfTask(taskId: string, after: string): Promise<readonly string[]> {
    const page = await db
      .selectFrom("kept")
      .select("resource_id")
      .where("task_id", "=", taskId)
      .where("resource_id", ">", after)
      .orderBy("resource_id")
      .limit(batch)
      .execute();
    return page.map((row) => row.resource_id);
  }
}
