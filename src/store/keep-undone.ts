import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { KeptBasis } from "./kept-store.ts";
import type { Tables } from "./tables.ts";

// What an undo applies is kept from the same moment on, in the same transaction: cut off at any point it leaves nobody
// there whom nothing would take away again. Whom an administrator let go of meanwhile stays let go.

/** The task that an undo takes back; null: this task is no undo. */
export async function taskUndoneBy(trx: Transaction<Tables>, taskId: string): Promise<string | null> {
  const task = await trx.selectFrom("sync_task").select("undoes").where("id", "=", taskId).executeTakeFirst();
  return task?.undoes ?? null;
}

/** Keeps resources whose own changes an undo has applied. */
export async function keepResources(
  database: Database,
  trx: Transaction<Tables>,
  { taskId, sourceId, now }: { readonly taskId: string; readonly sourceId: string; readonly now: number },
  applied: readonly { readonly resourceId: string; readonly basis: KeptBasis }[],
): Promise<void> {
  if (applied.length === 0) return;
  const undoes = await taskUndoneBy(trx, taskId);
  if (undoes === null) return;
  const ended = await trx
    .selectFrom("kept")
    .select("resource_id")
    .where("ended", "=", 1)
    .where(
      database.isOneOf(
        "resource_id",
        applied.map(({ resourceId }) => resourceId),
      ),
    )
    .execute();
  const letGo = new Set(ended.map((row) => row.resource_id));
  await database.upsert(trx, {
    table: "kept",
    rows: applied
      .filter(({ resourceId }) => !letGo.has(resourceId))
      .map(({ resourceId, basis }) => ({
        ...{ resource_id: resourceId, source_id: sourceId, task_id: taskId, undoes },
        ...{ fingerprint: basis.fingerprint, mapping_version: basis.mappingVersion, since: now, ended: 0 },
      })),
    conflict: ["resource_id"],
    // By what it is known that the source says something else stays what it was when the first undo kept it.
    update: ["task_id", "undoes", "since"],
  });
}

/**
 * Keeps members whom an undo has brought to groups, or taken out of them, by these changes. A department's tags are in the
 * record of the tag alone: that is kept with it. Dynamic groups follow by themselves, so nobody is kept for them.
 */
export async function keepMembers(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  { taskId, now }: { readonly taskId: string; readonly now: number },
  changeSeqs: readonly number[],
): Promise<void> {
  const ofThese = sql`change c join change_member m on m.change_seq = c.seq join resource g on g.id = c.resource_id
    where ${isOneOf("c.seq", changeSeqs)} and g.rule is null`;
  await sql`
    insert into kept (resource_id, source_id, task_id, undoes, fingerprint, mapping_version, since, ended)
    select x.id, x.source_id, t.id, t.undoes, x.fingerprint, x.mapping_version, ${now}, 0
    from sync_task t join resource x on x.source_id = t.source_id
    where t.id = ${taskId} and t.undoes is not null
      and x.departed_at is null and x.deleted_at is null
      and x.fingerprint is not null and x.mapping_version is not null
      and x.id in (
        select m.member_id from ${ofThese}
        union select g.id from ${ofThese} and g.kind = 'tag' and m.member_type = 'Group')
    on conflict (resource_id) do update set task_id = excluded.task_id, undoes = excluded.undoes, since = excluded.since
    where kept.ended = 0`.execute(trx);
}

/**
 * Lets go of what an undo that ends in the middle of its plan has put back by halves, without the memberships that were
 * still to come: of all that the source's word counts again.
 *
 * @param unfinished of a row `c` of `change`: its memberships were still to come
 */
export async function endHalves(
  database: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  taskId: string,
  unfinished: RawBuilder<unknown>,
): Promise<void> {
  if ((await taskUndoneBy(trx, taskId)) === null) return;
  await endRows(
    database,
    trx,
    sql<boolean>`k.task_id = ${taskId} and k.ended = 0 and k.resource_id in (
      select m.member_id from change c join change_member m on m.change_seq = c.seq where ${unfinished}
      union
      select c.resource_id from change c join change_member m on m.change_seq = c.seq where ${unfinished})`,
  );
}

/** From what is kept to its resource, and to what the source said of it at its last read. */
export const keptAndSaid = sql`kept k join resource x on x.id = k.resource_id
  left join source_record r on r.source_id = x.source_id and r.kind = x.kind and r.key = x.key`;

/**
 * Lets go of those: what the source has is looked at again by the next sync, what it has not leaves with it.
 *
 * @param which of a row `k` of `kept`
 * @returns how many
 */
export async function endRows(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  which: RawBuilder<boolean>,
): Promise<number> {
  const { rows } = await sql<{ resource_id: string; seq: number | null }>`
    select k.resource_id, r.seq from ${keptAndSaid} where ${which}`.execute(trx);
  if (rows.length === 0) return 0;
  const ids = (isRecorded: boolean) =>
    rows.filter(({ seq }) => (seq !== null) === isRecorded).map((row) => row.resource_id);
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
  return rows.length;
}
