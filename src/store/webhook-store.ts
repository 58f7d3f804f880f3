import type { JsonObject } from "../lib/json.ts";
import type { Page } from "./task-store.ts";

// What others want to hear of, and what is on its way to them.

/** What webhooks can be told of. */
export const eventTypes = [
  "task.finished",
  "task.held",
  "target.quarantined",
  "target.recovered",
  "source.stale",
  "source.recovered",
] as const;

export type EventType = (typeof eventTypes)[number];

/** What happened. No personal data: ids, counts, names of sources and targets, links. */
export interface RaisedEvent {
  readonly type: EventType;
  readonly data: JsonObject;
}

export interface WebhookRow {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly events: readonly EventType[];
  readonly status: "enabled" | "disabled";
  /** Why the bridge itself disabled it. */
  readonly disabledBecause: string | null;
  readonly secrets: WebhookSecrets;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `whsec_…`, each. After a rotation both sign until `previousUntil`. */
export interface WebhookSecrets {
  readonly current: string;
  readonly previous?: string;
  readonly previousUntil?: number;
}

export type NewWebhook = Pick<WebhookRow, "name" | "url" | "events" | "status" | "secrets">;

export type DeliveryState = "pending" | "delivered" | "failed";

/** One event on its way to one webhook. */
export interface DeliveryRow {
  /** The same in each attempt: who gets it twice knows it again. */
  readonly id: string;
  readonly event: EventType | "webhook.test";
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextTryAt: number | null;
  /** HTTP status of the last answer; null: there was none. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
}

export interface DueDelivery extends Pick<DeliveryRow, "id" | "event" | "attempts" | "createdAt"> {
  readonly payload: string;
  readonly nextTryAt: number;
  readonly webhook: WebhookRow;
}

/** What came of an attempt. */
export type DeliveryNote = Pick<DeliveryRow, "state" | "attempts" | "nextTryAt" | "lastStatus" | "lastError">;

export interface WebhookStore {
  /** Throws {@link NameTakenError}. */
  createWebhook(webhook: NewWebhook): Promise<WebhookRow>;
  listWebhooks(): Promise<readonly WebhookRow[]>;
  /** By id or by name. */
  findWebhook(idOrName: string): Promise<WebhookRow | null>;
  /** What waits for one that is disabled is given up. Throws {@link NameTakenError}. */
  updateWebhook(
    id: string,
    change: Partial<NewWebhook> & { readonly disabledBecause?: string | null },
  ): Promise<WebhookRow>;
  deleteWebhook(id: string): Promise<void>;
  /** Newest first. */
  listDeliveries(
    webhookId: string,
    query: { readonly state?: DeliveryState; readonly cursor?: string; readonly limit: number },
  ): Promise<Page<DeliveryRow>>;
  /** A delivery that nobody but the caller sends. Answers its id and its payload. */
  addTestDelivery(webhookId: string): Promise<{ readonly id: string; readonly payload: string }>;
  noteDelivery(id: string, note: DeliveryNote): Promise<void>;
  readDelivery(id: string): Promise<DeliveryRow | null>;
}

/** Raising events, and bringing them to webhooks. */
export interface EventStore {
  /** Writes them down for every webhook that wants them. */
  raiseEvents(events: readonly RaisedEvent[]): Promise<void>;
  /** What is out of order now, by name (`source.stale:{id}`), and since when. */
  openAlerts(): Promise<ReadonlyMap<string, number>>;
  /** Notes that something is out of order, with the event that says so. False when that was known. */
  openAlert(name: string, event: RaisedEvent): Promise<boolean>;
  /** Notes that it is in order again. Without an event nobody hears of it. False when it was in order. */
  closeAlert(name: string, event: RaisedEvent | null): Promise<boolean>;
  /** What is to be sent to enabled webhooks now, longest due first; not to these, which have enough to do. */
  dueDeliveries(now: number, limit: number, notTo: readonly string[]): Promise<readonly DueDelivery[]>;
  /** Moves it on, so that nobody else sends it meanwhile. False when somebody was faster. */
  claimDelivery(delivery: Pick<DueDelivery, "id" | "nextTryAt">, until: number): Promise<boolean>;
  /** How many are pending. */
  countPendingDeliveries(): Promise<number>;
}
