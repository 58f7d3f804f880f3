import type { Migration } from "./run.ts";

/** For which sources a target has been looked through, for what it holds of them already; and what the end of a source waits for. */
export const targetSources: Migration = (dialect) => {
  const text = dialect === "postgres" ? 'text collate "C"' : "text";
  return [
    `create table target_source (
      target_id ${text} not null, source_id ${text} not null, primary key (target_id, source_id))`,
    `insert into target_source (target_id, source_id)
      select distinct l.target_id, r.source_id from link l join resource r on r.id = l.resource_id`,
    `alter table source add column waits_for ${text}`,
  ];
};
