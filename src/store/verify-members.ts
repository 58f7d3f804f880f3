import { sql } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import type { Database } from "./database.ts";
import type { VerifyStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { compareMembersAgain } from "./members-version.ts";

interface MemberRow {
  readonly member_id: string;
  readonly member_type: ResourceType;
  readonly remote_id: string;
  readonly is_member: number;
  readonly is_unsure: number;
}

/** The ledger of memberships, against what a target shows of a group. */
export function makeVerifyMembers(
  database: Database,
): Pick<VerifyStore, "ledgerMembers" | "membersByRemoteId" | "correctMembers"> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);
  return {
    async ledgerMembers(targetId, groupId, { after, limit }) {
      const { rows } = await sql<MemberRow>`
        select h.member_id, x.type as member_type, k.remote_id,
          case when m.member_id is null then 0 else 1 end as is_member, 0 as is_unsure
        from link_member h
        join link k on k.target_id = h.target_id and k.resource_id = h.member_id
        join resource x on x.id = h.member_id
        join remote_seen s on s.target_id = h.target_id and s.resource_type = x.type and s.remote_id = k.remote_id
        left join member m on m.group_id = h.group_id and m.member_id = h.member_id
        where h.target_id = ${targetId} and h.group_id = ${groupId} and h.unsure = 0 and h.member_id > ${after}
        order by h.member_id limit ${limit}`.execute(db);
      return rows.map(toGiven);
    },

    async membersByRemoteId(targetId, groupId, remoteIds) {
      const { rows } = await sql<MemberRow>`
        select k.resource_id as member_id, x.type as member_type, k.remote_id,
          case when m.member_id is null then 0 else 1 end as is_member,
          case when h.unsure = 1 then 1 else 0 end as is_unsure
        from link k
        join resource x on x.id = k.resource_id
        left join member m on m.group_id = ${groupId} and m.member_id = k.resource_id
        left join link_member h on h.target_id = k.target_id and h.group_id = ${groupId} and h.member_id = k.resource_id
        where k.target_id = ${targetId} and ${isOneOf("k.remote_id", remoteIds)}`.execute(db);
      return rows.map((row) => ({ ...toGiven(row), isUnsure: row.is_unsure === 1 }));
    },

    correctMembers: (lease, targetId, groupId, { gone, there }) =>
      write(lease, async (trx) => {
        await trx
          .deleteFrom("link_member")
          .where("target_id", "=", targetId)
          .where("group_id", "=", groupId)
          .where(isOneOf("member_id", gone))
          .execute();
        await database.upsert(trx, {
          table: "link_member",
          rows: there.map((id) => ({ target_id: targetId, group_id: groupId, member_id: id, unsure: 0 })),
          conflict: ["target_id", "group_id", "member_id"],
          update: ["unsure"],
        });
        await trx
          .updateTable("link")
          .set({ members_version: compareMembersAgain })
          .where("target_id", "=", targetId)
          .where("resource_id", "=", groupId)
          .execute();
      }),
  };
}

function toGiven(row: MemberRow) {
  return {
    memberId: row.member_id,
    memberType: row.member_type,
    remoteId: row.remote_id,
    isMember: row.is_member === 1,
  };
}
