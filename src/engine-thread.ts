import { parentPort, workerData } from "node:worker_threads";
import { makeLog } from "./lib/log.ts";
import type { ImpactQuestion, SourceImpact } from "./sync/impact/impact.ts";
import { measureImpact, openParts, type ReadyConfig, wireEngine } from "./wire.ts";

// The engine in a thread of its own: better-sqlite3 blocks its thread, and the one that answers must not be blocked.
// The two share nothing but the database; a message says that there is something to look at, or asks what a mapping
// would change, which takes long for a large corp.

export interface EngineThreadData {
  readonly config: ReadyConfig;
  readonly holder: string;
  readonly leaseMs: number;
}

export type EngineThreadMessage =
  | "nudge"
  | "stop"
  | { readonly measure: number; readonly question: ImpactQuestion }
  /** Nobody waits for this answer any more. */
  | { readonly forget: number };

export type EngineThreadAnswer =
  | "ready"
  | { readonly measured: number; readonly impact: readonly SourceImpact[] }
  | { readonly measured: number; readonly error: string };

const port = parentPort;
if (port !== null) {
  const { config, holder, leaseMs } = workerData as EngineThreadData;
  const key = Buffer.from(config.encryptionKey);
  const log = makeLog(config.logLevel);
  const parts = await openParts({ ...config, encryptionKey: key }, log, { watch: false });
  const engine = wireEngine(parts, { holder, leaseMs });
  const asked = new Map<number, AbortController>();
  const answer = (message: EngineThreadAnswer): void => port.postMessage(message);

  const measure = async (id: number, question: ImpactQuestion): Promise<void> => {
    const asking = new AbortController();
    asked.set(id, asking);
    try {
      answer({ measured: id, impact: await measureImpact(parts, question, asking.signal) });
    } catch (error) {
      if (!asking.signal.aborted) log.error({ err: error }, "an impact could not be measured");
      answer({ measured: id, error: error instanceof Error ? error.name : "unknown" });
    } finally {
      asked.delete(id);
    }
  };

  port.on("message", (message: EngineThreadMessage) => {
    if (message === "nudge") engine.nudge();
    else if (message === "stop") {
      for (const asking of asked.values()) asking.abort(new Error("the program is stopping"));
      void engine
        .stop()
        .then(() => parts.close())
        .then(() => port.close());
    } else if ("measure" in message) void measure(message.measure, message.question);
    else asked.get(message.forget)?.abort(new Error("nobody waits for it any more"));
  });
  answer("ready");
}
