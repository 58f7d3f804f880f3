/** Lets `burst` calls through at once, and then so many a second. */
export class Bucket {
  readonly #interval: number;
  readonly #ahead: number;
  /** When the next call is due at the sustained rate. It lies in the past while calls are few. */
  #due = 0;

  constructor(perSecond: number, burst: number) {
    this.#interval = 1000 / perSecond;
    this.#ahead = (burst - 1) * this.#interval;
  }

  /** From when on the next call may start, without taking a place for it. */
  next(now: number): number {
    return Math.max(this.#due, now - this.#ahead);
  }

  /** Takes a place for one call, and gives the time from which it may start. */
  take(now: number): number {
    const start = this.next(now);
    this.#due = start + this.#interval;
    return start;
  }
}

/** A bucket that no window of so many seconds gets more out of than this share of the limit: half at once, half as it fills again. */
export function windowBucket(limit: number, seconds: number, share: number): Bucket {
  const half = Math.max(1, Math.floor((limit * share) / 2));
  return new Bucket(half / seconds, half);
}

/** Counts what happened in the last hour, by minutes. */
export class HourCount {
  readonly #minutes = new Map<number, number>();

  /** @param now milliseconds since the epoch */
  add(now: number): void {
    const minute = Math.floor(now / 60_000);
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1);
    for (const old of this.#minutes.keys()) if (old <= minute - 60) this.#minutes.delete(old);
  }

  /** How often, the running minute and the 59 before it. */
  count(now: number): number {
    const minute = Math.floor(now / 60_000);
    let sum = 0;
    for (const [at, count] of this.#minutes) if (at > minute - 60) sum += count;
    return sum;
  }
}
