import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import type { EngineTaskStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { deleteHeld } from "./push-holds.ts";

/** Pushes of one target that wait for a person, while others of that target go on. */
export function makeHeldPushes(database: Database): Pick<EngineTaskStore, "keepHeldPush"> {
  const write = leasedWrite(database);
  return {
    keepHeldPush: (lease, targetId, byTaskId) =>
      write(lease, async (trx) => {
        // Whoever cancels one of them comes before or after this.
        const lock = database.dialect === "postgres" ? sql`for share` : sql``;
        const { rows } = await sql<{ id: string }>`
          select id from sync_task
          where source_id is null and target_id = ${targetId} and state = 'held' and id <> ${byTaskId}
          order by id ${lock}`.execute(trx);
        const ours = heldBy(byTaskId, targetId);
        for (const { id } of rows) {
          const theirs = heldBy(id, targetId);
          const compared = await sql<{ same: number }>`
            select case when exists (${ours}) and not exists (${ours} except ${theirs})
              and not exists (${theirs} except ${ours}) then 1 else 0 end as same`.execute(trx);
          if (compared.rows[0]?.same !== 1) continue;
          await deleteHeld(trx, byTaskId, targetId);
          return id;
        }
        return null;
      }),
  };
}

/** All that a person is shown of what a task holds at a target, and so lets through: a row for each member of a group. */
function heldBy(taskId: string, targetId: string): RawBuilder<unknown> {
  return sql`
    select c.resource_id, c.external_id, c.display_name, c.action, c.before, c.after, c.changes_identity,
      m.op, m.member_id
    from change c left join change_member m on m.change_seq = c.seq
    where c.task_id = ${taskId} and c.target_id = ${targetId} and c.status = 'held'`;
}
