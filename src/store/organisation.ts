import { type RawBuilder, sql } from "kysely";
import { foldCase } from "../lib/fold.ts";
import type { Database } from "./database.ts";
import type { OrganisationReader, OrganisationUnit } from "./store.ts";

// Departments as a tree, one level at a time: who looks at it opens some, and never all of thirty thousand.

interface UnitRow {
  readonly id: string;
  readonly source_id: string;
  readonly display_name: string | null;
  readonly external_id: string | null;
}

const isUnit = sql`r.type = 'Group' and r.kind = 'department' and r.deleted_at is null`;
const isTop = sql`not exists (
  select 1 from member m join resource p on p.id = m.group_id
  where m.member_id = r.id and p.kind = 'department' and p.deleted_at is null)`;
const columns = sql`r.id, r.source_id, r.display_name, r.external_id`;

/** Departments with their numbers, as somebody looks through them. */
export function makeOrganisationReader({ db, isOneOf }: Pick<Database, "db" | "isOneOf">): OrganisationReader {
  const read = async (
    from: RawBuilder<unknown>,
    { after, limit }: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly OrganisationUnit[]> => {
    // Names are text, and the first is "": whoever has none comes first in both databases.
    const key = sql`coalesce(r.display_name_folded, '')`;
    const beyond =
      after === null
        ? sql``
        : sql`and (${key}, r.id) > (
            select coalesce(a.display_name_folded, ''), a.id from resource a where a.id = ${after})`;
    const { rows } = await sql<UnitRow>`
      select ${columns} ${from} ${beyond} order by ${key}, r.id limit ${limit}`.execute(db);
    return withCounts(rows);
  };

  const withCounts = async (rows: readonly UnitRow[]): Promise<readonly OrganisationUnit[]> => {
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    const counted = await db
      .selectFrom("member")
      .select(["group_id", "member_type", (eb) => eb.fn.countAll<number>().as("count")])
      .where(isOneOf("group_id", ids))
      .groupBy(["group_id", "member_type"])
      .execute();
    const counts = new Map(counted.map((row) => [`${row.member_type} ${row.group_id}`, Number(row.count)]));
    return rows.map(({ id, source_id, display_name, external_id }) => ({
      ...{ id, sourceId: source_id, displayName: display_name ?? "", externalId: external_id },
      people: counts.get(`User ${id}`) ?? 0,
      units: counts.get(`Group ${id}`) ?? 0,
    }));
  };

  return {
    listUnits: ({ sourceId, parent, ...page }) =>
      parent === null
        ? read(sql`from resource r where r.source_id = ${sourceId} and ${isUnit} and ${isTop}`, page)
        : read(
            sql`from member m join resource r on r.id = m.member_id
              where m.group_id = ${parent} and m.member_type = 'Group' and r.source_id = ${sourceId} and ${isUnit}`,
            page,
          ),

    searchUnits: ({ sourceId, q, limit }) =>
      read(
        sql`from resource r where r.source_id = ${sourceId} and ${isUnit}
          and replace(r.display_name_folded, ${foldCase(q)}, '') <> r.display_name_folded`,
        { after: null, limit },
      ),
  };
}
