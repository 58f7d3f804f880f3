import { type RemovalNumbers, refuseIdentityChanges, refuseMemberLosses, refuseRemovals } from "../../plan/guard.ts";
import type { DirectoryStore, RemovalCounts, SourceRow } from "../../store/store.ts";
import type { GroupLoss } from "./member-losses.ts";
import type { Tally } from "./tally.ts";

export interface HeldParts {
  readonly store: Pick<DirectoryStore, "countOfSource" | "recentRemovals" | "recentMemberLosses">;
  readonly row: SourceRow;
  readonly clock: () => number;
}

/** What the safeguards of a source would say of such a plan, as guard-directory.ts does; null when it may go ahead. */
export async function wouldBeHeld(
  { store, row, clock }: HeldParts,
  { counts, identities }: Pick<Tally, "counts" | "identities">,
  losses: readonly GroupLoss[],
): Promise<string | null> {
  const { maxRemovals, maxMemberRemovals, windowHours } = row.settings.safeguards;
  const since = clock() - windowHours * 3_600_000;
  const total = await store.countOfSource(row.id);
  const left = await store.recentMemberLosses(
    null,
    losses.map(({ groupId }) => groupId),
    since,
  );
  const withRecent = losses.map((loss) => ({ ...loss, recent: left.get(loss.groupId) ?? 0 }));
  const removals = { users: counts.User.deactivated, groups: counts.Group.deleted };
  const judge = (refuse: typeof refuseRemovals, planned: RemovalCounts, recent: RemovalCounts) =>
    (["users", "groups"] as const).flatMap((what) => {
      const numbers: RemovalNumbers = { planned: planned[what], recent: recent[what], total: total[what] };
      return refuse(what, numbers, maxRemovals) ?? [];
    });
  const reasons = [
    ...judge(refuseRemovals, removals, await store.recentRemovals(`source:${row.id}`, since)),
    ...judge(refuseIdentityChanges, identities, await store.recentRemovals(`source:${row.id}:identity`, since)),
    ...[refuseMemberLosses(withRecent, maxMemberRemovals)?.reason ?? []].flat(),
  ];
  return reasons.length === 0 ? null : reasons.join("; ");
}
