import type { JsonObject } from "../../src/lib/json.ts";
import { isJsonObject, member } from "../../src/lib/json.ts";
import { compileMapping, compileMappingText } from "../../src/mapping/compile.ts";
import type { DepartmentContext, Mapped, SourceContext, TagContext, UserInput } from "../../src/mapping/mapping.ts";
import { MappingError, type MappingProblem } from "../../src/mapping/problem.ts";
import { parseSchema, type SchemaDefinition } from "../../src/scim/catalog.ts";

export const plainSource: SourceContext = { organization: null, namespace: null, unseenFields: new Set() };

/** An extension of users for tests: one attribute of each type. */
export const testExtension: SchemaDefinition = parseSchema({
  id: "urn:example:test:User",
  name: "Test",
  attributes: [
    { name: "text" },
    { name: "flag", type: "boolean" },
    { name: "count", type: "integer" },
    { name: "share", type: "decimal" },
    { name: "since", type: "dateTime" },
    { name: "labels", multiValued: true },
    { name: "fixed", mutability: "readOnly" },
    { name: "place", type: "complex", subAttributes: [{ name: "city" }, { name: "floor", type: "integer" }] },
  ],
});

/** An extension that insists on one of its attributes. */
export const strictExtension: SchemaDefinition = parseSchema({
  id: "urn:example:strict:User",
  name: "Strict",
  attributes: [{ name: "badge", required: true }, { name: "note" }],
});

export const testExtensions: readonly SchemaDefinition[] = [testExtension, strictExtension];

/** Names that rules of tests read, whether a record has them or not. */
export const testFields = [
  "constructor",
  "toString",
  "list",
  "__proto__",
  "value",
  "missing",
  "badge",
  "note",
  "n",
  "im",
];

interface UserParts {
  readonly source?: SourceContext;
  readonly departments?: readonly DepartmentContext[];
  readonly mainDepartment?: DepartmentContext | null;
  readonly tags?: readonly TagContext[];
}

/** Maps one member with the given user rules; `userName` is added where they have none. */
export function mapMember(rules: JsonObject, raw: JsonObject, parts: UserParts = {}): Mapped {
  const user = { userName: { from: "userid" }, ...rules };
  // Whatever a test calls its fields is a field.
  const mapping = { fields: [...Object.keys(raw), ...testFields], user };
  const compiled = compileMapping({ name: "test", mapping, extensions: testExtensions });
  return compiled.mapUser(userInput(raw, parts));
}

/** What a single rule gives for an attribute of type string. */
export function textOf(rule: JsonObject, raw: JsonObject, parts: UserParts = {}): unknown {
  const { document } = mapMember({ "urn:example:test:User:text": rule }, { userid: "u", ...raw }, parts);
  const extension = member(document, testExtension.id);
  return isJsonObject(extension) ? extension["text"] : undefined;
}

/** The problems of a mapping that does not compile, as it would stand in a file. */
export function problemsOf(mapping: unknown): readonly MappingProblem[] {
  return problemsOfText(JSON.stringify(mapping, null, 2));
}

/** The problems of a file that does not compile. */
export function problemsOfText(text: string): readonly MappingProblem[] {
  try {
    compileMappingText({ name: "broken", text, extensions: testExtensions });
    return [];
  } catch (error) {
    if (error instanceof MappingError) return error.problems;
    throw error;
  }
}

/** A member as a mapping takes it. */
export function userInput(raw: JsonObject, parts: UserParts = {}): UserInput {
  return {
    user: { kind: "user", key: "key", raw, departments: [], mainDepartment: null, managers: [] },
    departments: parts.departments ?? [],
    mainDepartment: parts.mainDepartment ?? null,
    tags: parts.tags ?? [],
    source: parts.source ?? plainSource,
  };
}
