import { parentPort, workerData } from "node:worker_threads";
import { makeLog } from "./lib/log.ts";
import { openParts, type ReadyConfig, wireEngine } from "./wire.ts";

// The engine in a thread of its own: better-sqlite3 blocks its thread, and the one that answers must not be blocked.
// The two share nothing but the database; a message only says that there is something to look at.

export interface EngineThreadData {
  readonly config: ReadyConfig;
  readonly holder: string;
  readonly leaseMs: number;
}

export type EngineThreadMessage = "nudge" | "stop";

const port = parentPort;
if (port !== null) {
  const { config, holder, leaseMs } = workerData as EngineThreadData;
  const key = Buffer.from(config.encryptionKey);
  const parts = await openParts({ ...config, encryptionKey: key }, makeLog(config.logLevel), { watch: false });
  const engine = wireEngine(parts, { holder, leaseMs });
  port.on("message", (message: EngineThreadMessage) => {
    if (message === "nudge") engine.nudge();
    else {
      void engine
        .stop()
        .then(() => parts.close())
        .then(() => port.close());
    }
  });
  port.postMessage("ready");
}
