import { isTooLong } from "../scim/write/indexed-text.ts";
import { writeLimits } from "../scim/write/limits.ts";
import type { DepartmentRow } from "../store/store.ts";

/** A department of the custom source. */
export interface CustomDepartment {
  readonly id: string;
  /** Its own name, without those above it. */
  readonly name: string;
  /** What is shown: the names from the top, joined by `/`. */
  readonly displayName: string;
  /** The id of the department above it; null at the top. */
  readonly parent: string | null;
}

/** The departments of a source as they were read. Those that are made are added; after any other change it is of no use. */
export interface DepartmentTree {
  readonly all: Map<string, CustomDepartment>;
  /** By what is shown; of several with one name the oldest. */
  readonly byPath: Map<string, CustomDepartment>;
  /** Those directly below a department, by its id. */
  readonly below: Map<string, CustomDepartment[]>;
}

/** @param rows in order of their ids, which is that of their age */
export function makeTree(rows: readonly DepartmentRow[]): DepartmentTree {
  const tree: DepartmentTree = { all: new Map(), byPath: new Map(), below: new Map() };
  const shown = new Map(rows.map(({ id, displayName }) => [id, displayName]));
  for (const { id, displayName, parent } of rows) {
    const above = parent === null ? "" : `${shown.get(parent) ?? ""}/`;
    const name = displayName.startsWith(above) ? displayName.slice(above.length) : displayName;
    addToTree(tree, { id, name, displayName, parent });
  }
  return tree;
}

export function addToTree({ all, byPath, below }: DepartmentTree, department: CustomDepartment): void {
  const { id, displayName, parent } = department;
  all.set(id, department);
  if (!byPath.has(displayName)) byPath.set(displayName, department);
  if (parent === null) return;
  const siblings = below.get(parent);
  if (siblings === undefined) below.set(parent, [department]);
  else siblings.push(department);
}

export function childrenOf({ below }: DepartmentTree, id: string): readonly CustomDepartment[] {
  return below.get(id) ?? [];
}

/** Whether a department is another, or lies below it. */
export function isBelow({ all }: DepartmentTree, id: string, top: string): boolean {
  const seen = new Set<string>();
  for (let at: string | null = id; at !== null && !seen.has(at); at = all.get(at)?.parent ?? null) {
    if (at === top) return true;
    seen.add(at);
  }
  return false;
}

/** What a department is shown by from now on. */
export interface NewPath {
  readonly id: string;
  readonly displayName: string;
}

/** The department and all that lies below it, with their paths once it is shown by this one. */
export function pathsBelow(tree: DepartmentTree, { id }: CustomDepartment, displayName: string): readonly NewPath[] {
  const paths: NewPath[] = [{ id, displayName }];
  const seen = new Set([id]);
  // Grows while it is walked through: each brings those directly below it.
  for (const above of paths) {
    for (const { id, name } of childrenOf(tree, above.id)) {
      if (seen.has(id)) continue;
      seen.add(id);
      paths.push({ id, displayName: `${above.displayName}/${name}` });
    }
  }
  return paths;
}

/** `a/b/c` as the path above it and its own name. */
export function cutPath(path: string): { readonly above: string | null; readonly name: string } {
  const cut = path.lastIndexOf("/");
  return { above: cut < 0 ? null : path.slice(0, cut), name: path.slice(cut + 1) };
}

/** Why a path cannot be what a department is shown by, or null when it can. */
export function whyTooLong(path: string): string | null {
  return isTooLong(path) ? `has more than ${writeLimits.indexedBytes} bytes` : null;
}
