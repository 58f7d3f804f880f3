import { join } from "node:path";
import type { Log } from "../lib/log.ts";
import { shareRuns } from "../lib/share-runs.ts";
import { MappingError } from "../mapping/problem.ts";
import { makeSchemaCatalog } from "../scim/catalog.ts";
import type { SchemaVersion, SchemaVersionStore, SourceStore } from "../store/store.ts";
import { makeActiveReader } from "./active-versions.ts";
import { buildInForce } from "./build.ts";
import { carryOut, restore } from "./carry-out.ts";
import { type SchemaCompiler, schemaCompiler } from "./compile-file.ts";
import { type FolderState, isSameFolder, readFolder } from "./folder.ts";
import { type JudgeInput, judgeFiles } from "./judge.ts";
import { listNames } from "./list-files.ts";
import { rememberingCompiler } from "./remember.ts";
import { makeReporter } from "./report.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";
import { watchFolders } from "./watch.ts";

export interface RegistryParts {
  /** The directory of the editable files. */
  readonly directory: string;
  readonly store: SchemaVersionStore & Pick<SourceStore, "listSources">;
  readonly log: Log;
  /** Follow changes by itself. Without it only {@link SchemaRegistry.refresh} looks. */
  readonly watch: boolean;
  /** When this process started; it takes its files as edited then. As the system says, if left out. */
  readonly startedAt?: number;
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
   * changes nothing. What was written before the call is seen; who calls at the same time shares a look.
   */
  refresh(): Promise<SchemasInForce>;
  /** Compiles texts as a look does, and remembers them together. */
  readonly compile: SchemaCompiler;
  /** Ends following changes, and waits for a look that is under way. */
  close(): Promise<void>;
}

/**
 * Opens a schemas directory.
 *
 * @throws {MappingError} when an extension file is broken and no version of it was ever in force: on a first start that
 * is an operator's mistake, and he is there to mend it
 */
export async function openRegistry(parts: RegistryParts): Promise<SchemaRegistry> {
  const { directory, store, log, watch, startedAt = Date.now() - process.uptime() * 1000 } = parts;
  const compile = rememberingCompiler(schemaCompiler);
  const readActive = makeActiveReader(store);
  let inForce: SchemasInForce = nothing;
  let profiles: readonly string[] = [];
  let last: Seen | null = null;
  // After a look that had nothing to do: the same files and versions need not be judged again.
  let settled: Seen | null = null;
  const report = makeReporter(log);

  const look = async (): Promise<SchemasInForce> => {
    profiles = await listNames(join(directory, "targets")).catch(() => profiles);
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      const seen = await see(parts, readActive, last);
      last = seen;
      if (settled !== null && isSame(settled, seen)) return inForce;
      const judgement = judgeFiles({ ...seen, former: await findFormer(store, seen), startedAt, compile });
      const versions = await carryOut(judgement, store, log);
      // Somebody else activated something meanwhile.
      if (versions === null) continue;
      const { written, tryAgain } = await restore(judgement, { directory, store, log });
      inForce = buildInForce(judgement, { versions, restored: written }, compile);
      const hadToDo = judgement.activate.length + judgement.retire.length + written.size > 0 || tryAgain;
      settled = hadToDo ? null : seen;
      if (watch) report(inForce);
      return inForce;
    }
    throw new Error("the versions of the schema files change faster than they can be read");
  };
  const looks = shareRuns(look);
  const refresh = looks.run;

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
    compile,
    async close() {
      stopWatching();
      await looks.idle();
    },
  };
}

const nothing: SchemasInForce = {
  mappings: new Map(),
  extensions: new Map(),
  catalog: makeSchemaCatalog([]),
  files: [],
};

/** What a look finds, before it is judged. */
type Seen = Pick<JudgeInput, "extensions" | "mappings" | "active" | "needed">;

async function see(
  { directory, store }: RegistryParts,
  readActive: () => Promise<readonly SchemaVersion[]>,
  last: Seen | null,
): Promise<Seen> {
  const active = await readActive();
  const mappings = await readFolder(directory, "mapping", last?.mappings);
  const extensions = await readFolder(directory, "extension", last?.extensions);
  const needed = hasAllFiles(active, mappings) ? noNames : await mappingsInUse(store);
  return { active, mappings, extensions, needed };
}

function isSame(a: Seen, b: Seen): boolean {
  return (
    a.active === b.active &&
    isSameFolder(a.mappings, b.mappings) &&
    isSameFolder(a.extensions, b.extensions) &&
    a.needed.size === b.needed.size &&
    [...a.needed].every((name) => b.needed.has(name))
  );
}

/** Paths of the files that hold what was in force once. Only those are asked for that differ from what is in force. */
async function findFormer(
  store: Pick<SchemaVersionStore, "wasInForce">,
  { active, mappings, extensions }: Seen,
): Promise<ReadonlySet<string>> {
  const former = new Set<string>();
  for (const { kind, name, text, origin } of active) {
    const folder = kind === "mapping" ? mappings : extensions;
    const file = "files" in folder ? folder.files.find((each) => each.name === name) : undefined;
    if (origin !== "file" || file === undefined || file.text === text) continue;
    if (await store.wasInForce(kind, name, file.text)) former.add(filePath(kind, name));
  }
  return former;
}

const noNames: ReadonlySet<string> = new Set();

/** Whether there is a file for each mapping in force: then nobody need be asked who needs them. */
function hasAllFiles(active: readonly SchemaVersion[], folder: FolderState): boolean {
  const names = new Set("files" in folder ? folder.files.map(({ name }) => name) : []);
  return active.every(({ kind, name }) => kind !== "mapping" || names.has(name));
}

async function mappingsInUse(store: Pick<SourceStore, "listSources">): Promise<ReadonlySet<string>> {
  const read = (await store.listSources()).filter(({ type }) => type !== "custom");
  return new Set(read.map(({ settings }) => settings.mapping));
}
