import type { Command } from "commander";
import { targetAnswer, taskAnswer, testAnswer } from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import { reportEnded } from "./ended-report.ts";
import type { CliParts } from "./parts.ts";
import { listTargets } from "./target-list.ts";
import { plain, table } from "./text.ts";
import { watchTask } from "./watch-task.ts";

interface JsonOption {
  readonly json: boolean;
}

interface PushOptions extends JsonOption {
  readonly wait: boolean;
}

interface PauseOptions extends JsonOption {
  readonly reason?: string;
}

/** `target list`, `test`, `push`, `pause` and `resume`. */
export function addTarget(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("target").description("what is pushed to");
  const about = (name: string, description: string) =>
    group
      .command(name)
      .description(description)
      .argument("<target>", "name or id")
      .option("--json", "prints JSON", false);
  group
    .command("list")
    .description("lists the targets: what is pending there, what failed, and why nothing is pushed where that is so")
    .option("--json", "prints JSON", false)
    .action(async ({ json }: JsonOption) => end(await listTargets(parts, { json })));
  about("test", "tries a target: whether it answers, lets us in, and what it can do").action(
    async (target: string, options: JsonOption) => end(await testTarget(parts, target, options)),
  );
  about("push", "pushes what is pending at a target now")
    .option("--wait", "waits for the end and shows what came of it", false)
    .action(async (target: string, options: PushOptions) => end(await pushTarget(parts, target, options)));
  about("pause", "keeps everything from a target until it is resumed")
    .option("--reason <words>", "why, for whoever looks at it")
    .action(async (target: string, options: PauseOptions) => end(await pauseTarget(parts, target, options)));
  about("resume", "lets a paused target go on, and pushes what waited").action(
    async (target: string, options: JsonOption) => end(await resumeTarget(parts, target, options)),
  );
}

const pathOf = (target: string, action: string): string => `/targets/${encodeURIComponent(target)}/${action}`;

async function testTarget(parts: CliParts, target: string, { json }: JsonOption): Promise<number> {
  const result = await makeApiClient(parts).call("POST", pathOf(target, "test"), testAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    parts.stdout.write(table(result.checks.map((check) => [check.ok ? "ok" : "FAILED", check.name, check.detail])));
    parts.stdout.write(`${plain(target)}: ${result.ok ? "ready to be pushed to" : "not ready"}\n`);
  }
  return result.ok ? 0 : 1;
}

async function pushTarget(parts: CliParts, target: string, { wait, json }: PushOptions): Promise<number> {
  const client = makeApiClient(parts);
  const started = await client.call("POST", pathOf(target, "push"), taskAnswer);
  const task = wait ? await watchTask(client, started, parts) : started;
  if (json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else if (wait) parts.stdout.write(await reportEnded(client, task));
  else parts.stdout.write(`Push task ${plain(task.id)} of ${plain(target)} is ${plain(task.state)}.\n`);
  return wait && task.state !== "succeeded" ? 1 : 0;
}

async function pauseTarget(parts: CliParts, target: string, { reason, json }: PauseOptions): Promise<number> {
  const body = reason === undefined ? {} : { reason };
  return say(parts, makeApiClient(parts), pathOf(target, "pause"), body, json);
}

async function resumeTarget(parts: CliParts, target: string, { json }: JsonOption): Promise<number> {
  return say(parts, makeApiClient(parts), pathOf(target, "resume"), undefined, json);
}

async function say(
  { stdout }: CliParts,
  client: ApiClient,
  path: string,
  body: object | undefined,
  json: boolean,
): Promise<number> {
  const view = await client.call("POST", path, targetAnswer, body);
  const { name, status, paused } = view;
  const next = status === "enabled" ? "what waited is pushed" : `it is ${status}, and nothing is pushed`;
  const why = paused?.reason ? `: ${paused.reason}` : "";
  const text =
    paused === null
      ? `${name} is not paused any more: ${next}.`
      : `${name} is paused by ${paused.by} since ${paused.since}${why}`;
  stdout.write(json ? `${JSON.stringify(view, null, 2)}\n` : `${plain(text)}\n`);
  return 0;
}
