import { sql } from "kysely";
import type { Database } from "./database.ts";
import { makeDirectoryApply } from "./directory-apply.ts";
import { makeDirectoryHolds } from "./directory-holds.ts";
import { makeDirectoryPlan } from "./directory-plan.ts";
import type { DirectoryStore } from "./engine.ts";
import { makeHeldPeople } from "./held-people.ts";
import { makeMemberLosses } from "./member-losses.ts";
import { toCurrent } from "./records.ts";
import { makeSparePlanned } from "./spare-planned.ts";
import { holdingSource } from "./taken-names.ts";

/** Our own directory: what is in it, what is planned for it, and what is applied. */
export function makeDirectoryStore(database: Database, clock: () => number): DirectoryStore {
  const { db, isOneOf } = database;
  return {
    ...makeDirectoryPlan(database, clock),
    ...makeDirectoryHolds(database, clock),
    ...makeDirectoryApply(database, clock),
    ...makeSparePlanned(database),
    ...makeHeldPeople(database),
    ...makeMemberLosses(database),

    async readCurrent(ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom("resource")
        .select(["id", "type", "key", "version", "external_id", "display_name", "active", "document"])
        .select(["departed_at", "deleted_at", "mapping_version", "fingerprint as made_from"])
        .where(isOneOf("id", ids))
        .execute();
      return rows.map(toCurrent);
    },

    async listPresent(sourceId, kind, after, limit) {
      const rows = await db
        .selectFrom("resource")
        .select(["id", "type", "key", "version", "external_id", "display_name", "active", "document"])
        .select(["departed_at", "deleted_at", "mapping_version", "fingerprint as made_from"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", kind)
        .where("departed_at", "is", null)
        .where("deleted_at", "is", null)
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(toCurrent);
    },

    async userNameHolders(folded) {
      if (folded.length === 0) return new Map();
      const rows = await db
        .selectFrom("resource")
        .leftJoin("source", "source.id", "resource.source_id")
        .leftJoin("ended_source", "ended_source.id", "resource.source_id")
        .select(["user_name_folded", "resource.id", "source.name", "settings", "waits_for"])
        .select("ended_source.name as former")
        .where("deleted_at", "is", null)
        .where(isOneOf("user_name_folded", folded))
        .execute();
      return new Map(rows.map((row) => [row.user_name_folded ?? "", { resourceId: row.id, ...holdingSource(row) }]));
    },

    async edgesOf(sourceId, kind, memberIds) {
      if (memberIds.length === 0) return [];
      const rows = await db
        .selectFrom("member as m")
        .innerJoin("resource as g", "g.id", "m.group_id")
        .select(["m.group_id", "m.member_id"])
        .where("g.source_id", "=", sourceId)
        .where("g.kind", "=", kind)
        .where(isOneOf("m.member_id", memberIds))
        .execute();
      return rows.map((row) => ({ groupId: row.group_id, memberId: row.member_id }));
    },

    async edgesAnywhere(memberIds) {
      if (memberIds.length === 0) return [];
      const rows = await db.selectFrom("member").selectAll().where(isOneOf("member_id", memberIds)).execute();
      return rows.map((row) => ({ groupId: row.group_id, memberId: row.member_id }));
    },

    async membersOfGroup(groupId) {
      const rows = await db.selectFrom("member").selectAll().where("group_id", "=", groupId).execute();
      return rows.map((row) => ({ value: row.member_id, type: row.member_type }));
    },

    async countOfSource(sourceId) {
      const { rows } = await sql<{ users: number | null; active_users: number | null; groups: number | null }>`
        select sum(case when type = 'User' and departed_at is null then 1 else 0 end) as users,
          sum(case when type = 'User' and active = 1 then 1 else 0 end) as active_users,
          sum(case when type = 'Group' then 1 else 0 end) as groups
        from resource where source_id = ${sourceId} and deleted_at is null`.execute(db);
      const row = rows[0];
      return {
        users: Number(row?.users ?? 0),
        activeUsers: Number(row?.active_users ?? 0),
        groups: Number(row?.groups ?? 0),
      };
    },
  };
}
