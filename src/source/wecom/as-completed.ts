import { setMaxListeners } from "node:events";

/**
 * Works on the items, at most `limit` at a time, and yields each result as soon as it is there, in whatever order. No
 * more than `limit` results wait for the consumer. A failure, or the consumer's leaving, aborts what is in flight and
 * waits for its end.
 */
export async function* asCompleted<T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // Every piece in flight listens to it, which is no leak however many they are.
  setMaxListeners(0, either);
  const iterator = items[Symbol.iterator]();
  const running = new Map<number, Promise<{ readonly index: number; readonly result: R }>>();
  let count = 0;
  const fill = (): void => {
    while (running.size < Math.max(1, limit)) {
      const next = iterator.next();
      if (next.done === true) return;
      const index = count;
      count += 1;
      const piece = work(next.value, either).then((result) => ({ index, result }));
      // It may fail while the consumer is busy with another result; the race below still sees it.
      piece.catch(() => undefined);
      running.set(index, piece);
    }
  };
  try {
    fill();
    while (running.size > 0) {
      const { index, result } = await Promise.race(running.values());
      running.delete(index);
      fill();
      yield result;
    }
  } finally {
    stop.abort();
    await Promise.allSettled(running.values());
  }
}
