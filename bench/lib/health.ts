import { Agent, request } from "undici";
import { percentile } from "../figures.ts";
import { startProgram } from "./process.ts";

/** Latencies of a server's answers while something else is going on. Milliseconds. */
export interface Answered {
  readonly p50: number;
  readonly p99: number;
}

export interface Watched<T> {
  readonly result: T;
  readonly bridge: Answered;
  /** A server that does nothing else, asked at the same moments: how late it is, is the machine's doing. */
  readonly idle: Answered;
}

/**
 * Asks for `/healthz` every 20 ms, answered or not, until `work` has ended: what the thread that answers is kept from
 * shows as latency.
 */
export async function watchHealth<T>(url: string, work: () => Promise<T>): Promise<Watched<T>> {
  const program = new URL("../floors/idle-server.ts", import.meta.url).pathname;
  const idleServer = await startProgram(["--import", "tsx", program]);
  const bridge = ask(`${url}/healthz`);
  const idle = ask(idleServer.ready);
  try {
    const result = await work();
    return { result, bridge: await bridge.end(), idle: await idle.end() };
  } finally {
    await bridge.end();
    await idle.end();
    await idleServer.stop();
  }
}

function ask(url: string): { end(): Promise<Answered> } {
  const dispatcher = new Agent({ connections: 8, keepAliveTimeout: 60_000 });
  const latencies: number[] = [];
  const asking = new Set<Promise<void>>();
  const askOnce = async (): Promise<void> => {
    const startedAt = performance.now();
    const { body } = await request(url, { dispatcher });
    await body.text();
    latencies.push(performance.now() - startedAt);
  };
  const timer = setInterval(() => {
    const asked = askOnce().finally(() => asking.delete(asked));
    asking.add(asked);
  }, 20);
  let ended: Promise<Answered> | null = null;
  const end = async (): Promise<Answered> => {
    clearInterval(timer);
    await Promise.all(asking);
    await dispatcher.close();
    return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  };
  return {
    end() {
      ended ??= end();
      return ended;
    },
  };
}
