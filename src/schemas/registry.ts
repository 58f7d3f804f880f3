import type { Log } from "../lib/log.ts";
import { formatProblem, MappingError } from "../mapping/problem.ts";
import { makeSchemaCatalog, type SchemaCatalog, type SchemaDefinition } from "../scim/catalog.ts";
import type { SchemaVersion, SchemaVersionStore, SourceStore } from "../store/store.ts";
import { type CompiledMappingFile, compileExtensions, compileMappingFile, rememberingCompile } from "./compile-file.ts";
import { type FolderState, listNames, ReadOnlyError, readFolder, writeSchemaFile } from "./folder.ts";
import { type Judged, type Judgement, judgeFiles } from "./judge.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";
import { watchFolders } from "./watch.ts";

export interface RegistryParts {
  /** The directory of the editable files. */
  readonly directory: string;
  readonly store: SchemaVersionStore & Pick<SourceStore, "listSources">;
  readonly log: Log;
  /** Follow changes by itself. Without it only {@link SchemaRegistry.refresh} looks. */
  readonly watch: boolean;
}

/** The editable files and what of them is in force. */
export interface SchemaRegistry {
  readonly directory: string;
  /** As of the last look. */
  inForce(): SchemasInForce;
  /** Names of the target profiles that there are. */
  profiles(): readonly string[];
  /**
   * Looks at the files, brings what is good and new into force, and answers what is in force. A file with a mistake
   * changes nothing. Looks one after the other: what was written before the call is seen.
   */
  refresh(): Promise<SchemasInForce>;
  /** Ends following changes, and waits for a look that is under way. */
  close(): Promise<void>;
}

/**
 * Opens a schemas directory.
 *
 * @throws {MappingError} when an extension file is broken and no version of it was ever in force: on a first start that
 * is an operator's mistake, and he is there to mend it
 */
export async function openRegistry({ directory, store, log, watch }: RegistryParts): Promise<SchemaRegistry> {
  const compile = rememberingCompile(compileMappingFile);
  let inForce: SchemasInForce = nothing;
  let profiles: readonly string[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const report = makeReporter(log);

  const look = async (): Promise<SchemasInForce> => {
    for (let attempt = 1; ; attempt += 1) {
      const active = await store.activeSchemas();
      const [mappings, extensions] = [await readFolder(directory, "mapping"), await readFolder(directory, "extension")];
      const needed = hasAllFiles(active, mappings) ? noNames : await mappingsInUse(store);
      const judgement = judgeFiles({ extensions, mappings, active, needed, compile });
      const versions = await carryOut(judgement, store, log);
      // Somebody else activated something meanwhile.
      if (versions === null && attempt < 10) continue;
      if (versions === null) throw new Error("the versions of the schema files change faster than they can be read");
      const restored = await restore(judgement, { directory, store, log });
      inForce = build(judgement, versions, restored);
      profiles = await listNames(directory, "targets").catch(() => profiles);
      if (watch) report(inForce);
      return inForce;
    }
  };
  const refresh = (): Promise<SchemasInForce> => {
    const result = last.then(look, look);
    last = result.catch(() => undefined);
    return result;
  };

  await refresh();
  const unusable = inForce.files.filter(
    ({ kind, state, name }) => kind === "extension" && state === "broken" && !inForce.extensions.has(name),
  );
  if (unusable.length > 0) throw new MappingError(unusable.flatMap(({ problems }) => problems));
  const stopWatching = watch
    ? watchFolders(directory, log, () => {
        refresh().catch((error: unknown) => log.error({ err: error }, "the schema files could not be looked at"));
      })
    : () => {};
  return {
    directory,
    inForce: () => inForce,
    profiles: () => profiles,
    refresh,
    async close() {
      stopWatching();
      await last;
    },
  };
}

const nothing: SchemasInForce = {
  mappings: new Map(),
  extensions: new Map(),
  catalog: makeSchemaCatalog([]),
  files: [],
};

const noNames: ReadonlySet<string> = new Set();

/** Whether there is a file for each mapping in force: then nobody need be asked who needs them. */
function hasAllFiles(active: readonly SchemaVersion[], folder: FolderState): boolean {
  const names = new Set("files" in folder ? folder.files.map(({ name }) => name) : []);
  return active.every(({ kind, name }) => kind !== "mapping" || names.has(name));
}

async function mappingsInUse(store: Pick<SourceStore, "listSources">): Promise<ReadonlySet<string>> {
  return new Set((await store.listSources()).map(({ settings }) => settings.mapping));
}

type Versions = ReadonlyMap<string, SchemaVersion>;

/** Makes versions of what is new. Null when another process did something else meanwhile. */
async function carryOut(
  { activate, retire }: Judgement,
  store: SchemaVersionStore,
  log: Log,
): Promise<Versions | null> {
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

/** Writes files that are behind, and keeps what they held as drafts; answers which could be written. */
async function restore(
  { restore: behind }: Judgement,
  { directory, store, log }: Pick<RegistryParts, "directory" | "store" | "log">,
): Promise<ReadonlySet<string>> {
  const restored = new Set<string>();
  for (const { version: wanted, found } of behind) {
    const { kind, name, text, version } = wanted;
    try {
      const kept = await store.saveDraft(found);
      await writeSchemaFile(directory, kind, name, text);
      restored.add(filePath(kind, name));
      log.warn(
        { file: filePath(kind, name), version, kept: kept.version },
        "the file was older than what is in force and was written anew; what it held is kept as a version",
      );
    } catch (error) {
      if (!(error instanceof ReadOnlyError)) throw error;
    }
  }
  return restored;
}

function build(
  { extensions, mappings, files }: Judgement,
  versions: Versions,
  restored: ReadonlySet<string>,
): SchemasInForce {
  const noted = <T>({ name, text, version }: Judged<T>, kind: "mapping" | "extension") => {
    const row = version ?? versions.get(filePath(kind, name));
    if (!row) throw new Error(`no version of ${filePath(kind, name)}`);
    const { version: number, origin, createdAt } = row;
    return { name, text, version: number, origin, createdAt, activatedAt: row.activatedAt ?? createdAt };
  };
  const fallenBack = new Set(
    files.filter(({ kind, state }) => kind === "mapping" && state !== "current").map(({ name }) => name),
  );
  const ofFiles = extensions.map(({ value }) => value);
  return {
    mappings: new Map(mappings.map((each) => [each.name, { ...noted(each, "mapping"), ...each.value }])),
    extensions: new Map(extensions.map((each) => [each.name, { ...noted(each, "extension"), definition: each.value }])),
    catalog: makeCatalog(ofFiles, mappings, fallenBack),
    files: files.map((file) =>
      file.state === "behind" && restored.has(filePath(file.kind, file.name))
        ? { ...file, state: "current", problems: [] }
        : file,
    ),
  };
}

/**
 * The schemas of the extension files, and those that only a mapping's last good version still writes: what lies in the
 * directory has to be described.
 */
function makeCatalog(
  extensions: readonly SchemaDefinition[],
  mappings: readonly Judged<CompiledMappingFile>[],
  fallenBack: ReadonlySet<string>,
): SchemaCatalog {
  const byUrn = new Map(extensions.map((each) => [each.id.toLowerCase(), each]));
  for (const { name, version } of mappings) {
    if (version === null || !fallenBack.has(name)) continue;
    for (const each of compileExtensions(version.extensions)) {
      const urn = each.id.toLowerCase();
      if (!byUrn.has(urn) && writes(version.text, urn)) byUrn.set(urn, each);
    }
  }
  return makeSchemaCatalog([...byUrn.values()]);
}

function writes(text: string, urn: string): boolean {
  return text.toLowerCase().includes(`"${urn}:`);
}

/** Logs what is wrong with files once, and once more when it has changed or is mended. */
function makeReporter(log: Log): (inForce: SchemasInForce) => void {
  const said = new Map<string, string>();
  return ({ files, mappings }) => {
    for (const { kind, name, state, problems } of files) {
      const file = filePath(kind, name);
      const warnings = state === "current" && kind === "mapping" ? (mappings.get(name)?.warnings ?? []) : [];
      const text = [...problems, ...warnings].map(formatProblem).join("\n");
      if ((said.get(file) ?? "") === text) continue;
      said.set(file, text);
      if (warnings.length > 0) {
        log.warn(
          { file, warnings: warnings.map(formatProblem) },
          "the file is in force, and perhaps not as it was meant",
        );
        continue;
      }
      if (state === "current") log.info({ file }, "the file is good again");
      else
        log.error(
          { file, state, problems: problems.map(formatProblem) },
          "the file cannot be used; what worked stays in force",
        );
    }
  };
}
