import { sql, type Transaction } from "kysely";
import type { Database } from "../database.ts";
import type { Tables } from "../tables.ts";
import { tables } from "./0001-tables.ts";

/** A step of the schema's history: statements in the dialect's own words. Numbered, only ever added to. */
export type Migration = (dialect: Database["dialect"]) => readonly string[];

const migrations: readonly Migration[] = [tables];

/** Brings the tables up to date. Two processes may start at once: the second waits, then finds nothing to do. */
export async function migrate({ dialect, db }: Pick<Database, "dialect" | "db">): Promise<void> {
  // Outside the transaction: SQLite needs a table to take its write lock on.
  await ifAnotherDidIt(() => sql`create table if not exists schema_version (version integer not null)`.execute(db));
  await db.transaction().execute(async (trx) => {
    await lockSchema(dialect, trx);
    const found = await sql<{ version: number }>`select max(version) as version from schema_version`.execute(trx);
    const current = Number(found.rows[0]?.version ?? 0);
    if (current > migrations.length) {
      throw new Error(
        `the database is of schema version ${current}, this program knows ${migrations.length}: run the newer version, or restore a backup`,
      );
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < current) continue;
      for (const statement of migration(dialect)) await sql.raw(statement).execute(trx);
      await sql`insert into schema_version (version) values (${index + 1})`.execute(trx);
    }
  });
}

async function lockSchema(dialect: Database["dialect"], trx: Transaction<Tables>): Promise<void> {
  if (dialect === "postgres") await sql`lock table schema_version in exclusive mode`.execute(trx);
  else await sql`delete from schema_version where version < 0`.execute(trx);
}

/** PostgreSQL's `create table if not exists` can still collide with another session's; the table is there then. */
async function ifAnotherDidIt(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "23505" && code !== "42P07") throw error;
  }
}
