import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../lib/log.ts";
import { makeSchemaCatalog, type SchemaCatalog } from "../scim/catalog.ts";
import { loadExtensions, loadMapping } from "./load.ts";
import type { CompiledMapping } from "./mapping.ts";

/** The editable files of a schemas directory, as they are now. */
export interface SchemaFiles {
  /** The schemas in force. A broken extension file never replaces what worked. */
  catalog(): SchemaCatalog;
  /** Reads and compiles a mapping as it lies there now. Throws a MappingError. */
  mapping(name: string): Promise<CompiledMapping>;
  /** Names of the mappings and target profiles that there are. */
  names(kind: "mappings" | "targets"): readonly string[];
  close(): void;
}

/**
 * Opens a schemas directory and follows its changes.
 *
 * @throws {MappingError} when the extension files are broken at the start: there is nothing to fall back on
 */
export async function openSchemaFiles(directory: string, log: Log): Promise<SchemaFiles> {
  let catalog = makeSchemaCatalog(await loadExtensions(directory));
  let names = await readNames(directory);
  const reload = async (): Promise<void> => {
    try {
      catalog = makeSchemaCatalog(await loadExtensions(directory));
      names = await readNames(directory);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      log.error({ problem }, "the extension schemas are broken; those that worked stay in force");
    }
  };
  const watchers = watchFolders(directory, reload, log);
  return {
    catalog: () => catalog,
    mapping: (name) => loadMapping(directory, name),
    names: (kind) => names[kind],
    close() {
      for (const watcher of watchers) watcher.close();
    },
  };
}

type Names = Readonly<Record<"mappings" | "targets", readonly string[]>>;

async function readNames(directory: string): Promise<Names> {
  const list = async (folder: string): Promise<string[]> => {
    const files = await readdir(join(directory, folder)).catch(() => []);
    return files
      .filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  };
  return { mappings: await list("mappings"), targets: await list("targets") };
}

/** An editor writes a file in several steps: we look once they are over. */
function watchFolders(directory: string, reload: () => Promise<void>, log: Log): readonly FSWatcher[] {
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void reload(), 200);
    timer.unref();
  };
  return ["mappings", "extensions", "targets"].flatMap((folder) => {
    try {
      const watcher = watch(join(directory, folder), { persistent: false }, soon);
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      log.warn({ folder }, "this folder of schema files cannot be watched: changes are seen after a restart");
      return [];
    }
  });
}
