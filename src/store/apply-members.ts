import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import { bumpGroups } from "./group-versions.ts";
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

/**
 * Takes who has departed out of those groups too that a task did not plan it of: he has come to them since. Dynamic groups
 * follow by themselves.
 *
 * @param at the directory's time: the caller has asked `takeDirectoryTime()` for it
 */
export async function leaveUnplanned(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  taskId: string,
  departed: readonly string[],
  at: number,
): Promise<void> {
  if (departed.length === 0) return;
  const edges = await trx
    .selectFrom("member as m")
    .innerJoin("resource as g", "g.id", "m.group_id")
    .select(["m.group_id", "m.member_id"])
    .where(isOneOf("m.member_id", departed))
    .where("g.rule", "is", null)
    .execute();
  if (edges.length === 0) return;
  const groupIds = [...new Set(edges.map((edge) => edge.group_id))];
  const planned = await trx
    .selectFrom("change as c")
    .innerJoin("change_member as m", "m.change_seq", "c.seq")
    .select(["c.resource_id", "m.member_id"])
    .where(isOneOf("c.resource_id", groupIds))
    .where("c.task_id", "=", taskId)
    .where("c.target_id", "is", null)
    .where("c.status", "in", ["planned", "applied"])
    .where("m.op", "=", "remove")
    .where(isOneOf("m.member_id", departed))
    .execute();
  const known = new Set(planned.map(({ resource_id: group, member_id: member }) => `${group} ${member}`));
  const others = edges.filter(({ group_id: group, member_id: member }) => !known.has(`${group} ${member}`));
  for (const groupId of new Set(others.map((edge) => edge.group_id))) {
    const members = others.filter((edge) => edge.group_id === groupId).map((edge) => edge.member_id);
    await trx.deleteFrom("member").where("group_id", "=", groupId).where(isOneOf("member_id", members)).execute();
    await bumpGroups({ isOneOf }, trx, [groupId], at);
  }
}
