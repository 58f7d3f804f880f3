import type { DepartmentContext } from "../mapping/mapping.ts";

/** What is needed of a department: a `SourceDepartment` is one, fresh or read back from the store. */
export interface TreeNode {
  readonly key: string;
  readonly name: string;
  readonly parent: string | null;
  readonly leaders: readonly string[];
}

/**
 * Departments as mappings can read them. A path has the names from below the topmost visible department, joined by `/`;
 * that one has its own name. A parent that is out of sight makes its child a topmost one; a circle is cut where it closes.
 */
export function departmentContexts(nodes: readonly TreeNode[]): ReadonlyMap<string, DepartmentContext> {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const contexts = new Map<string, DepartmentContext>();
  for (const node of nodes) {
    const { key, name, leaders } = node;
    const parent = node.parent !== null && node.parent !== key && byKey.has(node.parent) ? node.parent : null;
    contexts.set(key, { key, name, path: pathOf(node, byKey), parent, leaders });
  }
  return contexts;
}

function pathOf(node: TreeNode, byKey: ReadonlyMap<string, TreeNode>): string {
  const names: string[] = [];
  const passed = new Set<string>();
  let at: TreeNode = node;
  for (;;) {
    passed.add(at.key);
    const parent = at.parent === null ? undefined : byKey.get(at.parent);
    if (parent === undefined || passed.has(parent.key)) break;
    names.unshift(at.name);
    at = parent;
  }
  return names.length === 0 ? node.name : names.join("/");
}
