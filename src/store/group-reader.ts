import { sql } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import type { Database } from "./database.ts";
import { departmentsOf, listDepartments } from "./department-rows.ts";
import { groupsNamed, ruleCondition } from "./group-rules.ts";
import type { GroupReader, GroupRule, ListedMember } from "./store.ts";

/** Groups as an administrator looks at them. */
export function makeGroupReader(database: Pick<Database, "db" | "dialect" | "isOneOf">): GroupReader {
  const { db, isOneOf } = database;
  return {
    async listMembers(groupId, { after, limit }) {
      const rows = await db
        .selectFrom("member as m")
        .innerJoin("resource as r", "r.id", "m.member_id")
        .select(["r.id", "r.type", "r.display_name", "r.user_name", "r.source_id"])
        .where("m.group_id", "=", groupId)
        .where("r.deleted_at", "is", null)
        .where("m.member_id", ">", after)
        .orderBy("m.member_id")
        .limit(limit)
        .execute();
      return rows.map(toMember);
    },

    async findByRule(rule, limit) {
      const isMeant = ruleCondition(database, rule);
      const { rows: counted } = await sql<{ total: number }>`
        select count(*) as total from resource where ${isMeant}`.execute(db);
      const { rows } = await sql<MemberRow>`
        select resource.id, resource.type, resource.display_name, resource.user_name, resource.source_id
        from resource where ${isMeant} order by resource.id limit ${limit}`.execute(db);
      return { total: Number(counted[0]?.total ?? 0), rows: rows.map(toMember) };
    },

    async countMembers(groupIds) {
      const rows = await db
        .selectFrom("member")
        .select(["group_id", (eb) => eb.fn.countAll<number>().as("count")])
        .where(isOneOf("group_id", groupIds))
        .groupBy("group_id")
        .execute();
      const counts = new Map(rows.map((row) => [row.group_id, Number(row.count)]));
      return new Map(groupIds.map((id) => [id, counts.get(id) ?? 0]));
    },

    listDepartments: (sourceId) => listDepartments(database, db, sourceId),
    departmentsOf: (sourceId, userIds) => departmentsOf(database, sourceId, userIds),
    groupsNamed: (names, ids) => groupsNamed(database, db, names, ids),

    async rulesOf(groupIds) {
      const rows = await db
        .selectFrom("resource")
        .select(["id", "rule"])
        .where(isOneOf("id", groupIds))
        .where("rule", "is not", null)
        .execute();
      return new Map(rows.map((row) => [row.id, JSON.parse(row.rule ?? "{}") as GroupRule]));
    },
  };
}

interface MemberRow {
  readonly id: string;
  readonly type: ResourceType;
  readonly display_name: string | null;
  readonly user_name: string | null;
  readonly source_id: string;
}

function toMember(row: MemberRow): ListedMember {
  return {
    id: row.id,
    type: row.type,
    displayName: row.display_name,
    userName: row.user_name,
    sourceId: row.source_id,
  };
}
