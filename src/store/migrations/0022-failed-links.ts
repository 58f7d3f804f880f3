import type { Migration } from "./run.ts";

/** Whether anything failed at a target is asked before each push, also of one person alone. */
export const failedLinks: Migration = (dialect) => [
  "create index link_failed on link (target_id) where attempts > 0",
  ...(dialect === "sqlite" ? sqliteStatistics : []),
];

// As in sqlite-statistics.ts.
const sqliteStatistics: readonly string[] = [
  "insert into sqlite_stat1 values ('link', 'link_failed', '1000 500')",
  "analyze sqlite_schema",
];
