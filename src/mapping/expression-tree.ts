import type { ASTNode } from "@marcbachmann/cel-js";
import { tagsField } from "./facts.ts";
import type { ScopeName } from "./scope.ts";
import { recordVariable } from "./scope.ts";

/** A field that an expression reads by name, and where it says so. */
export interface FieldReference {
  readonly root: string;
  readonly field: string;
  /** Character of the expression, from 0. */
  readonly offset: number;
}

/** Every `member.status`, `source.organization`, `member["a"]` of an expression, for the given roots. */
export function readFieldReferences(ast: ASTNode, roots: ReadonlySet<string>): readonly FieldReference[] {
  return nodesOf(ast).flatMap((node) => {
    const reference = referenceOf(node);
    return reference && roots.has(reference.root) ? [reference] : [];
  });
}

/** The fields of the record that an expression reads; null when it takes the record as a whole. */
export function readReferences(ast: ASTNode, scope: ScopeName): readonly string[] | null {
  const record = recordVariable[scope];
  const fields = new Set<string>();
  let whole = false;
  const visit = (node: ASTNode): void => {
    const reference = referenceOf(node);
    if (reference?.root === record) {
      fields.add(reference.field);
      return;
    }
    if (node.op === "id") {
      if (node.args === record) whole = true;
      const field = scope === "user" ? contextFields.get(node.args) : undefined;
      if (field !== undefined) fields.add(field);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(ast);
  return whole ? null : [...fields].sort();
}

/** The fields that our own names rest on. */
const contextFields = new Map([
  ["mainDepartment", "main_department"],
  ["departments", "department"],
  ["tags", tagsField],
  ["extattr", "extattr"],
]);

// `member.status`, `member.?status`, `member["status"]`.
function referenceOf(node: ASTNode): FieldReference | null {
  if (node.op === "." || node.op === ".?") {
    const [left, field] = node.args;
    return left.op === "id" ? { root: left.args, field, offset: left.start } : null;
  }
  if (node.op === "[]" || node.op === "[?]") {
    const [left, key] = node.args;
    if (left.op !== "id" || key.op !== "value" || typeof key.args !== "string") return null;
    return { root: left.args, field: key.args, offset: left.start };
  }
  return null;
}

/** A node and all below it. */
export function nodesOf(node: ASTNode): readonly ASTNode[] {
  return [node, ...childrenOf(node).flatMap(nodesOf)];
}

export function childrenOf(node: ASTNode): readonly ASTNode[] {
  return node.op === "value" ? [] : [node.args].flat(3).filter(isNode);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}
