import { formatProblem, MappingError, type MappingProblem } from "../mapping/problem.ts";
import type { NamedExtension, SchemaCompiler } from "./compile-file.ts";

/** A mapping of which something is in force, or about to be. */
export interface MappingTexts {
  readonly name: string;
  /** Null where there is no file that could be read. */
  readonly file: string | null;
  /** Null where nothing is in force. */
  readonly inForce: string | null;
}

/**
 * What mappings need that would be taken away: a mapping that works beside the extension schemas as they are has to
 * work beside the others, be it by an edit of its file that goes with it.
 *
 * @returns a sentence for each rule, with its place; none where nothing is taken away
 */
export function takenAway(
  compile: SchemaCompiler,
  mappings: readonly MappingTexts[],
  before: readonly NamedExtension[],
  after: readonly NamedExtension[],
): readonly string[] {
  const problemsOf = (name: string, text: string, beside: readonly NamedExtension[]) =>
    mappingProblems(compile, name, text, beside);
  return mappings.flatMap(({ name, file, inForce }) => {
    if (file !== null && problemsOf(name, file, after).length === 0) return [];
    const works = [file, inForce].find((text) => text !== null && problemsOf(name, text, before).length === 0);
    return works === undefined || works === null ? [] : problemsOf(name, works, after).map(formatProblem);
  });
}

/** What is wrong with a mapping beside these extension schemas; nothing where it compiles. */
export function mappingProblems(
  compile: SchemaCompiler,
  name: string,
  text: string,
  beside: readonly NamedExtension[],
): readonly MappingProblem[] {
  const definitions = beside.map(({ definition }) => definition);
  try {
    compile.mapping(name, text, definitions);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.problems;
  }
}
