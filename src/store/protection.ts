import { sql, type Transaction } from "kysely";
import type { Database, Row } from "./database.ts";
import type { Judged, PushOutcome, PushStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { compareMembersAgain } from "./members-version.ts";
import type { Tables } from "./tables.ts";

/** Columns of a link that say that it is protected, and what was kept from it. */
export const withheldColumns = ["protected_by", "withheld_action", "withheld_version"] as const;

/** What links say of protected accounts. */
export function makeProtection(
  database: Database,
  clock: () => number,
): Pick<PushStore, "noteProtection" | "judged" | "withholdMembers" | "forgetWithheld"> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);
  return {
    noteProtection: (lease, targetId, protectedBy) =>
      write(lease, async (trx) => {
        for (const type of ["User", "Group"] as const) {
          const by = protectedBy[type];
          // Of who was deleted for good nothing is known by which another filter could judge him: he stays protected.
          const stays = sql`case when exists (
            select 1 from resource x where x.id = link.resource_id and x.type = 'User' and x.deleted_at is not null)
            then cast(${by} as text) else null end`;
          await sql`
            update link set withheld_action = null, withheld_version = null, protected_by = ${by === null ? sql`null` : stays},
              members_version = ${type === "Group" ? compareMembersAgain : sql`members_version`}
            where target_id = ${targetId} and protected_by is not null and exists (
              select 1 from resource x where x.id = link.resource_id and x.type = ${type})`.execute(trx);
        }
        // Whose membership was kept may have to leave now.
        await sql`
          update link set members_version = ${compareMembersAgain} where target_id = ${targetId} and resource_id in (
            select h.group_id from link_member h
            left join member m on m.group_id = h.group_id and m.member_id = h.member_id
            where h.target_id = ${targetId} and m.member_id is null)`.execute(trx);
        const isNone = protectedBy.User === null && protectedBy.Group === null;
        const protection = isNone ? null : JSON.stringify(protectedBy);
        await trx.updateTable("target").set({ protection }).where("id", "=", targetId).execute();
      }),

    async judged(targetId, resourceIds) {
      if (resourceIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("resource as x")
        .leftJoin("link as l", (join) => join.onRef("l.resource_id", "=", "x.id").on("l.target_id", "=", targetId))
        .select(["x.id", "x.type", "x.version", "x.document", "x.deleted_at", "l.held", "l.protected_by"])
        .where(isOneOf("x.id", resourceIds))
        .execute();
      return new Map(
        rows.map(({ id, type, version, document, deleted_at, held, protected_by }): [string, Judged] => [
          id,
          { type, version, document, held, protectedBy: protected_by, emptied: deleted_at !== null },
        ]),
      );
    },

    withholdMembers: (lease, targetId, groupId, { by, membersVersion }) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("link")
          .set({
            ...{ protected_by: by, members_version: membersVersion, lacks_members: 0, updated_at: clock() },
            // What was kept from the group itself is not forgotten for that.
            withheld_action: sql`case when protected_by = ${by} then coalesce(withheld_action, 'members') else 'members' end`,
            withheld_version: sql`case when protected_by = ${by} then withheld_version else null end`,
            ...{ attempts: 0, last_error: null, next_try_at: null },
          })
          .where("target_id", "=", targetId)
          .where("resource_id", "=", groupId)
          .execute();
      }),

    forgetWithheld: (lease, targetId, resourceId) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("link")
          .set({ withheld_action: null, withheld_version: null })
          .where("target_id", "=", targetId)
          .where("resource_id", "=", resourceId)
          .execute();
      }),
  };
}

/** A link that stays as it is, and says what was kept from the account. */
export function withheldRow({ link }: PushOutcome, fresh: Row): Row | null {
  if (link?.state !== "withheld") return null;
  const { by, action, version } = link.withheld;
  // In an insert, which is of nothing that was linked: who is not there is not protected.
  return { ...fresh, state: "linked", protected_by: by, withheld_action: action, withheld_version: version };
}

/**
 * Who was protected and is sent something now is not protected any more: he leaves the groups that he was kept in, and
 * what was kept for him goes; a group is given the members that were kept from it. And a group that goes, but for the protected people in it, is left by the others.
 *
 * @param outcomes whose links are about to be written
 */
export async function lookAgainAtMembers(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  targetId: string,
  outcomes: readonly PushOutcome[],
): Promise<void> {
  const kept = outcomes.flatMap(({ resourceId, resourceType, link }) =>
    resourceType === "Group" && link?.state === "withheld" && link.withheld.action === "delete" ? [resourceId] : [],
  );
  if (kept.length > 0) {
    await trx
      .updateTable("link")
      .set({ members_version: compareMembersAgain })
      .where("target_id", "=", targetId)
      .where(isOneOf("resource_id", kept))
      .execute();
  }
  const sent = outcomes.flatMap(({ resourceId, link }) =>
    link?.state === "linked" && link.withheld === undefined ? [resourceId] : [],
  );
  if (sent.length === 0) return;
  const freed = await trx
    .selectFrom("link")
    .select("resource_id")
    .where("target_id", "=", targetId)
    .where("protected_by", "is not", null)
    .where(isOneOf("resource_id", sent))
    .execute();
  if (freed.length === 0) return;
  const ids = freed.map(({ resource_id }) => resource_id);
  await trx
    .updateTable("link")
    .set({ members_version: compareMembersAgain })
    .where("target_id", "=", targetId)
    .where(
      isOneOf(
        "resource_id",
        outcomes.flatMap((one) =>
          one.resourceType === "Group" && ids.includes(one.resourceId) ? [one.resourceId] : [],
        ),
      ),
    )
    .execute();
  await trx
    .updateTable("link")
    .set({ members_version: compareMembersAgain, withheld_action: null, withheld_version: null })
    .where("target_id", "=", targetId)
    .where("resource_id", "in", (eb) =>
      eb
        .selectFrom("link_member")
        .select("group_id")
        .where("target_id", "=", targetId)
        .where(isOneOf("member_id", ids)),
    )
    .execute();
}
