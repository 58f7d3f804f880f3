import type { Command } from "commander";
import { type TaskAnswer, taskAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { holdText } from "./held.ts";
import type { CliParts } from "./parts.ts";
import { targetNamesOf } from "./task-names.ts";
import { countsInWords } from "./task-report.ts";
import { plain } from "./text.ts";
import { watchTask } from "./watch-task.ts";

interface ProvisionOptions {
  readonly target?: string;
  readonly wait: boolean;
  readonly json: boolean;
}

/** `provision`: pushes what is pending of one person now. */
export function addProvision(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("provision")
    .description("pushes what is pending of one person now, also what failed before; reads nothing from the source")
    .argument("<person>", "resource id, userName or externalId")
    .option("--target <name>", "only to this target (name or id)")
    .option("--wait", "waits for the end and shows what came of it", false)
    .option("--json", "prints JSON", false)
    .action(async (person: string, options: ProvisionOptions) => end(await provision(parts, person, options)));
}

async function provision(parts: CliParts, person: string, options: ProvisionOptions): Promise<number> {
  const client = makeApiClient(parts);
  const path = `/resources/${encodeURIComponent(person)}/provision`;
  const started = await client.call("POST", path, taskAnswer, { target: options.target ?? null });
  const task = options.wait ? await watchTask(client, started, parts) : started;
  if (options.json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else
    parts.stdout.write(
      options.wait
        ? report(person, task, await targetNamesOf(client, task))
        : `Task ${task.id} of ${plain(person)} is ${task.state}.\n`,
    );
  return options.wait && task.state !== "succeeded" ? 1 : 0;
}

/** What was sent of one person, for whoever asked. */
function report(person: string, task: TaskAnswer, names: ReadonlyMap<string, string>): string {
  const lines = [
    `Provision of ${person}: ${task.state} (task ${task.id})`,
    ...task.targets.flatMap(({ target, state, counts, error }) => [
      `  target ${names.get(target) ?? target}: ${state}; users: ${countsInWords(counts.users)}; groups: ${countsInWords(counts.groups)}`,
      ...(error ? [`    ${error.code}: ${error.detail}`] : []),
    ]),
  ];
  return lines.map((line) => `${plain(line)}\n`).join("") + holdText(task);
}
