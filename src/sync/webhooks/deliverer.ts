import type { Log } from "../../lib/log.ts";
import type { DueDelivery, EventStore, WebhookStore } from "../../store/store.ts";
import type { Observer } from "../observer.ts";
import { noteAttempt, type SendWebhook, sendDelivery } from "./deliver.ts";

export interface DelivererParts {
  readonly store: Pick<EventStore, "dueDeliveries" | "claimDelivery"> &
    Pick<WebhookStore, "noteDelivery" | "updateWebhook">;
  readonly sendWebhook: SendWebhook;
  readonly observer: Observer;
  readonly clock: () => number;
  readonly log: Log;
}

/** Brings events to webhooks, beside the syncs. Several processes may do so: each message is claimed before it is sent. */
export interface Deliverer {
  /** Begins to send what is due. */
  look(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Messages under way at once, to all and to each: one that answers slowly must not keep others from theirs. */
const most = 16;
const mostToOne = 4;
/** Longer than an exchange can last. Whoever is stopped in between leaves the message to others after that. */
const claimMs = 60_000;

export function makeDeliverer({ store, sendWebhook, observer, clock, log }: DelivererParts): Deliverer {
  const underWay = new Set<Promise<void>>();
  const toEach = new Map<string, number>();
  const countOf = (webhookId: string): number => toEach.get(webhookId) ?? 0;

  const deliver = async (delivery: DueDelivery, signal: AbortSignal): Promise<void> => {
    const { id, event, attempts, webhook } = delivery;
    const attempt = await sendDelivery(sendWebhook, webhook, delivery, clock(), signal);
    const note = noteAttempt(attempt, attempts, clock(), Math.random());
    await store.noteDelivery(id, note);
    observer.deliveryTried(note.state);
    const told = { webhook: webhook.id, delivery: id, event, attempts: note.attempts, status: note.lastStatus };
    if (note.state === "failed") log.error(told, "a webhook was not delivered, and is given up");
    else if (note.state === "pending") log.warn(told, "a webhook was not delivered; it is tried again");
    if (attempt.outcome !== "gone") return;
    log.error({ webhook: webhook.id }, "a webhook was disabled: its receiver answered 410");
    await store.updateWebhook(webhook.id, { status: "disabled", disabledBecause: "its receiver answered 410 (Gone)" });
  };

  const begin = (delivery: DueDelivery, signal: AbortSignal): void => {
    const { id } = delivery.webhook;
    toEach.set(id, countOf(id) + 1);
    const work = deliver(delivery, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ delivery: delivery.id, err: error }, "a webhook could not be delivered");
      })
      .finally(() => {
        underWay.delete(work);
        if (countOf(id) > 1) toEach.set(id, countOf(id) - 1);
        else toEach.delete(id);
      });
    underWay.add(work);
  };

  return {
    async look(signal) {
      if (underWay.size >= most) return;
      const busy = [...toEach].flatMap(([id, count]) => (count >= mostToOne ? [id] : []));
      for (const delivery of await store.dueDeliveries(clock(), most, busy)) {
        if (signal.aborted || underWay.size >= most) return;
        if (countOf(delivery.webhook.id) >= mostToOne) continue;
        if (await store.claimDelivery(delivery, clock() + claimMs)) begin(delivery, signal);
      }
    },
    async idle() {
      await Promise.all(underWay);
    },
  };
}
