import { refuseRemovals } from "../../plan/guard.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { type PushScope, type RemovalCounts, userGroups } from "../../store/store.ts";
import type { PushRequest } from "./push-target.ts";

// Before the first removal all that are pending are counted: of the whole target, and of each source by itself. Beside a
// large source a small one could otherwise be lost as a whole without a question.

/** Why removals must wait for a person. */
export interface RemovalGuard {
  readonly reason: string;
  readonly removals: RemovalCounts;
  readonly types: ReadonlySet<ResourceType>;
}

type GuardRequest = Pick<PushRequest, "store" | "row" | "leaving" | "clock" | "sourceName">;

const kinds = [
  { key: "users", type: "User" },
  { key: "groups", type: "Group" },
] as const;

/** Why removals that are pending must wait for a person; null when they may go ahead. */
export async function guardRemovals(request: GuardRequest, scope: PushScope): Promise<RemovalGuard | null> {
  const { store, leaving } = request;
  if (leaving !== null) return null;
  const { pending } = await store.countPendingRemovals(scope);
  if (pending.users + pending.groups === 0) return null;
  // What was removed lately is counted for the whole target, and so is what there is.
  const { total } = await store.countPendingRemovals(ofEverybody(wholeTarget(request, scope)));
  const reasons = await refusals(request, { pending, total }, "at this target");
  for (const sourceId of allSources(scope)) {
    const counts = await countBoth(store, ofSource(scope, sourceId));
    const where =
      sourceId === userGroups ? "of the user groups" : `of the source ${await request.sourceName(sourceId)}`;
    const ofThis = await refusals(request, counts, `${where} at this target`, sourceId);
    // What is too much of all is not said again.
    for (const [type, reason] of ofThis) if (!reasons.has(type)) reasons.set(type, reason);
  }
  if (reasons.size === 0) return null;
  return {
    reason: [...reasons.values()].join("; "),
    removals: {
      users: reasons.has("User") ? pending.users : 0,
      groups: reasons.has("Group") ? pending.groups : 0,
    },
    types: new Set(reasons.keys()),
  };
}

/** What is pending in this push, of all that there is: one person's removal is no more than that of one among all. */
async function countBoth(store: GuardRequest["store"], scope: PushScope) {
  const counts = await store.countPendingRemovals(scope);
  if (scope.only === undefined && scope.among === undefined) return counts;
  const { total } = await store.countPendingRemovals(ofEverybody(scope));
  return { ...counts, total };
}

/** The same scope, whomever this push is about. */
export function ofEverybody({ only: _, among: _among, ...scope }: PushScope): PushScope {
  return scope;
}

/**
 * Notes what this push has removed, for the window of the safeguards. What goes with a source that an administrator ended
 * is no sign of anything.
 */
export async function logForSafeguards(
  { store, row, lease, taskId, isEnding }: Pick<PushRequest, "store" | "row" | "lease" | "taskId" | "isEnding">,
  scope: PushScope,
): Promise<void> {
  if (isEnding) return;
  await store.logRemovals(lease, `target:${row.id}`, taskId);
  for (const sourceId of allSources(scope)) await store.logRemovals(lease, `target:${row.id}`, taskId, sourceId);
  await store.logIdentityChanges(lease, `target:${row.id}`, taskId);
}

async function refusals(
  { store, row, clock }: GuardRequest,
  { pending, total }: { readonly pending: RemovalCounts; readonly total: RemovalCounts },
  where: string,
  sourceId?: string,
): Promise<Map<ResourceType, string>> {
  const { maxRemovals, windowHours } = row.settings.safeguards;
  const recent = await store.recentRemovals(`target:${row.id}`, clock() - windowHours * 3_600_000, sourceId);
  const reasons = new Map<ResourceType, string>();
  for (const { key, type } of kinds) {
    const numbers = { planned: pending[key], recent: recent[key], total: total[key] };
    const reason = refuseRemovals(`${key} ${where}`, numbers, maxRemovals);
    if (reason !== null) reasons.set(type, reason);
  }
  return reasons;
}

function allSources({ sourceIds, groupSourceIds }: PushScope): readonly string[] {
  return [...new Set([...sourceIds, ...(groupSourceIds ?? [])])];
}

/** The same, of all that the target is given, whichever of its sources this push is about. */
export function wholeTarget({ row }: Pick<GuardRequest, "row">, scope: PushScope): PushScope {
  const { sources, provision } = row.settings;
  const groupSourceIds = [...(provision.groups ? sources : []), ...(provision.userGroups ? [userGroups] : [])];
  return { ...scope, sourceIds: sources, groupSourceIds };
}

function ofSource(scope: PushScope, sourceId: string): PushScope {
  const only = (ids: readonly string[]): readonly string[] => ids.filter((id) => id === sourceId);
  return { ...scope, sourceIds: only(scope.sourceIds), groupSourceIds: only(scope.groupSourceIds ?? scope.sourceIds) };
}
