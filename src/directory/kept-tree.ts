import type { DirectoryWrite } from "../store/store.ts";
import type { DepartmentTree } from "./department-tree.ts";
import { readDepartments } from "./departments.ts";

/** The departments of a source over several transactions. */
export interface KeptTree {
  /** Does something that changes departments by adding to the tree alone, if at all. */
  within<T>(write: DirectoryWrite, work: (tree: DepartmentTree) => Promise<T>): Promise<T>;
}

/** The tree is read once, and again only where somebody else wrote between two transactions. */
export function keepTree(sourceId: string): KeptTree {
  let kept: { readonly tree: DepartmentTree; readonly changes: number } | null = null;
  return {
    async within(write, work) {
      const isCurrent = kept !== null && kept.changes === (await write.countChanges());
      const tree = kept !== null && isCurrent ? kept.tree : await readDepartments(write, sourceId);
      // Were this transaction undone, what it added would not be there.
      kept = null;
      const result = await work(tree);
      kept = { tree, changes: await write.countChanges() };
      return result;
    },
  };
}
