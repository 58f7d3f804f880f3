import type { Migration } from "./run.ts";

/** Service providers whose apps corps authorise by QR code, and what their corps authorised. */
export const providers: Migration = (dialect) => {
  const [text, int] = dialect === "postgres" ? ['text collate "C"', "bigint"] : ["text", "integer"];
  return [
    `create table provider (
      id ${text} not null primary key, name ${text} not null unique, settings ${text} not null, secrets ${text} not null,
      created_at ${int} not null, updated_at ${int} not null)`,
    `create table suite_ticket (
      provider_id ${text} not null, suite_id ${text} not null, ticket ${text} not null, told_at ${int} not null,
      heard_at ${int} not null, primary key (provider_id, suite_id))`,
    `create table auth_code (
      hash ${text} not null primary key, provider_id ${text} not null, suite_id ${text} not null, purpose ${text} not null,
      state ${text}, code ${text}, told_at ${int} not null, expires_at ${int} not null, attempts ${int} not null,
      next_try_at ${int}, error ${text})`,
    `create index auth_code_due on auth_code (next_try_at) where next_try_at is not null`,
    `create table corp_authorization (
      id ${text} not null primary key, provider_id ${text} not null, suite_id ${text} not null, kind ${text} not null,
      status ${text} not null, request_state ${text} unique, wanted_corp_id ${text}, source_name ${text},
      requested_by ${text}, url ${text}, expires_at ${int}, corp_id ${text}, corp_name ${text}, agent_id ${int},
      permanent_code ${text}, reason ${text}, told_at ${int} not null, look_at ${int}, looks ${int} not null,
      created_at ${int} not null, authorised_at ${int}, updated_at ${int} not null)`,
    `create index corp_authorization_corp on corp_authorization (provider_id, suite_id, corp_id)`,
    `create index corp_authorization_due on corp_authorization (look_at) where look_at is not null`,
  ];
};
