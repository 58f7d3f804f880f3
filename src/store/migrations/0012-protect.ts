import type { Migration } from "./run.ts";

/**
 * What is kept back on purpose: accounts that a safeguard protects, people and targets that an administrator paused. Pushes
 * of one person, and the names of sources that have ended, under which their records are found.
 */
export const protect: Migration = (dialect) => {
  const [text, int, without] =
    dialect === "postgres" ? ['text collate "C"', "bigint", ""] : ["text", "integer", " without rowid"];
  return [
    `create table pause (
      resource_id ${text} not null, target_id ${text} not null, reason ${text}, since ${int} not null, paused_by ${text} not null,
      primary key (resource_id, target_id))${without}`,
    `create table ended_source (
      id ${text} primary key, name ${text} not null, ended_at ${int} not null)`,
    "create index ended_source_name on ended_source (name)",
    `alter table link add column protected_by ${text}`,
    `alter table link add column withheld_action ${text}`,
    `alter table link add column withheld_version ${int}`,
    `alter table target add column paused ${text}`,
    `alter table target add column protection ${text}`,
    `alter table sync_task add column resource_id ${text}`,
    ...(dialect === "sqlite" ? sqliteStatistics : []),
  ];
};

// As in sqlite-statistics.ts.
const sqliteStatistics: readonly string[] = [
  "insert into sqlite_stat1 values ('pause', 'sqlite_autoindex_pause_1', '100 2 1')",
  "analyze sqlite_schema",
];
