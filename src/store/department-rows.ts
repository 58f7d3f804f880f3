import type { Kysely } from "kysely";
import type { Database } from "./database.ts";
import type { DepartmentRow } from "./store.ts";
import type { Tables } from "./tables.ts";

// The departments of a custom source, read inside a transaction or outside of any.

/** All departments of a source, in order of their ids. */
export async function listDepartments(db: Kysely<Tables>, sourceId: string): Promise<readonly DepartmentRow[]> {
  const rows = await db
    .selectFrom("resource as r")
    .select(["r.id", "r.display_name"])
    // By the department below: it is in few groups, while one above may hold a hundred thousand people.
    .select((eb) =>
      eb
        .selectFrom("member as m")
        .innerJoin("resource as g", "g.id", "m.group_id")
        .select((of) => of.fn.min("m.group_id").as("parent"))
        .whereRef("m.member_id", "=", "r.id")
        .where("g.source_id", "=", sourceId)
        .where("g.kind", "=", "department")
        .where("g.deleted_at", "is", null)
        .as("parent"),
    )
    .where("r.source_id", "=", sourceId)
    .where("r.type", "=", "Group")
    .where("r.kind", "=", "department")
    .where("r.deleted_at", "is", null)
    .orderBy("r.id")
    .execute();
  return rows.map((row) => ({ id: row.id, displayName: row.display_name ?? "", parent: row.parent }));
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
