import type { z } from "zod";
import { draftAnswer, schemaFileAnswer, versionsAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { openOrFail } from "./mapping-impact.ts";
import { CliError, type CliParts } from "./parts.ts";
import { kindByFolder } from "./schemas-dir.ts";
import { plain, table } from "./text.ts";

/** Options of `mapping activate`. */
export interface ActivateOptions {
  /** The version that was in force when this was decided. */
  readonly expected?: number;
  readonly json: boolean;
}

/** Options of `mapping versions` and `mapping rollback`. */
export interface VersionOptions extends ActivateOptions {
  readonly extension: boolean;
}

/**
 * Saves a file at the server and brings it into force. Answers 0.
 *
 * @throws CliError when it has mistakes, would break another one, or the server's files are read-only
 */
export async function activateFile(
  parts: CliParts,
  path: string,
  { json, expected }: ActivateOptions,
): Promise<number> {
  const { name, text, kind: said, placeOf } = await openOrFail(path);
  const kind = kindByFolder(path) ?? said ?? "mapping";
  if (kind === "target") throw new CliError(2, "Target profiles have no versions: put the file into schemas/targets.");
  const client = makeApiClient(parts);
  const file = pathOf(name, kind === "extension");
  const draft = await client.call("PUT", file, draftAnswer, text, [{ path, pointer: "", placeOf }]);
  for (const { line, column, pointer, detail } of draft.warnings) {
    const place = line === null ? path : `${path}:${line}:${column}`;
    parts.stderr.write(`${plain(`warning: ${place} ${pointer}: ${detail}`)}\n`);
  }
  const body = { version: draft.version, ...(expected !== undefined && { expected }) };
  const activated = await client.call("POST", `${file}/activate`, schemaFileAnswer, body);
  parts.stdout.write(json ? `${JSON.stringify(activated, null, 2)}\n` : sayActive(activated, kind === "mapping"));
  return 0;
}

/** Lists versions, newest first. Answers 0. */
export async function listVersions(parts: CliParts, name: string, options: VersionOptions): Promise<number> {
  const client = makeApiClient(parts);
  const { items } = await client.call("GET", `${pathOf(name, options.extension)}/versions?limit=500`, versionsAnswer);
  if (options.json) parts.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
  else {
    const rows = items.map(({ version, state, origin, createdAt, activatedAt }) => [
      ...[String(version), state, origin, createdAt, activatedAt ?? "never"],
    ]);
    parts.stdout.write(table([["version", "state", "from", "made", "activated"], ...rows]));
  }
  return 0;
}

/** Brings a former version into force. Answers 0. */
export async function rollBack(
  parts: CliParts,
  name: string,
  version: number,
  { extension, expected, json }: VersionOptions,
): Promise<number> {
  const client = makeApiClient(parts);
  const body = { version, ...(expected !== undefined && { expected }) };
  const activated = await client.call("POST", `${pathOf(name, extension)}/activate`, schemaFileAnswer, body);
  parts.stdout.write(json ? `${JSON.stringify(activated, null, 2)}\n` : sayActive(activated, !extension));
  return 0;
}

function pathOf(name: string, isExtension: boolean): string {
  return `/${isExtension ? "extensions" : "mappings"}/${encodeURIComponent(name)}`;
}

function sayActive({ name, active, usedBy }: z.output<typeof schemaFileAnswer>, isMapping: boolean): string {
  const unused = isMapping && usedBy.length === 0 ? "; no source uses this mapping" : "";
  return `${plain(name)}: version ${active?.version ?? "?"} is in force from the next sync on${unused}\n`;
}
