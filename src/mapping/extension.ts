import { isJsonObject } from "../lib/json.ts";
import { makeSchemaCatalog, parseSchema, type SchemaDefinition, SchemaError } from "../scim/catalog.ts";
import { parseFile } from "./compile.ts";
import type { JsonText } from "./json-text.ts";
import { maxProblems } from "./max-problems.ts";
import { parsePointer } from "./pointer.ts";
import { MappingError, makeProblem } from "./problem.ts";
import { cutProblems } from "./problem-list.ts";

/** An extension schema, and the file that holds it. */
export interface ExtensionOfFile {
  /** What problems call the file. */
  readonly file: string;
  readonly definition: SchemaDefinition;
}

/**
 * Parses an extension file (RFC 7643 §7) as it was written, to stand beside others: none of them may have its URN.
 *
 * @throws {MappingError} with the problems, each with its line and column
 */
export function parseExtension(text: string, file: string, others: readonly ExtensionOfFile[] = []): SchemaDefinition {
  const json = parseFile(text, file);
  const definition = atFile(file, json, () => parseSchema(withoutEditorsMember(json.value)));
  const twin = others.find((each) => each.definition.id.toLowerCase() === definition.id.toLowerCase());
  if (twin) {
    const detail = `${definition.id} is defined already, in ${twin.file}`;
    throw new MappingError([makeProblem(file, json.locate, ["id"], detail)]);
  }
  // Nor may it take the URN of a schema that is built in.
  atFile(file, json, () => makeSchemaCatalog([definition]));
  return definition;
}

/** `$schema` is for editors; the schema itself knows no such member. */
function withoutEditorsMember(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const { $schema: _, ...schema } = value;
  return schema;
}

function atFile<T>(file: string, { locate }: JsonText, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const problems = error.problems.slice(0, maxProblems + 1).map(({ pointer, detail }) => {
      return makeProblem(file, locate, parsePointer(pointer), detail);
    });
    throw new MappingError(cutProblems(file, locate, problems));
  }
}
