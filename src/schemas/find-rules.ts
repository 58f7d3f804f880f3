import { parsePointer } from "../mapping/pointer.ts";
import { MappingError } from "../mapping/problem.ts";
import type { MappingProgram } from "../mapping/program.ts";
import type { Rule } from "../mapping/rule.ts";
import { isOfRecordPath } from "../mapping/slot.ts";
import type { SchemaVersionStore } from "../store/store.ts";
import { compileExtensions, type SchemaCompiler } from "./compile-file.ts";

/** A rule that writes an attribute, and its place in the mapping file. */
export interface FoundRule {
  /** Path of the file below the schemas directory. */
  readonly file: string;
  readonly pointer: string;
  readonly line: number | null;
  readonly column: number | null;
  /** Which of them it is. */
  readonly kind: Rule["origin"];
}

/** Compiles a version of a mapping as it was when it was in force; null when there is none, or none that still compiles. */
export async function compileVersion(
  {
    compile,
    store,
  }: { readonly compile: SchemaCompiler; readonly store: Pick<SchemaVersionStore, "findSchemaVersion"> },
  { name, version }: { readonly name: string; readonly version: number },
): Promise<MappingProgram | null> {
  const found = await store.findSchemaVersion("mapping", name, version);
  if (found === null) return null;
  try {
    return compile.mapping(name, found.text, compileExtensions(compile, found.extensions)).program;
  } catch (error) {
    if (error instanceof MappingError) return null;
    throw error;
  }
}

/** The rules of a mapping that write an attribute of users, departments or tags, as records name it. */
export function findRules(
  program: MappingProgram,
  section: keyof MappingProgram["sections"],
  attribute: string,
): readonly FoundRule[] {
  const slots = program.sections[section]?.slots ?? [];
  return slots
    .filter(({ place }) => isOfRecordPath(place, attribute))
    .map(({ pointer, rule }) => {
      const { line, column } = program.problemAt(parsePointer(pointer), "");
      return { file: program.file, pointer, line, column, kind: rule.origin };
    });
}
