import { type RawBuilder, type SelectQueryBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import { filterCondition } from "./filter.ts";
import { postgresFilter } from "./postgres/filter.ts";
import { sqliteFilter } from "./sqlite/filter.ts";
import type { DirectoryReader, MemberView, ResourceQuery, ResourceRow } from "./store.ts";
import type { Tables } from "./tables.ts";

/** What the SCIM endpoint reads from the database: filters, counts and pages are made there, never in memory. */
export function makeDirectoryReader(database: Pick<Database, "db" | "dialect" | "isOneOf">): DirectoryReader {
  const { db } = database;
  const dialect = database.dialect === "sqlite" ? sqliteFilter : postgresFilter;

  const visible = (sources: ResourceQuery["sources"]) => {
    const there = db.selectFrom("resource").where("resource.deleted_at", "is", null);
    if (sources === "all") return there;
    return there.where(likely(database.dialect, database.isOneOf("resource.source_id", sources)));
  };

  return {
    async queryResources({ type, sources, filter, startIndex, count }) {
      let found = visible(sources).where(likely(database.dialect, sql`resource.type = ${type}`));
      if (filter) found = found.where(filterCondition(filter, dialect));
      // Ids are made in the order of time (UUIDv7): a page does not move when somebody joins.
      const page =
        count === 0
          ? []
          : await selectRow(found)
              .orderBy("resource.id")
              .limit(count)
              .offset(startIndex - 1)
              .execute();
      const isLast = page.length > 0 && page.length < count;
      const total = isLast ? startIndex - 1 + page.length : await countAll(found);
      return { total, rows: page.map(toResourceRow) };
    },

    async readResource(type, id, sources) {
      // Ours look like this; anything else, a NUL that PostgreSQL would refuse included, is nobody's.
      if (!/^[0-9A-Za-z-]{1,64}$/.test(id)) return null;
      const found = visible(sources).where("resource.id", "=", id).where("resource.type", "=", type);
      const row = await selectRow(found).executeTakeFirst();
      return row ? toResourceRow(row) : null;
    },

    membersOf: (groupIds) => selectEdges(database, "group_id", "member_id", groupIds),
    groupsOf: (memberIds) => selectEdges(database, "member_id", "group_id", memberIds),
  };
}

/**
 * A condition that most rows fulfil. Without statistics SQLite would take such a row for rare, and walk through all of
 * them rather than look up the one `externalId` that is asked for.
 */
function likely(dialect: Database["dialect"], condition: RawBuilder<boolean>): RawBuilder<boolean> {
  return dialect === "sqlite" ? sql`likelihood(${condition}, 0.9)` : condition;
}

type ResourceSelection = SelectQueryBuilder<Tables, "resource", object>;

function selectRow(found: ResourceSelection) {
  return found.select([
    "resource.id",
    "resource.type",
    "resource.source_id",
    "resource.version",
    "resource.members_version",
    "resource.created_at",
    "resource.last_modified_at",
    "resource.document",
  ]);
}

interface SelectedRow {
  readonly id: string;
  readonly type: ResourceRow["type"];
  readonly source_id: string;
  readonly version: number;
  readonly members_version: number;
  readonly created_at: number;
  readonly last_modified_at: number;
  readonly document: string;
}

function toResourceRow(row: SelectedRow): ResourceRow {
  return {
    id: row.id,
    type: row.type,
    sourceId: row.source_id,
    version: row.version,
    membersVersion: row.members_version,
    createdAt: row.created_at,
    lastModifiedAt: row.last_modified_at,
    document: row.document,
  };
}

async function countAll(found: ResourceSelection): Promise<number> {
  const counted = await found.select(sql<number>`count(*)`.as("total")).executeTakeFirstOrThrow();
  return Number(counted.total);
}

/** Edges whose `own` end is one of these; `display` is the name of the other end. */
async function selectEdges(
  { db, isOneOf }: Pick<Database, "db" | "isOneOf">,
  own: "group_id" | "member_id",
  other: "group_id" | "member_id",
  ids: readonly string[],
): Promise<readonly MemberView[]> {
  if (ids.length === 0) return [];
  const isOurs: RawBuilder<boolean> = isOneOf(`member.${own}`, ids);
  const rows = await db
    .selectFrom("member")
    .innerJoin("resource", "resource.id", `member.${other}`)
    .where(isOurs)
    .where("resource.deleted_at", "is", null)
    .select(["member.group_id", "member.member_id", "member.member_type", "resource.display_name"])
    .orderBy(`member.${own}`)
    .orderBy(`member.${other}`)
    .execute();
  return rows.map((row) => ({
    groupId: row.group_id,
    memberId: row.member_id,
    memberType: row.member_type,
    display: row.display_name,
  }));
}
