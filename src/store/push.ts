import { sql, type Transaction } from "kysely";
import type { Database, Row } from "./database.ts";
import type { Lease, PendingGroup, PushOutcome, PushStore } from "./engine.ts";
import { assertLease } from "./leases.ts";
import { makePendingQueries } from "./push-pending.ts";
import type { Tables } from "./tables.ts";

/** What each target was last given: links, the ledger of memberships, and the records of pushes. */
export function makePushStore(
  database: Database,
  clock: () => number,
): Omit<PushStore, "recentRemovals" | "logRemovals"> {
  const { db, dialect, isOneOf } = database;

  const write = <T>(lease: Lease, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    database.write(async (trx) => {
      await assertLease(dialect, trx, lease);
      return work(trx);
    });

  return {
    ...makePendingQueries(database),

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
        .select(["link.remote_id", "link.resource_id", "source.name"])
        .where("link.target_id", "=", targetId)
        .where(isOneOf("link.remote_id", remoteIds))
        .execute();
      return new Map(
        rows.map((row) => [row.remote_id ?? "", { resourceId: row.resource_id, sourceName: row.name ?? "" }]),
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
        await database.upsert(trx, {
          table: "change",
          rows: outcomes.map((outcome) => recordRow(outcome, taskId, targetId, now)).filter(isRow),
        });
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
            "updated_at",
          ],
        });
        await database.upsert(trx, {
          table: "link",
          rows: outcomes.map((outcome) => failedRow(outcome, targetId, now)).filter(isRow),
          conflict: ["target_id", "resource_id"],
          update: ["state", "attempts", "next_try_at", "last_error", "updated_at"],
        });
        for (const { resourceId, link } of outcomes) {
          if (link?.state === "unlinked") await unlink(trx, targetId, resourceId, link.again ? 0 : now);
        }
      }),

    async pendingGroups(scope, { after, limit }) {
      if (!scope.types.includes("Group")) return [];
      const { rows } = await sql<{
        id: string;
        remote_id: string;
        external_id: string | null;
        display_name: string | null;
        members_version: number;
      }>`
        select resource.id, l.remote_id, resource.external_id, resource.display_name, resource.members_version
        from link l join resource on resource.id = l.resource_id
        where l.target_id = ${scope.targetId} and resource.type = 'Group' and ${isOneOf("resource.source_id", scope.sourceIds)}
          and l.remote_id is not null and resource.deleted_at is null and resource.id > ${after}
          and (${scope.retryAll ? 1 : 0} = 1 or l.next_try_at is null or l.next_try_at <= ${scope.startedAt})
          and (l.members_version < resource.members_version or (l.lacks_members = 1 and exists (
            select 1 from member m
            join link k on k.target_id = l.target_id and k.resource_id = m.member_id and k.remote_id is not null
            left join link_member h on h.target_id = l.target_id and h.group_id = m.group_id and h.member_id = m.member_id
            where m.group_id = resource.id and h.member_id is null)))
        order by resource.id limit ${limit}`.execute(db);
      return rows.map((row) => ({
        id: row.id,
        remoteId: row.remote_id,
        externalId: row.external_id,
        displayName: row.display_name,
        membersVersion: row.members_version,
      }));
    },

    async memberDelta(targetId, groupId, op, { after, limit }) {
      const { rows } =
        op === "add"
          ? await sql<{ member_id: string; member_type: "User" | "Group"; remote_id: string | null }>`
              select m.member_id, m.member_type, k.remote_id
              from member m
              left join link_member h on h.target_id = ${targetId} and h.group_id = m.group_id and h.member_id = m.member_id
              left join link k on k.target_id = ${targetId} and k.resource_id = m.member_id
              where m.group_id = ${groupId} and h.member_id is null and m.member_id > ${after}
              order by m.member_id limit ${limit}`.execute(db)
          : await sql<{ member_id: string; member_type: "User" | "Group"; remote_id: string | null }>`
              select h.member_id, x.type as member_type, k.remote_id
              from link_member h
              left join member m on m.group_id = h.group_id and m.member_id = h.member_id
              left join link k on k.target_id = ${targetId} and k.resource_id = h.member_id
              left join resource x on x.id = h.member_id
              where h.target_id = ${targetId} and h.group_id = ${groupId} and m.member_id is null and h.member_id > ${after}
              order by h.member_id limit ${limit}`.execute(db);
      return rows.map((row) => ({
        memberId: row.member_id,
        memberType: row.member_type ?? "User",
        remoteId: row.remote_id,
      }));
    },

    async memberLoss(targetId, groupId) {
      const { rows } = await sql<{ removed: number; total: number }>`
        select count(*) as total, sum(case when m.member_id is null and x.departed_at is null and x.deleted_at is null then 1 else 0 end) as removed
        from link_member h
        left join member m on m.group_id = h.group_id and m.member_id = h.member_id
        left join resource x on x.id = h.member_id
        where h.target_id = ${targetId} and h.group_id = ${groupId}`.execute(db);
      return { removed: Number(rows[0]?.removed ?? 0), total: Number(rows[0]?.total ?? 0) };
    },

    saveMembers: (lease, taskId, targetId, group, op, members, { status, error }) =>
      write(lease, async (trx) => {
        const seq = await changeOfGroup(trx, taskId, targetId, group, status, error);
        await database.upsert(trx, {
          table: "change_member",
          rows: members.map((one) => ({
            change_seq: seq,
            op,
            member_id: one.memberId,
            member_type: one.memberType,
          })),
          conflict: ["change_seq", "op", "member_id"],
        });
        const counted = op === "add" ? "added_count" : "removed_count";
        await trx
          .updateTable("change")
          .set((eb) => ({ [counted]: eb(counted, "+", members.length) }))
          .where("seq", "=", seq)
          .execute();
        if (status !== "applied") return;
        if (op === "add") {
          await database.upsert(trx, {
            table: "link_member",
            rows: members.map((one) => ({ target_id: targetId, group_id: group.id, member_id: one.memberId })),
            conflict: ["target_id", "group_id", "member_id"],
          });
        } else {
          await trx
            .deleteFrom("link_member")
            .where("target_id", "=", targetId)
            .where("group_id", "=", group.id)
            .where(
              isOneOf(
                "member_id",
                members.map((one) => one.memberId),
              ),
            )
            .execute();
        }
      }),

    finishMembers: (lease, targetId, groupId, { membersVersion, lacksMembers }) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("link")
          .set({ members_version: membersVersion, lacks_members: lacksMembers ? 1 : 0, updated_at: clock() })
          .where("target_id", "=", targetId)
          .where("resource_id", "=", groupId)
          .execute();
      }),

    failMembers: (lease, targetId, groupId, { error, nextTryAt }) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("link")
          .set((eb) => ({
            attempts: eb("attempts", "+", 1),
            last_error: error,
            next_try_at: nextTryAt,
            updated_at: clock(),
          }))
          .where("target_id", "=", targetId)
          .where("resource_id", "=", groupId)
          .execute();
      }),

    forgetLinks: (targetId) =>
      database.write(async (trx) => {
        await trx.deleteFrom("remote_match").where("target_id", "=", targetId).execute();
        await trx.deleteFrom("link_member").where("target_id", "=", targetId).execute();
        await trx.deleteFrom("link").where("target_id", "=", targetId).execute();
        await trx.updateTable("target").set({ contacted_at: null }).where("id", "=", targetId).execute();
      }),

    async hasDueRetries(targetId, now) {
      const row = await db
        .selectFrom("link")
        .select("resource_id")
        .where("target_id", "=", targetId)
        .where("next_try_at", "<=", now)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };

  /** The record of a group's membership at this target in this task: the one that made the group, or one of its own. */
  async function changeOfGroup(
    trx: Transaction<Tables>,
    taskId: string,
    targetId: string,
    group: PendingGroup,
    status: PushRecordStatus,
    error: string | null,
  ): Promise<number> {
    const found = await trx
      .selectFrom("change")
      .select("seq")
      .where("resource_id", "=", group.id)
      .where("task_id", "=", taskId)
      .where("target_id", "=", targetId)
      .where("status", "=", status)
      .where("action", "<>", "delete")
      .orderBy("seq", "desc")
      .executeTakeFirst();
    if (found) return found.seq;
    const inserted = await trx
      .insertInto("change")
      .values({
        task_id: taskId,
        target_id: targetId,
        resource_type: "Group",
        resource_id: group.id,
        external_id: group.externalId,
        display_name: group.displayName,
        action: "update",
        status,
        error,
        because: "its members changed",
        before: null,
        after: null,
        sources: null,
        apply: null,
        leavers: 0,
        members_applied: 1,
        added_count: 0,
        removed_count: 0,
        base_version: 0,
        created_at: clock(),
      })
      .returning("seq")
      .executeTakeFirstOrThrow();
    return inserted.seq;
  }

  /** Forgets what the target held of a resource: its memberships and references too must be given again. */
  async function unlink(
    trx: Transaction<Tables>,
    targetId: string,
    resourceId: string,
    updatedAt: number,
  ): Promise<void> {
    await trx
      .updateTable("link")
      .set({
        state: "unlinked",
        remote_id: null,
        held: null,
        version: 0,
        members_version: -1,
        attempts: 0,
        next_try_at: null,
        last_error: null,
        updated_at: updatedAt,
      })
      .where("target_id", "=", targetId)
      .where("resource_id", "=", resourceId)
      .execute();
    await trx
      .updateTable("link")
      .set({ lacks_members: 1, updated_at: 0 })
      .where("target_id", "=", targetId)
      .where("resource_id", "in", (eb) =>
        eb
          .selectFrom("link_member")
          .select("group_id")
          .where("target_id", "=", targetId)
          .where("member_id", "=", resourceId),
      )
      .execute();
    await trx
      .deleteFrom("link_member")
      .where("target_id", "=", targetId)
      .where((where) => where.or([where("group_id", "=", resourceId), where("member_id", "=", resourceId)]))
      .execute();
    await trx
      .updateTable("link")
      .set({ lacks_manager: 1, updated_at: 0 })
      .where("target_id", "=", targetId)
      .where("resource_id", "in", (eb) => eb.selectFrom("resource").select("id").where("manager_id", "=", resourceId))
      .execute();
  }
}

function isRow(row: Row | null): row is Row {
  return row !== null;
}

type PushRecordStatus = Tables["change"]["status"];

function freshLink(targetId: string, resourceId: string, now: number): Row {
  return {
    target_id: targetId,
    resource_id: resourceId,
    remote_id: null,
    state: "unlinked",
    version: 0,
    members_version: -1,
    active: 0,
    lacks_manager: 0,
    lacks_members: 0,
    held: null,
    attempts: 0,
    next_try_at: null,
    last_error: null,
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
    members_version: resourceType === "User" ? 0 : -1,
    active: link.active ? 1 : 0,
    lacks_manager: link.lacksManager ? 1 : 0,
    held: link.held,
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

function recordRow(outcome: PushOutcome, taskId: string, targetId: string, now: number): Row | null {
  const { record } = outcome;
  if (record === null) return null;
  return {
    task_id: taskId,
    target_id: targetId,
    resource_type: outcome.resourceType,
    resource_id: outcome.resourceId,
    external_id: outcome.externalId,
    display_name: outcome.displayName,
    action: record.action,
    status: record.status,
    error: record.error,
    because: record.because,
    before: record.before,
    after: record.after,
    sources: null,
    apply: null,
    leavers: 0,
    members_applied: 1,
    added_count: 0,
    removed_count: 0,
    base_version: 0,
    created_at: now,
  };
}
