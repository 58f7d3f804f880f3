import type { Command } from "commander";
import type { z } from "zod";
import { heldRecordsAnswer, type TaskAnswer, taskAnswer } from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import { reportUndo } from "./kept-report.ts";
import type { CliParts } from "./parts.ts";
import { isGood, outcomeOf } from "./plan-outcome.ts";
import { reportPlan } from "./plan-report.ts";
import { nameOf, targetsOf } from "./task-names.ts";
import { firstFailures } from "./task-records.ts";
import { table } from "./text.ts";
import { watchTask } from "./watch-task.ts";
import { wholeNumber } from "./whole-number.ts";

interface UndoOptions {
  readonly limit: number;
  readonly json: boolean;
}

/** `undo`: plans that a task is taken back. Applying the plan is `plan --apply`. */
export function addUndo(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("undo")
    .description("plans that what a task changed goes back, in the directory and at targets; nothing is written yet")
    .argument("<task>", "id of a sync task")
    .option("--limit <number>", "names at most so many that stay as they are", wholeNumber, 20)
    .option("--json", "prints JSON", false)
    .action(async (task: string, options: UndoOptions) => end(await undoTask(parts, task, options)));
}

async function undoTask(parts: CliParts, id: string, { limit, json }: UndoOptions): Promise<number> {
  const client = makeApiClient(parts);
  const started = await client.call("POST", `/sync-tasks/${encodeURIComponent(id)}/undo`, taskAnswer);
  const plan = await watchTask(client, started, parts);
  if (json) {
    parts.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
  } else {
    const context = { targets: await targetsOf(client, plan), failures: await firstFailures(client, plan) };
    parts.stdout.write(reportPlan(await nameOf(client, plan), plan, context));
    await reportLeftOut(parts, client, plan, limit);
    parts.stdout.write(await reportUndo(client, plan));
  }
  const outcome = plan.state === "succeeded" ? outcomeOf(plan, new Map()) : null;
  return outcome !== null && isGood(outcome) ? 0 : 1;
}

type Skipped = z.output<typeof heldRecordsAnswer>["records"][number];

async function reportLeftOut(parts: CliParts, client: ApiClient, { id }: TaskAnswer, limit: number): Promise<void> {
  const search = new URLSearchParams({ status: "skipped", target: "null", limit: String(Math.min(limit, 500)) });
  const path = `/sync-tasks/${encodeURIComponent(id)}/records?${search}`;
  const { records, nextCursor } = await client.call("GET", path, heldRecordsAnswer);
  if (records.length === 0) return;
  parts.stdout.write("These stay as they are:\n");
  parts.stdout.write(table([["TYPE", "EXTERNAL ID", "NAME", "WHY"], ...records.map(rowOf)]));
  if (nextCursor !== null) parts.stderr.write(`These are the first ${records.length}: there are more (--limit).\n`);
}

function rowOf({ resourceType, externalId, displayName, because, error }: Skipped): readonly string[] {
  return [resourceType, externalId ?? "", displayName ?? "", error ?? because];
}
