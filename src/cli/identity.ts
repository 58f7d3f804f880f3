import type { Command } from "commander";
import { z } from "zod";
import { taskAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { reportEnded } from "./ended-report.ts";
import type { CliParts } from "./parts.ts";
import { plain, table } from "./text.ts";
import { watchTask } from "./watch-task.ts";

const caseAnswer = z.looseObject({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  from: z.string(),
  to: z.string(),
  displayName: z.string().nullable(),
  evidence: z.array(z.string()),
  told: z.boolean(),
  expiresAt: z.string().nullable(),
});
const casesAnswer = z.object({ items: z.array(caseAnswer), nextCursor: z.string().nullable() });
const decidedAnswer = caseAnswer.extend({ syncTask: z.string().nullable() });

type CaseAnswer = z.output<typeof caseAnswer>;

interface ListOptions {
  readonly source?: string;
  readonly all: boolean;
  readonly json: boolean;
}

/** `identity`: whether people are the same under another name or after an absence, and saying so. */
export function addIdentity(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const identity = program
    .command("identity")
    .description("shows of whom it is asked whether he is the same as somebody who was here, and answers that");
  identity
    .command("list", { isDefault: true })
    .description("shows what is asked")
    .option("--source <source>", "of one source, by its id or name")
    .option("--all", "also what was answered, followed or is over", false)
    .option("--json", "prints JSON", false)
    .action(async (options: ListOptions) => end(await list(parts, options)));
  const decisions = [
    ["same", "accept", "says that it is the same person: he keeps his id and his accounts"],
    ["another", "decline", "says that it is another person: one leaves, and a new one is made"],
  ] as const;
  for (const [name, action, description] of decisions) {
    identity
      .command(name)
      .description(description)
      .argument("<case>", "id of an identity case")
      .option("--wait", "waits for the end of the sync that carries it out, and shows what came of it", false)
      .option("--json", "prints JSON", false)
      .action(async (id: string, options: DecideOptions) => end(await decide(parts, id, action, options)));
  }
}

async function list(parts: CliParts, { source, all, json }: ListOptions): Promise<number> {
  const search = new URLSearchParams({
    limit: "500",
    ...(all ? {} : { state: "open" }),
    ...(source !== undefined && { source }),
  });
  const { items, nextCursor } = await makeApiClient(parts).call("GET", `/identity-cases?${search}`, casesAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
  else if (items.length === 0) parts.stdout.write(all ? "There is nothing.\n" : "Nothing is asked.\n");
  else parts.stdout.write(table([heading, ...items.map(rowOf)]));
  if (nextCursor !== null) parts.stderr.write("These are the newest 500: there are more.\n");
  return 0;
}

const heading = ["CASE", "KIND", "STATE", "NAME", "FROM", "TO", "BECAUSE OF", "UNTIL"];

function rowOf({ id, kind, state, displayName, from, to, evidence, told, expiresAt }: CaseAnswer): readonly string[] {
  const because = [...(told ? ["an event"] : []), ...evidence].join(", ");
  return [id, kind, state, displayName ?? "", from, to, because, expiresAt ?? ""];
}

interface DecideOptions {
  readonly wait: boolean;
  readonly json: boolean;
}

async function decide(
  parts: CliParts,
  id: string,
  action: "accept" | "decline",
  { wait, json }: DecideOptions,
): Promise<number> {
  const client = makeApiClient(parts);
  const decided = await client.call("POST", `/identity-cases/${encodeURIComponent(id)}/${action}`, decidedAnswer, {});
  const { syncTask } = decided;
  if (json) parts.stdout.write(`${JSON.stringify(decided, null, 2)}\n`);
  else parts.stdout.write(`Case ${plain(id)} is ${plain(decided.state)}; ${carriedOutBy(syncTask)}.\n`);
  if (!wait || syncTask === null) return 0;
  const queued = await client.call("GET", `/sync-tasks/${encodeURIComponent(syncTask)}`, taskAnswer);
  const task = await watchTask(client, queued, parts);
  if (!json) parts.stdout.write(await reportEnded(client, task));
  return task.state === "succeeded" ? 0 : 1;
}

function carriedOutBy(task: string | null): string {
  return task === null ? "its source is disabled: its next sync carries it out" : `task ${plain(task)} carries it out`;
}
