import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { Log } from "../lib/log.ts";

/** An editor writes a file in several steps: we look once they are over. Milliseconds. */
const settleMs = 200;

/** Some file systems tell nobody of changes, and another replica activates without a file. Milliseconds. */
const pollMs = 10_000;

/**
 * Calls `changed` soon after a file of a schemas directory changed, and now and then without a reason.
 *
 * @returns ends it
 */
export function watchFolders(directory: string, log: Log, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, settleMs);
    timer.unref();
  };
  const watchers = ["mappings", "extensions", "targets"].flatMap((folder): FSWatcher[] => {
    try {
      const watcher = watch(join(directory, folder), { persistent: false }, soon);
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      log.warn({ folder }, "this folder of schema files cannot be watched: changes are seen after some seconds");
      return [];
    }
  });
  const poll = setInterval(changed, pollMs);
  poll.unref();
  return () => {
    clearTimeout(timer);
    clearInterval(poll);
    for (const watcher of watchers) watcher.close();
  };
}
