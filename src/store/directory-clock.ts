import type { Kysely, Transaction } from "kysely";
import { constant } from "./constant.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

const taking = {
  sqlite: "update directory_clock set at = max(at + 1, ?) where id = 1 returning at",
  postgres: "update directory_clock set at = greatest(at + 1, $1) where id = 1 returning at",
} as const;

/**
 * The time for `last_modified_at` of everything that a transaction changes in the directory; to be asked for before its
 * first change there. It is later than that of every transaction that was committed before, whatever this machine's
 * clock says. The row stays locked until the end, so that transactions of different sources are committed in the order
 * of their times: who reads what changed since the latest time that he saw misses nothing
 * (docs/decisions/0007-reading-changes.md).
 */
export async function takeDirectoryTime(
  { dialect }: Pick<Database, "dialect">,
  trx: Transaction<Tables>,
  now: number,
): Promise<number> {
  const { rows } = await trx.executeQuery(constant<{ at: number }>(taking[dialect], [now]));
  const [clock] = rows;
  if (clock === undefined) throw new Error("the directory has lost its clock: restore a backup");
  return Number(clock.at);
}

/** The latest time that was given out and committed. */
export async function directoryTime(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom("directory_clock").select("at").where("id", "=", 1).executeTakeFirst();
  return Number(row?.at ?? 0);
}
