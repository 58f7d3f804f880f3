import { access, constants, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { textOfFile } from "../mapping/file-text.ts";
import { MappingError } from "../mapping/problem.ts";
import type { SchemaKind } from "../store/store.ts";
import { filePath, folders } from "./schemas.ts";

/** A file as it lies there. */
export interface SchemaFile {
  readonly name: string;
  readonly text: string;
  /** Milliseconds since 1970, by the file system's clock. */
  readonly modifiedAt: number;
}

/** A folder of files as it is now, or why it cannot be read (a volume that is not there is no deletion of its files). */
export type FolderState =
  | { readonly files: readonly SchemaFile[]; readonly unreadable: readonly { name: string; reason: string }[] }
  | { readonly error: string };

/** Why the files cannot be changed through the API: they come from outside, read-only. */
export class ReadOnlyError extends Error {
  constructor(file: string, cause: unknown) {
    super(`${file} cannot be written (${codeOf(cause)})`, { cause });
    this.name = "ReadOnlyError";
  }
}

const suffix = ".json";

/** Whether a file of a folder is one that people edit: JSON Schemas, hidden files and editors' leftovers are none. */
export function isSchemaFile(file: string): boolean {
  return file.endsWith(suffix) && !file.endsWith(".schema.json") && !file.startsWith(".");
}

/** Names of the files of a folder, without `.json`. @throws what reading the folder throws */
export async function listNames(directory: string, folder: string): Promise<readonly string[]> {
  const files = await readdir(join(directory, folder));
  return files
    .filter(isSchemaFile)
    .map((file) => file.slice(0, -suffix.length))
    .sort();
}

/** Reads all files of a kind. Never throws: what cannot be read is said in the answer. */
export async function readFolder(directory: string, kind: SchemaKind): Promise<FolderState> {
  let names: readonly string[];
  try {
    names = await listNames(directory, folders[kind]);
  } catch (error) {
    return { error: codeOf(error) };
  }
  const files: SchemaFile[] = [];
  const unreadable: { name: string; reason: string }[] = [];
  for (const name of names) {
    const path = join(directory, filePath(kind, name));
    try {
      const { mtimeMs } = await stat(path);
      const text = textOfFile({ file: filePath(kind, name), bytes: await readFile(path) });
      files.push({ name, text, modifiedAt: mtimeMs });
    } catch (error) {
      // Gone since it was listed is gone; anything else is a file that is there and cannot be used.
      if (error instanceof MappingError) unreadable.push({ name, reason: error.problems[0]?.detail ?? "" });
      else if (codeOf(error) !== "ENOENT") unreadable.push({ name, reason: `cannot be read: ${codeOf(error)}` });
    }
  }
  return { files, unreadable };
}

/**
 * Replaces a file whole, or makes it: whoever reads it meanwhile sees the old text or the new one.
 *
 * @throws {ReadOnlyError}
 */
export async function writeSchemaFile(directory: string, kind: SchemaKind, name: string, text: string): Promise<void> {
  const path = join(directory, filePath(kind, name));
  // Hidden and without our suffix, so that no look takes it for a file.
  const draft = join(directory, folders[kind], `.${name}.${process.pid}.${Date.now()}.tmp`);
  try {
    await writeFile(draft, text, { mode: 0o644 });
    await rename(draft, path).catch((error: unknown) => {
      // A single file that is mounted into a container cannot be replaced, only written.
      if (codeOf(error) !== "EBUSY") throw error;
      return writeFile(path, text);
    });
  } catch (error) {
    throw new ReadOnlyError(filePath(kind, name), error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/** @throws {ReadOnlyError} */
export async function removeSchemaFile(directory: string, kind: SchemaKind, name: string): Promise<void> {
  try {
    await rm(join(directory, filePath(kind, name)), { force: true });
  } catch (error) {
    throw new ReadOnlyError(filePath(kind, name), error);
  }
}

/** Whether files of a kind can be changed from here. */
export async function isWritable(directory: string, kind: SchemaKind): Promise<boolean> {
  try {
    await access(join(directory, folders[kind]), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
