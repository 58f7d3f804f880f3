import { sql, type Transaction } from "kysely";
import { changeRow } from "./change-row.ts";
import type { Database, Row } from "./database.ts";
import { emptyLinks } from "./emptied-rows.ts";
import type { PushOutcome, PushStore } from "./engine.ts";
import { leasedWrite, revokeLease } from "./leases.ts";
import { membersVersions, noteAdopted } from "./members-version.ts";
import { lookAgainAtMembers, makeProtection, withheldColumns, withheldRow } from "./protection.ts";
import { makePushHolds } from "./push-holds.ts";
import { makePushMembers } from "./push-members.ts";
import { type LinkedQueries, makePendingQueries, sourcesOf } from "./push-pending.ts";
import { makePushRules } from "./push-rules.ts";
import { userGroups } from "./store.ts";
import type { Tables } from "./tables.ts";
import { takeOver } from "./take-over.ts";
import { unlink } from "./unlink.ts";

/** What each target was last given: links, the ledger of memberships, and the records of pushes. */
export function makePushStore(
  database: Database,
  clock: () => number,
): Omit<PushStore, "recentRemovals" | "recentMemberLosses" | "logRemovals" | "logIdentityChanges"> & LinkedQueries {
  const { db, isOneOf } = database;

  const write = leasedWrite(database);

  const metSources = async (targetId: string, sourceIds: readonly string[]): Promise<readonly string[]> => {
    const rows = await db
      .selectFrom("target_source")
      .select("source_id")
      .where("target_id", "=", targetId)
      .where(isOneOf("source_id", sourceIds))
      .execute();
    return rows.map((row) => row.source_id);
  };

  return {
    ...makePendingQueries(database),
    ...makePushMembers(database, clock),
    ...makePushRules(database),
    ...makePushHolds(database),
    ...makeProtection(database, clock),

    async contactedAt(targetId) {
      const row = await db.selectFrom("target").select("contacted_at").where("id", "=", targetId).executeTakeFirst();
      return row?.contacted_at ?? null;
    },

    saveRemoteMatches: (lease, targetId, type, matches) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "remote_match",
          rows: matches.map(({ attribute, value, remoteId }) => ({
            target_id: targetId,
            resource_type: type,
            attribute,
            value,
            remote_id: remoteId,
          })),
          conflict: ["target_id", "resource_type", "attribute", "value", "remote_id"],
        }),
      ),

    noteContact: (lease, targetId) =>
      write(lease, async (trx) => {
        await trx.updateTable("target").set({ contacted_at: clock() }).where("id", "=", targetId).execute();
      }),

    metSources,

    async newSources(targetId, sourceIds) {
      const met = new Set(await metSources(targetId, sourceIds));
      const open = [...new Set(sourceIds)].filter((id) => !met.has(id));
      if (!open.includes(userGroups)) return open;
      const { rows } = await sql`
        select 1 from resource r where r.source_id = ${userGroups} and r.deleted_at is null and not exists (
          select 1 from link l where l.resource_id = r.id and l.target_id = ${targetId} and l.remote_id is not null)
        limit 1`.execute(db);
      return rows.length > 0 ? open : open.filter((id) => id !== userGroups);
    },

    noteSources: (lease, targetId, sourceIds) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "target_source",
          rows: sourceIds.map((id) => ({ target_id: targetId, source_id: id })),
          conflict: ["target_id", "source_id"],
        }),
      ),

    forgetRemoteMatches: (lease, targetId) =>
      write(lease, async (trx) => {
        await trx.deleteFrom("remote_match").where("target_id", "=", targetId).execute();
      }),

    async remoteMatches(targetId, type, attribute, value) {
      const rows = await db
        .selectFrom("remote_match")
        .select("remote_id")
        .where("target_id", "=", targetId)
        .where("resource_type", "=", type)
        .where("attribute", "=", attribute)
        .where("value", "=", value)
        .execute();
      return rows.map((row) => row.remote_id);
    },

    async hasRemoteMatches(targetId) {
      const row = await db
        .selectFrom("remote_match")
        .select("remote_id")
        .where("target_id", "=", targetId)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async linkedTo(targetId, remoteIds) {
      if (remoteIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("link")
        .innerJoin("resource", "resource.id", "link.resource_id")
        .leftJoin("source", "source.id", "resource.source_id")
        .select(["link.remote_id", "link.resource_id", "link.held"])
        .select(["resource.type", "resource.deleted_at", "source.name"])
        .where("link.target_id", "=", targetId)
        .where(isOneOf("link.remote_id", remoteIds))
        .execute();
      return new Map(
        rows.map((row) => [
          row.remote_id ?? "",
          {
            ...{ resourceId: row.resource_id, resourceType: row.type },
            ...{ isGone: row.deleted_at !== null, sourceName: row.name ?? "", held: row.held },
          },
        ]),
      );
    },

    intend: (lease, targetId, resourceIds) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "link",
          rows: resourceIds.map((id) => ({ ...freshLink(targetId, id, clock()), state: "intended" })),
          conflict: ["target_id", "resource_id"],
          update: ["state", "updated_at"],
        }),
      ),

    saveOutcomes: (lease, taskId, targetId, outcomes) =>
      write(lease, async (trx) => {
        const now = clock();
        const { sources, deleted } = await lookUp(
          database,
          trx,
          outcomes.map(({ resourceId }) => resourceId),
        );
        await database.upsert(trx, {
          table: "change",
          rows: outcomes.map((outcome) => recordRow(outcome, taskId, targetId, sources, now)).filter(isRow),
        });
        await takeOver(database, trx, targetId, outcomes, now);
        await lookAgainAtMembers(database, trx, targetId, outcomes);
        await database.upsert(trx, {
          table: "link",
          rows: outcomes.map((outcome) => linkedRow(outcome, targetId, now)).filter(isRow),
          conflict: ["target_id", "resource_id"],
          update: [
            "remote_id",
            "state",
            "version",
            "active",
            "lacks_manager",
            "held",
            "attempts",
            "next_try_at",
            "last_error",
            ...withheldColumns,
            "updated_at",
          ],
        });
        await noteAdopted(database, trx, targetId, outcomes);
        await database.upsert(trx, {
          table: "link",
          rows: outcomes
            .map((outcome) => withheldRow(outcome, freshLink(targetId, outcome.resourceId, now)))
            .filter(isRow),
          conflict: ["target_id", "resource_id"],
          update: ["state", "attempts", "next_try_at", "last_error", ...withheldColumns, "updated_at"],
        });
        await database.upsert(trx, {
          table: "link",
          rows: outcomes.map((outcome) => failedRow(outcome, targetId, now)).filter(isRow),
          conflict: ["target_id", "resource_id"],
          update: ["state", "attempts", "next_try_at", "last_error", "updated_at"],
        });
        // Whoever was deleted while he was pushed: nothing of him is kept with what the target was given.
        if (deleted.length > 0) await emptyLinks(database, trx, deleted);
        for (const resourceType of ["User", "Group"] as const) {
          for (const again of [true, false]) {
            const lost = outcomes.filter(
              (one) => one.link?.state === "unlinked" && one.link.again === again && one.resourceType === resourceType,
            );
            const resourceIds = lost.map((one) => one.resourceId);
            await unlink(database, trx, targetId, { resourceType, resourceIds, again, now });
          }
        }
      }),

    forgetLinks: (targetId) =>
      database.write(async (trx) => {
        // A push that is under way goes on with what was just forgotten: it must not write that back.
        await revokeLease(trx, `target:${targetId}`);
        await trx.deleteFrom("remote_match").where("target_id", "=", targetId).execute();
        await trx.deleteFrom("remote_seen").where("target_id", "=", targetId).execute();
        await trx.deleteFrom("target_source").where("target_id", "=", targetId).execute();
        await trx.deleteFrom("link_member").where("target_id", "=", targetId).execute();
        await trx.deleteFrom("link").where("target_id", "=", targetId).execute();
        await trx
          .updateTable("target")
          .set({ contacted_at: null, vocabulary: null, verify_first: null })
          .where("id", "=", targetId)
          .execute();
      }),

    async forgetStaleRetries(lease, scope) {
      const { targetId, startedAt } = scope;
      const stale = db
        .selectFrom("link")
        .innerJoin("resource", "resource.id", "link.resource_id")
        .select("link.resource_id")
        .where("link.target_id", "=", targetId)
        .where("link.next_try_at", "<=", startedAt)
        .where("link.updated_at", "<", startedAt)
        .where(isOneOf("resource.source_id", [...sourcesOf(scope, "User"), ...sourcesOf(scope, "Group")]));
      const found = await stale.execute();
      if (found.length === 0) return;
      const ids = found.map((row) => row.resource_id);
      await write(lease, async (trx) => {
        await trx
          .updateTable("link")
          .set({ next_try_at: null })
          .where("target_id", "=", targetId)
          .where(isOneOf("resource_id", ids))
          .execute();
      });
    },

    async areMembersGiven(sourceId) {
      const row = await db
        .selectFrom("link_member as given")
        .innerJoin("resource as who", "who.id", "given.member_id")
        .innerJoin("resource as group", "group.id", "given.group_id")
        // For the index of memberships, which begins with the target.
        .innerJoin("target", "target.id", "given.target_id")
        .select("given.member_id")
        .where("who.source_id", "=", sourceId)
        .where("group.source_id", "!=", sourceId)
        .where("group.deleted_at", "is", null)
        // Who is protected in the directory stays there, and in his groups.
        .where((where) => where.or([where("who.departed_at", "is not", null), where("who.deleted_at", "is not", null)]))
        // A protected account stays where it is, and a protected group keeps who is in it.
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom("link")
                .select("link.resource_id")
                .whereRef("link.target_id", "=", "given.target_id")
                .where(sql<boolean>`link.resource_id in (given.member_id, given.group_id)`)
                .where("link.protected_by", "is not", null),
            ),
          ),
        )
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async hasDueRetries(targetId, sourceIds, now) {
      const row = await db
        .selectFrom("link")
        .innerJoin("resource", "resource.id", "link.resource_id")
        .select("link.resource_id")
        .where("link.target_id", "=", targetId)
        .where("link.next_try_at", "<=", now)
        .where(isOneOf("resource.source_id", sourceIds))
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

/** The sources of these resources, by their ids, and which of them are deleted for good. */
async function lookUp(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  resourceIds: readonly string[],
): Promise<{ readonly sources: ReadonlyMap<string, string>; readonly deleted: readonly string[] }> {
  const rows = await trx
    .selectFrom("resource")
    .select(["id", "source_id", "deleted_at"])
    .where(isOneOf("id", resourceIds))
    .execute();
  return {
    sources: new Map(rows.map((row) => [row.id, row.source_id])),
    deleted: rows.flatMap((row) => (row.deleted_at === null ? [] : [row.id])),
  };
}

function isRow(row: Row | null): row is Row {
  return row !== null;
}

/** A link of which nothing is known. */
export function freshLink(targetId: string, resourceId: string, now: number): Row {
  return {
    target_id: targetId,
    resource_id: resourceId,
    remote_id: null,
    state: "unlinked",
    version: 0,
    members_version: membersVersions.making,
    active: 0,
    lacks_manager: 0,
    lacks_members: 0,
    held: null,
    attempts: 0,
    next_try_at: null,
    last_error: null,
    protected_by: null,
    withheld_action: null,
    withheld_version: null,
    updated_at: now,
  };
}

function linkedRow({ resourceId, resourceType, link }: PushOutcome, targetId: string, now: number): Row | null {
  if (link?.state !== "linked") return null;
  return {
    ...freshLink(targetId, resourceId, now),
    remote_id: link.remoteId,
    state: "linked",
    version: link.version,
    // A person has no members: never behind. A group's are looked at once it is there.
    members_version: resourceType === "User" ? 0 : membersVersions.making,
    active: link.active ? 1 : 0,
    lacks_manager: link.lacksManager ? 1 : 0,
    held: link.held,
    ...(link.withheld && {
      ...{ protected_by: link.withheld.by, withheld_action: link.withheld.action },
      withheld_version: link.withheld.version,
    }),
  };
}

function failedRow({ resourceId, link }: PushOutcome, targetId: string, now: number): Row | null {
  if (link?.state !== "failed") return null;
  return {
    ...freshLink(targetId, resourceId, now),
    state: "failed",
    attempts: link.attempts,
    next_try_at: link.nextTryAt,
    last_error: link.error,
  };
}

function recordRow(
  outcome: PushOutcome,
  taskId: string,
  targetId: string,
  sources: ReadonlyMap<string, string>,
  now: number,
): Row | null {
  const { record, link, ...resource } = outcome;
  if (record === null) return null;
  const known = link?.state === "linked" ? { remoteId: link.remoteId } : {};
  const sourceId = sources.get(outcome.resourceId) ?? null;
  return changeRow({ ...resource, ...known, ...record }, { taskId, targetId, sourceId, now });
}
