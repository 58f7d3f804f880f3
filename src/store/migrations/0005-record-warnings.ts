import type { Migration } from "./run.ts";

/** Attributes that were left out of a record's resource, because their value does not fit. */
export const recordWarnings: Migration = (dialect) => [
  `alter table change add column warnings ${dialect === "postgres" ? 'text collate "C"' : "text"}`,
];
