import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { PushOutcome } from "./push-store.ts";
import type { Tables } from "./tables.ts";

/**
 * `members_version` of a link below zero: the members are to be compared, whatever version of them the target was given.
 * `making`: the bridge made the group there, and has not been through with its members yet. They belong to its making, also
 * where the group is one that is protected from then on.
 */
export const membersVersions = { making: -1, again: -2 } as const;

/** Has the members of a group compared anew; one that is being made still is. */
export const compareMembersAgain = sql<number>`case when members_version = ${sql.lit(membersVersions.making)}
  then ${sql.lit(membersVersions.making)} else ${sql.lit(membersVersions.again)} end`;

/** What the target had already was not made by us, unless only the answer to its create was lost. */
export async function noteAdopted(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  targetId: string,
  outcomes: readonly PushOutcome[],
): Promise<void> {
  const ids = outcomes.flatMap(({ resourceId, resourceType, record, link }) =>
    resourceType === "Group" && record?.action === "adopt" && link?.state === "linked" && !link.isOurMaking
      ? [resourceId]
      : [],
  );
  if (ids.length === 0) return;
  await trx
    .updateTable("link")
    .set({ members_version: membersVersions.again })
    .where("target_id", "=", targetId)
    .where(isOneOf("resource_id", ids))
    .execute();
}
