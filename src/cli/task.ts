import type { Command } from "commander";
import { type TaskAnswer, taskAnswer, tasksAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { reportEnded } from "./ended-report.ts";
import type { CliParts } from "./parts.ts";
import { reportPlan } from "./plan-report.ts";
import { nameOf, targetsOf } from "./task-names.ts";
import { firstFailures } from "./task-records.ts";
import { table } from "./text.ts";
import { reportDrift } from "./verify.ts";
import { wholeNumber } from "./whole-number.ts";

interface ListOptions {
  readonly source?: string;
  readonly state?: string;
  readonly limit: number;
  readonly json: boolean;
}

/** `task list` and `task show`. */
export function addTask(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("task").description("syncs, pushes, plans and verifies");
  group
    .command("list")
    .description("lists tasks, newest first")
    .option("--source <source>", "of this source (name or id)")
    .option("--state <state>", "queued, running, held, succeeded, partial, failed or cancelled")
    .option("--limit <number>", "at most so many, 500 at most", wholeNumber, 20)
    .option("--json", "prints JSON", false)
    .action(async (options: ListOptions) => end(await listTasks(parts, options)));
  group
    .command("show")
    .description("shows what came of a task")
    .argument("<task>", "id of the task")
    .option("--json", "prints JSON", false)
    .action(async (id: string, { json }: { readonly json: boolean }) => end(await showTask(parts, id, json)));
}

async function listTasks(parts: CliParts, { source, state, limit, json }: ListOptions): Promise<number> {
  const client = makeApiClient(parts);
  const search = new URLSearchParams({
    limit: String(Math.min(limit, 500)),
    ...(source !== undefined && { source }),
    ...(state !== undefined && { state }),
  });
  const { items } = await client.call("GET", `/sync-tasks?${search}`, tasksAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
  else if (items.length === 0) parts.stdout.write("There are no such tasks.\n");
  else {
    const names = new Map<string, string>();
    for (const task of items) {
      const about = aboutOf(task);
      if (!names.has(about)) names.set(about, await nameOf(client, task));
    }
    parts.stdout.write(table([heading, ...items.map((task) => toRow(task, names))]));
  }
  return 0;
}

const heading = ["ID", "KIND", "ABOUT", "STATE", "FINISHED", "REQUESTED BY", "ERROR"];

function toRow(task: TaskAnswer, names: ReadonlyMap<string, string>): readonly string[] {
  const { id, mode, undoes, source, state, finishedAt, requestedBy, error, hold } = task;
  const kind =
    undoes === null ? (mode === "apply" && source === null ? "push" : (kinds[mode] ?? mode)) : `undo (${mode})`;
  const about = names.get(aboutOf(task)) ?? "";
  return [id, kind, about, state, finishedAt ?? "", requestedBy ?? "", hold === null ? (error?.code ?? "") : "held"];
}

function aboutOf({ resource, source, target }: TaskAnswer): string {
  return resource ?? source ?? target ?? "";
}

const kinds: Readonly<Record<string, string>> = { apply: "sync" };

/** 0 for whatever became of it: that was asked for, and is shown. */
async function showTask(parts: CliParts, id: string, json: boolean): Promise<number> {
  const client = makeApiClient(parts);
  const task = await client.call("GET", `/sync-tasks/${encodeURIComponent(id)}`, taskAnswer);
  if (json) {
    parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
    return 0;
  }
  const about = await nameOf(client, task);
  if (task.mode === "verify") parts.stdout.write(reportDrift(about, task));
  else if (task.plan !== null) {
    const context = { targets: await targetsOf(client, task), failures: await firstFailures(client, task) };
    parts.stdout.write(reportPlan(about, task, context));
  } else parts.stdout.write(await reportEnded(client, task));
  return 0;
}
