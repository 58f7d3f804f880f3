import type { Migration } from "./run.ts";

/** How many requests a task made to its source, and what it waited for: JSON. */
export const taskRequests: Migration = (dialect) => [
  `alter table sync_task add column requests ${dialect === "postgres" ? 'text collate "C"' : "text"}`,
];
