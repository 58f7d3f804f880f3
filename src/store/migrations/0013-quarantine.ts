import type { Migration } from "./run.ts";

/** Targets that cannot be pushed to for the time being: why, and when they are tried again. */
export const quarantine: Migration = (dialect) => [
  "alter table target add column quarantine text",
  `alter table target add column next_try_at ${dialect === "postgres" ? "bigint" : "integer"}`,
];
