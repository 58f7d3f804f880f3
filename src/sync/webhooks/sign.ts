import { createHmac, randomBytes } from "node:crypto";
import type { WebhookSecrets } from "../../store/store.ts";

// Standard Webhooks 1.0.0, "Signature scheme": symmetric signatures.

const prefix = "whsec_";

/** A new secret: 32 random bytes. */
export function makeWebhookSecret(): string {
  return `${prefix}${randomBytes(32).toString("base64")}`;
}

/**
 * The three headers of a message. After a rotation both secrets sign, so that receivers can change theirs when they like.
 *
 * @param id the same in each attempt
 * @param now milliseconds since 1970; the header has seconds
 */
export function signHeaders(
  id: string,
  payload: string,
  secrets: WebhookSecrets,
  now: number,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const timestamp = String(Math.floor(now / 1000));
  const { current, previous, previousUntil = 0 } = secrets;
  const valid = previous !== undefined && now < previousUntil ? [current, previous] : [current];
  const signatures = valid.map((secret) => `v1,${hmac(secret, `${id}.${timestamp}.${payload}`)}`);
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

function hmac(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  return createHmac("sha256", key).update(text).digest("base64");
}
