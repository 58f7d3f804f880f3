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
