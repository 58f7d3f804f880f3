import type { ResourceType } from "../../scim/resource.ts";
import { type PushScope, userGroups } from "../../store/store.ts";
import { guardRemovals, ofEverybody, wholeTarget } from "./guard-removals.ts";
import type { PushRequest } from "./push-target.ts";

// A push is about one source and the user groups, and those have people of all sources. Whether somebody of another source
// may go is for the pushes of that one to say: while that waits for a person he stays in user groups, and those stay too.

/**
 * Those of these people, or groups, who are of a source that a push is not about, are to be removed at its target, and wait
 * for a person there. The pushes of their own source, which the user groups take part in, do what becomes of them.
 */
export type HeldElsewhere = (type: ResourceType, ids: readonly string[]) => Promise<ReadonlySet<string>>;

type Request = Pick<PushRequest, "store" | "row" | "clock" | "sourceName" | "leaving" | "ended">;

/** Judges by what is pending at the whole target, at the time it is asked: another source may be read meanwhile. */
export function heldElsewhere(request: Request, scope: PushScope): HeldElsewhere {
  const { store, ended } = request;
  const whole = without(ofEverybody(wholeTarget(request, scope)), ended);
  const elsewhere = without(whole, [...scope.sourceIds, userGroups]);
  const isAsked = scope.groupSourceIds?.includes(userGroups) === true && elsewhere.sourceIds.length > 0;
  const held = new Set<ResourceType>();
  return async (type, ids) => {
    if (!isAsked) return new Set();
    const going = await store.removalsAmong(elsewhere, ids, { type, approved: false });
    if (going.size === 0 || held.has(type)) return going;
    const guard = await guardRemovals(request, whole);
    for (const each of guard?.types ?? []) held.add(each);
    return held.has(type) ? going : new Set();
  };
}

function without(scope: PushScope, ids: readonly string[]): PushScope {
  const rest = (some: readonly string[]): readonly string[] => some.filter((id) => !ids.includes(id));
  return { ...scope, sourceIds: rest(scope.sourceIds), groupSourceIds: rest(scope.groupSourceIds ?? scope.sourceIds) };
}
