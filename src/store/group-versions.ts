import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * Notes on groups that their members have changed: readers and targets see it by the versions.
 *
 * @param at the directory's time: the caller has asked `takeDirectoryTime()` for it
 */
export async function bumpGroups(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  ids: readonly string[],
  at: number,
): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .updateTable("resource")
    .set((eb) => ({
      members_version: eb("members_version", "+", 1),
      version: eb("version", "+", 1),
      last_modified_at: at,
    }))
    .where(isOneOf("id", ids))
    .execute();
}

/** Takes resources out of every group that they are in. Answers those groups, which have their new versions then. */
export async function leaveGroups(
  database: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  ids: readonly string[],
  at: number,
): Promise<readonly string[]> {
  const left = await trx.deleteFrom("member").where(database.isOneOf("member_id", ids)).returning("group_id").execute();
  const groups = [...new Set(left.map((row) => row.group_id))];
  await bumpGroups(database, trx, groups, at);
  return groups;
}
