import { open, unlink } from "node:fs/promises";
import { CliError } from "./parts.ts";
import { plain } from "./text.ts";

/** A token or signing secret that a server shows this once. */
export interface ShownOnce {
  readonly kind: string;
  readonly name: string;
  readonly secret: string;
}

/** A file for secrets that are shown once: a JSON object a line, readable by its owner alone. */
export interface SecretsFile {
  /** Resolves when it is on the disk. @throws CliError when it can't be written */
  add(secret: ShownOnce): Promise<void>;
  /** A file in which nothing came to stand is removed. */
  close(): Promise<void>;
}

/** Makes the file with mode 0600. @throws CliError when it is there already, or can't be made: others' secrets stay */
export async function openSecretsFile(path: string): Promise<SecretsFile> {
  const handle = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EEXIST" ? "is there already: name another file" : `can't be made: ${error.code}`;
    throw new CliError(1, plain(`--secrets-file ${path} ${why}. Nothing was done.`));
  });
  let isEmpty = true;
  return {
    async add(secret) {
      isEmpty = false;
      try {
        await handle.writeFile(`${JSON.stringify(secret)}\n`, "utf8");
        await handle.sync();
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : error;
        throw new CliError(1, plain(`It was made, and its secret could not be written to ${path}: ${code}.`));
      }
    },
    async close() {
      await handle.close();
      if (isEmpty) await unlink(path).catch(() => undefined);
    },
  };
}
