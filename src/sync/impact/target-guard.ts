import { refuseRemovals } from "../../plan/guard.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { DirectoryStore, PushScope, PushStore, RemovalCounts, TargetRow } from "../../store/store.ts";
import type { GroupLoss } from "./member-losses.ts";

/** What the guard of a target asks of the store. */
export type TargetGuardStore = Pick<
  PushStore,
  "heldAmong" | "countPendingRemovals" | "recentRemovals" | "recentMemberLosses" | "memberLoss"
> &
  Pick<DirectoryStore, "readCurrent">;

/** A resource that a target is to hold, and for people: as active, before and after. */
export interface Wanted {
  readonly id: string;
  readonly type: ResourceType;
  readonly before: boolean;
  readonly after: boolean;
}

/** Counts what would be removed at one target, and asks its safeguards about it. */
export interface TargetGuard {
  note(resources: readonly Wanted[]): Promise<void>;
  removals(): RemovalCounts;
  /** Why the next push would hold removals; null when they would go ahead. */
  held(losses: readonly GroupLoss[]): Promise<string | null>;
}

export interface TargetGuardParts {
  readonly store: TargetGuardStore;
  readonly row: TargetRow;
  readonly scope: PushScope;
  readonly clock: () => number;
}

const counters = { User: "users", Group: "groups" } as const;

/** Judges as push-target.ts and push-members.ts do. Reads only. */
export function makeTargetGuard(parts: TargetGuardParts): TargetGuard {
  const { store, row, scope, clock } = parts;
  const removed = { users: 0, groups: 0 };
  /** Removals that are pending there, and would not be any more. */
  const takenBack = { users: 0, groups: 0 };
  return {
    async note(resources) {
      const other = resources.filter(({ before, after }) => before !== after);
      const held = await store.heldAmong(
        row.id,
        other.map(({ id }) => id),
      );
      for (const { id, type, before } of other) {
        if (held.has(id)) (before ? removed : takenBack)[counters[type]] += 1;
      }
    },
    removals: () => removed,
    async held(losses) {
      const reasons = [...(await refusedRemovals()), await refusedLoss(parts, losses)];
      return reasons.filter((reason) => reason !== null).join("; ") || null;
    },
  };

  async function refusedRemovals(): Promise<readonly (string | null)[]> {
    if (removed.users + removed.groups === 0) return [];
    const { maxRemovals, windowHours } = row.settings.safeguards;
    const { pending, total } = await store.countPendingRemovals(scope);
    const recent = await store.recentRemovals(`target:${row.id}`, clock() - windowHours * 3_600_000);
    return (["users", "groups"] as const).map((what) => {
      if (removed[what] === 0) return null;
      const planned = removed[what] + Math.max(0, pending[what] - takenBack[what]);
      return refuseRemovals(
        `${what} at this target`,
        { planned, recent: recent[what], total: total[what] },
        maxRemovals,
      );
    });
  }
}

/** Of the first group that would lose too many there: a push says no more. */
async function refusedLoss(
  { store, row, scope, clock }: TargetGuardParts,
  losses: readonly GroupLoss[],
): Promise<string | null> {
  if (!scope.types.includes("Group")) return null;
  const { maxMemberRemovals, windowHours } = row.settings.safeguards;
  const groupIds = losses.map(({ groupId }) => groupId);
  const left = await store.recentMemberLosses(row.id, groupIds, clock() - windowHours * 3_600_000);
  for (const { groupId, removed } of losses) {
    const recent = left.get(groupId) ?? 0;
    if (removed + recent <= maxMemberRemovals.floor) continue;
    const there = await store.memberLoss(row.id, groupId);
    const planned = Math.min(there.total, removed + there.removed);
    const name = async (): Promise<string> => (await store.readCurrent([groupId]))[0]?.externalId ?? groupId;
    const numbers = { planned, recent, total: there.total };
    if (refuseRemovals("members", numbers, maxMemberRemovals) !== null) {
      return refuseRemovals(`members of group ${await name()}`, numbers, maxMemberRemovals);
    }
  }
  return null;
}
