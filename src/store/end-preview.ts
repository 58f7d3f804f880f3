import { sql } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import type { Database } from "./database.ts";
import type { Judged } from "./engine.ts";
import { isPaused } from "./withheld.ts";

/** What a target holds of a source that may end. */
export interface HeldOfSource extends Judged {
  readonly id: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly active: boolean;
  readonly isPaused: boolean;
}

/** What the end of a source would take away: reads only. */
export interface EndPreviewStore {
  /** What a target holds of a source, a page in order of id; who was deleted for good is among them. */
  heldOfSource(
    sourceId: string,
    targetId: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly HeldOfSource[]>;
  /**
   * Memberships of what a source has, in its groups and in others: in our own directory, or as a target was given them.
   *
   * @param kept ids of members that are not counted, because they stay
   */
  countMemberships(sourceId: string, targetId: string | null, kept: readonly string[]): Promise<number>;
  /** Groups of a source that have one of these members, at a target as it was given them. */
  groupsGiven(targetId: string, memberIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export function makeEndPreviewStore({ db, isOneOf }: Database): EndPreviewStore {
  return {
    async heldOfSource(sourceId, targetId, { after, limit }) {
      const rows = await db
        .selectFrom("link as l")
        .innerJoin("resource", "resource.id", "l.resource_id")
        .select(["resource.id", "resource.type", "resource.version", "resource.document", "resource.deleted_at"])
        .select(["resource.external_id", "resource.display_name", "l.held", "l.protected_by", "l.active"])
        .select(sql<number>`case when ${isPaused("resource.id", targetId)} then 1 else 0 end`.as("paused"))
        .where("l.target_id", "=", targetId)
        .where("l.remote_id", "is not", null)
        .where("resource.source_id", "=", sourceId)
        .where("resource.id", ">", after)
        .orderBy("resource.id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        ...{ id: row.id, type: row.type satisfies ResourceType, version: row.version, document: row.document },
        ...{ externalId: row.external_id, displayName: row.display_name, held: row.held },
        ...{ protectedBy: row.protected_by, emptied: row.deleted_at !== null && row.type === "User" },
        ...{ active: row.active === 1, isPaused: Number(row.paused) === 1 },
      }));
    },

    async countMemberships(sourceId, targetId, kept) {
      const from = targetId === null ? sql`member m where 1 = 1` : sql`link_member m where m.target_id = ${targetId}`;
      const isOf = (column: string) =>
        sql`exists (select 1 from resource x where x.id = ${sql.ref(column)} and x.source_id = ${sourceId})`;
      const stays = kept.length === 0 ? sql`1 = 0` : isOneOf("m.member_id", kept);
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from ${from} and not ${stays}
          and (${isOf("m.group_id")} or ${isOf("m.member_id")})`.execute(db);
      return Number(rows[0]?.count ?? 0);
    },

    async groupsGiven(targetId, memberIds) {
      if (memberIds.length === 0) return new Set();
      const rows = await db
        .selectFrom("link_member")
        .select("group_id")
        .distinct()
        .where("target_id", "=", targetId)
        .where(isOneOf("member_id", memberIds))
        .execute();
      return new Set(rows.map(({ group_id }) => group_id));
    },
  };
}
