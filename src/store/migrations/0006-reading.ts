import type { Migration } from "./run.ts";

/**
 * What the SCIM endpoint reads by: lists and orders without a look at the wide rows, mail addresses and phone numbers,
 * and a clock that tells whether the directory is still as it was (docs/decisions/0007-reading-changes.md).
 */
export const reading: Migration = (dialect) => [
  // Pages and counts by id; what is searched for most often lies in the index, which is a tenth of the table.
  `create index resource_list on resource
    (type, id, source_id, deleted_at, active, display_name_folded, user_name_folded)`,
  "drop index resource_type",
  // With the id at the end, so that a page in their order needs no sorting. By `deleted_at` it is also the narrowest
  // index in which everybody whose name holds some characters can be counted.
  "create index resource_by_display_name on resource (type, display_name_folded, id, deleted_at)",
  "drop index resource_display_name",
  "create index resource_by_last_modified on resource (type, last_modified_at, id)",
  "drop index resource_last_modified",
  ...clock(dialect === "postgres" ? "bigint" : "integer"),
  ...(dialect === "sqlite" ? sqlite : postgres),
];

/** One row: `changes` grows with every change of what readers see, `at` is the time that was given out last. */
function clock(int: string): readonly string[] {
  return [
    `create table directory_clock (
      id ${int} primary key check (id = 1), changes ${int} not null, at ${int} not null)`,
    "insert into directory_clock (id, changes, at) select 1, 0, coalesce(max(last_modified_at), 0) from resource",
  ];
}

const tick = "update directory_clock set changes = changes + 1 where id = 1";

/** All but `fingerprint` and `mapping_version`, which nobody sees. */
const visibleColumns =
  "id, source_id, type, version, members_version, external_id, user_name_folded, display_name, display_name_folded, " +
  "active, document, folded, created_at, last_modified_at, deleted_at";

/** The attributes whose elements can be looked up by their value. */
const attributes = ["emails", "phoneNumbers"] as const;

/** Values of a row's elements: the same as `someElement` finds them. */
function valuesOf(row: "new" | "old" | "resource"): string {
  return attributes
    .map(
      (attribute) => `select '${attribute}' as attribute, json_extract(e.value, '$.value') as value, ${row}.id as id
        from ${row === "resource" ? "resource, " : ""}json_each(${row}.folded, '$.${attribute}') as e
        where e.type = 'object' and json_type(e.value, '$.value') = 'text'`,
    )
    .join(" union ");
}

const insertValues = (row: "new" | "resource"): string =>
  `insert into resource_value (attribute, value, resource_id) ${valuesOf(row)}`;
const deleteValues = `delete from resource_value where (attribute, value, resource_id) in (${valuesOf("old")})`;

// SQLite has no index over the elements of an array. Triggers, so that no write can forget it.
const sqlite: readonly string[] = [
  `create table resource_value (
    attribute text not null, value text not null, resource_id text not null,
    primary key (attribute, value, resource_id)) without rowid`,
  insertValues("resource"),
  `create trigger resource_value_insert after insert on resource begin ${insertValues("new")}; end`,
  `create trigger resource_value_update after update of folded on resource when old.folded is not new.folded begin
    ${deleteValues}; ${insertValues("new")}; end`,
  `create trigger resource_value_delete after delete on resource begin ${deleteValues}; end`,
  ...[
    ["resource", "insert", "insert"],
    ["resource", "update", `update of ${visibleColumns}`],
    ["resource", "delete", "delete"],
    ["member", "insert", "insert"],
    ["member", "update", "update"],
    ["member", "delete", "delete"],
  ].map(
    ([table, verb, event]) => `create trigger clock_${table}_${verb} after ${event} on ${table} begin ${tick}; end`,
  ),
  // As in sqlite-statistics.ts.
  ...Object.entries({
    resource_list: "100000 50000 1 1 1 1 1 1 sz=150",
    resource_by_display_name: "100000 50000 3 1 1 sz=70",
    resource_by_last_modified: "100000 50000 250 1",
  }).map(([index, stat]) => `insert into sqlite_stat1 values ('resource', '${index}', '${stat}')`),
  "delete from sqlite_stat1 where idx in ('resource_type', 'resource_display_name', 'resource_last_modified')",
  "insert into sqlite_stat1 values ('resource_value', 'resource_value', '200000 100000 2 1')",
  "analyze sqlite_schema",
];

const postgres: readonly string[] = [
  ...attributes.map(
    (attribute) => `create index resource_${attribute.toLowerCase()} on resource
      using gin (((folded::jsonb) -> '${attribute}') jsonb_path_ops)`,
  ),
  `create function tick_directory_clock() returns trigger language plpgsql as
    $$ begin ${tick}; return null; end $$`,
  // Once a statement: it has ended before its changes can be seen.
  ...[
    ["resource", "change", `insert or delete or update of ${visibleColumns}`],
    ["resource", "truncate", "truncate"],
    ["member", "change", "insert or delete or update or truncate"],
  ].map(
    ([table, name, event]) => `create trigger clock_${table}_${name} after ${event} on ${table}
      for each statement execute function tick_directory_clock()`,
  ),
];
