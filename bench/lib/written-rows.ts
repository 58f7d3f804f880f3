import SqliteDatabase from "better-sqlite3";

/** Counts rows that are written to the bridge's database: by triggers, so that nobody's word has to be taken for it. */
export interface WrittenRows {
  /** Inserts, updates and deletes by table, since the start. Tasks, what they note of their reading, leases, sources and the audit log are not counted. */
  count(): Readonly<Record<string, number>>;
  /** Takes the triggers out again. */
  close(): void;
}

/** What each task writes whatever it does, and each order of an administrator: when a source was last read is in its row. */
const always = new Set(["sync_task", "read_part", "lease", "source", "audit_record"]);

export function countWrittenRows(file: string): WrittenRows {
  const db = new SqliteDatabase(file);
  db.pragma("busy_timeout = 30000");
  const tables = db
    .prepare<[], { name: string }>("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all()
    .map(({ name }) => name)
    .filter((name) => !always.has(name) && !name.startsWith("migration"));
  const triggers = tables.flatMap((name) =>
    ["insert", "update", "delete"].map((verb) => [`bench_${name}_${verb}`, verb, name]),
  );
  db.exec("create table bench_written (name text primary key, rows integer not null)");
  for (const [trigger, verb, name] of triggers) {
    db.exec(`create trigger ${trigger} after ${verb} on "${name}" begin
      insert into bench_written values ('${name}', 1) on conflict do update set rows = rows + 1; end`);
  }
  return {
    count() {
      const rows = db.prepare<[], { name: string; rows: number }>("select name, rows from bench_written").all();
      return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
    },
    close() {
      for (const [trigger] of triggers) db.exec(`drop trigger ${trigger}`);
      db.exec("drop table bench_written");
      db.close();
    },
  };
}
