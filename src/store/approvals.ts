import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { taskUndoneBy } from "./keep-undone.ts";
import { HoldMovedError, NotHeldError } from "./store.ts";
import type { Tables } from "./tables.ts";

// What a person approved. `approved` is on the change that was held: in the directory, or at one target. A removal that
// somebody let through for the directory is let through at every target; it ends with the next change of the resource.

/** Whether the removal of a resource was approved, for this target. `resourceId` is the column that has its id. */
export function isRemovalApproved(resourceId: string, targetId: string): RawBuilder<boolean> {
  const id = sql.ref(resourceId);
  return sql`exists (
    select 1 from change c
    where c.resource_id = ${id} and c.approved = 1 and c.action in ('deactivate', 'delete')
      and ((c.target_id = ${targetId} and c.status = 'planned')
        or (c.target_id is null and c.status = 'applied' and not exists (
          select 1 from change d where d.resource_id = ${id} and d.target_id is null and d.status = 'applied'
            and d.after is not null and d.seq > c.seq))))`;
}

/** Whether another name of a resource at this target was approved. `resourceId` as above. */
export function isRenameApproved(resourceId: string, targetId: string): RawBuilder<boolean> {
  return sql`exists (
    select 1 from change c
    where c.resource_id = ${sql.ref(resourceId)} and c.target_id = ${targetId} and c.status = 'planned'
      and c.approved = 1 and c.changes_identity = 1)`;
}

/** Whether it was approved that a member leaves a group: of a row `h` of `link_member`. */
export function isLeavingApproved(targetId: string): RawBuilder<boolean> {
  return sql`exists (
    select 1 from change c join change_member cm on cm.change_seq = c.seq and cm.op = 'remove' and cm.member_id = h.member_id
    where c.resource_id = h.group_id and c.approved = 1
      and ((c.target_id = ${targetId} and c.status = 'planned')
        or (c.target_id is null and c.status = 'applied' and not exists (
          select 1 from change d join change_member dm on dm.change_seq = d.seq and dm.op = 'add' and dm.member_id = h.member_id
          where d.resource_id = h.group_id and d.target_id is null and d.seq > c.seq))))`;
}

/**
 * The numbers of changes that somebody named for approval.
 *
 * @param changes their ids, as they were shown
 * @throws {NotHeldError} when one of them is no change of this task, or none that is held
 */
export async function findHeld(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  taskId: string,
  changes: readonly string[],
): Promise<readonly number[]> {
  // Spelt as it is shown: "07" is no id of the seventh.
  const seqs = changes.map((id) => (/^[1-9]\d{0,14}$/.test(id) ? Number(id) : null));
  const rows = await trx
    .selectFrom("change")
    .select(["seq", "status"])
    .where("task_id", "=", taskId)
    .where(
      isOneOf(
        "seq",
        seqs.filter((seq) => seq !== null),
      ),
    )
    .execute();
  const statusOf = new Map(rows.map(({ seq, status }) => [Number(seq), status]));
  const places = (isThere: (status: string | undefined) => boolean) =>
    seqs.flatMap((seq, place) => (isThere(seq === null ? undefined : statusOf.get(seq)) ? [place] : []));
  const unknown = places((status) => status === undefined);
  const settled = places((status) => status !== undefined && status !== "held");
  if (unknown.length + settled.length > 0) throw new NotHeldError(unknown, settled);
  return [...statusOf.keys()];
}

/**
 * Held changes back to planned, once and for good: what a later attempt of the same task holds waits for its own
 * approval. What was shown is what is applied: the document of each resource has to be the one that was shown as before.
 * Its version may have grown, with the members that a group gained or lost in the same task. What is held of an undo has
 * to be what no task has changed since, as when it was planned.
 *
 * @throws {HoldMovedError} when others have changed something of it since; nothing is released then
 */
export async function releaseHeld(trx: Transaction<Tables>, taskId: string): Promise<void> {
  const undoMoved = await countMovedOfUndo(trx, taskId);
  if (undoMoved > 0) throw new HoldMovedError(undoMoved);
  const held = sql`task_id = ${taskId} and target_id is null and status = 'held' and action <> 'create' and after is not null`;
  const moved = await sql<{ count: number }>`
    select count(*) as count from change where ${held} and not exists (
      select 1 from resource x where x.id = change.resource_id and x.document = change.before)`.execute(trx);
  const count = Number(moved.rows[0]?.count ?? 0);
  if (count > 0) throw new HoldMovedError(count);
  await sql`
    update change set base_version = (select x.version from resource x where x.id = change.resource_id)
    where ${held}`.execute(trx);
  // A department that went meanwhile took everybody out of it.
  await sql`
    update change set status = 'skipped', error = 'the group is not there any more'
    where task_id = ${taskId} and target_id is null and status = 'held' and after is null and exists (
      select 1 from resource x where x.id = change.resource_id and x.deleted_at is not null)`.execute(trx);
  await trx
    .updateTable("change")
    .set({ status: "planned", approved: 1 })
    .where("task_id", "=", taskId)
    .where("status", "=", "held")
    .execute();
}

/**
 * How many of the held changes of an undo are of resources that another task changed since; of who leaves by it also
 * those that came to other groups, and groups that others came to. Dynamic groups follow by themselves.
 */
async function countMovedOfUndo(trx: Transaction<Tables>, taskId: string): Promise<number> {
  if ((await taskUndoneBy(trx, taskId)) === null) return 0;
  const later = sql`d.seq > c.seq and d.target_id is null and d.status = 'applied' and d.task_id <> ${taskId}`;
  const planned = sql`
    select p.resource_id, pm.member_id from change p join change_member pm on pm.change_seq = p.seq and pm.op = 'remove'
    where p.task_id = ${taskId} and p.target_id is null and p.resource_type = 'Group'`;
  const moved = await sql<{ count: number }>`
    select count(*) as count from change c
    where c.task_id = ${taskId} and c.target_id is null and c.status = 'held' and (
      (c.after is not null and exists (
        select 1 from change d where d.resource_id = c.resource_id and ${later} and d.after is not null))
      or (c.action in ('deactivate', 'delete') and exists (
        select 1 from member e join resource g on g.id = e.group_id
        where e.member_id = c.resource_id and g.rule is null and (e.group_id, e.member_id) not in (${planned})))
      or (c.action = 'delete' and exists (
        select 1 from member e where e.group_id = c.resource_id and (e.group_id, e.member_id) not in (${planned})))
      or (c.after is null and c.leavers = 0 and exists (
        select 1 from resource g where g.id = c.resource_id and g.rule is null) and exists (
        select 1 from change_member m where m.change_seq = c.seq and (
          exists (select 1 from change d where d.resource_id = m.member_id and ${later} and d.after is not null)
          or exists (
            select 1 from change d join change_member dm on dm.change_seq = d.seq and dm.op in ('add', 'remove')
              and dm.member_id = m.member_id
            where d.resource_id = c.resource_id and ${later})))))`.execute(trx);
  return Number(moved.rows[0]?.count ?? 0);
}
