import { randomBytes } from "node:crypto";
import { access, constants, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SchemaKind } from "../store/store.ts";
import { filePath, folders } from "./schemas.ts";

/** Why a file could not be written or removed. The file is as it was, unless it can only be written in place. */
export class FileWriteError extends Error {
  constructor(file: string, cause: unknown) {
    super(`the file ${file} cannot be written (${codeOf(cause)})`, { cause });
    this.name = "FileWriteError";
  }
}

/** The files cannot be changed from here at all: they come from outside, read-only. */
export class ReadOnlyError extends FileWriteError {
  constructor(file: string, cause: unknown) {
    super(file, cause);
    this.name = "ReadOnlyError";
  }
}

/**
 * Replaces a file whole, or makes it: whoever reads it meanwhile sees the old text or the new one.
 *
 * @throws {ReadOnlyError} where nothing can be written there
 * @throws {FileWriteError} where it failed this time: no space is left, for one
 */
export async function writeSchemaFile(directory: string, kind: SchemaKind, name: string, text: string): Promise<void> {
  const path = join(directory, filePath(kind, name));
  // Hidden and without our suffix, so that no look takes it for a file; short, however long the file's name is.
  const draft = join(directory, folders[kind], `.${process.pid}-${randomBytes(8).toString("hex")}.tmp`);
  try {
    await writeFile(draft, text, { mode: 0o644, flag: "wx" });
    await rename(draft, path).catch((error: unknown) => {
      // A single file that is mounted into a container cannot be replaced, only written.
      if (codeOf(error) !== "EBUSY") throw error;
      return writeFile(path, text);
    });
  } catch (error) {
    throw toWriteError(filePath(kind, name), error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/** Removes a file, if it is there. Throws as {@link writeSchemaFile} does. */
export async function removeSchemaFile(directory: string, kind: SchemaKind, name: string): Promise<void> {
  try {
    await rm(join(directory, filePath(kind, name)), { force: true });
  } catch (error) {
    throw toWriteError(filePath(kind, name), error);
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

// EBUSY: mounted, and not to be written in place either.
const readOnlyCodes: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM", "EBUSY"]);

function toWriteError(file: string, cause: unknown): FileWriteError {
  return readOnlyCodes.has(codeOf(cause)) ? new ReadOnlyError(file, cause) : new FileWriteError(file, cause);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
