import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../database.ts";
import type { Tables } from "../tables.ts";
import { tables } from "./0001-tables.ts";
import { schemaVersions } from "./0002-schema-versions.ts";
import { targetRules } from "./0003-target-rules.ts";
import { targetVocabulary } from "./0004-target-vocabulary.ts";
import { recordWarnings } from "./0005-record-warnings.ts";
import { reading } from "./0006-reading.ts";
import { writing } from "./0007-writing.ts";
import { drift } from "./0009-drift.ts";
import { records } from "./0010-records.ts";
import { plans } from "./0011-plans.ts";
import { protect } from "./0012-protect.ts";
import { quarantine } from "./0013-quarantine.ts";
import { undo } from "./0014-undo.ts";
import { administrators } from "./0016-administrators.ts";
import { undoneIndex } from "./0017-undone-index.ts";
import { targetSources } from "./0019-target-sources.ts";
import { sourceMarks } from "./0020-source-marks.ts";
import { valueTriggers } from "./0021-value-triggers.ts";
import { failedLinks } from "./0022-failed-links.ts";
import { consents } from "./0023-consents.ts";
import { readParts } from "./0024-read-parts.ts";
import { taskRequests } from "./0024-task-requests.ts";
import { providers } from "./0025-providers.ts";
import { identity } from "./0027-identity.ts";

/** A step of the schema's history: statements in the dialect's own words. Numbered, only ever added to. */
export type Migration = (dialect: Database["dialect"]) => readonly string[];

const migrations: readonly Migration[] = [
  tables,
  schemaVersions,
  targetRules,
  targetVocabulary,
  recordWarnings,
  reading,
  writing,
  drift,
  records,
  plans,
  protect,
  quarantine,
  undo,
  administrators,
  undoneIndex,
  targetSources,
  sourceMarks,
  valueTriggers,
  failedLinks,
  consents,
  taskRequests,
  readParts,
  providers,
  identity,
];

/** Brings the tables up to date. Two processes may start at once: the second waits, then finds nothing to do. */
export async function migrate({ dialect, db }: Pick<Database, "dialect" | "db">): Promise<void> {
  // SQLite needs a table to take its write lock on, so that one is made outside the transaction.
  if (dialect === "sqlite") await makeVersionTable(db);
  await db.transaction().execute(async (trx) => {
    if (dialect === "sqlite") await sql`delete from schema_version where version < 0`.execute(trx);
    else await lockSchema(trx);
    await makeVersionTable(trx);
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

async function makeVersionTable(db: Kysely<Tables>): Promise<void> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(db);
}

/**
 * A lock of the whole database, let go with the transaction. Before any table is there: `create table if not exists`
 * of two sessions can collide, each time with another error. The number is only ours by agreement ("wecom").
 */
async function lockSchema(trx: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${0x7765636f6d})`.execute(trx);
}
