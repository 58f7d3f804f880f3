import type { SourceMeter } from "../source.ts";
import type { Clock } from "./clock.ts";
import type { CorpCalls, Pace, RateLimits } from "./corp-calls.ts";

/** A call's permission to be in flight. */
export interface Slot {
  /** Must be called once, when the call has ended. */
  release(): void;
  /** WeCom said that too many were in flight (45033). */
  tooMany(): void;
}

export interface RateLimiterParts {
  /** What all calls of this corp are counted by. */
  readonly calls: CorpCalls;
  readonly limits: RateLimits;
  readonly clock: Clock;
  /** Looks at a few people, which do not wait behind a read of everybody. */
  readonly urgent?: boolean | undefined;
  readonly meter?: SourceMeter | undefined;
}

/** Waits that are shorter are nothing to tell of. Milliseconds. */
const worthTelling = 5000;

/**
 * Keeps the calls of a source below WeCom's limits: each API's below the published ones, over all sources of a corp and
 * however fast one may be read; the number of parallel calls is not published. Calls wait their turn; a complaint about
 * parallel calls of an API halves their number, which then grows back slowly; `pauseUntil` holds the calls of an API until a
 * window is over.
 */
export class RateLimiter {
  readonly #calls: CorpCalls;
  readonly #pace: Pace;
  readonly #clock: Clock;
  readonly #urgent: boolean;
  readonly #meter: SourceMeter | undefined;

  constructor({ calls, limits, clock, urgent = false, meter }: RateLimiterParts) {
    this.#calls = calls;
    this.#pace = calls.pace(limits);
    this.#clock = clock;
    this.#urgent = urgent;
    this.#meter = meter;
  }

  /** How many calls of an API may be in flight now. */
  concurrency(api: string): number {
    return Math.min(
      Math.max(1, this.#pace.limits.concurrency),
      this.#calls.lane(api).ceiling ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Until when no call of this API starts (milliseconds since the epoch); it may be over. */
  pausedUntil(api: string): number {
    return this.#calls.lane(api).pausedUntil;
  }

  /**
   * WeCom has refused a call because a limit is used up (45009): no call of this API starts until that may be over. Calls that
   * were refused together wait together.
   *
   * @param windowMs how long a minute's limit blocks
   * @returns how long that is from now on, in milliseconds
   */
  refused(api: string, windowMs: number): number {
    return this.#calls.lane(api).refused(this.#clock.now(), windowMs);
  }

  /** A call of this API was answered: no limit of it is used up. */
  succeeded(api: string): void {
    this.#calls.lane(api).refusals = 0;
  }

  /**
   * Resolves when a call may start. Rejects with the signal's reason.
   *
   * @param api as in `user/list`
   */
  async acquire(api: string, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const now = this.#clock.now();
    const lane = this.#calls.lane(api);
    const start = this.#calls.take(api, this.#pace, now, this.#urgent);
    if (start > now) await this.#wait(api, "pace", start, signal);
    // Whoever waits for his time, which may take an hour, keeps no place from those who may start: calls of other APIs.
    if (lane.pausedUntil > this.#clock.now()) await this.#pauseOver(api, signal);
    await this.#calls.enter(api, this.#pace, this.#urgent, signal);
    while (lane.pausedUntil > this.#clock.now()) {
      this.#calls.leave(api, this.#pace);
      await this.#pauseOver(api, signal);
      await this.#calls.enter(api, this.#pace, this.#urgent, signal);
    }
    lane.started(this.#clock.now());
    this.#meter?.called(api, lane.leftOfHour(this.#clock.now()));
    return this.#slot(api);
  }

  #slot(api: string): Slot {
    const lane = this.#calls.lane(api);
    const { generation } = lane;
    let held = true;
    let complained = false;
    return {
      release: () => {
        if (!held) return;
        held = false;
        if (!complained) lane.quiet();
        this.#calls.leave(api, this.#pace);
      },
      tooMany: () => {
        complained = true;
        lane.tooMany(generation);
      },
    };
  }

  /** The pause may be prolonged while it is waited for. */
  async #pauseOver(api: string, signal: AbortSignal): Promise<void> {
    const lane = this.#calls.lane(api);
    while (lane.pausedUntil > this.#clock.now()) await this.#wait(api, "limit", lane.pausedUntil, signal);
  }

  async #wait(api: string, why: "pace" | "limit", until: number, signal: AbortSignal): Promise<void> {
    const from = this.#clock.now();
    const told = until - from >= worthTelling ? this.#meter?.waits(api, why, until) : undefined;
    try {
      await this.#clock.wait(until - from, signal);
    } finally {
      told?.();
      this.#meter?.waited(api, this.#clock.now() - from);
    }
  }
}
