import { compileRules } from "../directory/rules.ts";
import { refuseEmptied, refuseMemberLosses } from "../plan/guard.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type {
  CompiledRule,
  DirectoryChangeStore,
  DirectoryStore,
  GroupRuleStore,
  Lease,
  MemberChange,
  Safeguards,
  TaskHold,
} from "../store/store.ts";
import { holdDurationMs, memberLosses, windowStart } from "./guard-directory.ts";

export interface SettleParts {
  readonly store: DirectoryStore & GroupRuleStore & Pick<DirectoryChangeStore, "noteUserGroups">;
  readonly lease: Lease;
  readonly taskId: string;
  readonly safeguards: Safeguards;
  readonly catalog: SchemaCatalog;
  readonly signal: AbortSignal;
  readonly clock: () => number;
}

const groupsAtOnce = 100;
const edgesAtOnce = 1000;

/** When all dynamic groups last held whom their rules find, and by which schemas. */
interface Settled {
  readonly at: number;
  readonly catalog: SchemaCatalog;
}

/** By store, so that each process goes by what it has seen itself; the time is the directory's, and so everybody's. */
const settled = new WeakMap<GroupRuleStore, Settled>();

/**
 * Brings dynamic groups up to date with what a task changed, as part of that task: with records, and under the safeguard
 * for members. To be called when the task's own changes are applied; can be repeated. Null when nothing has to wait.
 *
 * Where nothing has changed in the directory since everybody was where he belongs, nobody is looked at.
 */
export async function settleGroups(parts: SettleParts): Promise<TaskHold | null> {
  const { store, catalog } = parts;
  const at = await store.directoryTime();
  const last = settled.get(store);
  if (last?.at === at && last.catalog === catalog) return null;
  settled.delete(store);
  const rules = compileRules(await store.listGroupRules(), catalog);
  const hold = rules.length === 0 ? null : await settle(parts, rules);
  // What waits is found again by the next task, which replaces this one.
  if (hold === null) settled.set(store, { at, catalog });
  return hold;
}

async function settle(parts: SettleParts, rules: readonly CompiledRule[]): Promise<TaskHold | null> {
  const { store, lease, taskId, signal } = parts;
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
    // SQLite answers before anybody else gets his turn.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
  await store.countMemberChanges(lease, taskId);
  const hold = await holdLosses(parts);
  let changed = false;
  while ((await store.applyMembers(lease, taskId, { leavers: false }, groupsAtOnce)) > 0) {
    changed = true;
    signal.throwIfAborted();
  }
  if (changed) await store.noteUserGroups();
  return hold;
}

/** What a filter no longer finds can be more than is meant: a department that has another name is enough. */
async function holdLosses({ store, lease, taskId, safeguards, clock }: SettleParts): Promise<TaskHold | null> {
  const { maxMemberRemovals } = safeguards;
  const losses = await memberLosses(store, taskId, windowStart(safeguards, clock()));
  const refusals = [refuseMemberLosses(losses, maxMemberRemovals), refuseEmptied(losses, maxMemberRemovals)].filter(
    (refused) => refused !== null,
  );
  if (refusals.length === 0) return null;
  const held = new Set(refusals.flatMap(({ groups }) => groups.map(({ changeSeq }) => changeSeq)));
  return {
    reason: refusals.map(({ reason }) => reason).join("; "),
    removals: { users: 0, groups: 0, members: await store.holdMemberRemovals(lease, [...held]) },
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
