import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import type { Tables } from "./tables.ts";

/** A change of a group, of which only the edges are looked at here. */
export interface GroupChange {
  readonly seq: number;
  readonly resource_id: string;
}

/**
 * Adds and removes the edges of these changes, in one transaction with whatever else the caller does.
 *
 * @param leavers removals of departed people and things: only of those who have really departed by now
 */
export async function applyMemberRows(
  database: Database,
  trx: Transaction<Tables>,
  rows: readonly GroupChange[],
  { leavers, now }: { readonly leavers: boolean; readonly now: number },
): Promise<void> {
  const { isOneOf } = database;
  const at = await takeDirectoryTime(database, trx, now);
  const seqs = rows.map((row) => row.seq);
  const groupIds = [...new Set(rows.map((row) => row.resource_id))];
  const ofThese = isOneOf("c.seq", seqs);
  // Whose own change was refused does not exist, and who leaves in this task has left: they are in no group.
  await sql`
    insert into member (group_id, member_id, member_type)
    select c.resource_id, m.member_id, m.member_type
    from change c join change_member m on m.change_seq = c.seq and m.op = 'add'
    where ${ofThese}
      and exists (select 1 from resource g where g.id = c.resource_id and g.deleted_at is null)
      and exists (select 1 from resource x
        where x.id = m.member_id and x.deleted_at is null and x.departed_at is null)
    on conflict do nothing`.execute(trx);
  const onlyLeavers = leavers
    ? sql`and exists (select 1 from resource x where x.id = m.member_id
        and (x.departed_at is not null or x.deleted_at is not null))`
    : sql``;
  await sql`
    delete from member where ${isOneOf("group_id", groupIds)}
      and (group_id, member_id) in (
        select c.resource_id, m.member_id from change c join change_member m on m.change_seq = c.seq and m.op = 'remove'
        where ${ofThese} ${onlyLeavers})`.execute(trx);
  // A group whose attributes change in the same task has its new version from there.
  await sql`
    update resource set members_version = members_version + 1, last_modified_at = ${at},
      version = version + case when exists (
        select 1 from change c where ${ofThese} and c.resource_id = resource.id and c.after is not null) then 0 else 1 end
    where id in (select c.resource_id from change c where ${ofThese} and (c.added_count > 0 or c.removed_count > 0))`.execute(
    trx,
  );
  await trx.updateTable("change").set({ status: "applied", members_applied: 1 }).where(isOneOf("seq", seqs)).execute();
  await sql`
    update change set status = 'skipped', error = 'the group itself could not be made'
    where ${isOneOf("seq", seqs)} and after is null
      and not exists (select 1 from resource g where g.id = change.resource_id)`.execute(trx);
}
