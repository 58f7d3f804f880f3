import type { SendWebhook } from "../../src/sync/webhooks/deliver.ts";
import { retryAfterMs } from "../../src/target/scim/retry-after.ts";

/** Sends a webhook as the bridge does, to any address. */
export const postWebhook: SendWebhook = async ({ url, headers, body }, signal) => {
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  await response.body?.cancel();
  const asked = response.headers.get("retry-after") ?? undefined;
  return { status: response.status, retryAfterMs: retryAfterMs(asked, Date.now()) };
};
