import type { Command } from "commander";
import { taskAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { reportEnded } from "./ended-report.ts";
import type { CliParts } from "./parts.ts";
import { plain } from "./text.ts";
import { warnIfPaused, watchTask } from "./watch-task.ts";

interface SyncOptions {
  readonly plan: boolean;
  readonly wait: boolean;
  readonly json: boolean;
}

/** `sync`: starts a sync of a source and, if asked to, watches it to its end. */
export function addSync(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("sync")
    .description("syncs a source now")
    .argument("<source>", "name or id")
    .option("--plan", "reads, maps and compares only; nothing is written", false)
    .option("--wait", "waits for the end and shows the progress", false)
    .option("--json", "prints JSON", false)
    .action(async (source: string, options: SyncOptions) => end(await syncSource(parts, source, options)));
}

async function syncSource(parts: CliParts, source: string, options: SyncOptions): Promise<number> {
  const client = makeApiClient(parts);
  const path = `/sources/${encodeURIComponent(source)}/sync-tasks`;
  const mode = options.plan ? "plan" : "apply";
  const started = await client.call("POST", path, taskAnswer, { mode });
  // One of another kind was under way already, and the answer is that one.
  if (started.mode !== mode) parts.stderr.write(`A task with mode ${started.mode} is under way; this is that one.\n`);
  const task = options.wait ? await watchTask(client, started, parts) : started;
  if (!options.wait) await warnIfPaused(client, parts);
  if (options.json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else if (options.wait) parts.stdout.write(await reportEnded(client, task));
  else parts.stdout.write(`Sync task ${task.id} of ${plain(source)} is ${task.state}.\n`);
  return options.wait && task.state !== "succeeded" ? 1 : 0;
}
