import { createReadStream } from "node:fs";
import { join } from "node:path";
import { readAtMost } from "../lib/read-at-most.ts";
import { maxFileBytes, type WrittenFile } from "../mapping/file-text.ts";
import { listSchemaFiles } from "../schemas/list-files.ts";
import { CliError, type CliParts } from "./parts.ts";
import { plain } from "./text.ts";

/**
 * Reads a file that was named on the command line; `-` is standard input.
 *
 * @throws CliError when it can't be read
 */
export async function readWritten(path: string, stdin?: CliParts["stdin"]): Promise<WrittenFile> {
  const fromStdin = path === "-" && stdin !== undefined;
  try {
    const bytes = await readAtMost(fromStdin ? stdin() : createReadStream(path), maxFileBytes);
    return { file: fromStdin ? "<stdin>" : path, bytes };
  } catch (error) {
    throw new CliError(2, plain(`${path}: ${whyUnreadable(error)}`));
  }
}

/**
 * Reads several files.
 *
 * @throws CliError that names all that can't be read
 */
export async function readAllWritten(paths: readonly string[]): Promise<readonly WrittenFile[]> {
  const files: WrittenFile[] = [];
  const unreadable: string[] = [];
  for (const path of paths) {
    try {
      files.push(await readWritten(path));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      unreadable.push(error.message);
    }
  }
  if (unreadable.length > 0) throw new CliError(2, unreadable.join("\n"));
  return files;
}

/**
 * Paths of the files that the server reads in a folder of a schemas directory, in its order.
 *
 * @throws CliError when the folder can't be read
 */
export async function listFolder(directory: string, folder: string): Promise<readonly string[]> {
  const path = join(directory, folder);
  try {
    return (await listSchemaFiles(path)).map((file) => join(path, file));
  } catch (error) {
    throw new CliError(2, plain(`${path}: ${whyUnreadable(error)}`));
  }
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "is not there"],
  ["ENOTDIR", "is not there: a part of the path is a file"],
  ["EISDIR", "is a directory; name files, or a schemas directory with --schemas"],
  ["EACCES", "may not be read: no permission"],
  ["EPERM", "may not be read: no permission"],
]);

/** Why a file can't be read, in words that follow its name. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return reasons.get(code) ?? `can't be read: ${typeof code === "string" ? code : String(error)}`;
}
