import { type Bucket, HourCount, windowBucket } from "./bucket.ts";

/** How many calls of one API WeCom takes in a minute and in an hour. */
export interface PublishedLimit {
  readonly perMinute: number;
  readonly perHour: number;
}

/** Of one corp, and of one address over all corps (doc path/90454, 28 August 2023: "may be changed"). */
export const ofCorp: PublishedLimit = { perMinute: 10_000, perHour: 150_000 };
export const ofAddress: PublishedLimit = { perMinute: 20_000, perHour: 600_000 };

/** How much of a limit is ours: for whole reads, and kept free for looks at a few people. Other programs call too. */
export interface Shares {
  readonly bulk: number;
  readonly urgent: number;
}

/**
 * WeCom does not say which limit a call has met: a minute's blocks for 60 seconds, an hour's for 60 minutes (doc path/90454).
 * So first a minute is waited, and if calls are refused again ever longer, some 61 minutes in all. In windows of a minute.
 */
const limitWaits = [1, 4, 10, 15, 30.5] as const;

/** After so many calls without a complaint, one more may be in flight again. */
const callsToRecover = 50;

/** The windows of one API. Urgent calls have a share of their own, besides what others leave them. */
export class Windows {
  readonly #bulk: readonly Bucket[];
  readonly #urgent: readonly Bucket[];

  constructor({ perMinute, perHour }: PublishedLimit, shares: Shares) {
    const make = (share: number): readonly Bucket[] => [
      windowBucket(perMinute, 60, share),
      windowBucket(perHour, 3600, share),
    ];
    this.#bulk = make(shares.bulk);
    this.#urgent = make(shares.urgent);
  }

  /** Takes a place for one call, and gives the time from which it may start. */
  take(now: number, urgent: boolean): number {
    const nextOf = (buckets: readonly Bucket[]): number => Math.max(...buckets.map((bucket) => bucket.next(now)));
    const chosen = urgent && nextOf(this.#urgent) < nextOf(this.#bulk) ? this.#urgent : this.#bulk;
    return Math.max(...chosen.map((bucket) => bucket.take(now)));
  }
}

/** One API of one corp: its windows, what WeCom said of it, and how many calls of it are in flight. */
export class ApiLane {
  readonly #windows: Windows;
  readonly #hour = new HourCount();
  active = 0;
  /** No call starts before that time (milliseconds since the epoch). */
  pausedUntil = 0;
  /** How many pauses in a row ended with another refusal. */
  refusals = 0;
  /** How many may be in flight since WeCom complained of too many (45033); null: it has not, or long ago. */
  ceiling: number | null = null;
  #generation = 0;
  #quietCalls = 0;
  /** How many were in flight when it complained first: with as many the ceiling is forgotten. */
  #complainedAt = 0;

  constructor(shares: Shares) {
    this.#windows = new Windows(ofCorp, shares);
  }

  get hasRoom(): boolean {
    return this.ceiling === null || this.active < this.ceiling;
  }

  /** Stands for the calls that are in flight together. */
  get generation(): number {
    return this.#generation;
  }

  /** Takes a place for one call, and gives the time from which it may start. */
  take(now: number, urgent: boolean): number {
    return this.#windows.take(now, urgent);
  }

  started(now: number): void {
    this.#hour.add(now);
  }

  /** What WeCom would still take from the corp in this hour, as far as calls of this program count. */
  leftOfHour(now: number): number {
    return Math.max(0, ofCorp.perHour - this.#hour.count(now));
  }

  /** A call was refused because a limit is used up; how long none starts from now on, in milliseconds. */
  refused(now: number, windowMs: number): number {
    if (this.pausedUntil <= now) {
      const windows = limitWaits[Math.min(this.refusals, limitWaits.length - 1)] ?? 1;
      this.refusals += 1;
      this.pausedUntil = now + windows * windowMs;
    }
    return this.pausedUntil - now;
  }

  /** Halves the calls at once. Calls that were in flight together complain together: that is one complaint. */
  tooMany(generation: number): void {
    if (generation !== this.#generation) return;
    this.#generation += 1;
    this.#quietCalls = 0;
    if (this.ceiling === null) this.#complainedAt = this.active;
    this.ceiling = Math.max(1, Math.floor((this.ceiling ?? this.active) / 2));
  }

  /** A call ended without that complaint. */
  quiet(): void {
    if (this.ceiling === null) return;
    this.#quietCalls += 1;
    if (this.#quietCalls < callsToRecover) return;
    this.#quietCalls = 0;
    this.ceiling += 1;
    if (this.ceiling >= this.#complainedAt) this.ceiling = null;
  }
}
