import { wait } from "../lib/wait.ts";
import { type Metrics, makeProcessMetrics, metricsContentType, renderMetrics, type ThreadMetrics } from "./metrics.ts";

/** How long the engine's thread is waited for: in the middle of a long statement it does not answer. */
const patienceMs = 2000;

/**
 * Reads the metrics of this thread and of the engine's. When that does not answer in time, what it said last stands in for it.
 *
 * @param own of this thread
 * @param askEngine rejects when the thread is gone
 */
export function makeMetricsReader(
  own: Pick<Metrics, "read">,
  version: string,
  askEngine: () => Promise<ThreadMetrics>,
): () => Promise<{ readonly contentType: string; readonly text: string }> {
  const ofProcess = makeProcessMetrics(version);
  let ofEngine: ThreadMetrics = [];
  let asking: Promise<void> | null = null;

  const ask = async (): Promise<void> => {
    try {
      ofEngine = await askEngine();
    } finally {
      asking = null;
    }
  };
  return async () => {
    asking ??= ask();
    const stop = new AbortController();
    await Promise.race([asking.catch(() => {}), wait(patienceMs, stop.signal).catch(() => {})]);
    stop.abort();
    const text = await renderMetrics([await ofProcess.read(), await own.read(), ofEngine]);
    return { contentType: metricsContentType, text };
  };
}
