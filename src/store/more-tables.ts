// Tables of what is kept back and of events; see tables.ts.

/** The part of all tables that is described here. */
export interface MoreTables {
  read_part: ReadPartTable;
  pause: PauseTable;
  ended_source: EndedSourceTable;
  target_source: TargetSourceTable;
  webhook: WebhookTable;
  webhook_delivery: WebhookDeliveryTable;
  alert: AlertTable;
  source_mark: SourceMarkTable;
  source_event: SourceEventTable;
  told_rename: ToldRenameTable;
  identity_case: IdentityCaseTable;
  source_consent: SourceConsentTable;
  consent_visit: ConsentVisitTable;
  provider: ProviderTable;
  suite_ticket: SuiteTicketTable;
  auth_code: AuthCodeTable;
  corp_authorization: CorpAuthorizationTable;
}

/** A person of whom an administrator keeps all changes back, at one target or (`target_id` is empty) at all of them. */
export interface PauseTable {
  resource_id: string;
  target_id: string;
  reason: string | null;
  since: number;
  paused_by: string;
}

/** A source for whose people and groups a target has been looked through: a push of all of it came to its end. */
export interface TargetSourceTable {
  target_id: string;
  source_id: string;
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

/** What an event said is to be looked at again. Gone once it was. */
export interface SourceMarkTable {
  source_id: string;
  /** `everything`: an event that does not tell; `all`: whatever was marked, gathered for a whole sync. */
  kind: "user" | "department" | "tag" | "everything" | "all";
  key: string;
  /** 1: an event said that it is no more. */
  gone: number;
  /** Another one with each event about it. */
  stamp: string;
  /** Of the first event. */
  marked_at: number;
}

/** When the last event came by an address of a source. */
export interface SourceEventTable {
  source_id: string;
  door: "contacts" | "app";
  heard_at: number;
}

/** An event said that a person has another key from now on. Gone once that was followed, or found to be of no use. */
export interface ToldRenameTable {
  source_id: string;
  from_key: string;
  to_key: string;
  heard_at: number;
}

/** Whether somebody is the human being that he seems to be: asked, or answered. */
export interface IdentityCaseTable {
  id: string;
  source_id: string;
  kind: "rename" | "exchange" | "return";
  state: "open" | "accepted" | "declined" | "expired" | "withdrawn";
  /** 1: a sync has carried out what was decided. */
  done: number;
  /** Who was here first. */
  resource_id: string;
  /** Of somebody else who is here under `to_key`. */
  other_id: string | null;
  from_key: string;
  to_key: string;
  /** JSON list of what agrees, or differs: names of fields, no values. */
  evidence: string;
  /** 1: an event of the source said so. */
  told: number;
  task_id: string;
  asked_at: number;
  expires_at: number | null;
  decided_at: number | null;
  /** Name of the administrator; null: nobody. */
  decided_by: string | null;
}

/** What somebody has given by consent. Stays, without values, once it is withdrawn: what was made from it is to go. */
export interface SourceConsentTable {
  source_id: string;
  key: string;
  /** As the source spells it. */
  userid: string;
  /** Encrypted JSON: whose it is, and the values; null once it is withdrawn. */
  sealed: string | null;
  /** Names of the fields that are given, joined by commas; and of those that were given and are not any more. */
  given: string;
  withdrawn: string;
  /** Another one with each change of what is given. */
  stamp: string;
  agreed_at: number;
  refreshed_at: number;
  withdrawn_at: number | null;
}

/** A browser on its way to the source's page and back (`visit`), or that came back (`session`). Ids are hashes. */
export interface ConsentVisitTable {
  id_hash: string;
  kind: "visit" | "session";
  source_id: string;
  visitor_hash: string | null;
  intent: string | null;
  key: string | null;
  expires_at: number;
}

/** A service provider, whose apps corps authorise. */
export interface ProviderTable {
  id: string;
  name: string;
  settings: string;
  /** Encrypted JSON: secrets by JSON Pointer. */
  secrets: string;
  created_at: number;
  updated_at: number;
}

/** The newest ticket that was told for a suite or template, which its access token is asked for with. */
export interface SuiteTicketTable {
  provider_id: string;
  suite_id: string;
  /** Encrypted. */
  ticket: string;
  /** By the event that brought it; milliseconds, in whole seconds. */
  told_at: number;
  heard_at: number;
}

/** A code that an event or a redirect brought, to be exchanged once. The row outlives it, so that a replay is known. */
export interface AuthCodeTable {
  /** SHA-256 of the code, base64url. */
  hash: string;
  provider_id: string;
  suite_id: string;
  purpose: "create" | "reset";
  /** What was sent along when it was asked for; null: nothing came back. */
  state: string | null;
  /** Encrypted; null once it was exchanged, or given up. */
  code: string | null;
  told_at: number;
  expires_at: number;
  attempts: number;
  next_try_at: number | null;
  /** What went wrong last, in words. */
  error: string | null;
}

/** A corp's authorisation of one app of a provider, or that it was asked for one. */
export interface CorpAuthorizationTable {
  id: string;
  provider_id: string;
  suite_id: string;
  kind: "customised" | "third-party";
  status: "waiting" | "authorised" | "failed" | "cancelled";
  /** What the answer to this request is known by; null: nobody asked for it. */
  request_state: string | null;
  wanted_corp_id: string | null;
  /** Of the source that is to be made of it. */
  source_name: string | null;
  requested_by: string | null;
  /** Encrypted: whoever has it can authorise. */
  url: string | null;
  expires_at: number | null;
  corp_id: string | null;
  corp_name: string | null;
  agent_id: number | null;
  /** Encrypted; null before and after it is authorised. */
  permanent_code: string | null;
  reason: string | null;
  /** When it was authorised, by the event that said so; 0 before. */
  told_at: number;
  /** When WeCom is to be asked next what it is about. */
  look_at: number | null;
  /** Refusals of WeCom in a row. */
  looks: number;
  created_at: number;
  authorised_at: number | null;
  updated_at: number;
}

/** What a task has read of its source, in case that it is cut off. Gone once the read has come to its end. */
export interface ReadPartTable {
  source_id: string;
  task_id: string;
  /** Of the part: a department's. */
  key: string;
  stamp: string;
  /** JSON lists: of the records of its people, and of fields that nobody had a value of until then. */
  seqs: string;
  unseen: string;
  at: number;
}
