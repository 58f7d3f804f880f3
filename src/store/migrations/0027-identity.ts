import type { Migration } from "./run.ts";

/** Who is the same human being under another name: what events told, and what was followed or is asked. */
export const identity: Migration = (dialect) => {
  const [text, int] = dialect === "postgres" ? ['text collate "C"', "bigint"] : ["text", "integer"];
  return [
    `create table told_rename (
      source_id ${text} not null, from_key ${text} not null, to_key ${text} not null, heard_at ${int} not null,
      primary key (source_id, from_key))`,
    `create table identity_case (
      id ${text} primary key, source_id ${text} not null, kind ${text} not null, state ${text} not null,
      done ${int} not null, resource_id ${text} not null, other_id ${text}, from_key ${text} not null, to_key ${text} not null,
      evidence ${text} not null, told ${int} not null, task_id ${text} not null, asked_at ${int} not null,
      expires_at ${int}, decided_at ${int}, decided_by ${text})`,
    `create index identity_case_live on identity_case (source_id, state, done)`,
    // A key that somebody had before, or may have now: looked up with every reference to a person.
    `create index identity_case_from on identity_case (source_id, from_key)`,
    `create index identity_case_to on identity_case (source_id, to_key)`,
  ];
};
