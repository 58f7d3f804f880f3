import type { Migration } from "./run.ts";

/** What people have given by consent, encrypted; and their visits to the page where they do. */
export const consents: Migration = (dialect) => {
  const [text, int] = dialect === "postgres" ? ['text collate "C"', "bigint"] : ["text", "integer"];
  return [
    `create table source_consent (
      source_id ${text} not null, key ${text} not null, userid ${text} not null, sealed ${text},
      given ${text} not null, withdrawn ${text} not null, stamp ${text} not null,
      agreed_at ${int} not null, refreshed_at ${int} not null, withdrawn_at ${int}, primary key (source_id, key))`,
    `create table consent_visit (
      id_hash ${text} primary key, kind ${text} not null, source_id ${text} not null, visitor_hash ${text},
      intent ${text}, key ${text}, expires_at ${int} not null)`,
    "create index consent_visit_expires on consent_visit (expires_at)",
  ];
};
