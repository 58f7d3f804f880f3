import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../lib/json.ts";
import { makeSchemaCatalog, parseSchema, type SchemaDefinition, SchemaError } from "../scim/catalog.ts";
import { compileMapping } from "./compile.ts";
import type { CompiledMapping } from "./mapping.ts";
import { MappingError, type MappingProblem } from "./problem.ts";

/** Everything of a schemas directory that mapping is made of. */
export interface LoadedMappings {
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  /** The extension schemas, in the order of their file names. */
  readonly extensions: readonly SchemaDefinition[];
}

/**
 * Reads `mappings/*.json` and `extensions/*.json` of a schemas directory.
 *
 * @throws {MappingError} with the problems of all files together
 */
export async function loadMappings(directory: string): Promise<LoadedMappings> {
  const problems: MappingProblem[] = [];
  const extensions = await readExtensions(directory, problems);
  const mappings = new Map<string, CompiledMapping>();
  for (const name of await listNames(directory, "mappings", problems)) {
    await collect(problems, async () => {
      mappings.set(name, await compileFile(directory, name, extensions));
    });
  }
  if (problems.length > 0) throw new MappingError(problems);
  return { mappings, extensions };
}

/**
 * Reads the extension schemas alone: for `/Schemas` and for targets.
 *
 * @throws {MappingError} with the problems of all files together
 */
export async function loadExtensions(directory: string): Promise<readonly SchemaDefinition[]> {
  const problems: MappingProblem[] = [];
  const extensions = await readExtensions(directory, problems);
  if (problems.length > 0) throw new MappingError(problems);
  return extensions;
}

/**
 * Reads one mapping by its name, with the extension schemas that it may use. A broken file beside it does no harm.
 *
 * @throws {MappingError} where there is none of that name, or something is wrong with it or with an extension file
 */
export async function loadMapping(directory: string, name: string): Promise<CompiledMapping> {
  const problems: MappingProblem[] = [];
  const names = await listNames(directory, "mappings", problems);
  // Only a listed name becomes part of a path.
  if (problems.length === 0 && !names.includes(name)) {
    problems.push({
      file: "mappings",
      pointer: "",
      detail: `there is no mapping "${name}"; there are ${names.join(", ")}`,
    });
  }
  const extensions = await readExtensions(directory, problems);
  if (problems.length > 0) throw new MappingError(problems);
  return compileFile(directory, name, extensions);
}

async function compileFile(
  directory: string,
  name: string,
  extensions: readonly SchemaDefinition[],
): Promise<CompiledMapping> {
  const file = `mappings/${name}.json`;
  return compileMapping({ name, mapping: await readJson(directory, file), extensions, file });
}

async function readExtensions(directory: string, problems: MappingProblem[]): Promise<readonly SchemaDefinition[]> {
  const extensions: SchemaDefinition[] = [];
  for (const name of await listNames(directory, "extensions", problems)) {
    const file = `extensions/${name}.json`;
    await collect(problems, async () => {
      const extension = parseExtension(await readJson(directory, file), file);
      atFile(file, () => makeSchemaCatalog([...extensions, extension]));
      extensions.push(extension);
    });
  }
  return extensions;
}

// `$schema` is for editors; the schema itself knows no such member.
function parseExtension(json: unknown, file: string): SchemaDefinition {
  if (!isJsonObject(json)) return atFile(file, () => parseSchema(json));
  const { $schema: _, ...schema } = json;
  return atFile(file, () => parseSchema(schema));
}

function atFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new MappingError(error.problems.map(({ pointer, detail }) => ({ file, pointer, detail })));
  }
}

async function collect(problems: MappingProblem[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    problems.push(...error.problems);
  }
}

const suffix = ".json";

async function listNames(directory: string, folder: string, problems: MappingProblem[]): Promise<readonly string[]> {
  try {
    const files = await readdir(join(directory, folder));
    return files
      .filter((file) => file.endsWith(suffix) && !file.endsWith(".schema.json") && !file.startsWith("."))
      .map((file) => file.slice(0, -suffix.length))
      .sort();
  } catch (error) {
    problems.push({ file: folder, pointer: "", detail: `cannot be read: ${errorCode(error)}` });
    return [];
  }
}

async function readJson(directory: string, file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(join(directory, file), "utf8");
  } catch (error) {
    throw new MappingError([{ file, pointer: "", detail: `cannot be read: ${errorCode(error)}` }]);
  }
  try {
    // A byte order mark is what some editors put first.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new MappingError([
      { file, pointer: "", detail: `is no JSON: ${error instanceof Error ? error.message : error}` },
    ]);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
