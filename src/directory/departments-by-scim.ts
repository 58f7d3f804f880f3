import type { JsonObject } from "../lib/json.ts";
import { textOf } from "../scim/document.ts";
import type { Member } from "../scim/resource.ts";
import { ScimError } from "../scim/scim-error.ts";
import type { DirectoryWrite, WritableRow } from "../store/store.ts";
import { pathsBelow } from "./department-tree.ts";
import { bringUp, readDepartments, refuseTaken, refuseTooLong, show } from "./departments.ts";
import { refuseIds } from "./member-list.ts";
import { memberFilterOf } from "./rules.ts";

// A SCIM client sees a department of the custom source as a Group whose displayName is a path, and whose members of type
// Group lie below it. What it writes must not tear the paths apart.

/**
 * What lies below a department follows it when it is given another displayName. To be called before that is written.
 * Answers what has another path now, beside the department itself.
 *
 * @throws {ScimError} 400 for a path that is not below the same department as before, or becomes too long; 409 for one
 * that is another department's
 */
export async function followRename(
  write: DirectoryWrite,
  row: WritableRow,
  document: JsonObject,
): Promise<readonly string[]> {
  const tree = await readDepartments(write, row.sourceId);
  const current = tree.all.get(row.id);
  const displayName = textOf(document, "displayName") ?? "";
  if (current === undefined || displayName === current.displayName) return [];
  const parent = current.parent === null ? undefined : tree.all.get(current.parent);
  const above = parent === undefined ? "" : `${parent.displayName}/`;
  const name = displayName.startsWith(above) ? displayName.slice(above.length) : "";
  if (name === "" || name.includes("/")) throw new ScimError(400, "invalidValue", notItsPlace(above));
  refuseTaken(tree, displayName, row.id, "displayName");
  const paths = pathsBelow(tree, current, displayName);
  refuseTooLong(paths, "displayName");
  return show(
    write,
    tree,
    paths.filter(({ id }) => id !== row.id),
  );
}

function notItsPlace(above: string): string {
  const rule = above === "" ? "a name without /" : "the path of the department above it, then / and a name without /";
  return `displayName: that of this department has to be ${rule}. ${elsewhere}`;
}

/**
 * Departments are not moved by way of members, and those who come are people of the same source. Whom it does not have
 * may leave: a database can hold such members from earlier.
 *
 * @param touched members that came to a department or left it
 * @param named all whom the request named to come, or to stay
 * @throws {ScimError} 400
 */
export async function refuseForeignAndMoves(
  write: DirectoryWrite,
  { sourceId }: WritableRow,
  touched: readonly string[],
  named: readonly Member[],
): Promise<void> {
  const found = await write.lookUp(touched, [sourceId]);
  if ([...found.values()].some(({ type }) => type !== "User")) {
    throw new ScimError(400, "invalidValue", `members: departments cannot be added or removed here. ${elsewhere}`);
  }
  const changed = new Set(touched);
  refuseIds(
    named.filter(({ value }) => changed.has(value) && !found.has(value)),
    "not of the source of this department, whose people alone it holds (a user group takes those of any source)",
  );
}

/**
 * Only a user group is dynamic. One that a department has from earlier says nothing, and is no reason to refuse another
 * change.
 *
 * @throws {ScimError} 400
 */
export function refuseFilter(before: JsonObject, after: JsonObject): void {
  const filter = memberFilterOf(after);
  if (filter === null || filter === memberFilterOf(before)) return;
  throw new ScimError(
    400,
    "invalidValue",
    "memberFilter: this is a department of a custom source, and only a user group can have one (POST /Groups makes it)",
  );
}

/** What lies below a department that is deleted comes to the top, and is answered. To be called before it is deleted. */
export async function releaseBelow(write: DirectoryWrite, { id, sourceId }: WritableRow): Promise<readonly string[]> {
  return bringUp(write, await readDepartments(write, sourceId), id);
}

const elsewhere =
  "An administrator can put a department below another, or at the top, with PATCH /api/v1/sources/{id}/groups/{group}";
