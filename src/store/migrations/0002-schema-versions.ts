import type { Migration } from "./run.ts";

/**
 * Versions of the files that people edit, and what the records of a task say of them: which version mapped, which
 * changes touch how a resource is known (userName, externalId, active), which fields the credential was not shown.
 */
export const schemaVersions: Migration = (dialect) => {
  const text = dialect === "postgres" ? 'text collate "C"' : "text";
  const int = dialect === "postgres" ? "bigint" : "integer";
  return [
    `create table file_version (
      kind ${text} not null, name ${text} not null, version ${int} not null, state ${text} not null,
      origin ${text} not null, text ${text} not null, hash ${text} not null, extensions ${text} not null,
      created_at ${int} not null, activated_at ${int}, primary key (kind, name, version))`,
    // One version of a file is in force at a time, also between two processes.
    `create unique index file_version_active on file_version (kind, name) where state = 'active'`,
    `alter table sync_task add column mapping ${text}`,
    `alter table change add column changes_identity ${int} not null default 0`,
    `alter table source add column unseen_fields ${text}`,
  ];
};
