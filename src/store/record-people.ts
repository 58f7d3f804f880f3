import { sql } from "kysely";
import { foldCase } from "../lib/fold.ts";
import type { Database } from "./database.ts";

// Whose records: people and groups are found in the directory first, and their records by their ids. To look for a name
// in ten million records would take minutes.

/** Ids of whoever is called exactly so: by id, userName or externalId. */
export async function findPeople({ db }: Database, person: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from resource where id = ${person}
    union select id from resource where external_id = ${person}
    union select id from resource where user_name_folded = ${foldCase(person)} and deleted_at is null`.execute(db);
  return rows.map((row) => row.id);
}

/**
 * Ids of at most `limit` who have this in their displayName, userName or externalId now, in no order. Each name is looked for in an
 * index that holds nothing else, not among the documents.
 */
export async function findSome({ db, dialect }: Database, q: string, limit: number): Promise<readonly string[]> {
  const has = (column: string, text: string) =>
    dialect === "postgres"
      ? sql<boolean>`position(${text} in ${sql.ref(column)}) > 0`
      : sql<boolean>`instr(${sql.ref(column)}, ${text}) > 0`;
  const folded = foldCase(q);
  const one = (column: string, text: string) =>
    sql`select id from (select id from resource where ${has(column, text)} limit ${limit}) as ${sql.ref(column)}`;
  const { rows } = await sql<{ id: string }>`
    ${one("display_name_folded", folded)} union ${one("user_name_folded", folded)} union ${one("external_id", q)}
    limit ${limit}`.execute(db);
  return rows.map((row) => row.id);
}
