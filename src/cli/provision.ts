import type { Command } from "commander";
import { type PauseAnswer, pausesAnswer, type TaskAnswer, taskAnswer } from "./answers.ts";
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
  const path = `/resources/${encodeURIComponent(person)}`;
  const started = await client.call("POST", `${path}/provision`, taskAnswer, { target: options.target ?? null });
  const task = options.wait ? await watchTask(client, started, parts) : started;
  const pauses = options.wait ? (await client.call("GET", `${path}/pauses`, pausesAnswer)).items : [];
  const kept = keptBack(task, pauses);
  if (options.json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else
    parts.stdout.write(
      options.wait
        ? report(person, task, await targetNamesOf(client, task), kept)
        : `Task ${task.id} of ${plain(person)} is ${task.state}.\n`,
    );
  return options.wait && (task.state !== "succeeded" || kept.size > 0) ? 1 : 0;
}

/** Why nothing was sent to a target because the person or the target is paused, by the target's id. */
function keptBack({ targets, finishedAt }: TaskAnswer, pauses: readonly PauseAnswer[]): ReadonlyMap<string, string> {
  const before = pauses.filter(({ since }) => finishedAt !== null && Date.parse(since) <= Date.parse(finishedAt));
  return new Map(
    targets.flatMap(({ target, state, counts, error }): [string, string][] => {
      if (state === "paused") return [[target, error?.detail ?? "the target is paused"]];
      const pause = before.find((each) => each.target === null || each.target === target);
      const isSent = [counts.users, counts.groups].some((each) => countsInWords(each) !== "nothing");
      if (pause === undefined || isSent) return [];
      const why = pause.reason === null ? "" : ` (${pause.reason})`;
      return [[target, `this person is paused by ${pause.by} since ${pause.since}${why}`]];
    }),
  );
}

/** What was sent of one person, for whoever asked. */
function report(
  person: string,
  task: TaskAnswer,
  names: ReadonlyMap<string, string>,
  kept: ReadonlyMap<string, string>,
): string {
  const paused = kept.size < task.targets.length ? "paused in part" : "paused";
  const ended = kept.size > 0 && task.state === "succeeded" ? paused : task.state;
  const lines = [
    `Provision of ${person}: ${ended} (task ${task.id})`,
    ...task.targets.flatMap(({ target, state, counts, error }) => {
      const name = names.get(target) ?? target;
      const why = kept.get(target);
      if (why !== undefined) return [`  target ${name}: nothing was sent: ${why}`];
      return [
        `  target ${name}: ${state}; users: ${countsInWords(counts.users)}; groups: ${countsInWords(counts.groups)}`,
        ...(error ? [`    ${error.code}: ${error.detail}`] : []),
      ];
    }),
  ];
  return lines.map((line) => `${plain(line)}\n`).join("") + holdText(task);
}
