import { type RemovalNumbers, refuseIdentityChanges, refuseMemberLosses, refuseRemovals } from "../plan/guard.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { DirectoryStore, Lease, MemberLoss, RemovalCounts, Safeguards, TaskHold } from "../store/store.ts";

export interface GuardParts {
  readonly store: DirectoryStore;
  readonly lease: Lease;
  readonly taskId: string;
  readonly sourceId: string;
  readonly safeguards: Safeguards;
  readonly clock: () => number;
}

/** How long what is held waits for a person, in milliseconds: a week. */
export const holdDurationMs = 7 * 86_400_000;

/** What of a plan has to wait, and why. */
interface Refusal {
  readonly reasons: readonly string[];
  readonly types: readonly ResourceType[];
  /** How many changes wait. */
  readonly held: RemovalCounts;
}

const nothingHeld: Refusal = { reasons: [], types: [], held: { users: 0, groups: 0 } };

/**
 * Looks at the whole plan before its first write. Removals beyond the safeguards are set aside, and so are changes by
 * which an edited mapping would make too many known by another name; joiners and other updates go ahead. Null when
 * nothing has to wait.
 */
export async function guardDirectory(parts: GuardParts): Promise<TaskHold | null> {
  const { store, lease, taskId, clock } = parts;
  const now = clock();
  // Both are judged before anything is held: who is switched off by the mapping counts for both.
  const removals = await judgeRemovals(parts, now);
  const identities = await judgeIdentityChanges(parts, now);
  const groups = [
    removals.types.length > 0 ? await store.holdRemovals(lease, taskId, removals.types) : 0,
    identities.types.length > 0 ? await store.holdIdentityChanges(lease, taskId, identities.types) : 0,
  ].reduce((all, each) => all + each, 0);
  const members = await holdMemberLosses(parts);
  const reasons = [...removals.reasons, ...identities.reasons, ...waitingWith(groups), ...members.reasons];
  if (reasons.length === 0) return null;
  return {
    reason: reasons.join("; "),
    removals: { ...removals.held, groups: removals.held.groups + groups, members: members.held },
    ...(identities.types.length > 0 && { identities: identities.held }),
    expiresAt: now + holdDurationMs,
  };
}

/** Why groups wait that are few enough to go: nobody is taken out of them whose own removal waits. */
function waitingWith(groups: number): readonly string[] {
  return groups === 0 ? [] : [`${groups} groups to be deleted wait with them, for they are in those`];
}

async function judgeRemovals({ store, taskId, sourceId, safeguards }: GuardParts, now: number): Promise<Refusal> {
  const planned = await store.plannedRemovals(taskId);
  // To count everybody takes long for a large corp, and most tasks remove nobody.
  if (planned.users + planned.groups === 0) return nothingHeld;
  return judge(refuseRemovals, safeguards, {
    planned,
    recent: await store.recentRemovals(`source:${sourceId}`, windowStart(safeguards, now)),
    total: await store.countOfSource(sourceId),
  });
}

async function judgeIdentityChanges(
  { store, taskId, sourceId, safeguards }: GuardParts,
  now: number,
): Promise<Refusal> {
  const planned = await store.plannedIdentityChanges(taskId);
  if (planned.users + planned.groups === 0) return nothingHeld;
  return judge(refuseIdentityChanges, safeguards, {
    planned,
    recent: await store.recentRemovals(`source:${sourceId}:identity`, windowStart(safeguards, now)),
    total: await store.countOfSource(sourceId),
  });
}

function judge(
  refuse: typeof refuseRemovals,
  { maxRemovals }: Safeguards,
  numbers: Readonly<Record<keyof RemovalNumbers, RemovalCounts>>,
): Refusal {
  const { planned, recent, total } = numbers;
  const reasonOf = (what: "users" | "groups"): string | null =>
    refuse(what, { planned: planned[what], recent: recent[what], total: total[what] }, maxRemovals);
  const [users, groups] = [reasonOf("users"), reasonOf("groups")];
  return {
    reasons: [users, groups].filter((reason) => reason !== null),
    types: [...(users === null ? [] : ["User" as const]), ...(groups === null ? [] : ["Group" as const])],
    held: { users: users === null ? 0 : planned.users, groups: groups === null ? 0 : planned.groups },
  };
}

/** Who is planned to leave groups, with those who left the same groups lately: no series of small steps gets past. */
export async function memberLosses(
  store: Pick<DirectoryStore, "plannedMemberLosses" | "recentMemberLosses">,
  taskId: string,
  since: number,
): Promise<readonly (MemberLoss & { readonly recent: number })[]> {
  const losses = await store.plannedMemberLosses(taskId, 0);
  const groupIds = losses.map(({ groupId }) => groupId);
  const recent = await store.recentMemberLosses(null, groupIds, since);
  return losses.map((loss) => ({ ...loss, recent: recent.get(loss.groupId) ?? 0 }));
}

async function holdMemberLosses({ store, lease, taskId, safeguards, clock }: GuardParts) {
  const { maxMemberRemovals } = safeguards;
  const losses = await memberLosses(store, taskId, windowStart(safeguards, clock()));
  const refused = refuseMemberLosses(losses, maxMemberRemovals);
  if (refused === null) return { reasons: [], held: 0 };
  const held = await store.holdMemberRemovals(
    lease,
    refused.groups.map(({ changeSeq }) => changeSeq),
  );
  return { reasons: [refused.reason], held };
}

/** When the window of the safeguards began. */
export function windowStart({ windowHours }: Safeguards, now: number): number {
  return now - windowHours * 3_600_000;
}
