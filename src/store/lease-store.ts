// The right of one process at a time to work on a source or a target.

/** The right to work on one source or target. `fencing` grows with each holder. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fencing: number;
}

/** Another process has taken over what this one was working on: stop, and leave the rest to it. */
export class LeaseLostError extends Error {
  /** False: it was asked back. Nothing more may be begun, and what came of what was begun may still be written down. */
  readonly endsAtOnce: boolean;

  constructor(name: string, { isAskedBack = false } = {}) {
    super(isAskedBack ? `the lease ${name} was asked back` : `the lease ${name} is held by another process`);
    this.name = "LeaseLostError";
    this.endsAtOnce = !isAskedBack;
  }
}

export interface LeaseStore {
  /** One conditional write. Null while somebody else holds it. */
  takeLease(name: string, holder: string, durationMs: number): Promise<Lease | null>;
  /** Throws {@link LeaseLostError} when it is not ours any more, or was asked back. */
  renewLease(lease: Lease, durationMs: number): Promise<void>;
  releaseLease(lease: Lease): Promise<void>;
}
