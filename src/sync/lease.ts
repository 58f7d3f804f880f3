import { wait } from "../lib/wait.ts";
import { type Lease, LeaseLostError, type LeaseStore } from "../store/store.ts";

export interface LeaseParts {
  readonly store: LeaseStore;
  readonly holder: string;
  /** How long a lease lasts when nobody renews it, in milliseconds: what a crash costs before another goes on. */
  readonly durationMs: number;
}

/**
 * Does work under a lease, renewed while it lasts. The signal handed to the work is aborted when the lease is lost.
 *
 * @returns what the work returns, or null when somebody else holds the lease
 */
export async function underLease<T>(
  { store, holder, durationMs }: LeaseParts,
  name: string,
  signal: AbortSignal,
  work: (lease: Lease, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const lease = await store.takeLease(name, holder, durationMs);
  if (lease === null) return null;
  const lost = new AbortController();
  const timer = setInterval(() => {
    store.renewLease(lease, durationMs).catch((error: unknown) => {
      // A database that is away for a moment is no loss; the write that comes too late will be refused.
      if (error instanceof LeaseLostError) lost.abort(error);
    });
  }, durationMs / 4);
  try {
    return await work(lease, AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(timer);
    await store.releaseLease(lease);
  }
}

/** The same, waiting for its turn. */
export async function underLeaseInTurn<T>(
  parts: LeaseParts,
  name: string,
  signal: AbortSignal,
  work: (lease: Lease, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (;;) {
    const result = await underLease(parts, name, signal, async (lease, inner) => ({ value: await work(lease, inner) }));
    if (result !== null) return result.value;
    await wait(250, signal);
  }
}
