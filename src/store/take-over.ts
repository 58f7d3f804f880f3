import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { PushOutcome } from "./engine.ts";
import { membersVersions } from "./members-version.ts";
import type { Tables } from "./tables.ts";

/**
 * Accounts that are now somebody's, and were those of resources that were deleted for good: the old ones let go. What the
 * target was given of the old one's memberships is now the new one's: whatever he is not to have is taken from him.
 *
 * @param outcomes whose links are about to be written
 */
export async function takeOver(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  targetId: string,
  outcomes: readonly PushOutcome[],
  now: number,
): Promise<void> {
  const newHolders = new Map(
    outcomes.flatMap(({ link, ...resource }) => (link?.state === "linked" ? [[link.remoteId, resource] as const] : [])),
  );
  if (newHolders.size === 0) return;
  const held = await trx
    .selectFrom("link")
    .innerJoin("resource", "resource.id", "link.resource_id")
    .select(["link.remote_id", "link.resource_id", "resource.type"])
    .where("link.target_id", "=", targetId)
    .where(isOneOf("link.remote_id", [...newHolders.keys()]))
    .where("resource.deleted_at", "is not", null)
    .execute();
  for (const { remote_id, resource_id: from, type } of held) {
    const holder = newHolders.get(remote_id ?? "");
    // Some servers count the ids of Users and Groups by themselves.
    if (holder === undefined || holder.resourceId === from || holder.resourceType !== type) continue;
    const to = holder.resourceId;
    await trx
      .updateTable("link")
      .set({ state: "unlinked", remote_id: null, held: null, active: 0, next_try_at: null, updated_at: now })
      .where("target_id", "=", targetId)
      .where("resource_id", "=", from)
      .execute();
    await moveMemberships(trx, targetId, from, to);
  }
}

/** Of a group its members, of anybody the groups that he is in. */
async function moveMemberships(trx: Transaction<Tables>, targetId: string, from: string, to: string): Promise<void> {
  const rows = await trx
    .selectFrom("link_member")
    .select(["group_id", "member_id", "unsure"])
    .where("target_id", "=", targetId)
    .where((where) => where.or([where("group_id", "=", from), where("member_id", "=", from)]))
    .execute();
  for (const row of rows) {
    const moved = row.group_id === from ? { ...row, group_id: to } : { ...row, member_id: to };
    await trx
      .insertInto("link_member")
      .values({ ...moved, target_id: targetId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    // Its memberships are compared anew.
    await trx
      .updateTable("link")
      .set({ members_version: membersVersions.again })
      .where("target_id", "=", targetId)
      .where("resource_id", "=", moved.group_id)
      .execute();
  }
  await trx
    .deleteFrom("link_member")
    .where("target_id", "=", targetId)
    .where((where) => where.or([where("group_id", "=", from), where("member_id", "=", from)]))
    .execute();
}
