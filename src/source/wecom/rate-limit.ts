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

/** Calls of one API and corp that WeCom takes (doc path/90454, 28 August 2023: "may be changed"). */
const published = { perMinute: 10_000, perHour: 150_000 };

/** Other programs of the corp call too. */
const share = 0.9;

/**
 * Keeps the calls of one source below WeCom's limits: each API's below the published ones, however fast the source may
 * be read; the number of parallel calls is not published. Calls wait their turn; a complaint about parallel calls halves their number, which
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
  readonly #all: Bucket;
  readonly #perApi = new Map<string, readonly Bucket[]>();
  readonly #waiting: (() => void)[] = [];

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#allowed = Math.max(1, limits.concurrency);
    this.#all = new Bucket(limits.requestsPerSecond, limits.burst);
  }

  /** How many calls may be in flight now. */
  get concurrency(): number {
    return this.#allowed;
  }

  /** No call starts before that time (milliseconds since the epoch). */
  pauseUntil(time: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, time);
  }

  /**
   * Resolves when a call may start. Rejects with the signal's reason.
   *
   * @param api as in `user/list`
   */
  async acquire(api: string, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    await this.#enter(signal);
    try {
      await this.#rate(api, signal);
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

  async #rate(api: string, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const start = Math.max(...[this.#all, ...this.#bucketsOf(api)].map((bucket) => bucket.take(now)));
    if (start > now) await this.#clock.wait(start - now, signal);
    // The pause may be prolonged while it is waited for.
    for (let left = this.#pausedUntil - this.#clock.now(); left > 0; left = this.#pausedUntil - this.#clock.now()) {
      await this.#clock.wait(left, signal);
    }
  }

  #bucketsOf(api: string): readonly Bucket[] {
    const held = this.#perApi.get(api);
    if (held !== undefined) return held;
    const made = [windowBucket(published.perMinute, 60), windowBucket(published.perHour, 3600)];
    this.#perApi.set(api, made);
    return made;
  }

  #recover(): void {
    this.#quietCalls += 1;
    if (this.#quietCalls < callsToRecover || this.#allowed >= this.#limits.concurrency) return;
    this.#quietCalls = 0;
    this.#allowed += 1;
  }
}

/** Lets `burst` calls through at once, and then so many a second. */
class Bucket {
  readonly #interval: number;
  readonly #ahead: number;
  /** When the next call is due at the sustained rate. It lies in the past while calls are few. */
  #due = 0;

  constructor(perSecond: number, burst: number) {
    this.#interval = 1000 / perSecond;
    this.#ahead = (burst - 1) * this.#interval;
  }

  /** Takes a place for one call, and gives the time from which it may start. */
  take(now: number): number {
    const start = Math.max(this.#due, now - this.#ahead);
    this.#due = start + this.#interval;
    return start;
  }
}

/** A bucket that no window of so many seconds gets more out of than our share: half at once, half as it fills again. */
function windowBucket(limit: number, seconds: number): Bucket {
  const half = Math.floor((limit * share) / 2);
  return new Bucket(half / seconds, half);
}
