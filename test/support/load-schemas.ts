import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileMappingText } from "../../src/mapping/compile.ts";
import { type ExtensionOfFile, parseExtension } from "../../src/mapping/extension.ts";
import { textOfFile } from "../../src/mapping/file-text.ts";
import type { MappingProgram } from "../../src/mapping/program.ts";
import { listNames } from "../../src/schemas/list-files.ts";
import type { SchemaDefinition } from "../../src/scim/catalog.ts";

/** The extension schemas of a schemas directory, in the order of their file names. @throws {MappingError} */
export async function loadExtensions(directory: string): Promise<readonly SchemaDefinition[]> {
  const extensions: ExtensionOfFile[] = [];
  for (const name of await listNames(join(directory, "extensions"))) {
    const file = `extensions/${name}.json`;
    extensions.push({ file, definition: parseExtension(readText(directory, file), file, extensions) });
  }
  return extensions.map(({ definition }) => definition);
}

/** One mapping of a schemas directory. @throws {MappingError} */
export async function loadMapping(directory: string, name: string): Promise<MappingProgram> {
  const text = readText(directory, `mappings/${name}.json`);
  return compileMappingText({ name, text, extensions: await loadExtensions(directory) });
}

/** All of them, by name. @throws {MappingError} */
export async function loadMappings(directory: string): Promise<ReadonlyMap<string, MappingProgram>> {
  const mappings = new Map<string, MappingProgram>();
  for (const name of await listNames(join(directory, "mappings")))
    mappings.set(name, await loadMapping(directory, name));
  return mappings;
}

function readText(directory: string, file: string): string {
  return textOfFile({ file, bytes: readFileSync(join(directory, file)) });
}
