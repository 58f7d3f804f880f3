import type { JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { withSchemas } from "../scim/document.ts";
import { ScimError } from "../scim/scim-error.ts";
import { type DirectoryWrite, userGroups } from "../store/store.ts";
import {
  addToTree,
  type CustomDepartment,
  childrenOf,
  cutPath,
  type DepartmentTree,
  isBelow,
  makeTree,
  type NewPath,
  pathsBelow,
  whyTooLong,
} from "./department-tree.ts";
import { FieldError } from "./field-error.ts";
import { settleRules } from "./rules.ts";

// Departments of the custom source: Groups that hold people and other departments. As with those of WeCom the name that
// is shown is the whole path, `总部/销售部`; who a department is says its id, never its name.

/** What is asked of a transaction, or of the store outside of any, to see the departments. */
export type DepartmentReader = Pick<DirectoryWrite, "listDepartments">;

export async function readDepartments(store: DepartmentReader, sourceId: string): Promise<DepartmentTree> {
  return makeTree(await store.listDepartments(sourceId));
}

export interface DepartmentForm {
  readonly name: string;
  /** Id of the department above; null: at the top. */
  readonly parent: string | null;
}

/**
 * @throws {FieldError} 400 for a parent that is none of this source and for a path that is too long, 409 for a name that
 * its neighbour has
 */
export async function createDepartment(
  write: DirectoryWrite,
  sourceId: string,
  { name, parent }: DepartmentForm,
): Promise<CustomDepartment> {
  const tree = await readDepartments(write, sourceId);
  const displayName = pathOf(tree, name, parent);
  refuseTaken(tree, displayName, null);
  refuseTooLong([{ id: "", displayName }], "name");
  const made = await insert(write, tree, sourceId, { name, displayName, parent });
  if (parent !== null) await hold(write, parent, [made]);
  await write.noteChange(sourceId);
  return made;
}

/** Makes the departments of these paths that are not there yet, and those above them. */
export async function createPaths(
  write: DirectoryWrite,
  tree: DepartmentTree,
  sourceId: string,
  paths: readonly string[],
): Promise<void> {
  const below = new Map<string, CustomDepartment[]>();
  const make = async (path: string): Promise<CustomDepartment> => {
    const there = tree.byPath.get(path);
    if (there !== undefined) return there;
    const { above, name } = cutPath(path);
    const parent = above === null ? null : (await make(above)).id;
    const made = await insert(write, tree, sourceId, { name, displayName: path, parent });
    if (parent !== null) below.set(parent, [...(below.get(parent) ?? []), made]);
    return made;
  };
  for (const path of paths) await make(path);
  for (const [parent, made] of below) await hold(write, parent, made);
  await write.noteChange(sourceId);
}

/**
 * Renames a department, or puts it elsewhere. What lies below it is shown by its new path.
 *
 * @throws {ScimError} 404; 400 for a parent that is none of this source, or lies below it, and for a path that becomes too
 * long; 409 for a name that is taken
 */
export async function changeDepartment(
  write: DirectoryWrite,
  sourceId: string,
  id: string,
  change: Partial<DepartmentForm>,
  catalog: SchemaCatalog,
): Promise<CustomDepartment> {
  const tree = await readDepartments(write, sourceId);
  const current = find(tree, id);
  const { name = current.name, parent = current.parent } = change;
  if (parent !== null && isBelow(tree, parent, id)) {
    throw new FieldError(400, "invalidValue", "parent", "a department cannot lie below itself");
  }
  const displayName = pathOf(tree, name, parent);
  refuseTaken(tree, displayName, id);
  const paths = pathsBelow(tree, current, displayName);
  refuseTooLong(paths, name === current.name ? "parent" : "name");
  if (parent !== current.parent) {
    if (current.parent !== null) {
      await write.editMembers(current.parent, { replace: false, add: [], remove: [id] }, "all");
    }
    if (parent !== null) await hold(write, parent, [current]);
  }
  const membersOf = await show(write, tree, paths);
  await settleRules(write, catalog, { membersOf });
  await write.noteChange(sourceId);
  return { id, name, displayName, parent };
}

/** Removes a department; what lies below it comes to the top, its people are in one department less. @throws {ScimError} 404 */
export async function removeDepartment(
  write: DirectoryWrite,
  sourceId: string,
  id: string,
  catalog: SchemaCatalog,
): Promise<void> {
  const tree = await readDepartments(write, sourceId);
  const current = find(tree, id);
  const membersOf = [id, ...(await bringUp(write, tree, id))];
  const left = await write.remove({ id: current.id, type: "Group" }, () => settleRules(write, catalog, { membersOf }));
  await write.noteChange(sourceId);
  if (left.length > 0) await write.noteChange(userGroups);
}

/** What lies below a department that goes is shown as at the top. Answers what has another path now. */
export async function bringUp(write: DirectoryWrite, tree: DepartmentTree, id: string): Promise<readonly string[]> {
  return show(
    write,
    tree,
    childrenOf(tree, id).flatMap((child) => pathsBelow(tree, child, child.name)),
  );
}

/** Shows departments by other paths; those that have them already stay as they are. Answers the ids of the others. */
export async function show(
  write: DirectoryWrite,
  tree: DepartmentTree,
  paths: readonly NewPath[],
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { id, displayName } of paths) {
    if (tree.all.get(id)?.displayName === displayName) continue;
    const row = await write.find("Group", id, "all");
    if (row === null) continue;
    const document = { ...(JSON.parse(row.document) as JsonObject), displayName };
    await write.change(id, { document, rule: null });
    changed.push(id);
  }
  return changed;
}

/**
 * Puts a person into exactly these departments of the source.
 *
 * @returns whether that changed anything
 * @throws {FieldError} 400 for an id that is no department of this source
 */
export async function setDepartments(
  write: DirectoryWrite,
  tree: Pick<DepartmentTree, "all">,
  userId: string,
  departments: readonly string[],
): Promise<boolean> {
  const unknown = departments.filter((id) => !tree.all.has(id));
  if (unknown.length > 0) {
    throw new FieldError(400, "invalidValue", "departments", `no department of this source: ${unknown.join(", ")}`);
  }
  return moveUser(write, userId, await departmentsWith(write, tree, userId), departments);
}

/** Ids of the departments of the source that a person is in. */
export async function departmentsWith(
  write: DirectoryWrite,
  { all }: Pick<DepartmentTree, "all">,
  userId: string,
): Promise<readonly string[]> {
  return (await write.groupsWith(userId, "department")).filter((id) => all.has(id));
}

/** Moves a person from some departments to others. Answers whether those are other ones. */
export async function moveUser(
  write: DirectoryWrite,
  userId: string,
  from: readonly string[],
  to: readonly string[],
): Promise<boolean> {
  const [held, wanted] = [new Set(from), new Set(to)];
  for (const id of held) {
    if (!wanted.has(id)) await write.editMembers(id, { replace: false, add: [], remove: [userId] }, "all");
  }
  const add = [{ value: userId, type: "User" as const }];
  for (const id of wanted) {
    if (!held.has(id)) await write.editMembers(id, { replace: false, add, remove: [] }, "all");
  }
  return held.size !== wanted.size || from.some((id) => !wanted.has(id));
}

async function insert(
  write: DirectoryWrite,
  tree: DepartmentTree,
  sourceId: string,
  made: Omit<CustomDepartment, "id">,
): Promise<CustomDepartment> {
  const document = withSchemas("Group", { displayName: made.displayName });
  const { id } = await write.create({ type: "Group", kind: "department", sourceId, document, rule: null });
  const department = { id, ...made };
  addToTree(tree, department);
  return department;
}

async function hold(write: DirectoryWrite, parent: string, below: readonly CustomDepartment[]): Promise<void> {
  const add = below.map(({ id }) => ({ value: id, type: "Group" as const }));
  await write.editMembers(parent, { replace: false, add, remove: [] }, "all");
}

function find({ all }: DepartmentTree, id: string): CustomDepartment {
  const found = all.get(id);
  if (found === undefined) throw new ScimError(404, null, "This department was not found");
  return found;
}

function pathOf(tree: DepartmentTree, name: string, parent: string | null): string {
  if (parent === null) return name;
  const above = tree.all.get(parent);
  if (above === undefined) throw new FieldError(400, "invalidValue", "parent", "no department of this source");
  return `${above.displayName}/${name}`;
}

/** @throws {FieldError} 409 */
export function refuseTaken({ byPath }: DepartmentTree, path: string, own: string | null, field = "name"): void {
  const other = byPath.get(path);
  if (other === undefined || other.id === own) return;
  throw new FieldError(409, "uniqueness", field, "there is a department of this name at this place already");
}

/** @throws {FieldError} 400 */
export function refuseTooLong(paths: readonly NewPath[], field: string): void {
  for (const [index, { displayName }] of paths.entries()) {
    const reason = whyTooLong(displayName);
    if (reason === null) continue;
    const which = index === 0 ? "the path of the department" : "the path of a department below it";
    throw new FieldError(400, "invalidValue", field, `${which} ${reason}`);
  }
}
