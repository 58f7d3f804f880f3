import type { ResourceType } from "../../scim/resource.ts";
import { type PendingResource, userGroups } from "../../store/store.ts";
import type { RemovalGuard } from "./guard-removals.ts";
import type { PushParts } from "./push-parts.ts";

// A group that is deleted at a target takes everybody who is in it out of it. Where the removal of one of those waits for a
// person, it waits too, and so does each group that it is in itself: to take somebody out of everything is no less than to
// deactivate him. What a person let through goes.

type Parts = Pick<PushParts, "store" | "row" | "scope" | "held" | "heldElsewhere">;

type Waiting = Pick<PushParts, "heldGroups" | "leftGroups">;

/** For whom a group waits: for somebody whose removal this push holds, or for somebody of another source. */
type ForWhom = "ours" | "theirs" | null;

/** Groups that are to be deleted at the target, and wait for who is in them. Bounded by what the safeguards let through. */
export async function groupsOfHeld(parts: Parts): Promise<Waiting> {
  const { store, scope, held } = parts;
  const waiting = new Map<string, { readonly group: PendingResource; readonly forWhom: ForWhom }>();
  const open = new Map<string, { readonly group: PendingResource; readonly subgroups: readonly string[] }>();
  // Where deletions of groups wait altogether there is nothing to find out.
  for (let after = ""; !held.has("Group"); ) {
    const page = await store.pendingDeletes(scope, "Group", { after, limit: 500, approved: false });
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
    for (const group of page) {
      // Only a user group has people of other sources.
      if (!held.has("User") && group.sourceId !== userGroups) continue;
      const { forWhom, subgroups } = await membersOf(parts, group.id);
      if (forWhom === null) open.set(group.id, { group, subgroups });
      else waiting.set(group.id, { group, forWhom });
    }
  }
  for (let found = true; found; ) {
    found = false;
    for (const [id, { group, subgroups }] of open) {
      const above = subgroups.flatMap((each) => waiting.get(each) ?? []);
      if (above.length === 0) continue;
      waiting.set(id, { group, forWhom: above.some(({ forWhom }) => forWhom === "ours") ? "ours" : "theirs" });
      open.delete(id);
      found = true;
    }
  }
  const all = [...waiting];
  return {
    heldGroups: new Map(all.flatMap(([id, { group, forWhom }]) => (forWhom === "ours" ? [[id, group] as const] : []))),
    leftGroups: new Set(all.flatMap(([id, { forWhom }]) => (forWhom === "theirs" ? [id] : []))),
  };
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
  parts: Parts,
  groupId: string,
): Promise<{ readonly forWhom: ForWhom; readonly subgroups: readonly string[] }> {
  const { store, row, scope, held } = parts;
  const subgroups: string[] = [];
  let forWhom: ForWhom = null;
  for (let after = ""; ; ) {
    const page = await store.givenMembers(row.id, groupId, { after, limit: 1000 });
    const last = page.at(-1);
    if (last === undefined) return { forWhom, subgroups };
    after = last.memberId;
    const of = (type: ResourceType): readonly string[] =>
      page.flatMap(({ memberId, memberType }) => (memberType === type ? [memberId] : []));
    const isOurs = held.has("User") && (await store.removalsAmong(scope, of("User"), { approved: false })).size > 0;
    if (isOurs) return { forWhom: "ours", subgroups };
    for (const type of ["User", "Group"] as const) {
      if ((await parts.heldElsewhere(type, of(type))).size > 0) forWhom = "theirs";
    }
    subgroups.push(...of("Group"));
  }
}
