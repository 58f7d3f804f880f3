import type { DeliveryNote, WebhookRow } from "../../store/store.ts";
import { signHeaders } from "./sign.ts";

/** What a receiver answered. */
export interface WebhookAnswer {
  readonly status: number;
  /** So long it asks to be left alone, in milliseconds; null: it did not say. */
  readonly retryAfterMs: number | null;
}

/**
 * Sends a POST and answers how it was taken; the body of the answer is of no interest. Redirects are answers. Rejects with an error
 * whose message can be shown, or with the signal's reason.
 */
export type SendWebhook = (
  request: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
) => Promise<WebhookAnswer>;

/** What came of one attempt. `gone`: the receiver wants no more of it, ever (410). */
export interface Attempt {
  readonly outcome: "delivered" | "refused" | "gone";
  readonly status: number | null;
  readonly error: string | null;
  /** As in {@link WebhookAnswer}, where it was refused. */
  readonly retryAfterMs?: number | null;
}

/** Sends one message to one webhook, once. Rejects only with the signal's reason. */
export async function sendDelivery(
  send: SendWebhook,
  { url, secrets }: Pick<WebhookRow, "url" | "secrets">,
  { id, payload }: { readonly id: string; readonly payload: string },
  now: number,
  signal: AbortSignal,
): Promise<Attempt> {
  const headers = { "content-type": "application/json", ...signHeaders(id, payload, secrets, now) };
  try {
    const { status, retryAfterMs } = await send({ url, headers, body: payload }, signal);
    if (status >= 200 && status < 300) return { outcome: "delivered", status, error: null };
    if (status === 410) return { outcome: "gone", status, error: "it answered 410: it wants no more messages" };
    const redirect = status >= 300 && status < 400 ? "; redirects are not followed: give it the new address" : "";
    return { outcome: "refused", status, error: `it answered ${status}${redirect}`, retryAfterMs };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: "refused", status: null, error: error instanceof Error ? error.message : "unknown" };
  }
}

const minuteMs = 60_000;
/** Waits between attempts: a day in all. */
const waitsMs = [1 / 12, 1, 5, 30, 60, 120, 240, 360, 624].map((minutes) => minutes * minuteMs);

/** A receiver that asks for more is tried earlier than it asks for: the message is not to be late by days. */
const longestAskedMs = 60 * minuteMs;

/**
 * What is to be noted of an attempt: delivered, to be tried again, or given up.
 *
 * @param attempts made before this one
 * @param random from 0 to 1: receivers that were down together are not asked together
 */
export function noteAttempt(
  { outcome, status, error, retryAfterMs }: Attempt,
  attempts: number,
  now: number,
  random: number,
): DeliveryNote {
  const note = { attempts: attempts + 1, lastStatus: status, lastError: error };
  if (outcome === "delivered") return { ...note, state: "delivered", nextTryAt: null };
  const wait = waitsMs[attempts];
  if (outcome === "gone" || wait === undefined) return { ...note, state: "failed", nextTryAt: null };
  const asked = Math.min(retryAfterMs ?? 0, longestAskedMs);
  return { ...note, state: "pending", nextTryAt: Math.round(now + Math.max(asked, wait * (0.9 + 0.2 * random))) };
}
