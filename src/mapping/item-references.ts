import type { ASTNode } from "@marcbachmann/cel-js";
import { childrenOf, type FieldReference } from "./expression-tree.ts";

/**
 * The parts that an expression reads of what is in one of these lists: `tags[0].name`, `tags.exists(t, t.name == "a")`,
 * `tags.filter(t, …).map(u, u.id)`. The root of a reference is the list. What it reads by other ways is not found.
 */
export function readItemReferences(ast: ASTNode, lists: ReadonlySet<string>): readonly FieldReference[] {
  const found: FieldReference[] = [];
  visit(ast, { lists, items: new Map() }, found);
  return found;
}

interface Names {
  /** Names of lists. */
  readonly lists: ReadonlySet<string>;
  /** Variables of loops, with the list that they go through; null for another one. */
  readonly items: ReadonlyMap<string, string | null>;
}

const loops: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "filter", "map"]);

function visit(node: ASTNode, names: Names, found: FieldReference[]): void {
  const reference = referenceOf(node, names);
  if (reference) found.push(reference);
  if (node.op !== "rcall") {
    for (const child of childrenOf(node)) visit(child, names, found);
    return;
  }
  const [name, receiver, [variable, ...body]] = node.args;
  visit(receiver, names, found);
  const makesName = loops.has(name) || name === "bind";
  if (variable === undefined) return;
  if (!makesName || variable.op !== "id") visit(variable, names, found);
  // In a loop or cel.bind the first argument is a new name, which hides an outer one.
  const list = loops.has(name) ? listOf(receiver, names) : null;
  const inner =
    makesName && variable.op === "id" ? { ...names, items: new Map([...names.items, [variable.args, list]]) } : names;
  for (const each of body) visit(each, inner, found);
}

// `t.name`, `t.?name`, `t["name"]`.
function referenceOf(node: ASTNode, names: Names): FieldReference | null {
  if (node.op === "." || node.op === ".?") {
    const [item, field] = node.args;
    const root = listOfItem(item, names);
    return root === null ? null : { root, field, offset: item.start };
  }
  if (node.op !== "[]" && node.op !== "[?]") return null;
  const [item, key] = node.args;
  if (key.op !== "value" || typeof key.args !== "string") return null;
  const root = listOfItem(item, names);
  return root === null ? null : { root, field: key.args, offset: item.start };
}

/** The list that something is an item of: a loop's variable, `tags[0]`. */
function listOfItem(node: ASTNode, names: Names): string | null {
  if (node.op === "id") return names.items.get(node.args) ?? null;
  return node.op === "[]" || node.op === "[?]" ? listOf(node.args[0], names) : null;
}

/** The list that something is, or is a part of: `tags`, `tags.filter(…)`. */
function listOf(node: ASTNode, names: Names): string | null {
  if (node.op === "id") return names.lists.has(node.args) && !names.items.has(node.args) ? node.args : null;
  return node.op === "rcall" && node.args[0] === "filter" ? listOf(node.args[1], names) : null;
}
