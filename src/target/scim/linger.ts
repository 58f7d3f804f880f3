import { endsAtOnce } from "../../lib/ending.ts";
import { onAbort } from "./abort.ts";

/** What was begun is let finish for so long, counted from its beginning, in milliseconds. */
export const finishMs = 3000;

/**
 * What ends a request that changes something, once it goes out: what ends the push does not tear it off, for then nobody
 * would know what came of it. It is stopped when it has had {@link finishMs}, or at once where somebody else may be at work.
 *
 * @param signal what ends the push
 * @returns to be called once the request has ended
 */
export function linger(signal: AbortSignal, stop: () => void): () => void {
  const begunAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const stopListening = onAbort(signal, () => {
    const left = begunAt + finishMs - performance.now();
    if (left <= 0 || endsAtOnce(signal.reason)) stop();
    else timer = setTimeout(stop, left);
  });
  return () => {
    stopListening();
    clearTimeout(timer);
  };
}
