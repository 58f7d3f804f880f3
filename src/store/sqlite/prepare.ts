import type SqliteConnection from "better-sqlite3";

/** Makes statements of texts. */
export type Prepare = SqliteConnection.Database["prepare"];

/**
 * Preparing costs more than most of our statements: keep the last few hundred by their text.
 *
 * @param raw whether rows are lists of values; for statements that read
 */
export function cachedPrepare(connection: SqliteConnection.Database, { raw = false } = {}): Prepare {
  const statements = new Map<string, SqliteConnection.Statement>();
  const prepare = (text: string): SqliteConnection.Statement => {
    const known = statements.get(text);
    if (known) return known;
    const statement = raw ? connection.prepare(text).raw() : connection.prepare(text);
    if (statements.size >= 300) {
      const oldest = statements.keys().next().value;
      if (oldest !== undefined) statements.delete(oldest);
    }
    statements.set(text, statement);
    return statement;
  };
  return prepare as Prepare;
}
