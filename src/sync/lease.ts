import { wait } from "../lib/wait.ts";
import { type Lease, LeaseLostError, type LeaseStore } from "../store/store.ts";

export interface LeaseParts {
  readonly store: LeaseStore;
  readonly holder: string;
  /** How long a lease lasts when nobody renews it, in milliseconds: what a crash costs before another goes on. */
  readonly durationMs: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
}

/** What is done under a lease. */
export type LeasedWork<T> = (
  lease: Lease,
  /** Aborted when the lease is lost, or was asked back. */
  signal: AbortSignal,
  /**
   * To be called before anything that no database can refuse to somebody whose lease is over: a request to a target. A
   * process that stood still for a while wakes in the middle of its work, before any timer tells it the time.
   *
   * @throws {LeaseLostError}
   */
  ensureHeld: () => Promise<void>,
) => Promise<T>;

/**
 * Does work under a lease, renewed while it lasts.
 *
 * @returns what the work returns, or null when somebody else holds the lease
 */
export async function underLease<T>(
  { store, holder, durationMs, clock = Date.now }: LeaseParts,
  name: string,
  signal: AbortSignal,
  work: LeasedWork<T>,
): Promise<T | null> {
  let heldUntil = clock() + durationMs;
  let askedAt = clock();
  const lease = await store.takeLease(name, holder, durationMs);
  if (lease === null) return null;
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    const until = clock() + durationMs;
    askedAt = clock();
    try {
      await store.renewLease(lease, durationMs);
      heldUntil = until;
    } catch (error) {
      if (error instanceof LeaseLostError) lost.abort(error);
      throw error;
    }
  };
  // A database that is away for a moment is no loss; the write that comes too late will be refused.
  const timer = setInterval(() => renew().catch(() => {}), durationMs / 4);
  const ensureHeld = async (): Promise<void> => {
    // Half of it must be left: what is sent now has to arrive before somebody else may begin. And whoever takes it away,
    // for a pause or another address, should not have to wait for long until that is heard of.
    if (clock() >= heldUntil - durationMs / 2 || clock() >= askedAt + askAgainMs) await renew();
  };
  try {
    return await work(lease, AbortSignal.any([signal, lost.signal]), ensureHeld);
  } finally {
    clearInterval(timer);
    await store.releaseLease(lease);
  }
}

/** So long after a lease was taken away the last request may begin. */
const askAgainMs = 250;

/** The same, waiting for its turn. */
export async function underLeaseInTurn<T>(
  parts: LeaseParts,
  name: string,
  signal: AbortSignal,
  work: LeasedWork<T>,
): Promise<T> {
  for (;;) {
    const result = await underLease(parts, name, signal, async (...held) => ({ value: await work(...held) }));
    if (result !== null) return result.value;
    await wait(250, signal);
  }
}
