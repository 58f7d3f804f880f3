import type { Migration } from "./run.ts";

/** What of a source a task that was cut off had read already. Empty otherwise. */
export const readParts: Migration = (dialect) => {
  const [text, int, without] =
    dialect === "postgres" ? ['text collate "C"', "bigint", ""] : ["text", "integer", " without rowid"];
  return [
    `create table read_part (
      source_id ${text} not null references source (id) on delete cascade, task_id ${text} not null,
      key ${text} not null, stamp ${text} not null, seqs ${text} not null, unseen ${text} not null, at ${int} not null,
      primary key (source_id, task_id, key))${without}`,
    ...(dialect === "sqlite"
      ? ["insert into sqlite_stat1 values ('read_part', 'read_part', '3000 3000 3000 1')", "analyze sqlite_schema"]
      : []),
  ];
};
