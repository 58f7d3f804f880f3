import type { Command } from "commander";
import { type TaskAnswer, targetAnswer, taskAnswer } from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import { CliError, type CliParts } from "./parts.ts";
import { reportTask } from "./task-report.ts";
import { plain } from "./text.ts";
import { watchTask } from "./watch-task.ts";

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
  if (options.json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else if (options.wait) parts.stdout.write(reportTask(source, task, await namesOf(client, task)));
  else parts.stdout.write(`Sync task ${task.id} of ${plain(source)} is ${task.state}.\n`);
  return options.wait && task.state !== "succeeded" ? 1 : 0;
}

/** Names of the targets of a task by their ids. */
export async function namesOf(client: ApiClient, { targets }: TaskAnswer): Promise<ReadonlyMap<string, string>> {
  const named = targets.map(async ({ target }): Promise<readonly [string, string]> => {
    try {
      return [target, (await client.call("GET", `/targets/${encodeURIComponent(target)}`, targetAnswer)).name];
    } catch (error) {
      // It may have been deleted since: the report goes by its id then.
      if (error instanceof CliError) return [target, target];
      throw error;
    }
  });
  return new Map(await Promise.all(named));
}
