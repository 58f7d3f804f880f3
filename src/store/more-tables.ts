import type { Generated } from "kysely";

// Tables of what is kept back, of events and of administrators; see tables.ts.

/** A person of whom an administrator keeps all changes back, at one target or (`target_id` is empty) at all of them. */
export interface PauseTable {
  resource_id: string;
  target_id: string;
  reason: string | null;
  since: number;
  paused_by: string;
}

/** A source that has ended, or is about to: under its former name its tasks and records are found. */
export interface EndedSourceTable {
  id: string;
  name: string;
  ended_at: number;
}

/** Where somebody wants to hear of events. */
export interface WebhookTable {
  id: string;
  name: string;
  url: string;
  /** JSON list of event types. */
  events: string;
  status: "enabled" | "disabled";
  /** Why the bridge itself disabled it; null when an administrator did. */
  disabled_because: string | null;
  /** Encrypted JSON: `current`, and after a rotation `previous` with `until` when it signs too. */
  secrets: string;
  created_at: number;
  updated_at: number;
}

/** One event on its way to one webhook: written with what it tells of, and kept as a record afterwards. */
export interface WebhookDeliveryTable {
  /** `webhook-id` of the specification: the same in each attempt. */
  id: string;
  webhook_id: string;
  event: string;
  payload: string;
  state: "pending" | "delivered" | "failed";
  attempts: number;
  /** While it is pending. Whoever sends it moves this on first: so it is claimed. */
  next_try_at: number | null;
  /** HTTP status of the last answer. */
  last_status: number | null;
  last_error: string | null;
  created_at: number;
  delivered_at: number | null;
}

/** What is out of order now, so that it is told once, and told when it is over: `source.stale:{id}`. */
export interface AlertTable {
  name: string;
  since: number;
}

/** Somebody who may use the management API, beside the administrator of the environment's token. */
export interface AdministratorTable {
  id: string;
  /** As it was given, and never another: records name people by it. */
  name: string;
  name_folded: string;
  role: "administrator" | "auditor";
  token_hash: string;
  /** A password's hash with what it was made with (lib/password.ts); null: only the token lets in. */
  password: string | null;
  disabled: number;
  /** Grows with each new token or password, and when it is disabled: sessions are of one number. */
  credentials: number;
  created_at: number;
  last_seen_at: number | null;
}

/** A browser that somebody signed in with. */
export interface AdminSessionTable {
  id_hash: string;
  /** Null: the administrator of the environment's token. */
  administrator_id: string | null;
  /** `administrator.credentials` that it was made with. */
  credentials: number;
  created_at: number;
  expires_at: number;
}

/** What somebody did with the management API. */
export interface AuditRecordTable {
  seq: Generated<number>;
  at: number;
  /** His name; null for somebody whom nobody knows. */
  administrator: string | null;
  role: "administrator" | "auditor" | null;
  /** Method and route. */
  action: string;
  subject_kind: string | null;
  subject_id: string | null;
  subject_name: string | null;
  /** HTTP status of the answer; null while there is none. */
  status: number | null;
  /** JSON list of pointers: which fields the body had, never what was in them. */
  fields: string;
  address: string | null;
}
