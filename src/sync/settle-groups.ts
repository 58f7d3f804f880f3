import { compileRules } from "../directory/rules.ts";
import { refuseMemberLosses } from "../plan/guard.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { DirectoryStore, GroupRuleStore, Lease, MemberChange, Safeguards, TaskHold } from "../store/store.ts";
import { holdDurationMs } from "./guard-directory.ts";

export interface SettleParts {
  readonly store: DirectoryStore & GroupRuleStore;
  readonly lease: Lease;
  readonly taskId: string;
  readonly safeguards: Safeguards;
  readonly catalog: SchemaCatalog;
  readonly signal: AbortSignal;
  readonly clock: () => number;
}

const groupsAtOnce = 100;
const edgesAtOnce = 1000;

/**
 * Brings dynamic groups up to date with what a task changed, as part of that task: with records, and under the safeguard
 * for members. To be called when the task's own changes are applied; can be repeated. Null when nothing has to wait.
 */
export async function settleGroups(parts: SettleParts): Promise<TaskHold | null> {
  const { store, lease, taskId, catalog, signal } = parts;
  const rules = compileRules(await store.listGroupRules(), catalog);
  if (rules.length === 0) return null;
  for (const rule of rules) {
    const { add, remove } = await store.ruleDelta(rule);
    const edge =
      (op: MemberChange["op"]) =>
      (memberId: string): MemberChange => ({ groupId: rule.groupId, op, memberId, memberType: "User" });
    const edges = [...add.map(edge("add")), ...remove.map(edge("remove"))];
    for (let from = 0; from < edges.length; from += edgesAtOnce) {
      signal.throwIfAborted();
      await store.addMemberChanges(lease, taskId, edges.slice(from, from + edgesAtOnce), {
        leavers: false,
        because: "whom the filter of the group finds",
      });
    }
  }
  await store.countMemberChanges(lease, taskId);
  const hold = await holdLosses(parts);
  while ((await store.applyMembers(lease, taskId, { leavers: false }, groupsAtOnce)) > 0) signal.throwIfAborted();
  return hold;
}

async function holdLosses({ store, lease, taskId, safeguards, clock }: SettleParts): Promise<TaskHold | null> {
  const { maxMemberRemovals } = safeguards;
  const refused = refuseMemberLosses(
    await store.plannedMemberLosses(taskId, maxMemberRemovals.floor),
    maxMemberRemovals,
  );
  if (refused === null) return null;
  const members = await store.holdMemberRemovals(
    lease,
    refused.groups.map(({ changeSeq }) => changeSeq),
  );
  return {
    reason: refused.reason,
    removals: { users: 0, groups: 0, members },
    expiresAt: clock() + holdDurationMs,
  };
}

/** One hold for what waits for two reasons. */
export function joinHolds(first: TaskHold | null, second: TaskHold | null): TaskHold | null {
  if (first === null || second === null) return first ?? second;
  const { users, groups, members } = first.removals;
  return {
    ...first,
    reason: `${first.reason}; ${second.reason}`,
    removals: {
      users: users + second.removals.users,
      groups: groups + second.removals.groups,
      members: members + second.removals.members,
    },
  };
}
