import type { Kysely } from "kysely";
import type { Database } from "./database.ts";
import type { DepartmentRow } from "./store.ts";
import type { Tables } from "./tables.ts";

// The departments of a custom source, read inside a transaction or outside of any.

/**
 * All departments of a source, in order of their ids.
 *
 * Two plain questions, since PostgreSQL joins memberships badly as long as it has not counted them. Outside of a
 * transaction a department that is moved in between can be shown at its old place with its new parent.
 */
export async function listDepartments(
  { isOneOf }: Pick<Database, "isOneOf">,
  db: Kysely<Tables>,
  sourceId: string,
): Promise<readonly DepartmentRow[]> {
  const rows = await db
    .selectFrom("resource")
    .select(["id", "display_name"])
    .where("source_id", "=", sourceId)
    .where("type", "=", "Group")
    .where("kind", "=", "department")
    .where("deleted_at", "is", null)
    .orderBy("id")
    .execute();
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  // By the department below: it is in few groups, while one above may hold a hundred thousand people.
  const edges = await db.selectFrom("member").selectAll().where(isOneOf("member_id", ids)).execute();
  const known = new Set(ids);
  const parents = new Map<string, string>();
  for (const { group_id, member_id } of edges) {
    const other = parents.get(member_id);
    if (known.has(group_id) && (other === undefined || group_id < other)) parents.set(member_id, group_id);
  }
  return rows.map(({ id, display_name }) => ({ id, displayName: display_name ?? "", parent: parents.get(id) ?? null }));
}

/** The departments of a source that hold these people directly; nobody is missing. */
export async function departmentsOf(
  { db, isOneOf }: Pick<Database, "db" | "isOneOf">,
  sourceId: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map(userIds.map((id): [string, string[]] => [id, []]));
  if (userIds.length === 0) return found;
  const rows = await db
    .selectFrom("member as m")
    .innerJoin("resource as g", "g.id", "m.group_id")
    .select(["m.member_id", "m.group_id"])
    .where(isOneOf("m.member_id", userIds))
    .where("g.source_id", "=", sourceId)
    .where("g.kind", "=", "department")
    .where("g.deleted_at", "is", null)
    .orderBy("m.group_id")
    .execute();
  for (const row of rows) found.get(row.member_id)?.push(row.group_id);
  return found;
}
