import type { Transaction } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import type { Database } from "./database.ts";
import { membersVersions } from "./members-version.ts";
import { lackingMembers } from "./push-members.ts";
import type { Tables } from "./tables.ts";

/** Forgets what the target held of some resources: their memberships and references too must be given again. */
export async function unlink(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  targetId: string,
  {
    resourceType,
    resourceIds,
    again,
    now,
  }: {
    readonly resourceType: ResourceType;
    readonly resourceIds: readonly string[];
    readonly again: boolean;
    readonly now: number;
  },
): Promise<void> {
  if (resourceIds.length === 0) return;
  await trx
    .updateTable("link")
    .set({
      // What is made again is looked for first: a server that was only slow to show it must not hold it twice.
      state: again ? "intended" : "unlinked",
      remote_id: null,
      held: null,
      version: 0,
      members_version: membersVersions.making,
      attempts: 0,
      next_try_at: null,
      last_error: null,
      protected_by: null,
      withheld_action: null,
      withheld_version: null,
      updated_at: again ? 0 : now,
    })
    .where("target_id", "=", targetId)
    .where(isOneOf("resource_id", resourceIds))
    .execute();
  await trx
    .updateTable("link")
    .set((eb) => ({
      lacks_members:
        resourceType === "Group"
          ? lackingMembers.any
          : eb
              .case()
              .when("lacks_members", "=", lackingMembers.any)
              .then(lackingMembers.any)
              .else(lackingMembers.users)
              .end(),
      updated_at: 0,
    }))
    .where("target_id", "=", targetId)
    .where("resource_id", "in", (eb) =>
      eb
        .selectFrom("link_member")
        .select("group_id")
        .where("target_id", "=", targetId)
        .where(isOneOf("member_id", resourceIds)),
    )
    .execute();
  // Two statements: with "or" the index of members is not used.
  for (const side of ["group_id", "member_id"] as const) {
    await trx.deleteFrom("link_member").where("target_id", "=", targetId).where(isOneOf(side, resourceIds)).execute();
  }
  await trx
    .updateTable("link")
    .set({ lacks_manager: 1, updated_at: 0 })
    .where("target_id", "=", targetId)
    .where("resource_id", "in", (eb) =>
      eb.selectFrom("resource").select("id").where(isOneOf("manager_id", resourceIds)),
    )
    .execute();
}
