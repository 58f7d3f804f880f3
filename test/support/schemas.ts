import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { makeCipher } from "../../src/lib/cipher.ts";
import { makeLog } from "../../src/lib/log.ts";
import { makeSchemaEditor, type SchemaEditor } from "../../src/schemas/editor.ts";
import { openRegistry, type SchemaRegistry } from "../../src/schemas/registry.ts";
import { type FullStore, openStore } from "../../src/store/open-store.ts";

const repositorySchemas = fileURLToPath(new URL("../../schemas", import.meta.url));

/** A copy of the repository's schema files, which a test may change. It goes with the test. */
export function copySchemas(): string {
  const directory = mkdtempSync(join(tmpdir(), "bridge-schemas-"));
  cpSync(repositorySchemas, directory, { recursive: true });
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Editable files and a store for their versions, without a server. */
export interface SchemasFixture {
  readonly directory: string;
  readonly store: FullStore;
  readonly logLines: readonly string[];
  /** Opens the files as a process does at its start; `watch: false` looks only when told to. */
  open(options?: {
    readonly directory?: string;
    readonly watch?: boolean;
    readonly startedAt?: number;
  }): Promise<SchemaRegistry>;
  editorOf(registry: SchemaRegistry): SchemaEditor;
  read(file: string): string;
  /** Writes a file; an object as JSON. */
  write(file: string, content: string | object): void;
  /** Makes a file as old as this many milliseconds. */
  age(file: string, ms: number): void;
}

export async function makeSchemasFixture(): Promise<SchemasFixture> {
  const directory = copySchemas();
  const store = await openStore("file::memory:", { cipher: makeCipher(randomBytes(32)) });
  const logLines: string[] = [];
  const log = makeLog("info", { write: (line) => logLines.push(line) });
  const opened: SchemaRegistry[] = [];
  onTestFinished(async () => {
    for (const registry of opened) await registry.close();
    await store.close();
  });
  return {
    directory,
    store,
    logLines,
    async open({ directory: at = directory, watch = false, ...more } = {}) {
      const registry = await openRegistry({ directory: at, store, log, watch, ...more });
      opened.push(registry);
      return registry;
    },
    editorOf: (registry) => makeSchemaEditor({ registry, store }),
    read: (file) => readFileSync(join(directory, file), "utf8"),
    write: (file, content) =>
      writeFileSync(join(directory, file), typeof content === "string" ? content : JSON.stringify(content, null, 2)),
    age(file, ms) {
      const then = (Date.now() - ms) / 1000;
      utimesSync(join(directory, file), then, then);
    },
  };
}
