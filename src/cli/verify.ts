import type { Command } from "commander";
import { type TaskAnswer, taskAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { holdText } from "./held.ts";
import type { CliParts } from "./parts.ts";
import { countsInWords } from "./task-report.ts";
import { plain } from "./text.ts";
import { warnIfPaused, watchTask } from "./watch-task.ts";

interface VerifyOptions {
  readonly repair: boolean;
  readonly wait: boolean;
  readonly json: boolean;
  readonly detailedExitcode: boolean;
}

/** `verify`: reads a target back and, if asked to, waits for what it finds. */
export function addVerify(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("verify")
    .description("reads a target back and says what it does not hold as it was given")
    .argument("<target>", "name or id")
    .option("--repair", "puts right what is missing or different; what is not ours is left alone", false)
    .option("--wait", "waits for the end and shows what was found", false)
    .option("--json", "prints JSON", false)
    .option("--detailed-exitcode", "with --wait: ends with 2 when something was found that was not repaired", false)
    .action(async (target: string, options: VerifyOptions) => end(await verifyTarget(parts, target, options)));
}

async function verifyTarget(parts: CliParts, target: string, options: VerifyOptions): Promise<number> {
  const client = makeApiClient(parts);
  const path = `/targets/${encodeURIComponent(target)}/verify`;
  const started = await client.call("POST", path, taskAnswer, { repair: options.repair });
  const task = options.wait ? await watchTask(client, started, parts) : started;
  if (!options.wait) await warnIfPaused(client, parts);
  if (options.json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else if (options.wait) parts.stdout.write(reportDrift(target, task));
  else parts.stdout.write(`Verify task ${task.id} of ${plain(target)} is ${task.state}.\n`);
  if (!options.wait) return 0;
  if (task.state !== "succeeded") return 1;
  return options.detailedExitcode && !task.repair && hasDrifted(task) ? 2 : 0;
}

/** What is not ours is no drift. */
function hasDrifted({ drift }: TaskAnswer): boolean {
  if (drift === null) return false;
  const found = [drift.users["missing"], drift.users["drifted"], drift.groups["missing"], drift.groups["drifted"]];
  return found.some((count) => (count ?? 0) > 0);
}

/** What a verify found, for a person. */
export function reportDrift(target: string, task: TaskAnswer): string {
  const { drift } = task;
  const inWords = (counts: Readonly<Record<string, number | null>>): string => {
    const known = Object.entries(counts).filter((entry): entry is [string, number] => entry[1] !== null);
    const unlisted = counts["unmanaged"] === null ? "; the target does not list what else it holds" : "";
    return `${countsInWords(Object.fromEntries(known))}${unlisted}`;
  };
  const lines = [
    `${task.repair ? "Verify with repair" : "Verify"} of ${target}: ${task.state} (task ${task.id})`,
    ...(drift === null
      ? []
      : [
          `  users:   ${inWords(drift.users)}`,
          `  groups:  ${inWords(drift.groups)}`,
          `  members: ${drift.members === null ? "not shown by the target" : inWords(drift.members)}`,
        ]),
    ...(task.repair ? task.targets.map(sayRepaired) : []),
    ...(task.error ? [`  ${task.error.code}: ${task.error.detail}`] : []),
  ];
  const which = task.repair || (drift !== null && hasDrifted(task)) ? [`  one by one: records --task ${task.id}`] : [];
  return [...lines, ...which].map((line) => `${plain(line)}\n`).join("") + holdText(task);
}

/** What a repair has sent, by what its push has done. */
function sayRepaired({ counts }: TaskAnswer["targets"][number]): string {
  return `  repaired: users: ${countsInWords(counts.users)}; groups: ${countsInWords(counts.groups)}`;
}
