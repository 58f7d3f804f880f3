import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

export interface KeptSecret {
  readonly value: string;
  /** True when this call made it. */
  readonly created: boolean;
}

/**
 * Reads the secret in a file, or makes it and keeps it there with mode 0600.
 * Of two processes that start at once one wins and both answer its value: the file appears by a hard link, complete or
 * not at all, and only where there is none.
 *
 * @throws Error when the directory can't be written, or the file is empty
 */
export async function keepSecret(file: string, make: () => string): Promise<KeptSecret> {
  const kept = await readKept(file);
  if (kept !== null) return { value: kept, created: false };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeNew(draft, `${make()}\n`);
    const created = await link(draft, file).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, "EEXIST")) return false;
        throw error;
      },
    );
    const value = await readKept(file);
    if (value === null) throw new Error(`${file} vanished while it was being made`);
    return { value, created };
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function readKept(file: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
  const value = text.trim();
  if (value === "") throw new Error(`${file} is empty: remove it to have a new secret made, or restore its content`);
  // A restored backup may have come back readable for others.
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
  return value;
}

async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text, "utf8");
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
