import SqliteConnection from "better-sqlite3";
import { cachedPrepare } from "./prepare.ts";

/** A connection that only reads. */
export interface SqliteReader {
  /** Rows as lists of values. */
  all(text: string, parameters: readonly unknown[]): readonly unknown[];
  /** What is asked from here on sees what is committed by now. */
  refresh(): void;
  close(): void;
}

/**
 * A second connection, opened when it is first needed: on the one that writes, a question between two statements of a
 * transaction would see half of it.
 *
 * What is asked within one turn of the event loop is asked of one snapshot: SQLite takes and gives back its locks with
 * each transaction, which costs two to four times what a look-up itself does. Nobody sees less of it than of a request
 * that came a moment earlier: whoever writes in this process calls `refresh`, and others' writes come from outside.
 */
export function makeReader(file: string, patienceMs: number): SqliteReader {
  let opened: ReturnType<typeof open> | null = null;
  let inSnapshot = false;

  const open = () => {
    const connection = new SqliteConnection(file, { readonly: true });
    connection.pragma(`busy_timeout = ${patienceMs}`);
    // What is searched for walks through whole indexes: 32 MB.
    connection.pragma("cache_size = -32000");
    const prepare = cachedPrepare(connection, { raw: true });
    return { connection, prepare, begin: connection.prepare("begin"), commit: connection.prepare("commit") };
  };
  const refresh = (): void => {
    if (!inSnapshot) return;
    inSnapshot = false;
    opened?.commit.run();
  };

  return {
    all(text, parameters) {
      opened ??= open();
      const statement = opened.prepare(text);
      if (!inSnapshot) {
        opened.begin.run();
        inSnapshot = true;
        setImmediate(refresh);
      }
      return statement.all(parameters);
    },
    refresh,
    close() {
      refresh();
      opened?.connection.close();
      opened = null;
    },
  };
}
