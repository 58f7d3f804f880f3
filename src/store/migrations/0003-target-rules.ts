import type { Migration } from "./run.ts";

/** The rules of its own that what a target holds was last brought up to. */
export const targetRules: Migration = (dialect) => [
  `alter table target add column rules_version ${dialect === "postgres" ? 'text collate "C"' : "text"}`,
];
