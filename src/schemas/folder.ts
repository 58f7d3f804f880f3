import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readAtMost } from "../lib/read-at-most.ts";
import { maxFileBytes, textOfFile } from "../mapping/file-text.ts";
import { MappingError, makeProblem } from "../mapping/problem.ts";
import type { SchemaKind } from "../store/store.ts";
import { listNames } from "./list-files.ts";
import { filePath, folders } from "./schemas.ts";

/** A file as it lies there. */
export interface SchemaFile {
  readonly name: string;
  readonly text: string;
  /** Milliseconds since 1970, by the file system's clock. */
  readonly modifiedAt: number;
  /**
   * What the file system tells of this state of the file: with the same, it need not be read again. Null while it is so
   * new that a further change might not show.
   */
  readonly stamp: string | null;
}

/** A folder of files as it is now, or why it cannot be read (a volume that is not there is no deletion of its files). */
export type FolderState =
  | { readonly files: readonly SchemaFile[]; readonly unreadable: readonly { name: string; reason: string }[] }
  | { readonly error: string };

/**
 * Reads all files of a kind. Never throws: what cannot be read is said in the answer.
 *
 * @param before the folder at the last look: files that have not changed are taken from it
 */
export async function readFolder(
  directory: string,
  kind: SchemaKind,
  before: FolderState | null = null,
): Promise<FolderState> {
  let names: readonly string[];
  try {
    names = await listNames(join(directory, folders[kind]));
  } catch (error) {
    return { error: codeOf(error) };
  }
  const known = new Map(before && "files" in before ? before.files.map((file) => [file.name, file]) : []);
  const files: SchemaFile[] = [];
  const unreadable: { name: string; reason: string }[] = [];
  for (const name of names) {
    try {
      files.push(await readSchemaFile(directory, kind, name, known.get(name)));
    } catch (error) {
      // Gone since it was listed is gone; anything else is a file that is there and cannot be used.
      if (error instanceof MappingError) unreadable.push({ name, reason: error.problems[0]?.detail ?? "" });
      else if (codeOf(error) !== "ENOENT") unreadable.push({ name, reason: `cannot be read: ${codeOf(error)}` });
    }
  }
  return { files, unreadable };
}

/** Whether two looks at a folder found the same. */
export function isSameFolder(a: FolderState, b: FolderState): boolean {
  if ("error" in a || "error" in b) return "error" in a && "error" in b && a.error === b.error;
  return (
    a.files.length === b.files.length &&
    a.files.every((file, index) => isSameFile(file, b.files[index])) &&
    JSON.stringify(a.unreadable) === JSON.stringify(b.unreadable)
  );
}

function isSameFile(a: SchemaFile, b: SchemaFile | undefined): boolean {
  return a === b || (a.name === b?.name && a.modifiedAt === b.modifiedAt && a.text === b.text);
}

/** File systems count in steps of up to two seconds: two changes within one look the same. Milliseconds. */
const coarsestStepMs = 2000;

async function readSchemaFile(
  directory: string,
  kind: SchemaKind,
  name: string,
  known: SchemaFile | undefined,
): Promise<SchemaFile> {
  const path = join(directory, filePath(kind, name));
  const found = await stat(path);
  // A pipe would be waited for without end.
  if (!found.isFile()) throw new MappingError([makeProblem(filePath(kind, name), null, [], "is no file")]);
  const { mtimeMs, ctimeMs, size, ino } = found;
  const stamp = JSON.stringify([mtimeMs, ctimeMs, size, ino]);
  if (known?.stamp === stamp) return known;
  const isSettled = Date.now() - Math.max(mtimeMs, ctimeMs) > coarsestStepMs;
  const bytes = await readAtMost(createReadStream(path), maxFileBytes);
  const text = textOfFile({ file: filePath(kind, name), bytes });
  return { name, text, modifiedAt: mtimeMs, stamp: isSettled ? stamp : null };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
