import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { AppliedState } from "./directory-rows.ts";
import type { DirectoryStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";

/** A change of a resource that a task planned for our own directory and has not applied. */
export interface OpenChange {
  readonly seq: number;
  readonly resourceId: string;
  /** It is to be gone. */
  readonly leaves: boolean;
}

/** Taking back some of what a task has planned, before it is applied. */
export function makeSparePlanned(
  database: Database,
): Pick<DirectoryStore, "openChanges" | "openRemovals" | "skipChanges" | "keepMembers"> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);
  return {
    async openChanges(taskId, { after, limit }) {
      const rows = await db
        .selectFrom("change")
        .select(["seq", "resource_id", "apply"])
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .where("status", "=", sql.lit("planned" as const))
        .where("after", "is not", null)
        .where("seq", ">", after)
        .orderBy("seq")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        ...{ seq: Number(row.seq), resourceId: row.resource_id },
        leaves: (JSON.parse(row.apply ?? "{}") as Partial<AppliedState>).departed === true,
      }));
    },

    async openRemovals(taskId, { after, limit }) {
      const { rows } = await sql<{ member_id: string }>`
        select distinct m.member_id from change c join change_member m on m.change_seq = c.seq and m.op = 'remove'
        where c.task_id = ${taskId} and c.target_id is null and c.members_applied = 0 and c.leavers = 0
          and c.status in ('planned', 'applied') and m.member_id > ${after}
        order by m.member_id limit ${limit}`.execute(db);
      return rows.map((row) => row.member_id);
    },

    skipChanges: (lease, changes) =>
      write(lease, async (trx) => {
        for (const { seq, error } of changes) {
          const row = await trx.selectFrom("change").selectAll().where("seq", "=", seq).executeTakeFirst();
          if (row?.status !== "planned") continue;
          if (row.added_count + row.removed_count > 0) {
            // Who comes to a group and leaves it is another matter than the group itself: that goes on.
            const { seq: _, ...copy } = row;
            const alone = {
              ...copy,
              status: "skipped",
              error,
              members_applied: 1,
              added_count: 0,
              removed_count: 0,
            } as const;
            await trx.insertInto("change").values(alone).execute();
            await trx
              .updateTable("change")
              .set({ action: "update", before: null, after: null, apply: null, changes_identity: 0 })
              .where("seq", "=", seq)
              .execute();
            continue;
          }
          await trx.updateTable("change").set({ status: "skipped", error }).where("seq", "=", seq).execute();
        }
      }),

    keepMembers: (lease, taskId, memberIds) =>
      write(lease, async (trx) => {
        const open = sql<boolean>`task_id = ${taskId} and target_id is null and members_applied = 0 and leavers = 0
          and status in ('planned', 'applied')`;
        await sql`delete from change_member where op = 'remove' and ${isOneOf("member_id", memberIds)}
          and change_seq in (select seq from change where ${open})`.execute(trx);
        await sql`update change set removed_count = (
          select count(*) from change_member m where m.change_seq = change.seq and m.op = 'remove')
          where ${open} and removed_count > 0`.execute(trx);
        // They are looked at again each time: they have to leave once they are not protected any more.
        await trx
          .deleteFrom("task_mark")
          .where("task_id", "=", taskId)
          .where(isOneOf("resource_id", memberIds))
          .execute();
        await trx.updateTable("resource").set({ fingerprint: null }).where(isOneOf("id", memberIds)).execute();
      }),
  };
}
