/** A department of the source, as the API answers it. */
export interface Department {
  readonly id: number;
  readonly name: string;
  readonly parentId: number | null;
}

/** A node as the library's tree takes it. */
export interface TreeNode {
  readonly key: number;
  readonly title: string;
  readonly children: TreeNode[];
}

/** Departments as a tree, in the order that they came in. One whose parent is not among them is at the top. */
export function toTree(departments: readonly Department[]): TreeNode[] {
  const nodes = new Map<number, TreeNode>(
    departments.map(({ id, name }) => [id, { key: id, title: name === "" ? `#${id}` : name, children: [] }]),
  );
  const top: TreeNode[] = [];
  for (const { id, parentId } of departments) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    const parent = parentId === null || parentId === id ? undefined : nodes.get(parentId);
    (parent?.children ?? top).push(node);
  }
  return top;
}

/** Of departments those that no other one of them stands above: each stands for its whole subtree. */
export function topmost(chosen: readonly number[], departments: readonly Department[]): readonly number[] {
  const parents = new Map(departments.map(({ id, parentId }) => [id, parentId]));
  const all = new Set(chosen);
  const isCovered = (id: number): boolean => {
    const seen = new Set([id]);
    for (let up = parents.get(id) ?? null; up !== null && !seen.has(up); up = parents.get(up) ?? null) {
      if (all.has(up)) return true;
      seen.add(up);
    }
    return false;
  };
  return chosen.filter((id) => !isCovered(id));
}
