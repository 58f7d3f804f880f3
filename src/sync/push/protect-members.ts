import type { JsonObject } from "../../lib/json.ts";
import { type Protection, protectedReason } from "../../plan/protection.ts";
import type { Judged, MemberDelta, PendingGroup } from "../../store/store.ts";
import type { RemoteResource } from "../../target/target.ts";
import { deltaOf } from "./member-delta.ts";
import { isKnownProtected, showsProtected } from "./protect.ts";
import type { PushParts } from "./push-parts.ts";

// Groups that a target's safeguards protect: nobody is put into them, and nobody taken out, for what a group is protected
// for are mostly the rights that it gives. What is kept from one is a record, and the version of its members on the link: it
// is not pending any more, until the directory or the filter is another.

/**
 * Keeps the members that a protected group has at the target. One that the bridge makes is given its members: they belong to
 * its making.
 *
 * @returns whether it is protected, and nothing may be sent
 * @throws {TargetError} when it could not be read to see that
 */
export async function withholdMembers(parts: PushParts, group: PendingGroup): Promise<boolean> {
  const by = await protectorOf(parts, group);
  if (by === null) return false;
  const { store, lease, taskId, row, scope } = parts;
  let isKept = false;
  for (const op of ["add", "remove"] as const) {
    for await (const page of deltaOf(parts, group, op)) {
      const members = page.filter((one) => wouldBeSent(parts, op, one));
      if (members.length === 0) continue;
      isKept = true;
      await store.saveMembers(lease, taskId, row.id, group, op, members, {
        ...{ status: "skipped", error: protectedReason(by) },
      });
    }
  }
  // Of a push of one person the others are still to be said.
  if (scope.only !== undefined) return true;
  const { membersVersion } = group;
  if (isKept) await store.withholdMembers(lease, row.id, group.id, { by, membersVersion });
  else {
    const usersOnly = !parts.capabilities.nestedGroups;
    await store.finishMembers(lease, row.id, group.id, { membersVersion, lacksMembers: false, usersOnly });
  }
  return true;
}

/** The filter that protects a group, by what we know of it and, before it is changed, by what the target shows of it. */
async function protectorOf(parts: PushParts, group: PendingGroup): Promise<string | null> {
  const { store, row, protection, unprotected } = parts;
  const by = protection.by.Group;
  // One that goes, but for the protected people in it, is not protected itself: that was judged when it was to go.
  if (by === null || group.isBeingMade === true || group.isLeaving === true) return null;
  const key = `members ${group.id}`;
  if (unprotected.has(key, group.membersVersion)) return null;
  const judged = (await store.judged(row.id, [group.id])).get(group.id);
  if (judged !== undefined && isKnownProtected(parts, judged) !== null) return by;
  if (await showsProtected(parts, { type: "Group", remoteId: group.remoteId })) return by;
  unprotected.add(key, group.membersVersion);
  return null;
}

/** Whether a group that was read is protected, by that or by what we know of it. */
export function isProtectedGroup(protection: Protection, known: Judged, shown: RemoteResource): boolean {
  const by = protection.by.Group;
  if (by === null) return false;
  const documents: readonly JsonObject[] = [shown.document];
  return (
    known.protectedBy === by || isKnownProtected({ protection }, known) !== null || protection.fits("Group", documents)
  );
}

function wouldBeSent(
  { capabilities }: PushParts,
  op: "add" | "remove",
  { memberType, remoteId }: MemberDelta,
): boolean {
  if (op === "remove") return remoteId !== null;
  return memberType === "User" || capabilities.nestedGroups;
}
