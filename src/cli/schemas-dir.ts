import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readConfig } from "../config.ts";
import type { SchemaFileKind } from "../mapping/check-files.ts";
import type { WrittenFile } from "../mapping/file-text.ts";
import { CliError, type CliParts } from "./parts.ts";
import { plain } from "./text.ts";
import { listFolder, readAllWritten } from "./written-files.ts";

/** The folders of a schemas directory, with the kind of files that each holds. */
const kindOfFolder: ReadonlyMap<string, SchemaFileKind> = new Map([
  ["mappings", "mapping"],
  ["extensions", "extension"],
  ["targets", "target"],
]);

/** What the folder of a file says that it is; null where it says nothing. */
export function kindByFolder(path: string): SchemaFileKind | null {
  return kindOfFolder.get(basename(dirname(resolve(path)))) ?? null;
}

/** The schemas directory of a server that is started here. @throws ConfigError */
export function defaultSchemasDir({ env }: Pick<CliParts, "env">): string {
  // Only this variable: what else is wrong in the environment is no matter of files.
  return readConfig({ BRIDGE_SCHEMAS_DIR: env["BRIDGE_SCHEMAS_DIR"] }).schemasDir;
}

/**
 * Paths of all files that the server reads of a schemas directory.
 *
 * @throws CliError when it is none
 */
export async function listSchemasDir(directory: string): Promise<readonly string[]> {
  // A repository may have none: git keeps no empty folders.
  const extensions = hasExtensions(directory) ? await listFolder(directory, "extensions") : [];
  const mappings = await listFolder(directory, "mappings");
  const targets = existsSync(join(directory, "targets")) ? await listFolder(directory, "targets") : [];
  return [...extensions, ...mappings, ...targets];
}

/**
 * The extension files that a mapping file may use: of the directory that was named, else of the schemas directory in
 * which the file lies, else of the default one, which need not be there.
 *
 * @throws CliError when the directory that was named is none, or a file can't be read
 */
export async function readExtensionsFor(
  path: string,
  named: string | undefined,
  parts: Pick<CliParts, "env">,
): Promise<readonly WrittenFile[]> {
  const directory = extensionsDirOf(path, named, parts);
  return directory === null ? [] : readAllWritten(await listFolder(directory, "extensions"));
}

/** Which directory {@link readExtensionsFor} reads: null where there is none. @throws CliError */
export function extensionsDirOf(path: string, named: string | undefined, parts: Pick<CliParts, "env">): string | null {
  if (named !== undefined) {
    if (hasExtensions(named)) return named;
    throw new CliError(2, plain(`--schemas ${named}: is no schemas directory: it has no folder extensions`));
  }
  const own = join(dirname(path), "..");
  if (kindByFolder(path) !== null && hasExtensions(own)) return own;
  const fallback = defaultSchemasDir(parts);
  return hasExtensions(fallback) ? fallback : null;
}

/**
 * What to say beside the mistakes of a mapping file that lies apart from any schemas directory: nothing is known of the
 * extensions that it uses. Null where some directory was read.
 */
export function extensionsHint(path: string, named: string | undefined, parts: Pick<CliParts, "env">): string | null {
  if (extensionsDirOf(path, named, parts) !== null) return null;
  const looked = `neither beside ${path} nor in ${defaultSchemasDir(parts)}`;
  return plain(
    `No extension schemas were found, ${looked}: if it uses some, name the schemas directory with --schemas <dir>.`,
  );
}

function hasExtensions(directory: string): boolean {
  return existsSync(join(directory, "extensions"));
}
