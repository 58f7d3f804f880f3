import { type RawBuilder, sql } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import type { PushScope } from "./push-store.ts";

// What is kept from a target on purpose, as conditions over `resource` and its link `l`: it is not pending there.

type Condition = RawBuilder<boolean>;

/** Whether an administrator paused the person whose id this column has, at this target or at all of them. */
export function isPaused(resourceId: string, targetId: string): Condition {
  return sql`exists (
    select 1 from pause p where p.resource_id = ${sql.ref(resourceId)} and p.target_id in ('', ${targetId}))`;
}

/** What can be kept from a protected account. */
export type WithheldAction = "update" | "deactivate" | "delete";

/**
 * Whether just this was kept from a protected account already, with a record: by the filter that holds now, and of the
 * version that the directory has now. Where any of that is another, the account is judged anew.
 */
export function isWithheld(
  { protectedBy }: Pick<PushScope, "protectedBy">,
  type: ResourceType,
  action: WithheldAction,
): Condition {
  // A group is kept for itself, or for the people in it.
  const filters = [protectedBy?.[type], type === "Group" ? protectedBy?.User : null].filter((by) => by != null);
  if (filters.length === 0) return sql`1 = 0`;
  return sql`(coalesce(l.protected_by, '') in (${sql.join(filters)}) and coalesce(l.withheld_action, '') = ${action}
    and coalesce(l.withheld_version, -1) = resource.version)`;
}

/** Of a push of one person: himself, and the groups that he is in, or was given to be in. */
export function isMeant({ only, targetId }: Pick<PushScope, "only" | "targetId">, type: ResourceType): Condition {
  if (only === undefined) return sql`1 = 1`;
  if (type === "User") return sql`resource.id = ${only}`;
  return sql`(exists (select 1 from member o where o.group_id = resource.id and o.member_id = ${only})
    or exists (select 1 from link_member o
      where o.target_id = ${targetId} and o.group_id = resource.id and o.member_id = ${only}))`;
}
