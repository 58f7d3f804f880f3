import { Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from "kysely";
import { type Database, errorCode, integerColumns, type Upsert } from "../database.ts";
import { migrate } from "../migrations/run.ts";
import type { Tables } from "../tables.ts";
import { openPool } from "./pool.ts";

/** Opens (and upgrades) a PostgreSQL database. @param url `postgres://…` */
export async function openPostgres(url: string, { poolSize = 10 }: { poolSize?: number } = {}): Promise<Database> {
  const { pool, read } = openPool(url, poolSize);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const write: Database["write"] = (work) => untilNoDeadlock(() => db.transaction().execute(work));
  const database: Database = {
    ...{ dialect: "postgres", db, write },
    // Its commits wait side by side.
    writeSmall: write,
    async upsert(trx, upsert) {
      if (upsert.rows.length > 0) await insertArrays(trx, upsert);
    },
    isOneOf(column, values): RawBuilder<boolean> {
      // Of an empty list nobody knows the type.
      if (values.length === 0) return sql`false`;
      const type = typeof values[0] === "number" ? sql`bigint[]` : sql`text[]`;
      return sql`${sql.ref(column)} = any(${values}::${type})`;
    },
    read,
    isTaken: (error) => errorCode(error) === "23505",
    close: () => db.destroy(),
  };
  try {
    await migrate(database);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return database;
}

/**
 * Two writers that lock the same rows in another order: PostgreSQL ends one of them (40P01), which has then written
 * nothing and can simply do it again.
 */
async function untilNoDeadlock<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (attempt === 5 || errorCode(error) !== "40P01") throw error;
    }
  }
}

/** One statement for all rows: each column travels as one array. */
async function insertArrays(trx: Transaction<Tables>, { table, rows, conflict, update = [] }: Upsert): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const arrays = sql.join(
    columns.map((column) => {
      const values = rows.map((row) => row[column] ?? null);
      return integerColumns.has(column) ? sql`${values}::bigint[]` : sql`${values}::text[]`;
    }),
  );
  const onConflict = !conflict
    ? sql``
    : update.length === 0
      ? sql`on conflict (${sql.join(conflict.map((column) => sql.ref(column)))}) do nothing`
      : sql`on conflict (${sql.join(conflict.map((column) => sql.ref(column)))}) do update set ${sql.join(
          update.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`),
        )}`;
  await sql`insert into ${sql.table(table)} (${names}) select * from unnest(${arrays}) ${onConflict}`.execute(trx);
}
