import { setTimeout as delay } from "node:timers/promises";

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export async function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

/** Exponential back-off with full jitter: between half of `base · 2^attempt` and all of it, at most `max`. Milliseconds. */
export function backoffMs(attempt: number, base = 500, max = 60_000, random: () => number = Math.random): number {
  const ceiling = Math.min(max, base * 2 ** attempt);
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
