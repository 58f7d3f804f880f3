import { type Insertable, type RawBuilder, sql, type Transaction } from "kysely";
import { isLeavingApproved, isRemovalApproved } from "./approvals.ts";
import { changeRow } from "./change-row.ts";
import type { Database } from "./database.ts";
import type { MemberDelta, PendingGroup, PushScope, PushStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { membersVersions } from "./members-version.ts";
import { isOfTurn } from "./pending-turns.ts";
import { sourcesOf } from "./push-pending.ts";
import type { Tables } from "./tables.ts";
import { isMeant, isPaused } from "./withheld.ts";

/** Memberships at targets: what they lack, against the ledger of what each was given. */
export function makePushMembers(
  database: Database,
  clock: () => number,
): Pick<
  PushStore,
  | "pendingGroups"
  | "memberDelta"
  | "memberLoss"
  | "givenMembers"
  | "intendMembers"
  | "settleMembers"
  | "saveMembers"
  | "finishMembers"
  | "failMembers"
> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  return {
    async pendingGroups(scope, { after, limit, ...page }) {
      if (!scope.types.includes("Group")) return [];
      const { rows } = await sql<{
        id: string;
        remote_id: string;
        external_id: string | null;
        display_name: string | null;
        members_version: number;
        given_version: number;
        is_leaving: number;
      }>`
        select resource.id, l.remote_id, resource.external_id, resource.display_name, resource.members_version,
          l.members_version as given_version, case when resource.deleted_at is null then 0 else 1 end as is_leaving
        from link l join resource on resource.id = l.resource_id
        where l.target_id = ${scope.targetId} and resource.type = 'Group' and ${isOneOf("resource.source_id", sourcesOf(scope, "Group"))}
          and l.remote_id is not null and resource.id > ${after} and ${isMeant(scope, "Group")}
          and ${scope.among === undefined ? sql`1 = 1` : isOneOf("resource.id", scope.among)}
          and (resource.deleted_at is null or ${isKeptForPeople(scope)})
          and ${isOfTurn(scope, page)}
          and (${scope.retryAll ? 1 : 0} = 1 or l.next_try_at is null or l.next_try_at <= ${scope.startedAt})
          and (l.members_version < resource.members_version or (l.lacks_members > 0 and exists (
            select 1 from member m
            join link k on k.target_id = l.target_id and k.resource_id = m.member_id and k.remote_id is not null
            left join link_member h on h.target_id = l.target_id and h.group_id = m.group_id and h.member_id = m.member_id
            where m.group_id = resource.id and (h.member_id is null or h.unsure = 1)
              and not ${isPaused("m.member_id", scope.targetId)}
              and (m.member_type = 'User' or l.lacks_members = ${lackingMembers.any}))))
        order by resource.id limit ${limit}`.execute(db);
      return rows.map((row) => ({
        id: row.id,
        remoteId: row.remote_id,
        externalId: row.external_id,
        displayName: row.display_name,
        membersVersion: row.members_version,
        ...(row.is_leaving === 1 && { isLeaving: true }),
        ...(row.given_version === membersVersions.making && { isBeingMade: true }),
      }));
    },

    async memberDelta(targetId, groupId, op, { after, limit, only, isLeaving = false }) {
      const isOne = (column: string) => (only === undefined ? sql`1 = 1` : sql`${sql.ref(column)} = ${only}`);
      const { rows } =
        op === "add"
          ? await sql<{ member_id: string; member_type: "User" | "Group"; remote_id: string | null }>`
              select m.member_id, m.member_type, k.remote_id
              from member m
              left join link_member h on h.target_id = ${targetId} and h.group_id = m.group_id and h.member_id = m.member_id
              left join link k on k.target_id = ${targetId} and k.resource_id = m.member_id
              where m.group_id = ${groupId} and (h.member_id is null or h.unsure = 1) and m.member_id > ${after}
                and ${isOne("m.member_id")} and not ${isPaused("m.member_id", targetId)}
              order by m.member_id limit ${limit}`.execute(db)
          : await sql<{
              member_id: string;
              member_type: "User" | "Group";
              remote_id: string | null;
              gone: number;
              approved: number;
            }>`
              select h.member_id, x.type as member_type, k.remote_id,
                case when ${isStaying} then 0 else 1 end as gone,
                case when ${isLeavingApproved(targetId)} or ${isRemovalApproved("x.id", targetId)} then 1 else 0 end as approved
              from link_member h
              left join member m on m.group_id = h.group_id and m.member_id = h.member_id and ${isLeaving ? 0 : 1} = 1
              left join link k on k.target_id = ${targetId} and k.resource_id = h.member_id
              left join resource x on x.id = h.member_id
              where h.target_id = ${targetId} and h.group_id = ${groupId} and m.member_id is null and h.member_id > ${after}
                and ${isOne("h.member_id")} and not ${isPaused("h.member_id", targetId)}
              order by h.member_id limit ${limit}`.execute(db);
      return rows.map((row) => ({
        memberId: row.member_id,
        memberType: row.member_type ?? "User",
        remoteId: row.remote_id,
        gone: "gone" in row && row.gone === 1,
        approved: "approved" in row && row.approved === 1,
      }));
    },

    async memberLoss(targetId, groupId) {
      const { rows } = await sql<{ removed: number; total: number }>`
        select count(*) as total, sum(case when m.member_id is null and ${isStaying} and not ${isLeavingApproved(targetId)} then 1 else 0 end) as removed
        from link_member h
        left join member m on m.group_id = h.group_id and m.member_id = h.member_id
        left join resource x on x.id = h.member_id
        where h.target_id = ${targetId} and h.group_id = ${groupId}`.execute(db);
      return { removed: Number(rows[0]?.removed ?? 0), total: Number(rows[0]?.total ?? 0) };
    },

    async givenMembers(targetId, groupId, { after, limit }) {
      const { rows } = await sql<{ member_id: string; member_type: "User" | "Group"; remote_id: string }>`
        select h.member_id, x.type as member_type, k.remote_id
        from link_member h
        join link k on k.target_id = ${targetId} and k.resource_id = h.member_id
        join resource x on x.id = h.member_id
        where h.target_id = ${targetId} and h.group_id = ${groupId} and h.unsure = 0 and k.remote_id is not null
          and h.member_id > ${after}
        order by h.member_id limit ${limit}`.execute(db);
      return rows.map((row) => ({ memberId: row.member_id, memberType: row.member_type, remoteId: row.remote_id }));
    },

    settleMembers: (lease, targetId, groupId, memberIds) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("link_member")
          .set({ unsure: 0 })
          .where("target_id", "=", targetId)
          .where("group_id", "=", groupId)
          .where(isOneOf("member_id", memberIds))
          .execute();
      }),

    intendMembers: (lease, targetId, groupId, memberIds) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "link_member",
          rows: memberIds.map((id) => ({ target_id: targetId, group_id: groupId, member_id: id, unsure: 1 })),
          conflict: ["target_id", "group_id", "member_id"],
          update: ["unsure"],
        }),
      ),

    saveMembers: (lease, taskId, targetId, group, op, members, { status, error, because }) =>
      write(lease, async (trx) => {
        const of = { taskId, targetId, group, status, error, because, now: clock() };
        // What a person let through has a record of its own: it does not count for the safeguards.
        for (const isApproved of [false, true]) {
          const some = members.filter(
            (one) => isApproved === (op === "remove" && status === "applied" && one.approved),
          );
          if (some.length > 0) await noteMembers(trx, await changeOfGroup(trx, { ...of, isApproved }), op, some);
        }
        if (status !== "applied") return;
        if (op === "add") {
          await database.upsert(trx, {
            table: "link_member",
            rows: members.map((one) => ({
              target_id: targetId,
              group_id: group.id,
              member_id: one.memberId,
              unsure: 0,
            })),
            conflict: ["target_id", "group_id", "member_id"],
            update: ["unsure"],
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

    finishMembers: (lease, targetId, groupId, { membersVersion, lacksMembers, usersOnly = false }) =>
      write(lease, async (trx) => {
        const kind = usersOnly ? lackingMembers.users : lackingMembers.any;
        const ofLedger = sql<number>`case when exists (
          select 1 from member m
          left join link_member h on h.target_id = ${targetId} and h.group_id = m.group_id and h.member_id = m.member_id
          where m.group_id = ${groupId} and (h.member_id is null or h.unsure = 1)
            and (m.member_type = 'User' or ${usersOnly ? 1 : 0} = 0)) then ${kind} else 0 end`;
        await trx
          .updateTable("link")
          .set({
            members_version: membersVersion,
            lacks_members: lacksMembers ? kind : ofLedger,
            updated_at: clock(),
          })
          .where("target_id", "=", targetId)
          .where("resource_id", "=", groupId)
          .execute();
        // What went wrong with the members before is over; what went wrong with the group itself (failed) is not.
        await trx
          .updateTable("link")
          .set({ attempts: 0, last_error: null, next_try_at: null })
          .where("target_id", "=", targetId)
          .where("resource_id", "=", groupId)
          .where("state", "=", "linked")
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
  };

  /** Adds members to the record of a group. */
  async function noteMembers(
    trx: Transaction<Tables>,
    seq: number,
    op: "add" | "remove",
    members: readonly MemberDelta[],
  ): Promise<void> {
    const known = await trx
      .selectFrom("change_member")
      .select(sql<number>`count(*)`.as("count"))
      .where("change_seq", "=", seq)
      .where("op", "=", op)
      .where(
        isOneOf(
          "member_id",
          members.map((one) => one.memberId),
        ),
      )
      .executeTakeFirstOrThrow();
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
      .set((eb) => ({ [counted]: eb(counted, "+", members.length - Number(known.count)) }))
      .where("seq", "=", seq)
      .execute();
  }
}

/** What `lacks_members` of a link says: members of any type are not there yet, or users; groups are not taken there. */
export const lackingMembers = { any: 1, users: 2 } as const;

/** The group is gone from the directory, and kept at the target for the protected people in it. */
function isKeptForPeople({ protectedBy }: PushScope): RawBuilder<boolean> {
  const by = protectedBy?.User ?? null;
  // Where both filters are the same text nothing tells why: then it stays as it is, people and all.
  return by === null || by === protectedBy?.Group
    ? sql`1 = 0`
    : sql`(l.withheld_action = 'delete' and l.protected_by = ${by})`;
}

/** The member `x` itself is still in the directory. */
const isStaying = sql<boolean>`(x.id is not null and x.departed_at is null and x.deleted_at is null)`;

interface MembersRecord {
  readonly taskId: string;
  readonly targetId: string;
  readonly group: PendingGroup;
  readonly status: Tables["change"]["status"];
  readonly error: string | null;
  /** Absent: that the members changed. Given, the record is about nothing else. */
  readonly because: string | undefined;
  /** What it is about somebody let through. */
  readonly isApproved: boolean;
  readonly now: number;
}

/** The record of a group's membership at this target in this task: the one that made the group, or one of its own. */
async function changeOfGroup(
  trx: Transaction<Tables>,
  { taskId, targetId, group, status, error, because, isApproved, now }: MembersRecord,
): Promise<number> {
  let query = trx
    .selectFrom("change")
    .select("seq")
    .where("resource_id", "=", group.id)
    .where("task_id", "=", taskId)
    .where("target_id", "=", targetId)
    .where("status", "=", status)
    .where("action", "<>", "delete")
    .where("approved", "=", isApproved ? 1 : 0)
    .orderBy("seq", "desc");
  if (because !== undefined) query = query.where("because", "=", because);
  const found = await query.executeTakeFirst();
  if (found) return found.seq;
  const record = {
    ...{
      resourceId: group.id,
      resourceType: "Group" as const,
      externalId: group.externalId,
      displayName: group.displayName,
    },
    ...{ action: "update" as const, status, error, before: null, after: null, remoteId: group.remoteId },
    because:
      because ??
      (status === "drifted" ? "its members at the target are not those that it was given" : "its members changed"),
  };
  const inserted = await trx
    .insertInto("change")
    .values({
      ...changeRow(record, { taskId, targetId, sourceId: null, now }),
      source_id: trx.selectFrom("resource").select("source_id").where("id", "=", group.id),
      ...(isApproved && { approved: 1 }),
    } as Insertable<Tables["change"]>)
    .returning("seq")
    .executeTakeFirstOrThrow();
  return inserted.seq;
}
