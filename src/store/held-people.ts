import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { countRemovals } from "./directory-rows.ts";
import type { DirectoryStore } from "./engine.ts";
import { isToGo, setAside } from "./held-memberships.ts";
import { leasedWrite } from "./leases.ts";
import type { TaskHold } from "./store.ts";
import type { Tables } from "./tables.ts";

// A sync of the structure alone looks at departments, and at nobody who is in them. What an earlier task holds of people
// no such sync would find again: it goes on waiting, and departments that those people are in wait for them.

/** What is said of a department that stays for the people in it. */
const waits = "people in it are to be removed themselves, and that waits for approval: it can go once they have";

/** What is said of a hold of which only people are left. */
const lookedAnew = "; departments, dynamic groups and targets are left to newer tasks";

/** The half of a sync of the structure alone that leaves to people what waits for them. */
export function makeHeldPeople(database: Database): Pick<DirectoryStore, "leaveToHeld"> {
  const write = leasedWrite(database);
  return {
    leaveToHeld: (lease, taskId, sourceId) =>
      write(lease, async (trx) => {
        const found = (await skipGroups(trx, taskId, holdsPeople(sourceId))) > 0;
        // A department above one that stays, and is to go with it, has it as a member.
        while (found && (await skipGroups(trx, taskId, sql`m.member_id in (${stayingGroups(taskId)})`)) > 0);
        if (!found) return;
        const staying = sql<boolean>`change_member.member_id in (${stayingGroups(taskId)})`;
        for (const seq of await changesWith(trx, taskId, staying)) {
          const row = await trx.selectFrom("change").selectAll().where("seq", "=", seq).executeTakeFirstOrThrow();
          await setAside(trx, row, staying, { status: "skipped", error: waits });
        }
        // Of some nothing is left: they would count as changed.
        await sql`
          delete from change where task_id = ${taskId} and target_id is null and status = 'planned' and leavers = 1
            and after is null and added_count = 0 and removed_count = 0`.execute(trx);
      }),
  };
}

/** Skips the planned deletion of groups with a member `m` of whom this is so; how many there were. */
async function skipGroups(trx: Transaction<Tables>, taskId: string, isSo: RawBuilder<unknown>): Promise<number> {
  const skipped = await sql`
    update change set status = 'skipped', error = ${waits}
    where task_id = ${taskId} and target_id is null and status = 'planned' and action = 'delete'
      and resource_type = 'Group' and exists (
        select 1 from member m where m.group_id = change.resource_id and ${isSo})`.execute(trx);
  return Number(skipped.numAffectedRows ?? 0);
}

/** Whether the removal of a member `m` waits in a held task of this source. Asked of each of them, as `isToGo()` is. */
function holdsPeople(sourceId: string): RawBuilder<unknown> {
  return sql`exists (
    select 1 from change h join sync_task t on t.id = h.task_id
    where h.resource_id = m.member_id and h.target_id is null and h.status || '' = 'held'
      and h.action in ('deactivate', 'delete') and t.source_id = ${sourceId} and t.state = 'held' and t.undoes is null)`;
}

function stayingGroups(taskId: string): RawBuilder<unknown> {
  return sql`select s.resource_id from change s
    where s.task_id = ${taskId} and s.target_id is null and s.status = 'skipped' and s.action = 'delete' and s.error = ${waits}`;
}

/** Planned changes of groups in the directory by which some of these leave. */
async function changesWith(
  trx: Transaction<Tables>,
  taskId: string,
  which: RawBuilder<boolean>,
): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`
    select distinct c.seq from change c join change_member on change_member.change_seq = c.seq and op = 'remove'
    where c.task_id = ${taskId} and c.target_id is null and c.status = 'planned' and c.leavers = 1 and ${which}
    order by c.seq`.execute(trx);
  return rows.map(({ seq }) => Number(seq));
}

/**
 * Gives up what a sync of the structure alone finds anew of a held task: departments, dynamic groups, and what waits at
 * targets. People, their memberships, and tags go on waiting.
 *
 * @returns false where nothing of that is held: nothing is changed then, and all of the task may be given up
 */
export async function keepHeldPeople(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  taskId: string,
  error: string,
): Promise<boolean> {
  const held = await trx
    .selectFrom("change as c")
    .leftJoin("resource as x", "x.id", "c.resource_id")
    .select(["c.seq", "c.target_id", "c.resource_type", "c.removed_count", "x.kind"])
    .select(sql<number>`case when c.after is null then 1 else 0 end`.as("aboutMembers"))
    .select(
      sql<number>`(select count(*) from change_member m where m.change_seq = c.seq and m.op = 'remove'
      and m.member_type = 'User')`.as("people"),
    )
    .where("c.task_id", "=", taskId)
    .where("c.status", "=", "held")
    .execute();
  // Of a dynamic group too its filter says anew who is to leave it.
  const isHere = held.filter(({ target_id: target, kind }) => target === null && kind !== "group");
  const whole = isHere.filter(
    ({ resource_type: type, kind, ...row }) =>
      type === "User" || kind === "tag" || (row.aboutMembers === 1 && isAllOf(row.people, row.removed_count)),
  );
  const stays = new Set(whole.map(({ seq }) => seq));
  const parts = isHere.filter(({ seq, people }) => !stays.has(seq) && Number(people) > 0);
  if (whole.length + parts.length === 0) return false;
  for (const { seq } of parts) {
    const row = await trx.selectFrom("change").selectAll().where("seq", "=", seq).executeTakeFirstOrThrow();
    await setAside(trx, row, sql`member_type = 'User'`, { status: "held", because: row.because });
  }
  const given = held.filter(({ seq }) => !stays.has(seq)).map(({ seq }) => seq);
  if (given.length === 0) return true;
  await trx.updateTable("change").set({ status: "skipped", error }).where(isOneOf("seq", given)).execute();
  await countAnew(trx, taskId);
  return true;
}

function isAllOf(people: number, all: number): boolean {
  return all > 0 && Number(people) === Number(all);
}

/** The numbers of a hold, after some of it was given up. */
async function countAnew(trx: Transaction<Tables>, taskId: string): Promise<void> {
  const task = await trx.selectFrom("sync_task").select("hold").where("id", "=", taskId).executeTakeFirst();
  if (!task?.hold) return;
  const hold = JSON.parse(task.hold) as TaskHold;
  const held = sql`c.task_id = ${taskId} and c.target_id is null and c.status = 'held'`;
  const count = async (which: RawBuilder<unknown>) =>
    countRemovals(
      (
        await sql<{ resource_type: "User" | "Group"; count: number }>`
          select resource_type, count(*) as count from change c where ${held} and ${which} group by resource_type`.execute(
          trx,
        )
      ).rows,
    );
  const members = await sql<{ count: number }>`
    select count(*) as count from change c join change_member on change_member.change_seq = c.seq and op = 'remove'
    where ${held} and not ${isToGo(taskId, "held")}`.execute(trx);
  const counted: TaskHold = {
    ...hold,
    reason: hold.reason.endsWith(lookedAnew) ? hold.reason : `${hold.reason}${lookedAnew}`,
    removals: {
      ...(await count(sql`c.action in ('deactivate', 'delete')`)),
      members: Number(members.rows[0]?.count ?? 0),
    },
    ...(hold.identities && { identities: await count(sql`c.changes_identity = 1`) }),
  };
  await trx
    .updateTable("sync_task")
    .set({ hold: JSON.stringify(counted) })
    .where("id", "=", taskId)
    .execute();
}
