import { type Kysely, sql, type Transaction } from "kysely";
import { constant } from "./constant.ts";
import type { Database } from "./database.ts";
import type { GroupRuleStore } from "./engine.ts";
import { type FilterDialect, filterCondition, type Sql } from "./filter.ts";
import { bumpGroups } from "./group-versions.ts";
import { postgresFilter } from "./postgres/filter.ts";
import { sqliteFilter } from "./sqlite/filter.ts";
import type { CompiledRule, Concerned, DirectoryWrite, GroupRule, Leaving, NamedGroup, RuleOutcome } from "./store.ts";
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
  const { rows } = await db.executeQuery(allRules);
  return rows.map((row) => ({ groupId: row.id, rule: JSON.parse(row.rule) as GroupRule }));
}

const allRules = constant<{ id: string; rule: string }>(
  "select id, rule from resource where rule is not null and deleted_at is null order by id",
);

/** What the syncs ask of dynamic groups. */
export function makeGroupRules(database: Database): GroupRuleStore {
  const { db } = database;
  return {
    listGroupRules: () => listRules(db),

    async directoryTime() {
      const { at } = await db.selectFrom("directory_clock").select("at").executeTakeFirstOrThrow();
      return Number(at);
    },

    async ruleDelta(rule) {
      const add = await sql<{ id: string }>`
        select resource.id ${joining(database, rule)} order by resource.id`.execute(db);
      const remove = await sql<{ id: string }>`
        select member.member_id as id from member where ${isLeaving(database, rule, "everybody", "all")}
        order by member.member_id`.execute(db);
      return { add: add.rows.map(({ id }) => id), remove: remove.rows.map(({ id }) => id) };
    },
  };
}

type RuleWrites = Pick<
  DirectoryWrite,
  "ruleLosses" | "settleRule" | "ruleOutcome" | "groupsNamed" | "hasMembersBeyond"
>;

/** What a transaction that writes to the directory asks of dynamic groups. */
export function makeRuleWrites(
  database: Database,
  trx: Transaction<Tables>,
  at: number,
  onMembers: (groupId: string, added: readonly string[], removed: readonly string[]) => Promise<void>,
): RuleWrites {
  const { isOneOf } = database;
  return {
    async ruleLosses(rule, among) {
      const { rows } = await sql<{ removed: number; total: number }>`
        select (select count(*) from member where ${isLeaving(database, rule, among, "unheld")}) as removed,
          (select count(*) from member where group_id = ${rule.groupId}) as total`.execute(trx);
      return { removed: Number(rows[0]?.removed ?? 0), total: Number(rows[0]?.total ?? 0) };
    },

    async settleRule(rule, among, leaving) {
      let removed: readonly string[] = [];
      if (leaving !== "none") {
        const left = await sql<{ member_id: string }>`
          delete from member where ${isLeaving(database, rule, among, leaving)} returning member_id`.execute(trx);
        removed = left.rows.map((row) => row.member_id);
      }
      const isConcerned = isAmong(database, "resource.id", among);
      const joined = await sql<{ member_id: string }>`
        insert into member (group_id, member_id, member_type)
        select ${rule.groupId}, resource.id, 'User' from resource where ${ruleCondition(database, rule)} and ${isConcerned}
        on conflict do nothing returning member_id`.execute(trx);
      const added = joined.rows.map((row) => row.member_id);
      if (added.length + removed.length === 0) return false;
      await onMembers(rule.groupId, added, removed);
      await bumpGroups(database, trx, [rule.groupId], at);
      return true;
    },

    async ruleOutcome(rule, limit) {
      const leaving = sql`from member join resource as who on who.id = member.member_id
        where ${isLeaving(database, rule, "everybody", "all")}`;
      const some = async (column: string, from: Sql) => {
        const { rows: counted } = await sql<{ total: number }>`select count(*) as total ${from}`.execute(trx);
        const at = sql.ref(column);
        const { rows } = await sql<UserRow>`
          select ${at}.id as id, ${at}.user_name as user_name, ${at}.display_name as display_name ${from}
          order by ${at}.id limit ${limit}`.execute(trx);
        return { total: Number(counted[0]?.total ?? 0), first: rows.map(toUser) };
      };
      return { join: await some("resource", joining(database, rule)), leave: await some("who", leaving) };
    },

    groupsNamed: (names, ids) => groupsNamed(database, trx, names, ids),

    async hasMembersBeyond(groupId, sources) {
      if (sources === "all") return false;
      const { rows } = await sql`
        select 1 as found from member as m join resource as r on r.id = m.member_id
        where m.group_id = ${groupId} and not (${isOneOf("r.source_id", sources)}) limit 1`.execute(trx);
      return rows.length > 0;
    },
  };
}

/** The groups of these folded names and of these ids. */
export async function groupsNamed(
  { isOneOf }: Pick<Database, "isOneOf">,
  db: Kysely<Tables>,
  names: readonly string[],
  ids: readonly string[],
): Promise<readonly NamedGroup[]> {
  const rows = await db
    .selectFrom("resource")
    .select(["id", "display_name_folded", "rule"])
    .where("type", "=", "Group")
    .where("deleted_at", "is", null)
    .where((where) => where.or([isOneOf("display_name_folded", names), isOneOf("id", ids)]))
    .orderBy("id")
    .execute();
  return rows.map((row) => ({ id: row.id, name: row.display_name_folded, isDynamic: row.rule !== null }));
}

interface UserRow {
  readonly id: string;
  readonly user_name: string | null;
  readonly display_name: string | null;
}

function toUser({ id, user_name, display_name }: UserRow): RuleOutcome["join"]["first"][number] {
  return { id, userName: user_name, displayName: display_name };
}

/** Whom a rule finds and its group does not hold: "from …" over `resource`. */
function joining(database: Database, rule: CompiledRule): Sql {
  return sql`from resource where ${ruleCondition(database, rule)} and not exists (
    select 1 from member as has where has.group_id = ${rule.groupId} and has.member_id = resource.id)`;
}

/** Of `member`: who is in the group of a rule, is concerned, and is not found by the rule any more. */
function isLeaving(
  database: Database,
  rule: CompiledRule,
  among: Concerned,
  leaving: Exclude<Leaving, "none">,
): Sql<boolean> {
  // Row by row: the members at hand are fewer than all whom the rule finds.
  const isFound = sql`exists (select 1 from resource where resource.id = member.member_id
    and ${ruleCondition(database, rule)})`;
  const isHeld = sql`exists (select 1 from change_member as cm where cm.member_id = member.member_id and cm.op = 'remove'
    and cm.change_seq in (select seq from change where resource_id = ${rule.groupId} and status = 'held'
      and target_id is null))`;
  return sql`member.group_id = ${rule.groupId} and ${isAmong(database, "member.member_id", among)} and not ${isFound}
    ${leaving === "unheld" ? sql`and not ${isHeld}` : sql``}`;
}

function isAmong({ isOneOf }: Database, column: string, among: Concerned): Sql<boolean> {
  if (among === "everybody") return sql`1 = 1`;
  if ("users" in among) return isOneOf(column, among.users);
  return sql`${sql.ref(column)} in (
    select one.member_id from member as one where ${isOneOf("one.group_id", among.membersOf)})`;
}
