import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../lib/json.ts";
import { makeSchemaCatalog, parseSchema, type SchemaDefinition, SchemaError } from "../scim/catalog.ts";
import { compileMappingText, parseFile } from "./compile.ts";
import type { JsonText } from "./json-text.ts";
import { parsePointer } from "./pointer.ts";
import { MappingError, type MappingProblem, makeProblem } from "./problem.ts";
import type { MappingProgram } from "./program.ts";

/** Everything of a schemas directory that mapping is made of. */
export interface LoadedMappings {
  readonly mappings: ReadonlyMap<string, MappingProgram>;
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
  const mappings = new Map<string, MappingProgram>();
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
export async function loadMapping(directory: string, name: string): Promise<MappingProgram> {
  const problems: MappingProblem[] = [];
  const names = await listNames(directory, "mappings", problems);
  // Only a listed name becomes part of a path.
  if (problems.length === 0 && !names.includes(name)) {
    problems.push(makeProblem("mappings", null, [], `there is no mapping "${name}"; there are ${names.join(", ")}`));
  }
  const extensions = await readExtensions(directory, problems);
  if (problems.length > 0) throw new MappingError(problems);
  return compileFile(directory, name, extensions);
}

async function compileFile(
  directory: string,
  name: string,
  extensions: readonly SchemaDefinition[],
): Promise<MappingProgram> {
  const file = `mappings/${name}.json`;
  return compileMappingText({ name, text: await readText(directory, file), extensions, file });
}

async function readExtensions(directory: string, problems: MappingProblem[]): Promise<readonly SchemaDefinition[]> {
  const extensions: SchemaDefinition[] = [];
  for (const name of await listNames(directory, "extensions", problems)) {
    const file = `extensions/${name}.json`;
    await collect(problems, async () => {
      extensions.push(parseExtensionBeside(extensions, await readText(directory, file), file));
    });
  }
  return extensions;
}

/**
 * Parses an extension file (RFC 7643 §7) as it was written.
 *
 * @throws {MappingError} with every problem, each with its line and column
 */
export function parseExtension(text: string, file: string): SchemaDefinition {
  const json = parseFile(text, file);
  const { value } = json;
  if (!isJsonObject(value)) return atFile(file, json, () => parseSchema(value));
  // `$schema` is for editors; the schema itself knows no such member.
  const { $schema: _, ...schema } = value;
  return atFile(file, json, () => parseSchema(schema));
}

/**
 * Parses an extension file that is to stand beside others: none of them may have its URN.
 *
 * @throws {MappingError} with every problem, each with its line and column
 */
export function parseExtensionBeside(
  others: readonly SchemaDefinition[],
  text: string,
  file: string,
): SchemaDefinition {
  const extension = parseExtension(text, file);
  atFile(file, parseFile(text, file), () => makeSchemaCatalog([...others, extension]));
  return extension;
}

function atFile<T>(file: string, { locate }: JsonText, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new MappingError(
      error.problems.map(({ pointer, detail }) => makeProblem(file, locate, parsePointer(pointer), detail)),
    );
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
    problems.push(makeProblem(folder, null, [], `cannot be read: ${errorCode(error)}`));
    return [];
  }
}

async function readText(directory: string, file: string): Promise<string> {
  try {
    return await readFile(join(directory, file), "utf8");
  } catch (error) {
    throw new MappingError([makeProblem(file, null, [], `cannot be read: ${errorCode(error)}`)]);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
