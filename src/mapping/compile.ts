import { contentHash } from "../lib/hash.ts";
import { canonicalJson, isJsonObject } from "../lib/json.ts";
import { jsonPointer } from "../lib/json-pointer.ts";
import { makeSchemaCatalog, type SchemaDefinition } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";
import { checkForm } from "./check-form.ts";
import { compileSection } from "./compile-section.ts";
import type { CompiledMapping, Mapped, SourceContext } from "./mapping.ts";
import { MappingError, type MappingProblem, type Report } from "./problem.ts";

/** Raised whenever the same file would give something else than before. */
const languageVersion = 1;

export interface MappingParts {
  /** The name that sources refer to: the file's name without `.json`. */
  readonly name: string;
  /** The parsed file. */
  readonly mapping: unknown;
  /** The extension schemas whose attributes it may write. */
  readonly extensions: readonly SchemaDefinition[];
  /** What problems call the file; `mappings/{name}.json` if left out. */
  readonly file?: string;
}

/**
 * Compiles a mapping file to pure functions. They never throw, whatever JSON a record holds.
 *
 * @throws {MappingError} with every problem of the file
 */
export function compileMapping(parts: MappingParts): CompiledMapping {
  const { name, mapping, extensions, file = `mappings/${name}.json` } = parts;
  const problems: MappingProblem[] = [];
  const report: Report = (path, detail) => problems.push({ file, pointer: jsonPointer(path), detail });
  checkForm(mapping, report);
  const catalog = makeSchemaCatalog(extensions);
  const document = isJsonObject(mapping) ? mapping : {};
  const user = compileSection(catalog, "user", document, report);
  const department = compileSection(catalog, "department", document, report);
  const tag = compileSection(catalog, "tag", document, report);
  if (!user || problems.length > 0) throw new MappingError(problems);
  const shapes = { user: user.shape, department: department?.shape, tag: tag?.shape };
  return {
    name,
    version: contentHash(canonicalJson({ languageVersion, ...shapes })),
    mapUser: ({ user: { raw: record }, departments, mainDepartment, source }) =>
      withNamespace("User", user.map({ record, departments, mainDepartment, path: null, source }), source),
    mapDepartment: ({ department: { raw: record }, context: { path }, source }) =>
      department
        ? withNamespace("Group", department.map({ ...noDepartments, record, path, source }), source)
        : unmapped("department"),
    mapTag: ({ tag: { raw: record }, source }) =>
      tag ? withNamespace("Group", tag.map({ ...noDepartments, record, path: null, source }), source) : unmapped("tag"),
    members: { department: department?.members ?? null, tag: tag?.members ?? null },
  };
}

const noDepartments = { departments: [], mainDepartment: null } as const;

// Two corps at one endpoint or target must not meet in an identifier.
function withNamespace(type: ResourceType, mapped: Mapped, { namespace }: SourceContext): Mapped {
  if (namespace === null) return mapped;
  const { externalId, userName, ...others } = mapped.document;
  const document = {
    ...(externalId === undefined ? {} : { externalId: `${namespace}:${String(externalId)}` }),
    ...(userName === undefined ? {} : { userName: type === "User" ? `${String(userName)}@${namespace}` : userName }),
    ...others,
  };
  return { ...mapped, document };
}

function unmapped(section: string): Mapped {
  const problems = [{ pointer: "", detail: `the mapping has no ${section} section` }];
  return { document: {}, keep: [], createOnly: [], sources: {}, problems, warnings: [] };
}
