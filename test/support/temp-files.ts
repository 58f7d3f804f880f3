import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A directory of its own for a test. */
export interface TempFiles {
  readonly directory: string;
  /** Writes a file below it, text or bytes; anything else as JSON. Answers its path. */
  write(name: string, content: unknown): Promise<string>;
  path(name: string): string;
  remove(): Promise<void>;
}

/** Makes a temporary directory. */
export async function makeTempFiles(): Promise<TempFiles> {
  const directory = await mkdtemp(join(tmpdir(), "bridge-files-"));
  return {
    directory,
    async write(name, content) {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true });
      const isWritten = typeof content === "string" || content instanceof Uint8Array;
      await writeFile(path, isWritten ? content : JSON.stringify(content, null, 2));
      return path;
    },
    path: (name) => join(directory, name),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
