import type { PendingResource, PushStore } from "../../store/store.ts";
import type { RemovalGuard } from "./guard-removals.ts";
import type { PushParts } from "./push-parts.ts";

// A group that is deleted at a target takes everybody who is in it out of it. Where the removal of one of those waits for a
// person, it waits too, and so does each group that it is in itself: to take somebody out of everything is no less than to
// deactivate him. What a person let through goes.

type Parts = Pick<PushParts, "store" | "row" | "scope" | "held">;

/** Groups that are to be deleted at the target, and wait for who is in them. Bounded by what the safeguards let through. */
export async function groupsOfHeld(parts: Parts): Promise<ReadonlyMap<string, PendingResource>> {
  const { store, scope, held } = parts;
  const waiting = new Map<string, PendingResource>();
  // Where deletions of groups wait altogether there is nothing to find out.
  if (!held.has("User") || held.has("Group")) return waiting;
  const open = new Map<string, { readonly group: PendingResource; readonly subgroups: readonly string[] }>();
  for (let after = ""; ; ) {
    const page = await store.pendingDeletes(scope, "Group", { after, limit: 500, approved: false });
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
    for (const group of page) {
      const { waits, subgroups } = await membersOf(parts, group.id);
      if (waits) waiting.set(group.id, group);
      else open.set(group.id, { group, subgroups });
    }
  }
  for (let found = true; found; ) {
    found = false;
    for (const [id, { group, subgroups }] of open) {
      if (!subgroups.some((each) => waiting.has(each))) continue;
      waiting.set(id, group);
      open.delete(id);
      found = true;
    }
  }
  return waiting;
}

/** Counts them with what the guard holds, and says why. */
export function withGroups(guard: RemovalGuard | null, groups: number): RemovalGuard | null {
  if (guard === null || groups === 0) return guard;
  const { reason, removals } = guard;
  return {
    ...guard,
    reason: `${reason}; ${groups} groups to be deleted wait with them, for they are in those`,
    removals: { ...removals, groups: removals.groups + groups },
  };
}

/** Whether somebody whose removal waits is in a group there, and which groups are. */
async function membersOf(
  { store, row, scope }: Parts & { readonly store: Pick<PushStore, "givenMembers" | "removalsAmong"> },
  groupId: string,
): Promise<{ readonly waits: boolean; readonly subgroups: readonly string[] }> {
  const subgroups: string[] = [];
  for (let after = ""; ; ) {
    const page = await store.givenMembers(row.id, groupId, { after, limit: 1000 });
    const last = page.at(-1);
    if (last === undefined) return { waits: false, subgroups };
    after = last.memberId;
    const people = page.flatMap(({ memberId, memberType }) => (memberType === "User" ? [memberId] : []));
    if ((await store.removalsAmong(scope, people, { approved: false })).size > 0) return { waits: true, subgroups };
    subgroups.push(...page.flatMap(({ memberId, memberType }) => (memberType === "Group" ? [memberId] : [])));
  }
}
