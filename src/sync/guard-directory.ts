import { refuseRemovals } from "../plan/guard.ts";
import type { DirectoryStore, Lease, Safeguards, TaskHold } from "../store/store.ts";

export interface GuardParts {
  readonly store: DirectoryStore;
  readonly lease: Lease;
  readonly taskId: string;
  readonly sourceId: string;
  readonly safeguards: Safeguards;
  readonly clock: () => number;
}

/** How long a held removal waits for a person, in milliseconds: a week. */
export const holdDurationMs = 7 * 86_400_000;

/**
 * Looks at the whole plan before its first write. Removals beyond the safeguards are set aside; joiners and updates go
 * ahead. Null when nothing has to wait.
 */
export async function guardDirectory({
  store,
  lease,
  taskId,
  sourceId,
  safeguards,
  clock,
}: GuardParts): Promise<TaskHold | null> {
  const now = clock();
  const planned = await store.plannedRemovals(taskId);
  const recent = await store.recentRemovals(`source:${sourceId}`, now - safeguards.windowHours * 3_600_000);
  const total = await store.countOfSource(sourceId);
  const reasons: string[] = [];
  const types: ("User" | "Group")[] = [];
  for (const [what, type] of [
    ["users", "User"],
    ["groups", "Group"],
  ] as const) {
    const numbers = { planned: planned[what], recent: recent[what], total: total[what] };
    const reason = refuseRemovals(what, numbers, safeguards.maxRemovals);
    if (reason === null) continue;
    reasons.push(reason);
    types.push(type);
  }
  if (types.length > 0) await store.holdRemovals(lease, taskId, types);

  const losses = await store.plannedMemberLosses(taskId, safeguards.maxMemberRemovals.floor);
  const tooMany = losses.filter(
    ({ removed, total: members }) =>
      refuseRemovals("members", { planned: removed, recent: 0, total: members }, safeguards.maxMemberRemovals) !== null,
  );
  const members =
    tooMany.length === 0
      ? 0
      : await store.holdMemberRemovals(
          lease,
          tooMany.map(({ changeSeq }) => changeSeq),
        );
  if (tooMany.length > 0) {
    reasons.push(
      `${tooMany.length} groups would lose more members than allowed without approval (${safeguards.maxMemberRemovals.floor}, above that ${safeguards.maxMemberRemovals.percent} %)`,
    );
  }
  if (reasons.length === 0) return null;
  return {
    reason: reasons.join("; "),
    removals: {
      users: types.includes("User") ? planned.users : 0,
      groups: types.includes("Group") ? planned.groups : 0,
      members,
    },
    expiresAt: now + holdDurationMs,
  };
}
