import { contentHash } from "../lib/hash.ts";
import { canonicalJson } from "../lib/json.ts";
import { compileMappingText } from "../mapping/compile.ts";
import { parseExtension } from "../mapping/extension.ts";
import type { MappingProblem } from "../mapping/problem.ts";
import { cutProblems } from "../mapping/problem-list.ts";
import type { MappingProgram } from "../mapping/program.ts";
import { runMappingTests } from "../mapping/run-tests.ts";
import type { SchemaDefinition } from "../scim/catalog.ts";
import { filePath } from "./schemas.ts";

/** A mapping file that was found good. */
export interface CompiledMappingFile {
  readonly program: MappingProgram;
  /** What is surely not meant, and tests of the file that fail: no reason not to use it. */
  readonly warnings: readonly MappingProblem[];
  /** The same for a log: without the values of tests, which can be those of real people. */
  readonly logged: readonly MappingProblem[];
}

/**
 * Compiles a mapping file and runs the tests that it carries.
 *
 * @throws {MappingError} with the problems, each with its line and column
 */
export function compileMappingFile(
  name: string,
  text: string,
  extensions: readonly SchemaDefinition[],
): CompiledMappingFile {
  const file = filePath("mapping", name);
  const program = compileMappingText({ name, text, extensions, file });
  const failures = runMappingTests(program).flatMap(({ name: test, failures: each }) =>
    each.map(({ pointer, line, column, detail }) => ({ test, place: { file, pointer, line, column }, detail })),
  );
  const withFailures = (detailOf: (failure: { readonly test: string; readonly detail: string }) => string) =>
    cutProblems(file, null, [
      ...program.warnings,
      ...failures.map((failure) => ({ ...failure.place, detail: detailOf(failure) })),
    ]);
  return {
    program,
    warnings: withFailures(({ test, detail }) => `test "${test}": ${detail}`),
    logged: withFailures(({ test }) => `test "${test}" fails`),
  };
}

/** An extension file that was found good. */
export interface CompiledExtension {
  readonly definition: SchemaDefinition;
  readonly hash: string;
}

/** An extension schema and its file's name without `.json`. */
export interface NamedExtension {
  readonly name: string;
  readonly definition: SchemaDefinition;
}

/** Compiles an extension file. @throws {MappingError} with the problems; also where another file defines the same schema */
export function compileExtensionFile(name: string, text: string, others: readonly NamedExtension[]): CompiledExtension {
  const beside = others.map((each) => ({ file: filePath("extension", each.name), definition: each.definition }));
  const definition = parseExtension(text, filePath("extension", name), beside);
  return { definition, hash: contentHash(canonicalJson(definition)) };
}

/** Makes something of the text of a file, or refuses it with a `MappingError`. */
export interface SchemaCompiler {
  readonly mapping: typeof compileMappingFile;
  readonly extension: typeof compileExtensionFile;
}

/** Compiles anew whenever it is asked. */
export const schemaCompiler: SchemaCompiler = { mapping: compileMappingFile, extension: compileExtensionFile };

/** The schemas of stored extension texts, as a mapping's version was compiled with them. @throws {MappingError} */
export function compileExtensions(
  compile: SchemaCompiler,
  texts: Readonly<Record<string, string>>,
): readonly SchemaDefinition[] {
  const extensions: NamedExtension[] = [];
  for (const [name, text] of Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    extensions.push({ name, definition: compile.extension(name, text, extensions).definition });
  }
  return extensions.map(({ definition }) => definition);
}
