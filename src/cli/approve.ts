import type { Command } from "commander";
import { taskAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { reportEnded } from "./ended-report.ts";
import type { CliParts } from "./parts.ts";
import { plain } from "./text.ts";
import { warnIfPaused, watchTask } from "./watch-task.ts";

interface ApproveOptions {
  readonly change?: readonly string[];
  readonly wait: boolean;
  readonly json: boolean;
}

/** `approve` and `cancel`: what becomes of a task that a safeguard holds. */
export function addApprove(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("approve")
    .description("lets through what a safeguard holds of a task, as it was shown")
    .argument("<task>", "id of the task")
    .option("--change <id...>", "only these changes (ids that held shows); the others are skipped")
    .option("--wait", "waits for the end and shows what came of it", false)
    .option("--json", "prints JSON", false)
    .action(async (task: string, options: ApproveOptions) => end(await approve(parts, task, options)));
  program
    .command("cancel")
    .description("gives up what a safeguard holds of a task, or a task that has not ended yet")
    .argument("<task>", "id of the task")
    .option("--json", "prints JSON", false)
    .action(async (task: string, options: { readonly json: boolean }) => end(await cancel(parts, task, options.json)));
}

async function approve(parts: CliParts, id: string, { change, wait, json }: ApproveOptions): Promise<number> {
  const client = makeApiClient(parts);
  const body = change === undefined ? {} : { changes: change };
  const approved = await client.call("POST", `/sync-tasks/${encodeURIComponent(id)}/approve`, taskAnswer, body);
  const task = wait ? await watchTask(client, approved, parts) : approved;
  if (!wait) await warnIfPaused(client, parts);
  if (json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else if (!wait) parts.stdout.write(`Task ${plain(task.id)} is approved, and ${plain(task.state)}.\n`);
  else parts.stdout.write(await reportEnded(client, task));
  return wait && task.state !== "succeeded" ? 1 : 0;
}

async function cancel(parts: CliParts, id: string, json: boolean): Promise<number> {
  const task = await makeApiClient(parts).call("POST", `/sync-tasks/${encodeURIComponent(id)}/cancel`, taskAnswer, {});
  parts.stdout.write(json ? `${JSON.stringify(task, null, 2)}\n` : `Task ${plain(task.id)} is ${plain(task.state)}.\n`);
  return 0;
}
