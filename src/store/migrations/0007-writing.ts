import type { Migration } from "./run.ts";

/**
 * What SCIM clients and administrators write: user groups and their rules, what of it the targets have not heard of
 * yet, and how often a client may ask.
 */
export const writing: Migration = (dialect) => {
  const int = dialect === "postgres" ? "bigint" : "integer";
  return [
    "alter table resource add column rule text",
    "create index resource_rule on resource (id) where rule is not null",
    // The last word on uniqueness of a user group's name, also between two processes.
    `create unique index resource_group_name on resource (display_name_folded)
      where kind = 'group' and deleted_at is null`,
    `create table directory_change (source_id text primary key, at ${int} not null)`,
    `alter table target add column pushed_change ${int} not null default 0`,
    `alter table scim_client add column requests_per_second ${int} not null default 0`,
    ...(dialect === "sqlite" ? sqliteStatistics : []),
  ];
};

// As in sqlite-statistics.ts.
const sqliteStatistics: readonly string[] = [
  "insert into sqlite_stat1 values ('resource', 'resource_rule', '20 1')",
  "insert into sqlite_stat1 values ('resource', 'resource_group_name', '500 1')",
  "analyze sqlite_schema",
];
