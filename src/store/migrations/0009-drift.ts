import type { Migration } from "./run.ts";

/**
 * Reading a target back: what was seen there, what a task found, why a target asks for it before the next push, and which
 * account a record is about.
 */
export const drift: Migration = (dialect) => {
  const [text, int, without] =
    dialect === "postgres" ? ['text collate "C"', "bigint", ""] : ["text", "integer", " without rowid"];
  return [
    `create table remote_seen (
      target_id ${text} not null, resource_type ${text} not null, remote_id ${text} not null, task_id ${text} not null,
      state ${text} not null, external_id ${text}, claimed_by ${text},
      primary key (target_id, resource_type, remote_id))${without}`,
    `alter table sync_task add column repair ${int} not null default 0`,
    `alter table sync_task add column drift ${text}`,
    `alter table sync_task add column matching ${text}`,
    `alter table target add column verify_first ${text}`,
    `alter table target add column verify_started_at ${int}`,
    `alter table change add column remote_id ${text}`,
    ...(dialect === "sqlite" ? sqliteStatistics : []),
  ];
};

// As in sqlite-statistics.ts.
const sqliteStatistics: readonly string[] = [
  "insert into sqlite_stat1 values ('remote_seen', 'sqlite_autoindex_remote_seen_1', '100000 100000 50000 1')",
  "analyze sqlite_schema",
];
