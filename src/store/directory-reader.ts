import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { Sql } from "./filter.ts";
import { slotOfMark } from "./filter-shape.ts";
import { postgresFilter } from "./postgres/filter.ts";
import { postgresList } from "./postgres/list.ts";
import { makeResourceLists } from "./resource-lists.ts";
import { type SelectedRow, selectedColumns, toResourceRow } from "./resource-rows.ts";
import { sqliteFilter } from "./sqlite/filter.ts";
import { sqliteList } from "./sqlite/list.ts";
import { makeStatements, Slot, type Statements } from "./statements.ts";
import type { DirectoryReader, MemberView, VisibleSources } from "./store.ts";

/**
 * What the SCIM endpoint reads from the database: filters, counts and pages are made there, never in memory.
 *
 * @param bounds `hop` of `ListDialect`, `few` of `RunDialect`; others than usual for tests with few rows
 */
export function makeDirectoryReader(
  database: Pick<Database, "db" | "dialect" | "isOneOf" | "read">,
  bounds: { readonly hop?: number; readonly few?: number } = {},
): DirectoryReader {
  const { isOneOf } = database;
  const statements = makeStatements(database, slotOfMark);
  const ofDialect = database.dialect === "sqlite" ? sqliteList : postgresList;
  const { hop = ofDialect.hop, few = 1000 } = bounds;
  const list = { ...ofDialect, hop };
  const filter = database.dialect === "sqlite" ? sqliteFilter : postgresFilter;

  return {
    ...makeResourceLists(database, statements, { isOneOf, list, filter, few }),

    async readResource(type, id, sources) {
      // Ours look like this; anything else, a NUL that PostgreSQL would refuse included, is nobody's.
      if (!/^[0-9A-Za-z-]{1,64}$/.test(id)) return null;
      const isVisible = () => (sources === "all" ? sql`` : sql` and ${isOneOf("resource.source_id", sources)}`);
      const build = (): Sql => sql`select ${selectedColumns} from resource
        where resource.id = ${new Slot(0)} and resource.type = ${sql.lit(type)} and resource.deleted_at is null${isVisible()}`;
      const key = `one ${type} ${sources === "all" ? "all" : JSON.stringify(sources)}`;
      const [row] = await statements.run<SelectedRow>(key, build, [id]);
      return row ? toResourceRow(row) : null;
    },

    membersOf: (groupIds, sources) => readEdges(database, statements, "group_id", "member_id", groupIds, sources),
    groupsOf: (memberIds, sources) => readEdges(database, statements, "member_id", "group_id", memberIds, sources),
  };
}

type EdgeRow = readonly [
  groupId: string,
  memberId: string,
  memberType: MemberView["memberType"],
  display: string | null,
];

/** Edges whose `own` end is one of these; `display` is the name of the other end. */
async function readEdges(
  { db, read, isOneOf }: Pick<Database, "db" | "read" | "isOneOf">,
  statements: Statements,
  own: "group_id" | "member_id",
  other: "group_id" | "member_id",
  ids: readonly string[],
  sources: VisibleSources,
): Promise<readonly MemberView[]> {
  if (ids.length === 0) return [];
  const isVisible = () => (sources === "all" ? sql`` : sql` and ${isOneOf("resource.source_id", sources)}`);
  const build = (isOurs: Sql): Sql => sql`
    select member.group_id, member.member_id, member.member_type, resource.display_name
    from member join resource on resource.id = ${sql.ref(`member.${other}`)}
    where ${isOurs} and resource.deleted_at is null${isVisible()}
    order by ${sql.ref(`member.${own}`)}, ${sql.ref(`member.${other}`)}`;
  const [only] = ids;
  let rows: readonly EdgeRow[];
  if (ids.length === 1) {
    const key = `edges ${own} ${sources === "all" ? "all" : JSON.stringify(sources)}`;
    rows = await statements.run(key, () => build(sql`${sql.ref(`member.${own}`)} = ${new Slot(0)}`), [only]);
  } else {
    // A list is one parameter, which each database writes in its own way: built anew, for a whole page at once.
    const { sql: text, parameters } = build(isOneOf(`member.${own}`, ids)).compile(db);
    rows = await read(text, parameters);
  }
  return rows.map(([groupId, memberId, memberType, display]) => ({ groupId, memberId, memberType, display }));
}
