import type { Unit } from "../../api/views.ts";

/** A department in the tree; its children are undefined as long as nobody has opened it. */
export interface Branch {
  readonly key: string;
  readonly title: string;
  readonly people: number;
  readonly isLeaf: boolean;
  children?: Branch[];
}

/** A department is shown by its path: in the tree the last name is enough. */
export function lastName(displayName: string): string {
  return displayName.split("/").at(-1) || displayName;
}

/** @param opened what is below a department, by its id, as far as it was read */
export function branchesOf(units: readonly Unit[], opened: ReadonlyMap<string, readonly Unit[]>): Branch[] {
  return units.map(({ id, displayName, people, units: below }) => {
    const children = opened.get(id);
    return {
      ...{ key: id, title: lastName(displayName), people, isLeaf: below === 0 },
      ...(children !== undefined && { children: branchesOf(children, opened) }),
    };
  });
}
