import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { PushStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** What waits at a target for a person, and what somebody let through. */
export function makePushHolds(database: Database): Pick<PushStore, "forgetHeld" | "approvedRenames"> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);
  return {
    forgetHeld: (lease, taskId, targetId) => write(lease, (trx) => deleteHeld(trx, taskId, targetId)),

    async approvedRenames(targetId, resourceIds) {
      const rows = await db
        .selectFrom("change")
        .select(["resource_id", "after"])
        .where(isOneOf("resource_id", resourceIds))
        .where("target_id", "=", targetId)
        // A literal where the index of what was let through has it: SQLite does not look into parameters.
        .where("status", "=", sql.lit("planned" as const))
        .where("approved", "=", 1)
        .where("changes_identity", "=", 1)
        .execute();
      const approved = new Map<string, string[]>();
      for (const { resource_id, after } of rows) {
        if (after !== null) approved.set(resource_id, [...(approved.get(resource_id) ?? []), after]);
      }
      return approved;
    },
  };
}

/** Deletes the records of what a task holds at a target. */
export async function deleteHeld(trx: Transaction<Tables>, taskId: string, targetId: string): Promise<void> {
  const held = trx
    .selectFrom("change")
    .select("seq")
    .where("task_id", "=", taskId)
    .where("target_id", "=", targetId)
    .where("status", "=", "held");
  await trx.deleteFrom("change_member").where("change_seq", "in", held).execute();
  await trx.deleteFrom("change").where("seq", "in", held).execute();
}
