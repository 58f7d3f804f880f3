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
      const { joining, leaving } = await readMoves(database, db, rule, "everybody", "all");
      return { add: joining, remove: leaving };
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
      // Whom the rule finds beyond its group does not matter here.
      const isLost = (column: string): Sql<boolean> => sql`${sql.ref(column)} in (
        select held.member_id from member as held where held.group_id = ${rule.groupId})
        and ${isAmong(database, column, among)}`;
      const { rows } = await sql<{ removed: number; total: number }>`
        select (select count(*) from (${moves(database, rule, isLost, "unheld")}) as moved where joins = 0) as removed,
          (select count(*) from member where group_id = ${rule.groupId}) as total`.execute(trx);
      return { removed: Number(rows[0]?.removed ?? 0), total: Number(rows[0]?.total ?? 0) };
    },

    async settleRule(rule, among, whoLeaves) {
      const { groupId } = rule;
      const { joining, leaving } = await readMoves(database, trx, rule, among, whoLeaves);
      if (joining.length + leaving.length === 0) return false;
      if (leaving.length > 0)
        await trx.deleteFrom("member").where("group_id", "=", groupId).where(isOneOf("member_id", leaving)).execute();
      await database.upsert(trx, {
        table: "member",
        rows: joining.map((id) => ({ group_id: groupId, member_id: id, member_type: "User" })),
        conflict: ["group_id", "member_id"],
      });
      await onMembers(groupId, joining, leaving);
      await bumpGroups(database, trx, [groupId], at);
      return true;
    },

    async ruleOutcome(rule, limit) {
      const { joining, leaving } = await readMoves(database, trx, rule, "everybody", "all");
      const some = async (ids: readonly string[]) => {
        const rows = await trx
          .selectFrom("resource")
          .select(["id", "user_name", "display_name"])
          .where(isOneOf("id", ids.slice(0, limit)))
          .orderBy("id")
          .execute();
        return { total: ids.length, first: rows.map(toUser) };
      };
      return { join: await some(joining), leave: await some(leaving) };
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

/** Who comes to the group of a rule and who leaves it, in order of their ids. */
async function readMoves(
  database: Database,
  db: Kysely<Tables>,
  rule: CompiledRule,
  among: Concerned,
  leaving: Leaving,
): Promise<{ readonly joining: readonly string[]; readonly leaving: readonly string[] }> {
  const isConcerned = among === "everybody" ? null : (column: string) => isAmong(database, column, among);
  const { rows } = await sql<{ id: string; joins: number }>`
    ${moves(database, rule, isConcerned, leaving)} order by id`.execute(db);
  const idsOf = (joins: number) => rows.filter((row) => row.joins === joins).map((row) => row.id);
  return { joining: idsOf(1), leaving: idsOf(0) };
}

/**
 * "select …": `id` and whether he `joins` (1) or leaves (0), of those concerned (null: everybody). Whom the rule finds and
 * whom the group holds are laid together, and who is there once moves: no join of the two, which a database could go
 * about the wrong way.
 */
function moves(
  database: Database,
  rule: CompiledRule,
  isConcerned: ((column: string) => Sql<boolean>) | null,
  leaving: Leaving,
): Sql {
  // Or PostgreSQL looks at everybody by the filter, and only then at whether he is concerned.
  const [concerned, from] =
    isConcerned === null
      ? [sql``, sql`resource`]
      : [
          sql`with concerned as materialized (select * from resource where ${isConcerned("resource.id")})`,
          sql`concerned as resource`,
        ];
  const isHeld = sql`exists (select 1 from change_member as cm where cm.member_id = both_sides.id and cm.op = 'remove'
    and cm.change_seq in (select seq from change where resource_id = ${rule.groupId} and status = 'held'
      and target_id is null and exists (
        select 1 from sync_task as t where t.id = change.task_id and t.mode <> 'plan')))`;
  const leaves = { all: sql`1 = 1`, unheld: sql`not ${isHeld}`, none: sql`1 = 0` }[leaving];
  const ofThese = isConcerned === null ? sql`` : sql`and ${isConcerned("member.member_id")}`;
  return sql`${concerned}
    select id, max(found) as joins from (
      select resource.id as id, 1 as found from ${from} where ${ruleCondition(database, rule)}
      union all
      select member.member_id, 0 from member
      where member.group_id = ${rule.groupId} ${ofThese}) as both_sides
    group by id having count(*) = 1 and (max(found) = 1 or ${leaves})`;
}

function isAmong({ isOneOf }: Database, column: string, among: Concerned): Sql<boolean> {
  if (among === "everybody") return sql`1 = 1`;
  if ("users" in among) return isOneOf(column, among.users);
  return sql`${sql.ref(column)} in (
    select one.member_id from member as one where ${isOneOf("one.group_id", among.membersOf)})`;
}
