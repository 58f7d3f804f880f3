import type { z } from "zod";
import { settingsAnswer, type sourceAnswer, sourcesAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { table } from "./text.ts";
import { everythingPaused } from "./watch-task.ts";

type Source = z.output<typeof sourceAnswer>;

/** Prints the sources. Answers the exit code. */
export async function listSources(parts: CliParts, { json }: { readonly json: boolean }): Promise<number> {
  const client = makeApiClient(parts);
  const sources: Source[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const page: z.output<typeof sourcesAnswer> = await client.call("GET", `/sources${query}`, sourcesAnswer);
    sources.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  const { paused } = await client.call("GET", "/settings", settingsAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(sources, null, 2)}\n`);
  else if (sources.length === 0) parts.stdout.write("There are no sources yet.\n");
  else parts.stdout.write(table([heading, ...sources.map((source) => toRow(source, paused))]));
  if (paused) parts.stderr.write(`${everythingPaused}.\n`);
  return 0;
}

const heading = ["NAME", "TYPE", "STATUS", "USERS", "GROUPS", "LAST SYNC", "NEXT SYNC", "ID"];

function toRow({ name, type, status, summary, lastTask, nextRunAt, id }: Source, paused: boolean): readonly string[] {
  const last = lastTask === null ? "never" : `${lastTask.state} ${lastTask.finishedAt ?? ""}`.trim();
  const next = nextRunAt !== null && paused ? "paused" : (nextRunAt ?? "by hand");
  return [name, type, status, String(summary.users), String(summary.groups), last, next, id];
}
