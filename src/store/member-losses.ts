import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { DirectoryStore } from "./engine.ts";

/**
 * Who was taken out of groups lately, for the window of the safeguards. Known from the records of tasks: in the directory, or
 * at one target.
 */
export function makeMemberLosses({ db, isOneOf }: Database): Pick<DirectoryStore, "recentMemberLosses"> {
  return {
    async recentMemberLosses(targetId, groupIds, since) {
      if (groupIds.length === 0) return new Map();
      const { rows } = await sql<{ group_id: string; count: number }>`
        select c.resource_id as group_id, count(distinct cm.member_id) as count
        from change c
        join change_member cm on cm.change_seq = c.seq and cm.op = 'remove'
        join resource x on x.id = cm.member_id and x.departed_at is null and x.deleted_at is null
        where ${isOneOf("c.resource_id", groupIds)} and coalesce(c.target_id, '') = ${targetId ?? ""}
          and c.status = 'applied' and c.approved = 0 and c.leavers = 0 and c.removed_count > 0 and c.action <> 'delete'
          and c.seq >= (select seq from change where created_at > ${since} order by created_at, seq limit 1)
          and not exists (select 1 from member m where m.group_id = c.resource_id and m.member_id = cm.member_id)
        group by c.resource_id`.execute(db);
      return new Map(rows.map(({ group_id, count }) => [group_id, Number(count)]));
    },
  };
}
