import { contentHash } from "../lib/hash.ts";
import { canonicalJson } from "../lib/json.ts";
import { compileMappingText } from "../mapping/compile.ts";
import { parseExtensionBeside } from "../mapping/load.ts";
import type { MappingProblem } from "../mapping/problem.ts";
import type { MappingProgram } from "../mapping/program.ts";
import { runMappingTests } from "../mapping/run-tests.ts";
import type { SchemaDefinition } from "../scim/catalog.ts";
import { filePath } from "./schemas.ts";

/** A mapping file that was found good. */
export interface CompiledMappingFile {
  readonly program: MappingProgram;
  /** What is surely not meant, and tests of the file that fail: no reason not to use it. */
  readonly warnings: readonly MappingProblem[];
}

/**
 * Compiles a mapping file and runs the tests that it carries.
 *
 * @throws {MappingError} with every problem, each with its line and column
 */
export function compileMappingFile(
  name: string,
  text: string,
  extensions: readonly SchemaDefinition[],
): CompiledMappingFile {
  const program = compileMappingText({ name, text, extensions, file: filePath("mapping", name) });
  const failures = runMappingTests(program).flatMap(({ name: test, failures: each }) =>
    each.map(({ file, pointer, line, column, detail }) => ({
      ...{ file, pointer, line, column },
      detail: `test "${test}": ${detail}`,
    })),
  );
  return { program, warnings: [...program.warnings, ...failures] };
}

/** An extension file that was found good. */
export interface CompiledExtension {
  readonly definition: SchemaDefinition;
  readonly hash: string;
}

/** @throws {MappingError} with every problem; also where another file defines the same schema */
export function compileExtensionFile(
  name: string,
  text: string,
  others: readonly SchemaDefinition[],
): CompiledExtension {
  const definition = parseExtensionBeside(others, text, filePath("extension", name));
  return { definition, hash: contentHash(canonicalJson(definition)) };
}

/** The schemas of stored extension texts, as a mapping's version was compiled with them. @throws {MappingError} */
export function compileExtensions(texts: Readonly<Record<string, string>>): readonly SchemaDefinition[] {
  const definitions: SchemaDefinition[] = [];
  for (const [name, text] of Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    definitions.push(compileExtensionFile(name, text, definitions).definition);
  }
  return definitions;
}

export type CompileMappingFile = typeof compileMappingFile;

/** The same, remembering the last results: files are looked at far more often than they change. */
export function rememberingCompile(compile: CompileMappingFile): CompileMappingFile {
  const known = new Map<string, CompiledMappingFile>();
  return (name, text, extensions) => {
    const key = contentHash(canonicalJson([name, text, extensions]));
    const found = known.get(key);
    if (found) return found;
    const compiled = compile(name, text, extensions);
    if (known.size >= 100) known.clear();
    known.set(key, compiled);
    return compiled;
  };
}
