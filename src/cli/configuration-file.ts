import { createReadStream } from "node:fs";
import { dirname, resolve } from "node:path";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { readAtMost } from "../lib/read-at-most.ts";
import type { WrittenFile } from "../mapping/file-text.ts";
import type { OpenFile } from "../mapping/open-file.ts";
import { formatProblem, MappingError } from "../mapping/problem.ts";
import { CliError, type CliParts } from "./parts.ts";
import { type ReadReference, type Resolved, resolveReferences } from "./resolve-references.ts";
import { plain } from "./text.ts";
import { readWritten, whyUnreadable } from "./written-files.ts";

/** A configuration file, its references read. */
export interface ConfigurationFile {
  readonly path: string;
  readonly document: JsonObject;
  /** References that can't be read; their texts in `document` mean nothing. */
  readonly problems: Resolved["problems"];
  placeOf(pointer: string): { readonly line: number; readonly column: number };
}

/**
 * Reads a configuration file; `-` is standard input. A `$file` is looked for from the file's own folder on.
 *
 * @throws CliError when it can't be read, or is no JSON object
 */
export async function readConfigurationFile(
  { env, stdin }: Pick<CliParts, "env" | "stdin">,
  path: string,
): Promise<ConfigurationFile> {
  const written = await readWritten(path, stdin);
  const { value, placeOf } = await parse(written);
  if (!isJsonObject(value)) throw new CliError(1, plain(`${written.file}:1:1: has to be a JSON object`));
  const folder = path === "-" ? "." : dirname(path);
  const { value: document, problems } = await resolveReferences(value, {
    $env: (name) => readVariable(env, name),
    $file: fileReader(folder),
  });
  return { path: written.file, document: document as JsonObject, problems, placeOf };
}

async function parse(written: WrittenFile): Promise<OpenFile & { readonly value: Json }> {
  // With all of the mapping's language behind it: commands that read no file do without.
  const { openFile } = await import("../mapping/open-file.ts");
  try {
    return openFile(written) as OpenFile & { readonly value: Json };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    throw new CliError(1, error.problems.map((problem) => plain(formatProblem(problem))).join("\n"));
  }
}

function readVariable(env: CliParts["env"], name: string): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) throw new Error(`the environment variable ${name} is not set`);
  if (value === "") throw new Error(`the environment variable ${name} is empty`);
  return value;
}

/** A secret is no longer; certificates are not either. */
const maxReferenceBytes = 262_144;

function fileReader(folder: string): ReadReference {
  return async (name) => {
    let bytes: Uint8Array;
    try {
      bytes = await readAtMost(createReadStream(resolve(folder, name)), maxReferenceBytes + 1);
    } catch (error) {
      throw new Error(`the file ${name} ${whyUnreadable(error)}`);
    }
    if (bytes.length > maxReferenceBytes) throw new Error(`the file ${name} has more than ${maxReferenceBytes} bytes`);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw new Error(`the file ${name} is no UTF-8 text`);
    }
    // Editors, and most programs that write secrets, end a file with a line break that is no part of it.
    const value = text.replace(/\r?\n$/, "");
    if (value === "") throw new Error(`the file ${name} is empty`);
    return value;
  };
}

/** Everything that is wrong with a file, a line each, in the order in which it stands there. */
export function sayProblems(
  { path, placeOf }: Pick<ConfigurationFile, "path" | "placeOf">,
  problems: readonly { readonly pointer: string; readonly detail: string }[],
): string {
  return problems
    .map(({ pointer, detail }) => ({ ...placeOf(pointer), pointer, detail }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, pointer, detail }) => plain(`${path}:${line}:${column} ${pointer}: ${detail}`))
    .join("\n");
}
