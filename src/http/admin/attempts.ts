/** So many keys are remembered: names are anybody's to invent. */
const mostKeys = 10_000;

/** Counts what somebody tried in vain, in this process. */
export interface Attempts {
  /**
   * Counts one attempt of each key, before its outcome is known: many at once must not get past together. Answers the
   * milliseconds until another may be made where one of them has made too many; nothing is counted then.
   */
  take(limits: readonly { readonly key: string; readonly most: number }[]): number;
  /** It was not in vain. */
  giveBack(limits: readonly { readonly key: string }[]): void;
}

export function makeAttempts(clock: () => number, windowMs: number): Attempts {
  const timesOf = new Map<string, readonly number[]>();
  const recent = (key: string): readonly number[] => (timesOf.get(key) ?? []).filter((at) => at > clock() - windowMs);

  return {
    take(limits) {
      const waits = limits.map(({ key, most }) => {
        const times = recent(key);
        return times.length < most ? 0 : (times[times.length - most] ?? 0) + windowMs - clock();
      });
      const wait = Math.max(0, ...waits);
      if (wait > 0) return wait;
      for (const { key } of limits) {
        const times = [...recent(key), clock()];
        // The key that was used last is the last to be forgotten.
        timesOf.delete(key);
        timesOf.set(key, times);
      }
      for (const key of timesOf.keys()) {
        if (timesOf.size <= mostKeys) break;
        timesOf.delete(key);
      }
      return 0;
    },
    giveBack(limits) {
      for (const { key } of limits) {
        const times = (timesOf.get(key) ?? []).slice(0, -1);
        if (times.length === 0) timesOf.delete(key);
        else timesOf.set(key, times);
      }
    },
  };
}
