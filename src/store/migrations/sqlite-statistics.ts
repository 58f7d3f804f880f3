/**
 * What SQLite's planner should know of the tables while they are still empty: for each index its rows, and how many of
 * them share the first column, the first two, and so on (https://sqlite.org/fileformat2.html, "The sqlite_stat1
 * table"). Without it a source or a type counts as rare, and all of its rows are walked through to find one; with what
 * ANALYZE finds, plans would depend on when it was run. The numbers are those of a corp of 100,000, rounded.
 */
export const sqliteStatistics: readonly string[] = [
  // Makes the table of statistics; there is nothing to be found yet.
  "analyze",
  "delete from sqlite_stat1",
  ...Object.entries({
    source_record: {
      sqlite_autoindex_source_record_1: "100000 50000 33000 1",
      source_record_page: "100000 50000 33000 1 1 1 1",
    },
    resource: {
      sqlite_autoindex_resource_1: "100000 1",
      sqlite_autoindex_resource_2: "100000 50000 33000 1",
      resource_user_name: "100000 1",
      resource_external_id: "100000 2",
      resource_display_name: "100000 3",
      resource_type: "100000 50000 1 1 1",
      resource_source: "100000 50000 40000",
      resource_manager: "80000 10",
      resource_manager_wanted: "1000 500 10",
      resource_last_modified: "100000 500",
      resource_departed: "1000 10",
    },
    member: { sqlite_autoindex_member_1: "120000 35 1", member_of: "120000 2" },
    link: { sqlite_autoindex_link_1: "100000 50000 1", link_resource: "100000 2", link_remote: "100000 50000 1" },
    link_member: { sqlite_autoindex_link_member_1: "120000 60000 35 1", link_member_of: "120000 60000 2" },
    change: {
      change_task: "200000 5000 1",
      change_planned: "20000 5000 1",
      change_members_open: "1000 500 1",
      change_released: "20 10",
      change_resource: "200000 3 2",
      change_created: "200000 200",
    },
    change_member: { sqlite_autoindex_change_member_1: "200000 35 30 1" },
  }).flatMap(([table, indexes]) =>
    Object.entries(indexes).map(
      ([index, stat]) => `insert into sqlite_stat1 values ('${table}', '${index}', '${stat}')`,
    ),
  ),
  // Takes them into use in this connection; others read them when they open the file.
  "analyze sqlite_schema",
];
