import { Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from "kysely";
import pg from "pg";
import { type Database, integerColumns, type Upsert } from "../database.ts";
import { migrate } from "../migrations/run.ts";
import type { Tables } from "../tables.ts";

/** Opens (and upgrades) a PostgreSQL database. @param url `postgres://…` */
export async function openPostgres(url: string, { poolSize = 10 }: { poolSize?: number } = {}): Promise<Database> {
  const types = new pg.TypeOverrides();
  // bigint (our times and counts, all below 2^53) comes as text by default.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString: url, max: poolSize, types });
  // A connection that breaks while idle must not end the process; the next query opens another.
  pool.on("error", () => {});
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const database: Database = {
    dialect: "postgres",
    db,
    write: (work) => db.transaction().execute(work),
    async upsert(trx, upsert) {
      if (upsert.rows.length > 0) await insertArrays(trx, upsert);
    },
    isOneOf(column, values): RawBuilder<boolean> {
      const type = typeof values[0] === "number" ? sql`bigint[]` : sql`text[]`;
      return sql`${sql.ref(column)} = any(${values}::${type})`;
    },
    close: () => db.destroy(),
  };
  await migrate(database);
  return database;
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
