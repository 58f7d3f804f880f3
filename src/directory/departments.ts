import type { JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { textOf, withSchemas } from "../scim/document.ts";
import { ScimError } from "../scim/scim-error.ts";
import { type DirectoryWrite, userGroups, type WritableRow } from "../store/store.ts";
import { settleRules } from "./rules.ts";

// Departments of the custom source: Groups that hold people and other departments. As with those of WeCom the name that
// is shown is the whole path, `总部/销售部`; who a department is says its id, never its name.

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

/** The departments of a source as they are now, to be looked at and changed within one transaction. */
export interface DepartmentTree {
  readonly all: ReadonlyMap<string, CustomDepartment>;
  /** By what is shown; of several with one name the oldest. */
  readonly byPath: ReadonlyMap<string, CustomDepartment>;
}

export async function readDepartments(write: DirectoryWrite, sourceId: string): Promise<DepartmentTree> {
  const rows = await write.listKind(sourceId, "department");
  const parents = await write.parentsAmong(rows.map(({ id }) => id));
  const shown = new Map(rows.map((row) => [row.id, displayNameOf(row)]));
  const all = new Map<string, CustomDepartment>();
  for (const { id } of rows) {
    const parent = parents.get(id) ?? null;
    const displayName = shown.get(id) ?? "";
    const above = parent === null ? "" : `${shown.get(parent) ?? ""}/`;
    const name = displayName.startsWith(above) ? displayName.slice(above.length) : displayName;
    all.set(id, { id, name, displayName, parent });
  }
  const byPath = new Map([...all.values()].reverse().map((department) => [department.displayName, department]));
  return { all, byPath };
}

export interface DepartmentForm {
  readonly name: string;
  /** Id of the department above; null: at the top. */
  readonly parent: string | null;
}

/** @throws {ScimError} 400 for a parent that is none of this source, 409 for a name that its neighbour has */
export async function createDepartment(
  write: DirectoryWrite,
  sourceId: string,
  { name, parent }: DepartmentForm,
): Promise<CustomDepartment> {
  const tree = await readDepartments(write, sourceId);
  const displayName = pathOf(tree, name, parent);
  refuseTaken(tree, displayName, null);
  const document = withSchemas("Group", { displayName });
  const row = await write.create({ type: "Group", kind: "department", sourceId, document, rule: null });
  if (parent !== null) await addTo(write, parent, row);
  await write.noteChange(sourceId);
  return { id: row.id, name, displayName, parent };
}

/**
 * Renames a department, or puts it elsewhere. What lies below it is shown by its new path.
 *
 * @throws {ScimError} 404; 400 for a parent that is none of this source, or lies below it; 409 for a name that is taken
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
    throw new ScimError(400, "invalidValue", "parent: a department cannot lie below itself");
  }
  const displayName = pathOf(tree, name, parent);
  refuseTaken(tree, displayName, id);
  if (parent !== current.parent) {
    const row = await write.find("Group", id, "all");
    if (row !== null && current.parent !== null) {
      await write.editMembers(current.parent, { replace: false, add: [], remove: [id] }, "all");
    }
    if (row !== null && parent !== null) await addTo(write, parent, row);
  }
  await rename(write, tree, current, displayName);
  const membersOf =
    displayName === current.displayName ? [] : [...tree.all.keys()].filter((at) => isBelow(tree, at, id));
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
  for (const child of childrenOf(tree, id)) await rename(write, tree, child, child.name);
  const membersOf = [...tree.all.keys()].filter((at) => isBelow(tree, at, id));
  const left = await write.remove({ id: current.id, type: "Group" }, () => settleRules(write, catalog, { membersOf }));
  await write.noteChange(sourceId);
  if (left.length > 0) await write.noteChange(userGroups);
}

/**
 * Puts a person into exactly these departments of the source.
 *
 * @returns whether that changed anything
 * @throws {ScimError} 400 for an id that is no department of this source
 */
export async function setDepartments(
  write: DirectoryWrite,
  tree: Pick<DepartmentTree, "all">,
  userId: string,
  departments: readonly string[],
): Promise<boolean> {
  const unknown = departments.filter((id) => !tree.all.has(id));
  if (unknown.length > 0) {
    throw new ScimError(400, "invalidValue", `departments: no department of this source: ${unknown.join(", ")}`);
  }
  const wanted = new Set(departments);
  const current = (await write.groupsWith(userId, "department")).filter((id) => tree.all.has(id));
  const held = new Set(current);
  for (const id of current) {
    if (!wanted.has(id)) await write.editMembers(id, { replace: false, add: [], remove: [userId] }, "all");
  }
  for (const id of wanted) {
    const add = [{ value: userId, type: "User" as const }];
    if (!held.has(id)) await write.editMembers(id, { replace: false, add, remove: [] }, "all");
  }
  return current.length !== wanted.size || current.some((id) => !wanted.has(id));
}

async function addTo(write: DirectoryWrite, parent: string, { id }: Pick<WritableRow, "id">): Promise<void> {
  await write.editMembers(parent, { replace: false, add: [{ value: id, type: "Group" }], remove: [] }, "all");
}

async function rename(
  write: DirectoryWrite,
  tree: DepartmentTree,
  department: CustomDepartment,
  displayName: string,
): Promise<void> {
  if (displayName === department.displayName) return;
  const row = await write.find("Group", department.id, "all");
  if (row === null) return;
  const document = { ...(JSON.parse(row.document) as JsonObject), displayName };
  await write.change(row.id, { document, rule: null });
  for (const child of childrenOf(tree, department.id)) {
    await rename(write, tree, child, `${displayName}/${child.name}`);
  }
}

function childrenOf({ all }: DepartmentTree, id: string): readonly CustomDepartment[] {
  return [...all.values()].filter(({ parent }) => parent === id);
}

function find({ all }: DepartmentTree, id: string): CustomDepartment {
  const found = all.get(id);
  if (found === undefined) throw new ScimError(404, null, "This department was not found");
  return found;
}

function isBelow({ all }: DepartmentTree, id: string, top: string): boolean {
  const seen = new Set<string>();
  for (let at: string | null = id; at !== null && !seen.has(at); at = all.get(at)?.parent ?? null) {
    if (at === top) return true;
    seen.add(at);
  }
  return false;
}

function pathOf(tree: DepartmentTree, name: string, parent: string | null): string {
  if (parent === null) return name;
  const above = tree.all.get(parent);
  if (above === undefined) throw new ScimError(400, "invalidValue", "parent: no department of this source");
  return `${above.displayName}/${name}`;
}

function refuseTaken({ byPath }: DepartmentTree, displayName: string, own: string | null): void {
  const other = byPath.get(displayName);
  if (other === undefined || other.id === own) return;
  throw new ScimError(409, "uniqueness", "There is a department of this name at this place already");
}

function displayNameOf(row: WritableRow): string {
  return textOf(JSON.parse(row.document) as JsonObject, "displayName") ?? "";
}
