import { type RawBuilder, sql } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import { isRemovalApproved } from "./approvals.ts";
import type { Database } from "./database.ts";
import type {
  LinkedResource,
  PendingResource,
  PushScope,
  PushStore,
  RemovalPage,
  TurnPage,
  UpdatePage,
  VerifyStore,
} from "./engine.ts";
import { filterCondition } from "./filter.ts";
import { hasGivenUp } from "./former-names.ts";
import { isOfTurn } from "./pending-turns.ts";
import { postgresFilter } from "./postgres/filter.ts";
import { sqliteFilter } from "./sqlite/filter.ts";
import { isMeant, isPaused, isWithheld } from "./withheld.ts";

type Condition = RawBuilder<boolean>;

/** The sources whose resources of a type go to the target. */
export function sourcesOf({ sourceIds, groupSourceIds }: PushScope, type: ResourceType): readonly string[] {
  return type === "Group" ? (groupSourceIds ?? sourceIds) : sourceIds;
}

interface PendingRow {
  readonly id: string;
  readonly type: ResourceType;
  readonly source_id: string;
  readonly version: number;
  readonly external_id: string | null;
  readonly display_name: string | null;
  readonly user_name: string | null;
  readonly document: string;
  readonly departed_at: number | null;
  readonly manager_id: string | null;
  readonly manager_remote_id: string | null;
  readonly remote_id: string | null;
  readonly held: string | null;
  readonly attempts: number | null;
  readonly state: string | null;
  readonly given_version: number | null;
  readonly other_rules: number;
  readonly protected_by: string | null;
  readonly deleted_at: number | null;
}

type PendingQueries = Pick<
  PushStore,
  | "pendingCreates"
  | "hasFailed"
  | "pendingUpdates"
  | "pendingFormerNames"
  | "pendingDeactivations"
  | "pendingDeletes"
  | "removalsAmong"
  | "countPendingRemovals"
  | "countLinked"
  | "heldAmong"
  | "countPending"
  | "countFailed"
> &
  LinkedQueries;

/** What a target holds, for reading it back. */
export type LinkedQueries = Pick<VerifyStore, "linkedResources" | "linksNotSeen" | "groupsSeen">;

interface LinkedRow extends PendingRow {
  readonly is_wanted: number;
  readonly is_pending: number;
  readonly active: number;
}

/**
 * What is pending at a target, as queries: nothing is queued, so nothing can be lost from a queue. Each is a page in
 * order of id over `resource`, with the target's link `l` and its link to the manager `lm`.
 */
export function makePendingQueries({ db, dialect, isOneOf }: Database): PendingQueries {
  const filterDialect = dialect === "sqlite" ? sqliteFilter : postgresFilter;

  const inScope = (scope: PushScope, type: ResourceType): Condition => {
    const filter = type === "User" ? scope.userFilter : scope.groupFilter;
    const isIn: Condition = filter ? sql`(${filterCondition(filter, filterDialect)}) is true` : sql`1 = 1`;
    if (type === "Group") return isIn;
    if (scope.removesInactive) return sql`(resource.active = 1 and ${isIn})`;
    if (scope.makesInactive === false) return sql`((resource.active = 1 or l.remote_id is not null) and ${isIn})`;
    return isIn;
  };

  /** Not dealt with in this push yet, and not waiting for its next try. */
  const isDue = (scope: PushScope): Condition =>
    scope.retryAll
      ? sql`(l.updated_at is null or l.updated_at < ${scope.startedAt})`
      : sql`(l.updated_at is null or (l.updated_at < ${scope.startedAt} and (l.next_try_at is null or l.next_try_at <= ${scope.startedAt})))`;

  const isAmong = ({ among }: PushScope): Condition =>
    among === undefined ? sql`1 = 1` : isOneOf("resource.id", among);

  const from = (scope: PushScope, type: ResourceType): RawBuilder<unknown> => sql`
    from resource
    left join link l on l.target_id = ${scope.targetId} and l.resource_id = resource.id
    left join link lm on lm.target_id = ${scope.targetId} and lm.resource_id = resource.manager_id
    where resource.type = ${type} and ${isOneOf("resource.source_id", sourcesOf(scope, type))}
      and ${isMeant(scope, type)} and ${isAmong(scope)}`;

  /** Nobody paused it. Only people are. */
  const isOpen = (scope: PushScope, type: ResourceType): Condition =>
    type === "User" ? sql`not ${isPaused("resource.id", scope.targetId)}` : sql`1 = 1`;

  const notWithheld = (scope: PushScope, type: ResourceType, action: Parameters<typeof isWithheld>[2]): Condition =>
    sql`not ${isWithheld(scope, type, action)}`;

  /** Of a push of one person groups are made for him, and otherwise left as they are. */
  const isOfAll = ({ only }: PushScope, type: ResourceType): Condition =>
    type === "Group" && only !== undefined ? sql`1 = 0` : sql`1 = 1`;

  const columns = sql`resource.id, resource.type, resource.source_id, resource.version, resource.external_id,
    resource.display_name, resource.user_name, resource.document, resource.departed_at, resource.manager_id,
    resource.deleted_at, lm.remote_id as manager_remote_id, l.remote_id, l.held, l.attempts, l.state,
    l.version as given_version, l.protected_by`;

  const select = async (
    scope: PushScope,
    type: ResourceType,
    page: TurnPage,
    ...conditions: readonly Condition[]
  ): Promise<readonly PendingResource[]> => {
    if (!scope.types.includes(type)) return [];
    const { rows } = await sql<PendingRow>`
      select ${columns},
        case when l.version < 0 then case when ${wasJudged} then 0 else 1 end else 0 end as other_rules
      ${from(scope, type)} and resource.id > ${page.after} and ${isOpen(scope, type)}
        and ${isOfTurn(scope, page)} and ${sql.join(conditions, sql` and `)}
      order by resource.id limit ${page.limit}`.execute(db);
    return rows.map(toPending);
  };

  const isThere: Condition = sql`resource.deleted_at is null and resource.departed_at is null`;
  /** Made without a manager who was not there yet, and is there by now. */
  const managerCame: Condition = sql`(l.state = 'linked' and l.lacks_manager = 1 and lm.remote_id is not null)`;
  const isLinked: Condition = sql`l.remote_id is not null`;
  const isOfPage = ({ lookAgain }: UpdatePage): Condition => (lookAgain ? sql`l.version < 0` : sql`1 = 1`);
  const mustBeDeleted = (scope: PushScope, type: ResourceType): Condition => {
    if (type === "Group") return sql`(resource.deleted_at is not null or not (${inScope(scope, type)}))`;
    if (scope.removesInactive) return sql`(resource.departed_at is not null or not (${inScope(scope, type)}))`;
    return scope.deleteDepartedBefore === null
      ? sql`1 = 0`
      : sql`(resource.departed_at is not null and resource.departed_at <= ${scope.deleteDepartedBefore})`;
  };

  const mustBeInactive = (scope: PushScope): Condition =>
    scope.removesInactive
      ? sql`1 = 0`
      : sql`(l.active = 1 and (resource.active = 0 or resource.departed_at is not null or not (${inScope(scope, "User")})))`;

  /** Deactivated there because he was out of the target's scope, which was widened again. */
  const cameBack = (type: ResourceType): Condition =>
    type === "User" ? sql`(l.active = 0 and resource.active = 1)` : sql`1 = 0`;

  const isApproved = (scope: PushScope, { approved }: Pick<RemovalPage, "approved">): Condition => {
    if (approved === undefined) return sql`1 = 1`;
    const condition = isRemovalApproved("resource.id", scope.targetId);
    return approved ? condition : sql`not ${condition}`;
  };

  /** The target does not hold it as it is, whatever the reason; unless that is kept from it on purpose. */
  const isPending = (scope: PushScope, type: ResourceType): Condition => sql`(${isOpen(scope, type)} and (
    (${isThere} and ${inScope(scope, type)} and (l.remote_id is null
      or (resource.type = 'Group' and l.members_version < resource.members_version)
      or ((l.version < resource.version or l.state in ('failed', 'intended') or ${cameBack(type)} or ${managerCame})
        and ${notWithheld(scope, type, "update")})))
    or (${isLinked} and ${mustBeDeleted(scope, type)} and ${notWithheld(scope, type, "delete")})
    or (${isLinked} and ${type === "User" ? sql`${mustBeInactive(scope)} and not (${mustBeDeleted(scope, type)})` : sql`1 = 0`}
      and ${notWithheld(scope, type, "deactivate")})))`;

  /** What a target holds, whether or not it is to hold it. */
  const selectLinked = async (
    scope: PushScope,
    type: ResourceType,
    condition: Condition,
    { after, limit }: { readonly after: string; readonly limit: number },
  ): Promise<readonly LinkedResource[]> => {
    if (!scope.types.includes(type)) return [];
    const { rows } = await sql<LinkedRow>`
      select ${columns}, 0 as other_rules, l.active,
        case when ${isThere} and ${inScope(scope, type)} then 1 else 0 end as is_wanted,
        case when ${isPending(scope, type)} then 1 else 0 end as is_pending
      ${from(scope, type)} and ${isLinked} and resource.id > ${after} and ${condition}
      order by resource.id limit ${limit}`.execute(db);
    return rows.map((row) => ({
      ...toPending(row),
      remoteId: row.remote_id ?? "",
      isWanted: row.is_wanted === 1,
      isPending: row.is_pending === 1,
      isGivenActive: row.active === 1,
    }));
  };

  const isSeen = ({ targetId }: PushScope, type: ResourceType): Condition => sql`exists (
    select 1 from remote_seen s
    where s.target_id = ${targetId} and s.resource_type = ${type} and s.remote_id = l.remote_id)`;

  return {
    linkedResources: (scope, type, resourceIds) =>
      selectLinked(scope, type, isOneOf("resource.id", resourceIds), { after: "", limit: resourceIds.length }),

    linksNotSeen: (scope, taskId, type, page) =>
      selectLinked(
        scope,
        type,
        sql`not ${isSeen(scope, type)} and not exists (
          select 1 from change c where c.resource_id = resource.id and c.task_id = ${taskId} and c.status = 'missing')`,
        page,
      ),

    groupsSeen: (scope, { onlyWithMembers, ...page }) => {
      const hasMembers = sql<boolean>`exists (
        select 1 from link_member h where h.target_id = ${scope.targetId} and h.group_id = resource.id)`;
      const condition = sql<boolean>`${isThere} and ${inScope(scope, "Group")} and ${isSeen(scope, "Group")}`;
      return selectLinked(scope, "Group", onlyWithMembers ? sql`${condition} and ${hasMembers}` : condition, page);
    },

    pendingCreates: (scope, type, { onlyReady, ...page }) =>
      select(
        scope,
        type,
        page,
        isThere,
        sql`l.remote_id is null`,
        isDue(scope),
        inScope(scope, type),
        onlyReady ? sql`(resource.manager_id is null or lm.remote_id is not null)` : sql`1 = 1`,
      ),

    async hasFailed(targetId) {
      const failed = db.selectFrom("link").select("resource_id").where("target_id", "=", targetId);
      return (await failed.where("attempts", ">", sql.lit(0)).limit(1).executeTakeFirst()) !== undefined;
    },

    pendingUpdates: (scope, type, page) =>
      select(
        scope,
        type,
        page,
        isLinked,
        type === "User" ? sql`resource.departed_at is null and (resource.active = 1 or l.active = 0)` : isThere,
        // Who was made without his manager in this very push is looked at again as soon as that one is there.
        sql`(((l.version < resource.version or l.state in ('failed', 'intended') or ${cameBack(type)}) and ${isDue(scope)})
          or ${managerCame})`,
        inScope(scope, type),
        sql`resource.deleted_at is null`,
        isOfPage(page),
        isOfAll(scope, type),
        notWithheld(scope, type, "update"),
      ),

    pendingFormerNames: (scope, page) =>
      select(scope, "User", page, isLinked, hasGivenUp, sql`l.version < resource.version`, isDue(scope)),

    pendingDeactivations: (scope, page) =>
      select(
        scope,
        "User",
        page,
        isLinked,
        mustBeInactive(scope),
        sql`not (${mustBeDeleted(scope, "User")})`,
        isDue(scope),
        isApproved(scope, page),
        isOfPage(page),
        notWithheld(scope, "User", "deactivate"),
      ),

    pendingDeletes: (scope, type, page) =>
      select(
        scope,
        type,
        page,
        isLinked,
        mustBeDeleted(scope, type),
        isDue(scope),
        isApproved(scope, page),
        isOfAll(scope, type),
        notWithheld(scope, type, "delete"),
      ),

    async removalsAmong(scope, resourceIds, { type = "User", ...options } = {}) {
      if (resourceIds.length === 0 || !scope.types.includes(type)) return new Set();
      const isOff = type === "User" ? mustBeInactive(scope) : sql<boolean>`1 = 0`;
      const { rows } = await sql<{ id: string }>`
        select resource.id ${from(scope, type)} and ${isOneOf("resource.id", resourceIds)} and ${isLinked}
          and (${isOff} or ${mustBeDeleted(scope, type)}) and ${isApproved(scope, options)}`.execute(db);
      return new Set(rows.map(({ id }) => id));
    },

    async countPendingRemovals(scope) {
      const open = (type: ResourceType): Condition =>
        sql`${isApproved(scope, { approved: false })} and ${isOpen(scope, type)} and ${isOfAll(scope, type)}`;
      const count = async (type: ResourceType, condition: Condition): Promise<number> => {
        if (!scope.types.includes(type)) return 0;
        const { rows } = await sql<{ count: number }>`
          select count(*) as count ${from(scope, type)} and ${isLinked} and ${condition}`.execute(db);
        return Number(rows[0]?.count ?? 0);
      };
      const users = sql<boolean>`(${mustBeInactive(scope)} or ${mustBeDeleted(scope, "User")})`;
      const goes = (type: ResourceType): Condition =>
        sql`${mustBeDeleted(scope, type)} and ${notWithheld(scope, type, "delete")}`;
      const isOff = sql<boolean>`(${mustBeInactive(scope)} and not (${mustBeDeleted(scope, "User")})
        and ${notWithheld(scope, "User", "deactivate")})`;
      return {
        pending: {
          users: await count("User", sql`((${goes("User")}) or ${isOff}) and ${open("User")}`),
          groups: await count("Group", sql`${goes("Group")} and ${open("Group")}`),
        },
        total: {
          users: await count("User", sql`(l.active = 1 or ${users})`),
          groups: await count("Group", sql`1 = 1`),
        },
      };
    },

    async countLinked(scope) {
      const count = async (type: ResourceType): Promise<number> => {
        if (!scope.types.includes(type)) return 0;
        const { rows } = await sql<{ count: number }>`
          select count(*) as count ${from(scope, type)} and ${isLinked} and ${isThere}`.execute(db);
        return Number(rows[0]?.count ?? 0);
      };
      return { users: await count("User"), groups: await count("Group") };
    },

    async heldAmong(targetId, resourceIds) {
      if (resourceIds.length === 0) return new Set();
      const { rows } = await sql<{ id: string }>`
        select l.resource_id as id from link l join resource on resource.id = l.resource_id
        where l.target_id = ${targetId} and ${isOneOf("l.resource_id", resourceIds)} and ${isLinked}
          and (resource.type = 'Group' or l.active = 1)`.execute(db);
      return new Set(rows.map(({ id }) => id));
    },

    async countPending(scope) {
      const count = async (type: ResourceType): Promise<number> => {
        if (!scope.types.includes(type)) return 0;
        const { rows } = await sql<{ count: number }>`
          select count(*) as count ${from(scope, type)} and ${isPending(scope, type)}`.execute(db);
        return Number(rows[0]?.count ?? 0);
      };
      return (await count("User")) + (await count("Group"));
    },

    async countFailed(scope) {
      const failed = { now: 0, before: 0 };
      for (const type of scope.types) {
        const { rows } = await sql<{ all: number; now: number | null }>`
          select count(*) as "all", sum(case when l.updated_at >= ${scope.startedAt} then 1 else 0 end) as now
          ${from(scope, type)} and (l.state in ('failed', 'intended') or l.last_error is not null)
            and ${isPending(scope, type)}`.execute(db);
        const now = Number(rows[0]?.now ?? 0);
        failed.now += now;
        failed.before += Number(rows[0]?.all ?? 0) - now;
      }
      return failed;
    },
  };
}

/** Since it was given, another mapping has made it known otherwise in the directory: that was judged there. */
const wasJudged: Condition = sql`exists (
  select 1 from change d where d.resource_id = resource.id and d.target_id is null and d.status = 'applied'
    and d.changes_identity = 1 and d.base_version >= -l.version)`;

function toPending(row: PendingRow): PendingResource {
  return {
    id: row.id,
    type: row.type,
    sourceId: row.source_id,
    version: row.version,
    externalId: row.external_id,
    displayName: row.display_name,
    userName: row.user_name,
    document: row.document,
    departed: row.departed_at !== null,
    managerId: row.manager_id,
    managerRemoteId: row.manager_remote_id,
    remoteId: row.remote_id,
    held: row.held,
    attempts: row.attempts ?? 0,
    intended: row.state === "intended",
    lookAgain: row.given_version === -row.version,
    otherRules: row.other_rules === 1,
    givenVersion: row.given_version ?? 0,
    protectedBy: row.protected_by,
    emptied: row.deleted_at !== null,
  };
}
