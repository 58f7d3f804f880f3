import type { MiddlewareHandler } from "hono";
import { ScimError } from "../../scim/scim-error.ts";
import type { ScimClientRow } from "../../store/store.ts";
import { scimErrorResponse } from "./responses.ts";

/** Seconds' worth of requests that may come at once. */
const burstSeconds = 5;

interface Bucket {
  tokens: number;
  at: number;
}

export interface RateVariables {
  readonly client: ScimClientRow;
  /** Counts so many more requests than this one: the operations of a bulk request (RFC 7644 §3.7). */
  readonly charge: (requests: number) => void;
}

/**
 * Keeps each client to its own rate: a token bucket per client, in this process. Beyond it the answer is 429 with
 * `Retry-After` (RFC 6585 §4), before anything is read.
 */
export function limitRate(now: () => number = Date.now): MiddlewareHandler<{ Variables: RateVariables }> {
  const buckets = new Map<string, Bucket>();
  return (context, next) => {
    context.set("charge", chargeNothing);
    const client = context.get("client") as ScimClientRow | undefined;
    if (client === undefined || client.requestsPerSecond === 0) return next();
    const { id, requestsPerSecond: rate } = client;
    const bucket = buckets.get(id) ?? { tokens: rate * burstSeconds, at: now() };
    buckets.set(id, bucket);
    const at = now();
    bucket.tokens = Math.min(rate * burstSeconds, bucket.tokens + ((at - bucket.at) / 1000) * rate);
    bucket.at = at;
    if (bucket.tokens < 1) {
      const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / rate));
      const detail = `This client may send ${rate} requests a second: try again in ${seconds} s`;
      return Promise.resolve(scimErrorResponse(new ScimError(429, null, detail), { "retry-after": String(seconds) }));
    }
    bucket.tokens -= 1;
    // Whoever sends many operations at once is in debt for them.
    context.set("charge", (requests) => {
      bucket.tokens -= requests;
    });
    return next();
  };
}

function chargeNothing(): void {}
