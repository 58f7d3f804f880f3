import { Agent, request } from "undici";
import { percentile } from "../figures.ts";

/** Latencies of a server's answers while something else is going on. Milliseconds. */
export interface Answered {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

/**
 * Asks for `/healthz` every 20 ms, answered or not, until `work` has ended: what the thread that answers is kept from
 * shows as latency.
 */
export async function watchHealth<T>(
  url: string,
  work: Promise<T>,
): Promise<{ readonly result: T; readonly answered: Answered }> {
  const dispatcher = new Agent({ connections: 8, keepAliveTimeout: 60_000 });
  const latencies: number[] = [];
  const asking = new Set<Promise<void>>();
  const ask = async (): Promise<void> => {
    const startedAt = performance.now();
    const { body } = await request(`${url}/healthz`, { dispatcher });
    await body.text();
    latencies.push(performance.now() - startedAt);
  };
  const timer = setInterval(() => {
    const asked = ask();
    asking.add(asked);
    void asked.finally(() => asking.delete(asked));
  }, 20);
  try {
    const result = await work;
    clearInterval(timer);
    await Promise.all(asking);
    const at = (share: number): number => percentile(latencies, share);
    return { result, answered: { p50: at(0.5), p99: at(0.99), max: Math.max(...latencies), count: latencies.length } };
  } finally {
    clearInterval(timer);
    await dispatcher.close();
  }
}
