import { contentHash } from "../lib/hash.ts";
import { canonicalJson, isJsonObject } from "../lib/json.ts";
import { makeSchemaCatalog, type SchemaDefinition } from "../scim/catalog.ts";
import { checkForm } from "./check-form.ts";
import { compileSection, type Section } from "./compile-section.ts";
import type { Facts } from "./facts.ts";
import { findWarnings } from "./find-warnings.ts";
import { type JsonText, type Locate, parseJsonText } from "./json-text.ts";
import type { Mapped } from "./mapping.ts";
import { compileTests } from "./mapping-test.ts";
import { withNamespace } from "./namespace.ts";
import { MappingError, makeProblem } from "./problem.ts";
import { collectProblems, cutProblems } from "./problem-list.ts";
import { factsOf, type MappingProgram } from "./program.ts";
import type { SectionName } from "./scope.ts";

/** Raised whenever the same file would give something else than before. */
export const languageVersion = 3;

export interface MappingParts {
  /** The name that sources refer to: the file's name without `.json`. */
  readonly name: string;
  /** The parsed file. */
  readonly mapping: unknown;
  /** The extension schemas whose attributes it may write. */
  readonly extensions: readonly SchemaDefinition[];
  /** What problems call the file; `mappings/{name}.json` if left out. */
  readonly file?: string;
  /** Where things stand in the file's text; without it problems have no line. */
  readonly locate?: Locate;
}

/**
 * Compiles a mapping file as it was written.
 *
 * @throws {MappingError} with the problems of the file, each with its line and column
 */
export function compileMappingText(
  parts: Omit<MappingParts, "mapping" | "locate"> & { readonly text: string },
): MappingProgram {
  const { text, file = `mappings/${parts.name}.json` } = parts;
  const { value, locate } = parseFile(text, file);
  return compileMapping({ ...parts, file, mapping: value, locate });
}

/** The JSON of a file. @throws {MappingError} */
export function parseFile(text: string, file: string): JsonText {
  const parsed = parseJsonText(text);
  if (parsed.problems.length === 0) return parsed;
  const problems = parsed.problems.map(({ path, detail, line, column }) => ({
    ...makeProblem(file, null, path, detail),
    line,
    column,
  }));
  throw new MappingError(cutProblems(file, parsed.locate, problems));
}

/**
 * Compiles a mapping file to pure functions. They never throw, whatever JSON a record holds.
 *
 * @throws {MappingError} with the problems of the file: all of them, or the first hundred
 */
export function compileMapping(parts: MappingParts): MappingProgram {
  const { name, mapping, extensions, file = `mappings/${name}.json`, locate = null } = parts;
  const { result, problems } = collectProblems(file, locate, (report) => {
    checkForm(mapping, report);
    const catalog = makeSchemaCatalog(extensions);
    const document = isJsonObject(mapping) ? mapping : {};
    const section = (name: SectionName) => compileSection(catalog, name, document, report);
    const [user, department, tag] = [section("user"), section("department"), section("tag")];
    return { user, department, tag, tests: compileTests(catalog, document, report) };
  });
  if (!result?.user || problems.length > 0) throw new MappingError(problems);
  const { user, department, tag, tests } = result;
  const shapes = { user: user.shape, department: department?.shape, tag: tag?.shape };
  const sections = { user, department, tag };
  const problemAt: MappingProgram["problemAt"] = (path, detail) => makeProblem(file, locate, path, detail);
  return {
    name,
    file,
    version: contentHash(canonicalJson({ languageVersion, ...shapes })),
    mapUser: (input) => withNamespace("User", user.map(factsOf.user(input)), input.source),
    mapDepartment: (input) => mapGroup(department, "department", factsOf.department(input)),
    mapTag: (input) => mapGroup(tag, "tag", factsOf.tag(input)),
    members: { department: department?.members ?? null, tag: tag?.members ?? null },
    warnings: cutProblems(file, locate, findWarnings(sections, problemAt)),
    sections,
    tests,
    problemAt,
  };
}

function mapGroup(section: Section | null, name: string, facts: Facts): Mapped {
  return section ? withNamespace("Group", section.map(facts), facts.source) : unmapped(name);
}

function unmapped(section: string): Mapped {
  const problems = [{ pointer: "", detail: `the mapping has no ${section} section` }];
  return { document: {}, keep: [], createOnly: [], sources: {}, problems, warnings: [] };
}
