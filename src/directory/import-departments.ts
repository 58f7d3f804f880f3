import { ScimError } from "../scim/scim-error.ts";
import type { PersonRow } from "./csv/parsed-people.ts";
import { whyTooLong } from "./department-tree.ts";
import { createPaths } from "./departments.ts";
import type { KeptTree } from "./kept-tree.ts";

/** Departments that one import makes at most: more are rather names in the wrong column. */
export const mostNewDepartments = 5_000;

/** Departments, or people, in one transaction: short enough that other writers need not wait long. */
export const atOnce = 200;

/** Why a person cannot be put into the departments of the file, or null when he can. */
export function whyNoDepartments({ departments }: PersonRow): string | null {
  const reason = (departments ?? []).map(whyTooLong).find((each) => each !== null);
  return reason === undefined ? null : `the path of a department ${reason}`;
}

/**
 * Makes the departments that a file names and that are not there, those above first.
 *
 * @returns their paths
 * @throws {ScimError} 400 for too many; nothing is written then
 */
export async function importDepartments(
  tree: KeptTree,
  sourceId: string,
  rows: readonly PersonRow[],
  apply: boolean,
): Promise<readonly string[]> {
  const named = new Set(rows.flatMap((row) => (whyNoDepartments(row) === null ? (row.departments ?? []) : [])));
  if (named.size === 0) return [];
  const wanted = new Set([...named].flatMap(levelsOf));
  const missing = await tree.within(async (_, { byPath }) =>
    [...wanted].filter((path) => !byPath.has(path)).sort((a, b) => depthOf(a) - depthOf(b)),
  );
  if (missing.length > mostNewDepartments) throw tooMany(missing.length);
  for (let from = 0; apply && from < missing.length; from += atOnce) {
    const paths = missing.slice(from, from + atOnce);
    await tree.within((write, departments) => createPaths(write, departments, sourceId, paths));
    await turn();
  }
  return missing;
}

/** Whoever else has something to ask gets his turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function tooMany(count: number): ScimError {
  const detail =
    `The file names ${count} departments that are not there yet, and an import makes ${mostNewDepartments} at most: ` +
    "is the right column taken for the departments? Otherwise bring them in with several files";
  return new ScimError(400, "invalidValue", detail);
}

/** `a/b/c` and all above it. */
function levelsOf(path: string): readonly string[] {
  const names = path.split("/");
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function depthOf(path: string): number {
  return path.split("/").length;
}
