import type { Clock } from "./clock.ts";

export interface RateLimits {
  /** Sustained calls per second. */
  readonly requestsPerSecond: number;
  /** Calls that may be ahead of that rate after a quiet time. */
  readonly burst: number;
  /** Calls in flight at once. */
  readonly concurrency: number;
}

/** A call's permission to be in flight. */
export interface Slot {
  /** Must be called once, when the call has ended. */
  release(): void;
  /** WeCom said that too many were in flight (45033). */
  tooMany(): void;
}

/** After so many calls without a complaint, one more may be in flight again. */
const callsToRecover = 50;

/**
 * Keeps the calls of one source below WeCom's limits (doc path/90454: 10,000 a minute per corp and API; the number of
 * parallel calls is not published). Calls wait their turn; a complaint about parallel calls halves their number, which
 * then grows back slowly; `pause` holds everybody until a window is over.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  #allowed: number;
  #active = 0;
  #generation = 0;
  #quietCalls = 0;
  #pausedUntil = 0;
  /** When the next call is due at the sustained rate. It lies in the past while calls are few. */
  #due = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#allowed = Math.max(1, limits.concurrency);
  }

  /** How many calls may be in flight now. */
  get concurrency(): number {
    return this.#allowed;
  }

  /** No call starts before that time (milliseconds since the epoch). */
  pauseUntil(time: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, time);
  }

  /** Resolves when a call may start. Rejects with the signal's reason. */
  async acquire(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    await this.#enter(signal);
    try {
      await this.#rate(signal);
    } catch (error) {
      this.#leave();
      throw error;
    }
    return this.#slot();
  }

  #slot(): Slot {
    const generation = this.#generation;
    let held = true;
    let complained = false;
    return {
      release: () => {
        if (!held) return;
        held = false;
        if (!complained) this.#recover();
        this.#leave();
      },
      tooMany: () => {
        complained = true;
        // Calls that were in flight together complain together: that is one complaint.
        if (generation !== this.#generation) return;
        this.#generation += 1;
        this.#quietCalls = 0;
        this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
      },
    };
  }

  #enter(signal: AbortSignal): Promise<void> {
    if (this.#active < this.#allowed) {
      this.#active += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener("abort", cancel);
        resolve();
      };
      const cancel = (): void => {
        const place = this.#waiting.indexOf(start);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", cancel, { once: true });
      this.#waiting.push(start);
    });
  }

  #leave(): void {
    this.#active -= 1;
    while (this.#active < this.#allowed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#active += 1;
      next();
    }
  }

  async #rate(signal: AbortSignal): Promise<void> {
    const interval = 1000 / this.#limits.requestsPerSecond;
    const now = this.#clock.now();
    const start = Math.max(this.#due, now - (this.#limits.burst - 1) * interval);
    this.#due = start + interval;
    if (start > now) await this.#clock.wait(start - now, signal);
    // The pause may be prolonged while it is waited for.
    for (let left = this.#pausedUntil - this.#clock.now(); left > 0; left = this.#pausedUntil - this.#clock.now()) {
      await this.#clock.wait(left, signal);
    }
  }

  #recover(): void {
    this.#quietCalls += 1;
    if (this.#quietCalls < callsToRecover || this.#allowed >= this.#limits.concurrency) return;
    this.#quietCalls = 0;
    this.#allowed += 1;
  }
}
