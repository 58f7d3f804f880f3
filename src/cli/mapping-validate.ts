import { resolve } from "node:path";
import type { FileToCheck } from "../mapping/check-files.ts";
import type { WrittenFile } from "../mapping/file-text.ts";
import { isEditorSchema } from "../schemas/list-files.ts";
import { checkSchemaFiles } from "../wire.ts";
import { CliError, type CliParts } from "./parts.ts";
import {
  defaultSchemasDir,
  extensionsDirOf,
  extensionsHint,
  kindByFolder,
  listSchemasDir,
  readExtensionsFor,
} from "./schemas-dir.ts";
import { plain } from "./text.ts";
import { reportChecked } from "./validate-report.ts";
import { readAllWritten } from "./written-files.ts";

/** Options of `mapping validate`. */
export interface ValidateOptions {
  readonly schemas?: string;
  readonly json: boolean;
}

/** Checks files, or a whole schemas directory. Answers 0 when all is well, else 1. */
export async function validateMappings(
  parts: CliParts,
  paths: readonly string[],
  { schemas, json }: ValidateOptions,
): Promise<number> {
  const files = paths.length > 0 ? await readGiven(parts, paths, schemas) : await readDirectory(parts, schemas);
  const checked = checkSchemaFiles(files);
  const ok = checked.every((file) => file.ok);
  const hints = ok ? [] : paths.map((path) => extensionsHint(path, schemas, parts)).filter((hint) => hint !== null);
  if (hints[0] !== undefined) parts.stderr.write(`${hints[0]}\n`);
  parts.stdout.write(json ? `${JSON.stringify({ ok, files: checked }, null, 2)}\n` : reportChecked(checked));
  return ok ? 0 : 1;
}

async function readDirectory(parts: CliParts, schemas: string | undefined): Promise<readonly FileToCheck[]> {
  const directory = schemas ?? defaultSchemasDir(parts);
  const paths = await listSchemasDir(directory);
  if (paths.length === 0) throw new CliError(2, plain(`${directory}: there is nothing to check`));
  const around: readonly WrittenFile[] = [];
  return (await readAllWritten(paths)).map((file) => ({ ...file, kind: kindByFolder(file.file), around }));
}

async function readGiven(
  parts: CliParts,
  paths: readonly string[],
  schemas: string | undefined,
): Promise<readonly FileToCheck[]> {
  // Once each, however often a pattern names it.
  const given = new Map(paths.filter((path) => !isEditorSchema(path)).map((path) => [resolve(path), path]));
  if (given.size === 0) throw new CliError(2, "there is nothing to check: *.schema.json are for editors");
  const files = await readAllWritten([...given.values()]);
  const surroundings = new Map<string | null, readonly WrittenFile[]>();
  const around = async (path: string): Promise<readonly WrittenFile[]> => {
    const directory = extensionsDirOf(path, schemas, parts);
    const known = surroundings.get(directory);
    if (known) return known;
    const read = await readExtensionsFor(path, schemas, parts);
    const others = read.filter(({ file }) => !given.has(resolve(file)));
    surroundings.set(directory, others);
    return others;
  };
  const toCheck: FileToCheck[] = [];
  for (const file of files) {
    toCheck.push({ ...file, kind: kindByFolder(file.file), around: await around(file.file) });
  }
  return toCheck;
}
