import type { Migration } from "./run.ts";

/**
 * Taking a task back: which task an undo is of, whom it keeps as they are, who was in a group when it was deleted, and what
 * an undo is put together from while it is planned (`undo_unit`, empty otherwise).
 */
export const undo: Migration = (dialect) => {
  const [text, int, without] =
    dialect === "postgres" ? ['text collate "C"', "bigint", ""] : ["text", "integer", " without rowid"];
  return [
    `alter table sync_task add column undoes ${text}`,
    "create index sync_task_undoes on sync_task (undoes) where undoes is not null",
    `alter table change add column lost_count ${int}`,
    `create table lost_member (
      change_seq ${int} not null, member_id ${text} not null, member_type ${text} not null,
      primary key (change_seq, member_id))${without}`,
    `create table kept (
      resource_id ${text} primary key, source_id ${text} not null, task_id ${text} not null, undoes ${text} not null,
      fingerprint ${text}, mapping_version ${text} not null, since ${int} not null, ended ${int} not null)${without}`,
    "create index kept_source on kept (source_id, resource_id)",
    "create index kept_task on kept (task_id, resource_id)",
    `create table undo_unit (
      task_id ${text} not null, resource_type ${text} not null, resource_id ${text} not null, group_id ${text} not null,
      op ${text} not null, primary key (task_id, resource_type, resource_id, group_id, op))${without}`,
    ...(dialect === "sqlite" ? sqliteStatistics : []),
  ];
};

// As in sqlite-statistics.ts.
const sqliteStatistics: readonly string[] = [
  ...Object.entries({
    sync_task: { sync_task_undoes: "10 2" },
    lost_member: { sqlite_autoindex_lost_member_1: "10000 100 1" },
    kept: { sqlite_autoindex_kept_1: "10000 1", kept_source: "10000 5000 1", kept_task: "10000 1000 1" },
    undo_unit: { sqlite_autoindex_undo_unit_1: "100000 100000 50000 3 2 1" },
  }).flatMap(([table, indexes]) =>
    Object.entries(indexes).map(
      ([index, stat]) => `insert into sqlite_stat1 values ('${table}', '${index}', '${stat}')`,
    ),
  ),
  "analyze sqlite_schema",
];
