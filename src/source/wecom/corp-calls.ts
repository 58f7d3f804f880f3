import { ApiLane, ofAddress, type Shares, Windows } from "./api-lane.ts";
import { Bucket } from "./bucket.ts";
import type { ExportMemory } from "./export/bulk-read.ts";

export interface RateLimits {
  /** Sustained calls per second. */
  readonly requestsPerSecond: number;
  /** Calls that may be ahead of that rate after a quiet time. */
  readonly burst: number;
  /** Calls in flight at once. */
  readonly concurrency: number;
}

/** How fast sources with the same settings call one corp, together. */
export interface Pace {
  readonly limits: RateLimits;
  readonly bucket: Bucket;
  active: number;
}

interface Waiter {
  readonly lane: ApiLane;
  readonly pace: Pace;
  readonly urgent: boolean;
  readonly start: () => void;
}

/** The calls of one corp, whoever makes them: what its limits are counted by. */
export class CorpCalls {
  readonly #shares: Shares;
  readonly #lanes = new Map<string, ApiLane>();
  readonly #paces = new Map<string, Pace>();
  readonly #addressWindows: (api: string) => Windows;
  readonly #waiting: Waiter[] = [];
  readonly #exports = new Map<number | null, ExportMemory>();

  constructor(shares: Shares, addressWindows: (api: string) => Windows) {
    this.#shares = shares;
    this.#addressWindows = addressWindows;
  }

  /** @param api as in `user/list` */
  lane(api: string): ApiLane {
    return held(this.#lanes, api, () => new ApiLane(this.#shares));
  }

  pace(limits: RateLimits): Pace {
    const { requestsPerSecond, burst, concurrency } = limits;
    return held(this.#paces, `${requestsPerSecond} ${burst} ${concurrency}`, () => ({
      ...{ limits, bucket: new Bucket(requestsPerSecond, burst), active: 0 },
    }));
  }

  /** What is remembered of exports by an app. */
  exportMemory(agentId: number | null): ExportMemory {
    return held(this.#exports, agentId, () => ({ givenUp: null }));
  }

  /** Takes a place for one call in all that it counts against, and gives the time from which it may start. */
  take(api: string, pace: Pace, now: number, urgent: boolean): number {
    return Math.max(
      pace.bucket.take(now),
      this.lane(api).take(now, urgent),
      this.#addressWindows(api).take(now, urgent),
    );
  }

  /** Resolves when a call may be in flight; urgent ones come before others. Rejects with the signal's reason. */
  enter(api: string, pace: Pace, urgent: boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const lane = this.lane(api);
    if (hasRoom(lane, pace)) {
      take(lane, pace);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        const place = this.#waiting.indexOf(waiter);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      };
      const start = (): void => {
        signal.removeEventListener("abort", cancel);
        resolve();
      };
      const waiter = { lane, pace, urgent, start };
      signal.addEventListener("abort", cancel, { once: true });
      this.#waiting.push(waiter);
    });
  }

  leave(api: string, pace: Pace): void {
    this.lane(api).active -= 1;
    pace.active -= 1;
    for (const urgent of [true, false]) {
      for (let place = 0; place < this.#waiting.length; ) {
        const waiter = this.#waiting[place];
        if (waiter === undefined || waiter.urgent !== urgent || !hasRoom(waiter.lane, waiter.pace)) {
          place += 1;
          continue;
        }
        this.#waiting.splice(place, 1);
        take(waiter.lane, waiter.pace);
        waiter.start();
      }
    }
  }
}

/** Whose calls count together: WeCom's limits are of a corp, and of the address that it sees. */
export interface CallParty {
  /** Of WeCom's API. */
  readonly origin: string;
  readonly corpId: string;
  /** Calls through one proxy come from one address. */
  readonly proxy?: string | undefined;
}

/**
 * The calls of all corps. It lives as long as the program, whatever sources are opened and closed: an hour's limit is not
 * forgotten between two tasks, and two sources of one corp share it.
 */
export class CallBook {
  readonly #shares: Shares;
  readonly #corps = new Map<string, CorpCalls>();
  readonly #addresses = new Map<string, Windows>();

  /** @param shares of WeCom's limits; several programs, or threads, that call for one corp have to share them */
  constructor(shares: Shares) {
    this.#shares = shares;
  }

  of({ origin, corpId, proxy = "" }: CallParty): CorpCalls {
    const windowsOf = (api: string): Windows =>
      held(this.#addresses, `${origin} ${proxy} ${api}`, () => new Windows(ofAddress, this.#shares));
    // Plain corp ids ignore case.
    return held(this.#corps, `${origin} ${corpId.toLowerCase()}`, () => new CorpCalls(this.#shares, windowsOf));
  }
}

function hasRoom(lane: ApiLane, pace: Pace): boolean {
  return pace.active < Math.max(1, pace.limits.concurrency) && lane.hasRoom;
}

function take(lane: ApiLane, pace: Pace): void {
  lane.active += 1;
  pace.active += 1;
}

function held<K, T>(map: Map<K, T>, key: K, make: () => T): T {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
