import type { ScopeName } from "./scope.ts";
import { recordVariable } from "./scope.ts";
import { contextNames, contextParts, itemParts, sourceFields } from "./source-fields.ts";
import { didYouMean } from "./suggest.ts";

/** What rules may read: WeCom's fields, those that the file names besides (`fields`), and our own names. */
export interface Vocabulary {
  readonly scope: ScopeName;
  /** What is wrong with a source path, or null. */
  checkPath(root: string, steps: readonly (string | number)[]): string | null;
  /** What is wrong with `root.field` in an expression, or null. */
  checkReference(root: string, field: string): string | null;
  /** What is wrong with `list[0].field` in an expression, or null. */
  checkItem(list: string, field: string): string | null;
}

/** @param extra names of fields that the source sends beside the documented ones */
export function makeVocabulary(scope: ScopeName, extra: readonly string[] = []): Vocabulary {
  // The document of a resource is described by its schemas: see resource-path.ts.
  if (scope === "resource") return { scope, checkPath: () => null, checkReference: () => null, checkItem: () => null };
  const fields = new Map(sourceFields[scope].map((field) => [field.name, field]));
  const others = new Set(extra);
  const checkField = (name: string, ours: readonly string[]): string | null =>
    fields.has(name) || others.has(name)
      ? null
      : `WeCom sends no field ${name} of a ${scopeNames[scope]}${didYouMean(name, [...fields.keys(), ...others, ...ours])}`;
  return {
    scope,
    checkPath(root, [step]) {
      if (contextNames[scope].includes(root)) return null;
      const problem = checkField(root, contextNames[scope]);
      const field = fields.get(root);
      if (problem !== null || !field || step === undefined) return problem;
      if (field.holds === "object") return null;
      if (field.holds !== "list") return `${root} is a ${field.holds} and has no parts`;
      return typeof step === "number" ? null : listHint(root);
    },
    checkReference(root, field) {
      if (root === recordVariable[scope]) return checkField(field, []);
      const parts = contextParts.get(root);
      return parts ? checkPart(root, field, parts) : null;
    },
    checkItem(list, field) {
      const parts = contextNames[scope].includes(list) ? itemParts.get(list) : undefined;
      return parts ? checkPart(`each of ${list}`, field, parts) : null;
    },
  };
}

function checkPart(what: string, part: string, parts: readonly string[]): string | null {
  return parts.includes(part) ? null : `${what} has ${parts.join(", ")}${didYouMean(part, parts)}`;
}

const scopeNames = { user: "member", department: "department", tag: "tag" } as const;

function listHint(root: string): string {
  const names = root === "department" ? "; names are mainDepartment.name and departments[0].name" : "";
  return `${root} is a list: write ${root}[0]${names}`;
}
