import type { Migration } from "./run.ts";

/** What undos have put back, by source: whoever of it has no record, and is kept by nobody, is looked for at every whole read. */
export const undoneIndex: Migration = (dialect) => [
  "create index resource_undone on resource (source_id, kind, id) where mapping_version = 'undone'",
  ...(dialect === "sqlite" ? sqliteStatistics : []),
];

// As in sqlite-statistics.ts.
const sqliteStatistics: readonly string[] = [
  "insert into sqlite_stat1 values ('resource', 'resource_undone', '1000 500 300 1')",
  "analyze sqlite_schema",
];
