import type { Migration } from "./run.ts";

/**
 * Records that are looked for across tasks, webhooks with what is to be delivered to them, and what is out of order now.
 *
 * Each index of `change` that is looked through from its end has the number of the record last: a page is where the last
 * one ended, among ten million records too. What most records are (applied, an update) is in no index of its own: going
 * back from the newest finds it at once.
 */
export const records: Migration = (dialect) => {
  const text = dialect === "postgres" ? 'text collate "C"' : "text";
  const int = dialect === "postgres" ? "bigint" : "integer";
  return [
    `alter table change add column source_id ${text}`,
    "update change set source_id = (select r.source_id from resource r where r.id = change.resource_id)",
    "drop index change_resource",
    "create index change_resource on change (resource_id, seq)",
    "drop index change_created",
    "create index change_created on change (created_at, seq)",
    "create index change_external on change (external_id, seq) where external_id is not null",
    "create index change_target on change (target_id, seq)",
    "create index change_source on change (source_id, seq)",
    "create index change_group on change (resource_type, seq) where resource_type = 'Group'",
    "create index change_action on change (action, seq) where action <> 'update'",
    "create index change_status on change (status, seq) where status <> 'applied'",
    "create index sync_task_held on sync_task (id) where state = 'held'",
    "create index sync_task_finished on sync_task (finished_at)",
    "create index removal_at on removal (at)",
    `alter table source add column synced_at ${int}`,
    `create table webhook (
      id ${text} primary key, name ${text} not null unique, url ${text} not null, events ${text} not null,
      status ${text} not null, disabled_because ${text}, secrets ${text} not null,
      created_at ${int} not null, updated_at ${int} not null)`,
    `create table webhook_delivery (
      id ${text} primary key, webhook_id ${text} not null, event ${text} not null, payload ${text} not null,
      state ${text} not null, attempts ${int} not null, next_try_at ${int}, last_status ${int}, last_error ${text},
      created_at ${int} not null, delivered_at ${int})`,
    "create index webhook_delivery_of on webhook_delivery (webhook_id, id)",
    "create index webhook_delivery_due on webhook_delivery (next_try_at) where state = 'pending'",
    "create index webhook_delivery_created on webhook_delivery (created_at)",
    `create table alert (name ${text} primary key, since ${int} not null)`,
    ...(dialect === "sqlite" ? sqliteStatistics : []),
  ];
};

// As in sqlite-statistics.ts. What is looked for by its task has to be found by its task.
const sqliteStatistics: readonly string[] = [
  "delete from sqlite_stat1 where tbl = 'change' and idx in ('change_resource', 'change_created')",
  ...Object.entries({
    change_resource: "200000 3 1",
    change_created: "200000 200 1",
    change_external: "200000 3 1",
    change_target: "200000 70000 1",
    change_source: "200000 70000 1",
    change_group: "20000 20000 1",
    change_action: "100000 50000 1",
    change_status: "20000 10000 1",
  }).map(([index, stat]) => `insert into sqlite_stat1 values ('change', '${index}', '${stat}')`),
  "analyze sqlite_schema",
];
