/** Work that many ask for, and that is done for all of them together. */
export interface SharedRuns<T> {
  /** The result of a run that begins after this call: whatever was so before the call is seen by it. */
  run(): Promise<T>;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
}

/** At most one run at a time, and at most one that waits for it: whoever asks meanwhile shares that one. */
export function shareRuns<T>(work: () => Promise<T>): SharedRuns<T> {
  let running: Promise<T> | null = null;
  let waiting: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    const mine = work().finally(() => {
      if (running === mine) running = null;
    });
    running = mine;
    return mine;
  };
  const afterwards = (): Promise<T> => {
    waiting = null;
    return begin();
  };
  return {
    run() {
      if (waiting) return waiting;
      if (!running) return begin();
      waiting = running.then(afterwards, afterwards);
      return waiting;
    },
    async idle() {
      for (let last = waiting ?? running; last; last = waiting ?? running) await last.catch(() => undefined);
    },
  };
}
