import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { LinkState, LinkView, LinkViewStore, SummaryStore, TaskStore } from "./store.ts";

const isPausedThere = sql<boolean>`exists (
  select 1 from pause p where p.resource_id = x.id and p.target_id in ('', l.target_id))`;

/** Where a link stands, for people: what is linked and up to date is synced. */
export const linkState = sql<LinkState>`case
  when ${isPausedThere} then 'paused'
  when l.protected_by is not null and l.withheld_action is not null then 'protected'
  when l.state = 'failed' or (l.last_error is not null and l.attempts > 0) then 'failed'
  when x.departed_at is not null and l.active = 0 then 'synced'
  when l.state = 'linked' and l.version >= x.version and (x.type = 'User' or l.members_version >= x.members_version) then 'synced'
  else 'pending' end`;

const pauseReason = sql<string | null>`(
  select coalesce(p.reason, '') from pause p where p.resource_id = x.id and p.target_id in ('', l.target_id)
  order by p.target_id desc limit 1)`;

function reasonOf(
  state: LinkState,
  { protected_by: by, reason }: { readonly protected_by: string | null; readonly reason: string | null },
): string | null {
  if (state === "protected") return `protected by ${by}`;
  return state === "paused" ? reason || "paused" : null;
}

const shownLinks = (db: Database["db"]) =>
  db
    .selectFrom("link as l")
    .innerJoin("resource as x", "x.id", "l.resource_id")
    .where("l.state", "<>", "unlinked")
    .select(["l.target_id", "l.resource_id", "x.type", "x.external_id", "x.display_name", "l.remote_id"])
    .select(["l.attempts", "l.last_error", "l.next_try_at", "l.protected_by", linkState.as("shown")])
    .select(pauseReason.as("reason"));

type ShownLink = Awaited<ReturnType<ReturnType<typeof shownLinks>["execute"]>>[number];

function toLink(row: ShownLink): LinkView {
  return {
    ...{ resourceId: row.resource_id, resourceType: row.type, externalId: row.external_id },
    ...{ displayName: row.display_name, remoteId: row.remote_id, state: row.shown, attempts: row.attempts },
    ...{ lastError: row.last_error, nextTryAt: row.next_try_at, reason: reasonOf(row.shown, row) },
  };
}

/** Numbers and states for lists. */
export function makeSummaryStore(
  { db }: Database,
  listTasks: TaskStore["listTasks"],
  countOfSource: (sourceId: string) => Promise<{ users: number; activeUsers: number; groups: number }>,
): SummaryStore & LinkViewStore {
  return {
    async sourceSummary(sourceId) {
      const [counts, tasks] = await Promise.all([countOfSource(sourceId), listTasks({ source: sourceId, limit: 1 })]);
      return { ...counts, lastTask: tasks.items[0] ?? null };
    },

    async listLinks(targetId, { state, cursor, limit }) {
      let query = shownLinks(db)
        .where("l.target_id", "=", targetId)
        .orderBy("l.resource_id")
        .limit(limit + 1);
      if (cursor !== undefined) query = query.where("l.resource_id", ">", cursor);
      if (state !== undefined) query = query.where(linkState, "=", state);
      const rows = await query.execute();
      const items = rows.slice(0, limit).map(toLink);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.resourceId ?? null) : null };
    },

    async linksOf(resourceId) {
      const rows = await shownLinks(db).where("l.resource_id", "=", resourceId).orderBy("l.target_id").execute();
      return rows.map((row) => ({ ...toLink(row), targetId: row.target_id }));
    },

    async countLinks(targetId) {
      const rows = await db
        .selectFrom("link as l")
        .innerJoin("resource as x", "x.id", "l.resource_id")
        .where("l.target_id", "=", targetId)
        .where("l.state", "<>", "unlinked")
        .groupBy(linkState)
        .select([linkState.as("shown"), sql<number>`count(*)`.as("count")])
        .execute();
      const of = (state: LinkState): number => Number(rows.find((row) => row.shown === state)?.count ?? 0);
      const [pending, synced, failed] = [of("pending"), of("synced"), of("failed")];
      return { pending, synced, failed, protected: of("protected"), paused: of("paused") };
    },
  };
}
