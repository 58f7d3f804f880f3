import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { GroupRuleStore } from "./engine.ts";
import { type FilterDialect, filterCondition, type Sql } from "./filter.ts";
import { bumpGroups } from "./group-versions.ts";
import { postgresFilter } from "./postgres/filter.ts";
import { sqliteFilter } from "./sqlite/filter.ts";
import type { CompiledRule, GroupRule } from "./store.ts";
import type { Tables } from "./tables.ts";

// Dynamic groups: their members are whoever a filter finds. Everything is set against set, in the database.

/**
 * The users of a rule, as a condition on `resource`. Who has left is in no group. In a rule `groups` are those whose
 * members somebody lists: a rule that looked at other rules' groups, its own among them, would have no answer.
 */
export function ruleCondition(
  { dialect, isOneOf }: Pick<Database, "dialect" | "isOneOf">,
  { filter, sources }: Omit<CompiledRule, "groupId">,
): Sql<boolean> {
  const ofDialect: FilterDialect = dialect === "sqlite" ? sqliteFilter : postgresFilter;
  const condition = filterCondition(filter, { ...ofDialect, otherEnd: sql`and other.rule is null` });
  const isVisible = sources === "all" ? sql`1 = 1` : isOneOf("resource.source_id", sources);
  return sql`resource.type = 'User' and resource.deleted_at is null and resource.departed_at is null
    and ${isVisible} and (${condition}) is true`;
}

/** The rules of all dynamic groups, in order of their groups' ids. */
export async function listRules(
  db: Kysely<Tables>,
): Promise<readonly { readonly groupId: string; readonly rule: GroupRule }[]> {
  const rows = await db
    .selectFrom("resource")
    .select(["id", "rule"])
    .where("rule", "is not", null)
    .where("deleted_at", "is", null)
    .orderBy("id")
    .execute();
  return rows.map((row) => ({ groupId: row.id, rule: JSON.parse(row.rule ?? "{}") as GroupRule }));
}

/** What the syncs ask of dynamic groups. */
export function makeGroupRules(database: Database): GroupRuleStore {
  const { db } = database;
  return {
    listGroupRules: () => listRules(db),

    async ruleDelta(rule) {
      const isMeant = ruleCondition(database, rule);
      const add = await sql<{ id: string }>`
        select resource.id from resource where ${isMeant} and not exists (
          select 1 from member as m where m.group_id = ${rule.groupId} and m.member_id = resource.id)
        order by resource.id`.execute(db);
      const remove = await sql<{ id: string }>`
        select member_id as id from member where group_id = ${rule.groupId}
          and member_id not in (select resource.id from resource where ${isMeant}) order by member_id`.execute(db);
      return { add: add.rows.map(({ id }) => id), remove: remove.rows.map(({ id }) => id) };
    },
  };
}

/**
 * Brings the members of a dynamic group up to date.
 *
 * @param userIds who may have changed; null: everybody
 * @returns whether anything changed
 */
export async function settleRule(
  database: Database,
  trx: Transaction<Tables>,
  rule: CompiledRule,
  userIds: readonly string[] | null,
  at: number,
): Promise<boolean> {
  const { isOneOf } = database;
  const isMeant = ruleCondition(database, rule);
  const amongResources = userIds === null ? sql`1 = 1` : isOneOf("resource.id", userIds);
  const amongMembers = userIds === null ? sql`1 = 1` : isOneOf("member_id", userIds);
  const left = await sql<{ member_id: string }>`
    delete from member where group_id = ${rule.groupId} and ${amongMembers}
      and member_id not in (select resource.id from resource where ${isMeant} and ${amongResources})
    returning member_id`.execute(trx);
  const joined = await sql<{ member_id: string }>`
    insert into member (group_id, member_id, member_type)
    select ${rule.groupId}, resource.id, 'User' from resource where ${isMeant} and ${amongResources}
    on conflict do nothing returning member_id`.execute(trx);
  if (left.rows.length + joined.rows.length === 0) return false;
  await bumpGroups(database, trx, [rule.groupId], at);
  return true;
}
