import { setMaxListeners } from "node:events";

/**
 * Calls `action` when the signal is aborted, until the returned function is called. One signal stops a whole push, so it
 * may have as many listeners as there are requests in flight: Node's warning about more than ten is not for us.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  setMaxListeners(0, signal);
  signal.addEventListener("abort", action, { once: true });
  return () => signal.removeEventListener("abort", action);
}
