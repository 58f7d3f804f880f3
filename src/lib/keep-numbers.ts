import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Numbers by name, in a file. */
export interface KeptNumbers {
  /** Null where there is none. */
  read(name: string): Promise<number | null>;
  /** Never fails: `onError` hears why something could not be written, and what was read before goes on to be true. */
  note(name: string, value: number): Promise<void>;
}

/**
 * Keeps a few numbers in a JSON file, which is written whole each time and appears complete or not at all. A file that
 * cannot be read counts as empty.
 */
export function keepNumbers(file: string, { onError }: { readonly onError: (error: unknown) => void }): KeptNumbers {
  let numbers: Promise<Record<string, number>> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const load = (): Promise<Record<string, number>> => {
    numbers ??= readNumbers(file).catch((error: unknown) => {
      onError(error);
      return {};
    });
    return numbers;
  };
  return {
    async read(name) {
      return (await load())[name] ?? null;
    },
    note(name, value) {
      writing = writing.then(async () => {
        const all = await load();
        all[name] = value;
        // What another process has noted there meanwhile stays.
        const there = await readNumbers(file).catch(() => all);
        await writeWhole(file, JSON.stringify({ ...there, [name]: value })).catch(onError);
      });
      return writing;
    },
  };
}

async function readNumbers(file: string): Promise<Record<string, number>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
  const entries = Object.entries(JSON.parse(text) as object);
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])));
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}
