/** Ceilings of a corp's calls (WeCom doc path/90454). 0 means none. */
export interface Limits {
  /** Calls of one API by one corp. Default 10,000. */
  readonly perMinute: number;
  /** Default 150,000. */
  readonly perHour: number;
  /** Calls of one API from one IP. Default 20,000. */
  readonly ipPerMinute: number;
  /** Default 600,000. */
  readonly ipPerHour: number;
  /** Calls of one API by one corp at one time; WeCom doesn't publish its number. Default 0. */
  readonly concurrent: number;
  /** Bytes of a reply above which it is refused with 45029; the number is not published. Default 0. */
  readonly replyBytes: number;
  /** Wrong secrets from one IP in an hour, before that IP is banned for an hour. Default 2,000. */
  readonly wrongSecrets: number;
  /** The same of wrong tokens. Default 1,000. */
  readonly wrongTokens: number;
}

export const publishedLimits: Limits = {
  perMinute: 10_000,
  perHour: 150_000,
  ipPerMinute: 20_000,
  ipPerHour: 600_000,
  concurrent: 0,
  replyBytes: 0,
  wrongSecrets: 2_000,
  wrongTokens: 1_000,
};

interface Window {
  startedAt: number;
  count: number;
  blockedUntil: number;
}

/**
 * Counts by key in windows of fixed length. Going over the ceiling blocks the key for the length of the window, from
 * the call that went over; calls while blocked don't prolong it.
 */
export class Frequency {
  readonly #windows = new Map<string, Window>();

  /** True when this call is within the ceiling. */
  allows(key: string, ceiling: number, lengthMs: number, now: number): boolean {
    if (ceiling <= 0) return true;
    const window = this.#windows.get(key) ?? { startedAt: now, count: 0, blockedUntil: 0 };
    this.#windows.set(key, window);
    if (now < window.blockedUntil) return false;
    if (now - window.startedAt >= lengthMs || window.blockedUntil > 0) {
      window.startedAt = now;
      window.count = 0;
      window.blockedUntil = 0;
    }
    window.count += 1;
    if (window.count <= ceiling) return true;
    window.blockedUntil = now + lengthMs;
    return false;
  }

  /** True while the key is blocked; counts nothing. */
  isBlocked(key: string, now: number): boolean {
    return now < (this.#windows.get(key)?.blockedUntil ?? 0);
  }

  forgetAll(): void {
    this.#windows.clear();
  }
}

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
