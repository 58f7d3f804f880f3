import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** Two changes of one target come one after the other. SQLite has one writer anyway. */
export async function lockTarget(
  { dialect }: Pick<Database, "dialect">,
  trx: Transaction<Tables>,
  id: string,
): Promise<void> {
  if (dialect === "postgres") await sql`select 1 from target where id = ${id} for update`.execute(trx);
}
