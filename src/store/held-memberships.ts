import { type RawBuilder, type Selectable, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

// Whose removal waits stays in his groups, for whatever reason he would leave them: to take somebody out of everything
// that he may use is no less than to deactivate him. His memberships go with his own removal, and with nothing else.

/** Of a change of a group that is about its members and nothing else. */
export const membersAlone = {
  action: "update",
  before: null,
  after: null,
  sources: null,
  apply: null,
  changes_identity: 0,
  warnings: null,
} as const;

const because = "these members are to be removed themselves, and more removals are planned than the safeguards allow";

/**
 * Holds the memberships of those whose removal from the directory a task holds, and with them the deletion of the groups
 * that they are in. The others leave their groups.
 *
 * @returns how many groups wait for that
 */
export async function holdMemberships(trx: Transaction<Tables>, taskId: string): Promise<number> {
  const groups = await holdGroups(trx, taskId);
  const ofThose = isToGo(taskId, "held");
  for (const { row, count } of await groupsOf(trx, taskId, "planned", ofThose)) {
    const isWhole = count === row.removed_count && row.added_count === 0 && row.after === null;
    if (!isWhole) await setAside(trx, row, ofThose, { status: "held", because });
    else await trx.updateTable("change").set({ status: "held", because }).where("seq", "=", row.seq).execute();
  }
  return groups;
}

/** A department that is gone would take all who are in it out of it: it waits with them, and those above it with it. */
async function holdGroups(trx: Transaction<Tables>, taskId: string): Promise<number> {
  for (let count = 0; ; ) {
    const held = await sql`
      update change set status = 'held'
      where task_id = ${taskId} and target_id is null and status = 'planned' and action = 'delete'
        and resource_type = 'Group' and exists (
          select 1 from member m
          where m.group_id = change.resource_id and ${isToGo(taskId, "held", "m.member_id")})`.execute(trx);
    const found = Number(held.numAffectedRows ?? 0);
    if (found === 0) return count;
    count += found;
  }
}

/** What is said of a change that was held, and that a person did not let through with others. */
export const refused = { status: "skipped", error: "not approved" } as const;

/**
 * A person approved some of what a task holds: of the rest no removal is carried out, and the memberships of those whose
 * removal is not among it stay.
 *
 * @param approved the numbers of the changes that were approved
 * @returns the numbers of the changes of groups that go with what was approved, named or not
 */
export async function releaseMemberships(
  database: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  taskId: string,
  approved: readonly number[],
): Promise<readonly number[]> {
  await trx
    .updateTable("change")
    .set(refused)
    .where("task_id", "=", taskId)
    .where("target_id", "is", null)
    .where("status", "=", "held")
    .where("action", "in", ["deactivate", "delete"])
    .where((where) => where.not(database.isOneOf("seq", approved)))
    .execute();
  const staying = isToGo(taskId, "skipped");
  for (const { row, count } of await groupsOf(trx, taskId, "held", staying)) {
    if (count < row.removed_count) await setAside(trx, row, staying, refused);
    else await trx.updateTable("change").set(refused).where("seq", "=", row.seq).execute();
  }
  return (await groupsOf(trx, taskId, "held", isToGo(taskId, "held"))).map(({ row }) => row.seq);
}

/**
 * Moves removals of a group's change to a change of their own, so that the rest can go ahead without them.
 *
 * @param which of `change_member`, whose removals
 * @returns how many
 */
export async function setAside(
  trx: Transaction<Tables>,
  row: Selectable<Tables["change"]>,
  which: RawBuilder<boolean>,
  as: { readonly status: "held" | "skipped"; readonly because?: string; readonly error?: string },
): Promise<number> {
  const counted = await trx
    .selectFrom("change_member")
    .select(sql<number>`count(*)`.as("count"))
    .where("change_seq", "=", row.seq)
    .where("op", "=", "remove")
    .where(which)
    .executeTakeFirstOrThrow();
  const count = Number(counted.count);
  if (count === 0) return 0;
  const { seq, ...copied } = row;
  const inserted = await trx
    .insertInto("change")
    .values({ ...copied, ...membersAlone, ...as, added_count: 0, removed_count: count })
    .returning("seq")
    .executeTakeFirstOrThrow();
  await trx
    .updateTable("change_member")
    .set({ change_seq: inserted.seq })
    .where("change_seq", "=", seq)
    .where("op", "=", "remove")
    .where(which)
    .execute();
  await trx
    .updateTable("change")
    .set({ removed_count: row.removed_count - count })
    .where("seq", "=", seq)
    .execute();
  return count;
}

/**
 * Whether the removal of a member, whose id this column has, is held by a task, or was not approved. Asked of each of them: a
 * list of all would be made anew for each group. Of a status PostgreSQL believes that hardly anything has it when much was
 * given it in the same transaction, and would look through all of that each time: so its index is out of reach.
 */
export function isToGo(
  taskId: string,
  status: "held" | "skipped",
  memberId: "change_member.member_id" | "m.member_id" = "change_member.member_id",
): RawBuilder<boolean> {
  const isRefused = status === "held" ? sql`1 = 1` : sql`h.error = ${refused.error}`;
  return sql<boolean>`exists (
    select 1 from change h where h.resource_id = ${sql.ref(memberId)} and h.task_id = ${taskId}
      and h.target_id is null and h.status || '' = ${status} and h.action in ('deactivate', 'delete') and ${isRefused})`;
}

/** Changes of groups in the directory by which some of those leave, and how many do. */
async function groupsOf(
  trx: Transaction<Tables>,
  taskId: string,
  status: "planned" | "held",
  which: RawBuilder<boolean>,
): Promise<readonly { readonly row: Selectable<Tables["change"]>; readonly count: number }[]> {
  const counted = await sql<{ seq: number; count: number }>`
    select c.seq, count(*) as count from change c join change_member on change_member.change_seq = c.seq and op = 'remove'
    where c.task_id = ${taskId} and c.target_id is null and c.status = ${status} and ${which}
    group by c.seq order by c.seq`.execute(trx);
  const found: { row: Selectable<Tables["change"]>; count: number }[] = [];
  for (const { seq, count } of counted.rows) {
    const row = await trx.selectFrom("change").selectAll().where("seq", "=", seq).executeTakeFirst();
    if (row !== undefined) found.push({ row, count: Number(count) });
  }
  return found;
}
