import { endsAtOnce } from "../../lib/ending.ts";
import { onAbort } from "./abort.ts";

/** What was begun is let finish for so long, counted from its beginning, in milliseconds. */
export const finishMs = 3000;

/**
 * A signal for a request that changes something, once it goes out: what ends the push does not tear it off, for then nobody
 * would know what came of it. It is aborted when it has had {@link finishMs}, or at once where somebody else may be at work.
 *
 * @param signal what ends the push
 * @returns `forget` is to be called once the request has ended
 */
export function linger(signal: AbortSignal): { readonly signal: AbortSignal; readonly forget: () => void } {
  const begunAt = performance.now();
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stopListening = onAbort(signal, () => {
    const left = begunAt + finishMs - performance.now();
    if (left <= 0 || endsAtOnce(signal.reason)) late.abort(signal.reason);
    else timer = setTimeout(() => late.abort(signal.reason), left);
  });
  return {
    signal: late.signal,
    forget: () => {
      stopListening();
      clearTimeout(timer);
    },
  };
}
