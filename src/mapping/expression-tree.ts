import type { ASTNode } from "@marcbachmann/cel-js";
import type { SectionName } from "./facts.ts";

/**
 * Why an expression may not run, or null. CEL always ends, but nested loops over a list, or text doubled again and
 * again, can take very long; and regular expressions can take exponential time in this evaluator.
 */
export function limitExpression(ast: ASTNode): string | null {
  const calls = nodesOf(ast).flatMap(({ op, args }) => (op === "rcall" ? [String(args[0])] : []));
  if (calls.includes("matches")) {
    return "matches (regular expressions) is not available: use startsWith, endsWith, contains, indexOf, split";
  }
  if (calls.filter((name) => loopNames.has(name)).length > maxLoops || loopDepth(ast) > maxLoopDepth) {
    const names = [...loopNames].join(", ");
    return `at most ${maxLoops} of ${names} in one expression, at most ${maxLoopDepth} of them inside each other`;
  }
  return null;
}

const maxLoops = 4;
const maxLoopDepth = 2;
const loopNames = new Set(["all", "exists", "exists_one", "map", "filter", "bind"]);

/** The fields of the record that an expression reads; null when it takes the record as a whole. */
export function readReferences(ast: ASTNode, section: SectionName): readonly string[] | null {
  const record = section === "user" ? "member" : section;
  const fields = new Set<string>();
  let whole = false;
  const visit = (node: ASTNode): void => {
    const field = fieldOf(node, record);
    if (field !== null) {
      fields.add(field);
      return;
    }
    if (node.op === "id") {
      if (node.args === record) whole = true;
      const field = section === "user" ? contextFields.get(node.args) : undefined;
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
  ["extattr", "extattr"],
]);

// `member.status`, `member.?status`, `member["status"]`.
function fieldOf(node: ASTNode, record: string): string | null {
  if (node.op === "." || node.op === ".?") {
    const [left, name] = node.args;
    return left.op === "id" && left.args === record ? name : null;
  }
  if (node.op === "[]" || node.op === "[?]") {
    const [left, key] = node.args;
    return left.op === "id" && left.args === record && key.op === "value" && typeof key.args === "string"
      ? key.args
      : null;
  }
  return null;
}

function loopDepth(node: ASTNode): number {
  const own = node.op === "rcall" && loopNames.has(node.args[0]) ? 1 : 0;
  if (node.op !== "rcall") return Math.max(0, ...childrenOf(node).map(loopDepth));
  // What a loop is called on is worked out once, before it: only its arguments run again and again.
  const [, receiver, inner] = node.args;
  return Math.max(loopDepth(receiver), own + Math.max(0, ...inner.map(loopDepth)));
}

function nodesOf(node: ASTNode): readonly ASTNode[] {
  return [node, ...childrenOf(node).flatMap(nodesOf)];
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  return node.op === "value" ? [] : [node.args].flat(3).filter(isNode);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}
