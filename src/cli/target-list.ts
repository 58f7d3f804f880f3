import type { z } from "zod";
import { settingsAnswer, type TargetAnswer, targetsAnswer } from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { plain, table } from "./text.ts";
import { everythingPaused } from "./watch-task.ts";

/** Prints the targets, and why nothing is pushed to those where that is so. Answers the exit code. */
export async function listTargets(parts: CliParts, { json }: { readonly json: boolean }): Promise<number> {
  const client = makeApiClient(parts);
  const targets = await readTargets(client);
  const { paused } = await client.call("GET", "/settings", settingsAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(targets, null, 2)}\n`);
  else if (targets.length === 0) parts.stdout.write("There are no targets yet.\n");
  else {
    parts.stdout.write(table([heading, ...targets.map(toRow)]));
    parts.stdout.write(targets.flatMap(sayStopped).join(""));
  }
  if (paused) parts.stderr.write(`${everythingPaused}.\n`);
  return 0;
}

async function readTargets(client: ApiClient): Promise<readonly TargetAnswer[]> {
  const targets: TargetAnswer[] = [];
  for (let cursor = ""; ; ) {
    const page: z.output<typeof targetsAnswer> = await client.call("GET", `/targets?limit=500${cursor}`, targetsAnswer);
    targets.push(...page.items);
    if (page.nextCursor === null) return targets;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

const heading = ["NAME", "STATUS", "SYNCED", "PENDING", "FAILED", "ID"];

/** What keeps a target from being pushed to comes before its setting. */
function toRow({ name, status, paused, quarantine, links, id }: TargetAnswer): readonly string[] {
  const now = status !== "enabled" ? status : paused !== null ? "paused" : quarantine ? "quarantine" : status;
  const counts = [links?.synced, links?.pending, links?.failed].map((count) => String(count ?? ""));
  return [name, now, ...counts, id];
}

function sayStopped({ name, paused, quarantine }: TargetAnswer): readonly string[] {
  const why = paused?.reason ? `: ${paused.reason}` : "";
  return [
    ...(paused === null ? [] : [`${name} is paused by ${paused.by} since ${paused.since}${why}`]),
    ...(quarantine === null
      ? []
      : [
          `${name} is in quarantine since ${quarantine.since} (${quarantine.code}), and is tried again at ${quarantine.nextTryAt}`,
        ]),
  ].map((line) => `${plain(line)}\n`);
}
