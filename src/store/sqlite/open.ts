import SqliteConnection from "better-sqlite3";
import { Kysely, type RawBuilder, SqliteDialect, sql, type Transaction } from "kysely";
import { wait } from "../../lib/wait.ts";
import { constant } from "../constant.ts";
import { type Database, errorCode, type Row, type Upsert } from "../database.ts";
import { migrate } from "../migrations/run.ts";
import type { Tables } from "../tables.ts";
import { type Checkpoints, keepLogShort } from "./checkpoints.ts";
import { cachedPrepare, type Prepare } from "./prepare.ts";
import { makeReader } from "./reader.ts";
import { shareCommits } from "./share-commits.ts";

/**
 * Opens (and creates or upgrades) an SQLite file.
 *
 * @param file a path, `:memory:`, or an empty text for a file without a name, which goes when it is closed
 */
export async function openSqlite(
  file: string,
  { checkpoints = "here" }: { readonly checkpoints?: Checkpoints } = {},
): Promise<Database> {
  const connection = new SqliteConnection(file);
  // The busy timeout first: the change to WAL itself may meet a lock of another process.
  connection.pragma(`busy_timeout = ${patienceMs}`);
  await switchToWal(connection);
  connection.pragma("synchronous = NORMAL");
  connection.pragma("foreign_keys = ON");
  // A server has two of these, and the system keeps the file besides: 8 MB.
  connection.pragma("cache_size = -8000");
  const leaveLog = keepLogShort(connection, checkpoints);
  connection.pragma("temp_store = MEMORY");
  const prepareCached = cachedPrepare(connection);
  const prepareRaw = cachedPrepare(connection, { raw: true });
  // A database in memory is its connection's own, and so is a file without a name.
  const reader = file === ":memory:" || file === "" ? null : makeReader(file, patienceMs);
  // Whatever this connection does may be a write, of which the reader is to know.
  const prepare = ((text: string) => {
    reader?.refresh();
    return prepareCached(text);
  }) as Prepare;
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: { prepare, close: () => connection.close() } }),
  });
  const write = async <T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> => {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const done = await db.transaction().execute(async (trx) => {
        // SQLite would wait for a lock inside its call, and this thread with it: whoever asks something would wait too.
        connection.pragma("busy_timeout = 0");
        try {
          await takeWriteLock(trx);
        } catch (error) {
          if (errorCode(error) !== "SQLITE_BUSY" || Date.now() > deadline) throw error;
          return null;
        } finally {
          connection.pragma(`busy_timeout = ${patienceMs}`);
        }
        return { value: await work(trx) };
      });
      if (done !== null) return done.value;
      await wait(1 + 4 * Math.random());
    }
  };
  const database: Database = {
    dialect: "sqlite",
    db,
    write,
    writeSmall: shareCommits(write),
    // better-sqlite3 has one connection and `trx` holds it: a prepared statement in a loop runs inside the transaction.
    async upsert(_trx, upsert) {
      if (upsert.rows.length > 0) runForEach(prepare, upsert);
    },
    isOneOf: (column, values): RawBuilder<boolean> =>
      sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
    read: async <R extends readonly unknown[]>(text: string, parameters: readonly unknown[]) =>
      (reader === null
        ? prepareRaw(text).all(parameters)
        : reader.all(text, parameters)) as readonly unknown[] as readonly R[],
    isTaken: (error) => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(errorCode(error) ?? ""),
    async close() {
      leaveLog();
      reader?.close();
      await db.destroy();
    },
  };
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** How long a lock of another process is waited for, in milliseconds. */
const patienceMs = 30_000;

/**
 * Of two processes that change a new file to WAL at the same moment one may get SQLITE_BUSY at once, without the busy
 * timeout: SQLite asks no busy handler where waiting could be a deadlock.
 */
async function switchToWal(connection: SqliteConnection.Database): Promise<void> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    try {
      connection.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (errorCode(error) !== "SQLITE_BUSY" || Date.now() > deadline) throw error;
      await wait(20 * Math.random());
    }
  }
}

const touchLeases = constant("delete from lease where name is null");

/**
 * Kysely begins transactions as deferred. One that reads first and then writes fails at once when another process
 * wrote in between (SQLITE_BUSY_SNAPSHOT, which no busy timeout helps), so the first statement is a write that
 * changes nothing: it waits for the lock.
 */
async function takeWriteLock(trx: Transaction<Tables>): Promise<void> {
  await trx.executeQuery(touchLeases);
}

function runForEach(prepare: Prepare, { table, rows, conflict, update }: Upsert): void {
  const columns = Object.keys(rows[0] ?? {});
  const text =
    `insert into ${quote(table)} (${columns.map(quote).join(", ")}) values (${columns.map(() => "?").join(", ")})` +
    onConflict(conflict, update);
  const statement = prepare(text);
  for (const row of rows) statement.run(columns.map((column) => row[column] ?? null));
}

function onConflict(conflict: readonly string[] | undefined, update: readonly string[] = []): string {
  if (!conflict) return "";
  const target = ` on conflict (${conflict.map(quote).join(", ")}) `;
  if (update.length === 0) return `${target}do nothing`;
  return `${target}do update set ${update.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(", ")}`;
}

function quote(name: string): string {
  return `"${name}"`;
}

export type { Row };
