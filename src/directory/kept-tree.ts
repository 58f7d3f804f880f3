import type { DirectoryWrite, DirectoryWriter } from "../store/store.ts";
import type { DepartmentTree } from "./department-tree.ts";
import { readDepartments } from "./departments.ts";

/** The departments of a source over several transactions. */
export interface KeptTree {
  /** In one transaction, something that changes departments by adding to the tree alone, if at all. */
  within<T>(work: (write: DirectoryWrite, tree: DepartmentTree) => Promise<T>): Promise<T>;
}

/** A tree, and how far the directory was when it said the same. */
interface Reading {
  readonly tree: DepartmentTree;
  readonly changes: number;
}

/** The tree is read once, and again only where somebody else wrote between two transactions, or one was undone. */
export function keepTree(writer: DirectoryWriter, sourceId: string): KeptTree {
  /** Of a transaction that is committed. */
  let kept: Reading | null = null;
  return {
    async within(work) {
      let reading: Reading | null = null;
      const result = await writer.writeDirectory(async (write) => {
        const known = kept;
        // What is added to it now is not there before the commit; a transaction may also be undone and done again.
        kept = null;
        const isCurrent = known !== null && known.changes === (await write.countChanges());
        const tree = isCurrent ? known.tree : await readDepartments(write, sourceId);
        const done = await work(write, tree);
        reading = { tree, changes: await write.countChanges() };
        return done;
      });
      kept = reading;
      return result;
    },
  };
}
