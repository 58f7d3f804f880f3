import { canonicalJson } from "../../lib/json.ts";
import { type SourceDepartment, SourceError, type SourceScope } from "../source.ts";
import { nonsense } from "./fault.ts";

/** The departments that a credential sees. There may be several roots, and none of them need be department 1. */
export interface DepartmentTree {
  readonly departments: readonly SourceDepartment[];
  /** Keys of the departments whose parent is not among them. */
  readonly roots: readonly string[];
}

/** Puts departments into a tree. Throws a `WecomFault` when they form none: two with one id, or a circle. */
export function makeTree(departments: readonly SourceDepartment[]): DepartmentTree {
  const byKey = new Map<string, SourceDepartment>();
  for (const department of departments) {
    const twin = byKey.get(department.key);
    if (twin !== undefined && canonicalJson(twin.raw) !== canonicalJson(department.raw)) {
      throw nonsense(`department ${department.key} is described twice, in different ways`);
    }
    byKey.set(department.key, department);
  }
  const unique = [...byKey.values()];
  const roots = unique.filter(({ parent }) => parent === null || !byKey.has(parent)).map(({ key }) => key);
  // Whoever cannot be reached from a root goes round in a circle.
  if (subtree(unique, roots).size !== unique.length) throw nonsense("the departments form a circle");
  return { departments: unique, roots };
}

export interface Selection {
  readonly departments: readonly SourceDepartment[];
  /** Ids that were asked for and are not to be seen. */
  readonly missing: readonly string[];
}

/**
 * The departments that an administrator wants: all, or the chosen ones with everything below them.
 * Throws a {@link SourceError} when there is nothing: an empty tree must never look like everybody's departure.
 */
export function selectDepartments(tree: DepartmentTree, scope: SourceScope): Selection {
  if (tree.departments.length === 0) {
    throw scopeEmpty("WeCom shows this app no department.");
  }
  if (scope.mode === "all") return { departments: tree.departments, missing: [] };
  const visible = new Set(tree.departments.map(({ key }) => key));
  const wanted = scope.departments.map(String);
  const chosen = subtree(
    tree.departments,
    wanted.filter((key) => visible.has(key)),
  );
  if (chosen.size === 0) {
    throw scopeEmpty(
      `None of the departments chosen for this source (${wanted.join(", ") || "none"}) is visible to the app.`,
    );
  }
  return {
    departments: tree.departments.filter(({ key }) => chosen.has(key)),
    missing: wanted.filter((key) => !visible.has(key)),
  };
}

/** Nothing can be seen at all. `found` says how that showed. */
export function scopeEmpty(found: string, errcode: number | null = null): SourceError {
  const advice =
    "Add departments to the app's 可见范围 (visible scope) in the admin console under 应用管理 (app management).";
  return new SourceError("wecom.scope-empty", `${found} ${advice}`, { errcode });
}

/** The keys of some departments and of all below them. */
export function subtree(
  departments: readonly Pick<SourceDepartment, "key" | "parent">[],
  tops: readonly string[],
): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const { key, parent } of departments) {
    if (parent === null) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [key]);
    else siblings.push(key);
  }
  const reached = new Set(tops);
  // A set is walked in order of insertion, and what is added while walking is walked too.
  for (const key of reached) for (const child of children.get(key) ?? []) reached.add(child);
  return reached;
}
