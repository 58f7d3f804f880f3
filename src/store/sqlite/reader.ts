import SqliteConnection from "better-sqlite3";
import { cachedPrepare, type Prepare } from "./prepare.ts";

/** A connection that only reads. */
export interface SqliteReader {
  readonly prepare: Prepare;
  close(): void;
}

/**
 * A second connection, opened when it is first needed: on the one that writes, a question between two statements of a
 * transaction would see half of it.
 */
export function makeReader(file: string, patienceMs: number): SqliteReader {
  let opened: { readonly connection: SqliteConnection.Database; readonly prepare: Prepare } | null = null;
  const open = (): NonNullable<typeof opened> => {
    const connection = new SqliteConnection(file, { readonly: true });
    connection.pragma(`busy_timeout = ${patienceMs}`);
    connection.pragma("cache_size = -32000");
    opened = { connection, prepare: cachedPrepare(connection) };
    return opened;
  };
  const prepare = (text: string): SqliteConnection.Statement => (opened ?? open()).prepare(text);
  return {
    prepare: prepare as Prepare,
    close: () => opened?.connection.close(),
  };
}
