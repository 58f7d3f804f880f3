import { type Command, InvalidArgumentError, Option } from "commander";
import type { z } from "zod";
import { type recordAnswer, recordsAnswer, targetsAnswer } from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import { CliError, type CliParts } from "./parts.ts";
import { plain, table } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

type RecordAnswer = z.output<typeof recordAnswer>;

interface RecordsOptions {
  readonly person?: string;
  readonly task?: string;
  readonly status?: string;
  readonly since?: string;
  readonly target?: string;
  readonly limit: number;
  readonly json: boolean;
}

/** `records`: what became of a person at every sync, or what one task did. */
export function addRecords(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("records")
    .description("shows what syncs did to a person or group, and why, newest first; or what one task did")
    .option("--person <name>", "userName, externalId or id, exactly")
    .addOption(
      new Option("--task <id>", "of this task, in the order in which they came").conflicts(["person", "since"]),
    )
    .option("--status <status>", "planned, applied, failed, skipped or held; of a verify missing, drifted or unmanaged")
    .option("--since <time>", "from a time on: 2026-03-01, 2026-03-01T08:00:00Z, or how long ago: 7d, 12h", timeOf)
    .option("--target <name>", "only at this target (name or id); null: only in the bridge's own directory")
    .option("--limit <number>", "at most so many", wholeNumber, 100)
    .option("--json", "prints JSON", false)
    .action(async (options: RecordsOptions) => end(await showRecords(parts, options)));
}

async function showRecords(parts: CliParts, options: RecordsOptions): Promise<number> {
  const { person, task, since, target, status, limit, json } = options;
  if (person === undefined && task === undefined) throw new CliError(2, "Say whose records: --person or --task.");
  const client = makeApiClient(parts);
  const path = task === undefined ? "/records" : `/sync-tasks/${encodeURIComponent(task)}/records`;
  const query = {
    ...(person !== undefined && { person }),
    ...(since !== undefined && { since }),
    ...(target !== undefined && { target }),
    ...(status !== undefined && { status }),
  };
  const { records, isAll } = await readRecords(client, path, query, limit);
  if (json) {
    parts.stdout.write(`${JSON.stringify(records, null, 2)}\n`);
    return 0;
  }
  if (records.length === 0) {
    const whose = person === undefined ? `task ${plain(task ?? "")}` : plain(person);
    const which = status === undefined ? "" : ` with status ${plain(status)}`;
    parts.stdout.write(`There are no records of ${whose}${which}${since === undefined ? "" : " from then on"}.\n`);
    return 0;
  }
  const names = await namesOf(client);
  const isOfTask = person === undefined;
  const head = isOfTask ? headingOfTask : heading;
  parts.stdout.write(table([head, ...records.flatMap((record) => rowsOf(record, names, isOfTask))]));
  const which = isOfTask ? "first" : "newest";
  if (!isAll) parts.stderr.write(`These are the ${which} ${limit}: there are more (--limit).\n`);
  return 0;
}

async function readRecords(
  client: ApiClient,
  path: string,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<{ readonly records: readonly RecordAnswer[]; readonly isAll: boolean }> {
  const records: RecordAnswer[] = [];
  for (let cursor: string | null = null; ; ) {
    const rest = { limit: String(Math.min(500, limit - records.length)), ...(cursor !== null && { cursor }) };
    const search = new URLSearchParams({ ...query, ...rest });
    const page: z.output<typeof recordsAnswer> = await client.call("GET", `${path}?${search}`, recordsAnswer);
    records.push(...page.records);
    cursor = page.nextCursor;
    if (cursor === null || records.length >= limit) return { records, isAll: cursor === null };
  }
}

/** Names of the targets. */
async function namesOf(client: ApiClient): Promise<ReadonlyMap<string, string>> {
  const { items } = await client.call("GET", "/targets?limit=500", targetsAnswer);
  return new Map(items.map(({ id, name }) => [id, name]));
}

const heading = ["AT", "WHERE", "ACTION", "STATUS", "ATTRIBUTE", "BEFORE", "AFTER", "BECAUSE"];
const headingOfTask = ["TYPE", "EXTERNAL ID", "NAME", ...heading.slice(1)];

/** One row for each attribute; what holds for all of them stands in the first. Of a task each says whom it is about, not when. */
function rowsOf(
  record: RecordAnswer,
  names: ReadonlyMap<string, string>,
  isOfTask: boolean,
): readonly (readonly string[])[] {
  const { at, target, action, status, error, because, changes, resourceType, externalId, displayName } = record;
  const where = target === null ? "directory" : (names.get(target) ?? target);
  const about = isOfTask ? [resourceType, externalId ?? "", displayName ?? ""] : [at.replace(/\.\d+Z$/, "Z")];
  const head = [...about, where, action, status];
  const [first, ...others] = changes.length === 0 ? [["", "", ""]] : changes.map(cellsOf);
  const why = error === null ? because : `${because}: ${error}`;
  return [[...head, ...(first ?? []), why], ...others.map((cells) => [...head.map(() => ""), ...cells, ""])];
}

function cellsOf(change: RecordAnswer["changes"][number]): readonly string[] {
  if ("addedCount" in change) return ["members", `-${change.removedCount}`, `+${change.addedCount}`];
  return [change.attribute, shown(change.before), shown(change.after)];
}

const longest = 60;

function shown(value: unknown): string {
  const text = value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longest ? `${[...text].slice(0, longest - 1).join("")}…` : text;
}

const units = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

function timeOf(text: string): string {
  const [, count, unit] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  const ago = count === undefined ? null : Number(count) * units[unit as keyof typeof units];
  const time = ago === null ? Date.parse(text) : Date.now() - ago;
  if (Number.isNaN(time)) throw new InvalidArgumentError("Expected a time such as 2026-03-01T08:00:00Z, or 7d.");
  return new Date(time).toISOString();
}
