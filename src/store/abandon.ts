import { sql, type Transaction } from "kysely";
import { applyMemberRows } from "./apply-members.ts";
import type { Database } from "./database.ts";
import { endHalves } from "./keep-undone.ts";
import type { Tables } from "./tables.ts";

/**
 * Ends a task in the middle of its plan: what is not applied is skipped. People and departments whose memberships
 * were still to come are looked at again by the next task, and who has left already leaves his groups now: his record
 * is gone, no later task would find him.
 */
export async function abandonPlan(
  database: Database,
  trx: Transaction<Tables>,
  taskId: string,
  { error, now }: { readonly error: string; readonly now: number },
): Promise<void> {
  const unfinished = sql`c.task_id = ${taskId} and c.target_id is null and c.members_applied = 0
    and c.status in ('planned', 'applied')`;
  const left = await sql<{ seq: number; resource_id: string }>`
    select c.seq, c.resource_id from change c
    where ${unfinished} and c.leavers = 1 and exists (
      select 1 from change_member m join resource x on x.id = m.member_id
      where m.change_seq = c.seq and (x.departed_at is not null or x.deleted_at is not null))`.execute(trx);
  if (left.rows.length > 0) await applyMemberRows(database, trx, left.rows, { leavers: true, now });
  await endHalves(database, trx, taskId, sql`${unfinished} and c.leavers = 0`);
  // While marks are left nobody was noted as looked at: by the mapping that somebody may take back now, people may have
  // gained or lost memberships already, and would still count as what the one before made of them.
  const marked = await trx.selectFrom("task_mark").select("task_id").where("task_id", "=", taskId).limit(1).execute();
  // Who was to leave a group, and waits for a person, may have been brought up to date but for that.
  const waits = sql`c.task_id = ${taskId} and c.target_id is null and c.status = 'held'
    and not exists (select 1 from sync_task t where t.id = c.task_id and t.undoes is not null)`;
  const touched =
    marked.length > 0 ? sql`c.task_id = ${taskId} and c.target_id is null` : sql`((${unfinished}) or (${waits}))`;
  await sql`
    update resource set fingerprint = null where id in (
      select m.member_id from change c join change_member m on m.change_seq = c.seq
      where ${touched} and c.leavers = 0)`.execute(trx);
  // A group's own change that was applied without its members is from now on just that.
  const halves = trx
    .selectFrom("change")
    .select("seq")
    .where("task_id", "=", taskId)
    .where("target_id", "is", null)
    .where("status", "=", "applied")
    .where("members_applied", "=", 0);
  await trx.deleteFrom("change_member").where("change_seq", "in", halves).execute();
  await trx
    .updateTable("change")
    .set({ members_applied: 1, added_count: 0, removed_count: 0 })
    .where("task_id", "=", taskId)
    .where("target_id", "is", null)
    .where("status", "=", "applied")
    .where("members_applied", "=", 0)
    .execute();
  await trx.deleteFrom("task_mark").where("task_id", "=", taskId).execute();
  await trx.deleteFrom("undo_unit").where("task_id", "=", taskId).execute();
  await trx
    .updateTable("change")
    .set({ status: "skipped", error })
    .where("task_id", "=", taskId)
    .where("status", "in", ["held", "planned"])
    .execute();
}

/** Lets a task be ended before or after this transaction, never during it. SQLite has one writer anyway. */
export async function lockTask({ dialect }: Database, trx: Transaction<Tables>, taskId: string): Promise<void> {
  if (dialect === "postgres") await sql`select 1 from sync_task where id = ${taskId} for share`.execute(trx);
}
