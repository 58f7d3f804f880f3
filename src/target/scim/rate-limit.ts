import { wait } from "../../lib/wait.ts";

/** Resolves when the next request may go out; rejects with the signal's reason. */
export type RateLimit = (signal: AbortSignal) => Promise<void>;

/**
 * A token bucket that holds one second's worth of requests, kept as the generic cell rate algorithm: one number, the
 * time at which the bucket would be full again. Callers are let through in the order in which they asked.
 *
 * @param requestsPerSecond 0 for no limit
 */
export function makeRateLimit(
  requestsPerSecond: number,
  { clock = Date.now, waitFor = wait }: { clock?: () => number; waitFor?: typeof wait } = {},
): RateLimit {
  if (requestsPerSecond <= 0) return async () => {};
  const intervalMs = 1000 / requestsPerSecond;
  const burstMs = Math.max(intervalMs, 1000);
  let fullAt = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const now = clock();
    fullAt = Math.max(now, fullAt) + intervalMs;
    const early = fullAt - burstMs - now;
    if (early > 0) await waitFor(early, signal);
  };
}
