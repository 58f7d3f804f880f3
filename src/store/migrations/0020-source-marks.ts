import type { Migration } from "./run.ts";

/** What events say is to be looked at again, and when the last one came by which address of a source. */
export const sourceMarks: Migration = (dialect) => {
  const [text, int] = dialect === "postgres" ? ['text collate "C"', "bigint"] : ["text", "integer"];
  return [
    `create table source_mark (
      source_id ${text} not null, kind ${text} not null, key ${text} not null, gone ${int} not null,
      stamp ${text} not null, marked_at ${int} not null, primary key (source_id, kind, key))`,
    `create table source_event (
      source_id ${text} not null, door ${text} not null, heard_at ${int} not null, primary key (source_id, door))`,
  ];
};
