import type SqliteConnection from "better-sqlite3";

/**
 * Who copies what was committed from the write-ahead log into the database's file. A checkpoint waits for the disk, so of a
 * server it is the thread of the engine, which nobody waits for: after a commit when the log has grown long, and else
 * every few seconds. The thread that answers does so only where the engine does not come to it.
 */
export type Checkpoints = "here" | "engine" | "elsewhere";

/** Pages of 4 kB in the log from which on a commit is followed by a checkpoint: 16, 64 and 256 MB. */
const longestLog: Readonly<Record<Checkpoints, number>> = { here: 4000, engine: 16_000, elsewhere: 64_000 };

const everyMs = 10_000;

/** @returns ends it */
export function keepLogShort(connection: SqliteConnection.Database, checkpoints: Checkpoints): () => void {
  connection.pragma(`wal_autocheckpoint = ${longestLog[checkpoints]}`);
  if (checkpoints !== "engine") return () => {};
  // Passive: it copies what it can and waits for nobody. It throws where the file is gone, of which others will say more.
  const timer = setInterval(() => {
    try {
      if (connection.open && !connection.inTransaction) connection.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // The next commit will say it.
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
