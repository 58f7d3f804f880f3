import { parentPort, workerData } from "node:worker_threads";
import { makeLog } from "./lib/log.ts";
import { type AnswerMessage, makeAnswerer, type QuestionMessage } from "./lib/questions.ts";
import { answerQuestions, type EngineQuestions, openParts, type ReadyConfig, wireEngine } from "./wire.ts";

// The engine in a thread of its own: better-sqlite3 blocks its thread, and the one that answers must not be blocked.
// The two share nothing but the database; a message says that there is something to look at, or asks what takes long to
// find out for a large corp: what a mapping would change, what it makes of somebody among all departments and tags, whom the
// end of a source would take away.

export interface EngineThreadData {
  readonly config: ReadyConfig;
  readonly holder: string;
  readonly leaseMs: number;
  /** How others reach the bridge. */
  readonly publicUrl: string;
}

export type EngineThreadMessage = "nudge" | "stop" | QuestionMessage;

export type EngineThreadAnswer = "ready" | AnswerMessage;

const port = parentPort;
if (port !== null) {
  const { config, holder, leaseMs, publicUrl } = workerData as EngineThreadData;
  const key = Buffer.from(config.encryptionKey);
  const log = makeLog(config.logLevel);
  const parts = await openParts({ ...config, encryptionKey: key }, log, { watch: false, checkpoints: "engine" });
  const engine = wireEngine(parts, { holder, leaseMs, publicUrl, dataDir: config.dataDir });
  const send = (message: EngineThreadAnswer): void => port.postMessage(message);
  const questions = makeAnswerer<EngineQuestions>(answerQuestions(parts), {
    send,
    onError: (kind, error) => log.error({ err: error, kind }, "a question of the API could not be answered"),
  });

  port.on("message", (message: EngineThreadMessage) => {
    if (message === "nudge") engine.nudge();
    else if (message === "stop") {
      void Promise.all([engine.stop(), questions.stop()])
        .then(() => parts.close())
        .then(() => port.close());
    } else questions.receive(message);
  });
  send("ready");
}
