import type { Command } from "commander";
import type { z } from "zod";
import { type HeldRecordAnswer, heldRecordsAnswer, type TaskAnswer, taskAnswer, tasksAnswer } from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { targetNamesOf } from "./task-names.ts";
import { plain, table } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

interface HeldOptions {
  readonly limit: number;
  readonly json: boolean;
}

/** `held`: the tasks that wait for somebody, or what of one of them waits. */
export function addHeld(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("held")
    .description("shows which tasks a safeguard holds; with a task, each change of it that waits")
    .argument("[task]", "id of a task")
    .option("--limit <number>", "at most so many changes", wholeNumber, 100)
    .option("--json", "prints JSON", false)
    .action(async (task: string | undefined, options: HeldOptions) =>
      end(await (task === undefined ? showTasks(parts, options) : showRecords(parts, task, options))),
    );
}

async function showTasks(parts: CliParts, { json }: HeldOptions): Promise<number> {
  const { items } = await makeApiClient(parts).call("GET", "/sync-tasks?state=held&limit=500", tasksAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
  else if (items.length === 0) parts.stdout.write("Nothing is held.\n");
  else for (const task of items) parts.stdout.write(holdText(task));
  return 0;
}

/** What is held, until when, and what can be done about it: for the end of a task's report. */
export function holdText({ id, hold }: Pick<TaskAnswer, "id" | "hold">): string {
  if (hold === null) return "";
  const lines = [
    `Task ${id} is held until ${hold.expiresAt}: ${hold.reason}`,
    `  what waits:      wecom-scim-bridge held ${id}`,
    `  let it through:  wecom-scim-bridge approve ${id}`,
    `  give it up:      wecom-scim-bridge cancel ${id}`,
  ];
  return lines.map((line) => `${plain(line)}\n`).join("");
}

async function showRecords(parts: CliParts, id: string, { limit, json }: HeldOptions): Promise<number> {
  const client = makeApiClient(parts);
  const path = `/sync-tasks/${encodeURIComponent(id)}`;
  const task = await client.call("GET", path, taskAnswer);
  const { records, isAll } = await readHeld(client, path, limit);
  if (json) {
    parts.stdout.write(`${JSON.stringify(records, null, 2)}\n`);
    return 0;
  }
  if (records.length === 0) {
    parts.stdout.write(`Nothing of task ${plain(task.id)} is held: it is ${plain(task.state)}.\n`);
    return 0;
  }
  const names = await targetNamesOf(client, task);
  parts.stdout.write(table([heading, ...records.map((record) => rowOf(record, names))]));
  if (!isAll) parts.stderr.write(`These are the first ${limit}: there are more (--limit).\n`);
  return 0;
}

async function readHeld(
  client: ApiClient,
  path: string,
  limit: number,
): Promise<{ readonly records: readonly HeldRecordAnswer[]; readonly isAll: boolean }> {
  const records: HeldRecordAnswer[] = [];
  for (let cursor: string | null = null; ; ) {
    const search = new URLSearchParams({
      status: "held",
      limit: String(Math.min(500, limit - records.length)),
      ...(cursor !== null && { cursor }),
    });
    const page: z.output<typeof heldRecordsAnswer> = await client.call(
      "GET",
      `${path}/records?${search}`,
      heldRecordsAnswer,
    );
    records.push(...page.records);
    cursor = page.nextCursor;
    if (cursor === null || records.length >= limit) return { records, isAll: cursor === null };
  }
}

const heading = ["CHANGE", "WHERE", "ACTION", "TYPE", "EXTERNAL ID", "NAME", "BECAUSE"];

function rowOf(record: HeldRecordAnswer, names: ReadonlyMap<string, string>): readonly string[] {
  const { id, target, action, resourceType, externalId, displayName, because } = record;
  const where = target === null ? "directory" : (names.get(target) ?? target);
  return [id, where, action, resourceType, externalId ?? "", displayName ?? "", because];
}
