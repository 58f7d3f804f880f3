import type { Log } from "../lib/log.ts";
import type { SchemaVersion, SchemaVersionStore } from "../store/store.ts";
import type { Judgement } from "./judge.ts";
import { filePath } from "./schemas.ts";
import { FileWriteError, ReadOnlyError, writeSchemaFile } from "./write-file.ts";

/** The new versions, by their files' paths. */
export type NewVersions = ReadonlyMap<string, SchemaVersion>;

/** Makes versions of what is new. Null when another process did something else meanwhile. */
export async function carryOut(
  { activate, retire }: Judgement,
  store: SchemaVersionStore,
  log: Log,
): Promise<NewVersions | null> {
  const versions = new Map<string, SchemaVersion>();
  for (const { expected, ...content } of activate) {
    const version = await store.activateSchema(content, { origin: "file", expected });
    if (version === null) return null;
    versions.set(filePath(version.kind, version.name), version);
    log.info({ file: filePath(version.kind, version.name), version: version.version }, "the file is in force");
  }
  for (const { kind, name, version } of retire) {
    if (!(await store.retireSchema(kind, name, version))) return null;
    log.info({ file: filePath(kind, name), version }, "the file is gone, and no longer in force");
  }
  return versions;
}

/** What became of files that were to be written anew. */
export interface Restored {
  /** Paths of those that were written. */
  readonly written: ReadonlySet<string>;
  /** Whether it makes sense to try the others again: those were not written for another reason than being read-only. */
  readonly tryAgain: boolean;
}

/** Writes files that are behind, and keeps what they held as drafts. A file that cannot be written stays behind. */
export async function restore(
  { restore: behind }: Judgement,
  { directory, store, log }: { readonly directory: string; readonly store: SchemaVersionStore; readonly log: Log },
): Promise<Restored> {
  const written = new Set<string>();
  let tryAgain = false;
  for (const { version: wanted, found } of behind) {
    const { kind, name, text, version } = wanted;
    const file = filePath(kind, name);
    try {
      const kept = await store.saveDraft(found);
      await writeSchemaFile(directory, kind, name, text);
      written.add(file);
      log.warn(
        { file, version, kept: kept.version },
        "the file was older than what is in force and was written anew; what it held is kept as a version",
      );
    } catch (error) {
      if (!(error instanceof FileWriteError)) throw error;
      if (error instanceof ReadOnlyError) continue;
      tryAgain = true;
      log.error({ file, version, err: error }, "the file is older than what is in force and could not be written anew");
    }
  }
  return { written, tryAgain };
}
