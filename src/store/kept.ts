import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import type { Kept, KeptReader, KeptStore } from "./kept-store.ts";
import { leasedWrite } from "./leases.ts";
import { toCurrent } from "./records.ts";

/** From what is kept to its resource, and to what the source said of it at its last read. */
const joined = sql`kept k join resource x on x.id = k.resource_id
  left join source_record r on r.source_id = x.source_id and r.kind = x.kind and r.key = x.key`;

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
export function makeKeptStore(database: Database, clock: () => number): KeptStore & KeptReader {
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

    endKept: (whose) =>
      database.write(async (trx) => {
        const isMeant =
          "task" in whose ? sql<boolean>`k.task_id = ${whose.task}` : sql<boolean>`k.resource_id = ${whose.resourceId}`;
        const found = await sql<{ resource_id: string; seq: number | null }>`
          select k.resource_id, r.seq from ${joined} where ${isMeant} and k.ended = 0`.execute(trx);
        const ids = (isRecorded: boolean) =>
          found.rows.filter(({ seq }) => (seq !== null) === isRecorded).map((row) => row.resource_id);
        // What the source has is looked at again by the next sync, what it has not leaves with it.
        await trx
          .updateTable("resource")
          .set({ fingerprint: null })
          .where(isOneOf("id", ids(true)))
          .execute();
        await trx
          .deleteFrom("kept")
          .where(isOneOf("resource_id", ids(true)))
          .execute();
        await trx
          .updateTable("kept")
          .set({ ended: 1 })
          .where(isOneOf("resource_id", ids(false)))
          .execute();
        return found.rows.length;
      }),

    async keptAmong(sourceId, mappingVersion, ids) {
      if (ids.length === 0) return new Set();
      const { rows } = await sql<{ resource_id: string }>`
        select k.resource_id from ${joined}
        where ${isOneOf("k.resource_id", ids)} and k.source_id = ${sourceId} and k.ended = 0
          and ((r.seq is null and k.fingerprint is null)
            or (r.fingerprint = k.fingerprint and k.mapping_version = ${mappingVersion}))`.execute(db);
      return new Set(rows.map((row) => row.resource_id));
    },

    async listKeptUnrecorded(sourceId, kind, { all, after, limit }) {
      const { rows } = await sql<Parameters<typeof toCurrent>[0]>`
        select x.id, x.type, x.key, x.version, x.external_id, x.display_name, x.active, x.document, x.departed_at,
          x.deleted_at, x.mapping_version, x.fingerprint as made_from
        from ${joined}
        where k.source_id = ${sourceId} and x.kind = ${kind} and r.seq is null and k.resource_id > ${after}
          and x.departed_at is null and x.deleted_at is null ${all ? sql`` : sql`and k.ended = 1`}
        order by k.resource_id limit ${limit}`.execute(db);
      return rows.map(toCurrent);
    },

    keepUndone: (lease, taskId, mappingVersion) =>
      write(lease, async (trx) => {
        // Dynamic groups follow by themselves: who comes to one is not kept for that.
        await sql`
          insert into kept (resource_id, source_id, task_id, undoes, fingerprint, mapping_version, since, ended)
          select x.id, x.source_id, t.id, t.undoes, r.fingerprint, ${mappingVersion}, ${clock()}, 0
          from sync_task t join resource x on x.source_id = t.source_id
          left join source_record r on r.source_id = x.source_id and r.kind = x.kind and r.key = x.key
          where t.id = ${taskId} and t.undoes is not null and x.id in (
            select c.resource_id from change c
            where c.task_id = ${taskId} and c.target_id is null and c.status = 'applied' and c.after is not null
            union
            select m.member_id from change c join change_member m on m.change_seq = c.seq
            join resource g on g.id = c.resource_id
            where c.task_id = ${taskId} and c.target_id is null and c.status = 'applied' and g.rule is null)
          on conflict (resource_id) do update set task_id = excluded.task_id, undoes = excluded.undoes,
            fingerprint = excluded.fingerprint, mapping_version = excluded.mapping_version, since = excluded.since,
            ended = 0`.execute(trx);
      }),

    releaseKept: (lease, sourceId, mappingVersion) =>
      write(lease, async (trx) => {
        await sql`
          delete from kept where source_id = ${sourceId} and resource_id in (
            select k.resource_id from ${joined}
            where k.source_id = ${sourceId} and case
              when r.seq is not null
                then r.fingerprint <> coalesce(k.fingerprint, '') or k.mapping_version <> ${mappingVersion}
              else k.fingerprint is not null or x.departed_at is not null or x.deleted_at is not null end)`.execute(
          trx,
        );
      }),
  };
}
