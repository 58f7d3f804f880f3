import type { Migration } from "./run.ts";

/** Which extension attributes a target was last known to know, as a hash: when it learns others, it lacks their values. */
export const targetVocabulary: Migration = (dialect) => [
  `alter table target add column vocabulary ${dialect === "postgres" ? 'text collate "C"' : "text"}`,
];
