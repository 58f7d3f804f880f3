import { isJsonObject, member } from "../../lib/json.ts";
import type { MemberDelta, PendingGroup } from "../../store/store.ts";
import { type RemoteResource, TargetError } from "../../target/target.ts";
import type { PushParts } from "./push-parts.ts";
import { sendPatch } from "./send-patch.ts";
import { noteLostMembers, readGroup, sendAllMembers, sendsAllMembers } from "./whole-group.ts";

/** What came of sending some members of one group. */
export interface Sent {
  /** A member turned out to be lost at the target: another round makes it again. */
  readonly lost: boolean;
  /** Why the target did not take one of them; the others went ahead. */
  readonly refused: string | null;
}

/**
 * Sends one batch. A batch that is refused is halved until the member that is to blame stands alone, so that he keeps
 * nobody else out of the group, or in it.
 *
 * @throws {TargetError} `missing` when the target does not have the group any more, and what concerns the whole target
 */
export async function sendMembers(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
): Promise<Sent> {
  const { store, lease, taskId, row } = parts;
  const sendsAll = sendsAllMembers(parts, op);
  try {
    await (sendsAll ? sendAllMembers : sendSomeMembers)(parts, group, op, members);
    await store.saveMembers(lease, taskId, row.id, group, op, members, { status: "applied", error: null });
    return { lost: false, refused: null };
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    if (!isAboutContents(error)) {
      await store.saveMembers(lease, taskId, row.id, group, op, members, { status: "failed", error: error.message });
      throw error;
    }
    // Refused by the profile, before anything was sent: there is nobody to look for.
    if (error.status === null) return refuseAll(parts, group, op, members, error);
    if (sendsAll && (await noteLostMembers(parts, group))) return { lost: true, refused: null };
    // Of a list of all who stay, nobody can be told whom it is refused for; and half of what is new makes it no shorter.
    if (sendsAll && (op === "remove" || error.status === 413)) return refuseAll(parts, group, op, members, error);
    const [only, ...others] = members;
    if (only !== undefined && others.length === 0) return blame(parts, group, op, only, error);
    // A group that is gone refuses everybody: there is no one to look for.
    if (error.code === "missing") await readGroup(parts, group);
    const half = Math.ceil(members.length / 2);
    const first = await sendMembers(parts, group, op, members.slice(0, half));
    const second = await sendMembers(parts, group, op, members.slice(half));
    return { lost: first.lost || second.lost, refused: first.refused ?? second.refused };
  }
}

async function sendSomeMembers(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
): Promise<void> {
  const named = members.map((one) => ({ value: one.remoteId ?? "", type: one.memberType }));
  for (const operations of parts.language.memberRequests(op, named, parts.capabilities)) {
    await sendPatch(parts, "Group", group.remoteId, operations);
  }
}

async function refuseAll(
  { store, lease, taskId, row }: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
  error: TargetError,
): Promise<Sent> {
  await store.saveMembers(lease, taskId, row.id, group, op, members, { status: "failed", error: error.message });
  return { lost: false, refused: error.message };
}

function isAboutContents({ code }: TargetError): boolean {
  return code === "refused" || code === "missing" || code === "conflict";
}

/** One member is refused: is he gone from the target, is he where he should be already, or is it something else? */
async function blame(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  one: MemberDelta,
  error: TargetError,
): Promise<Sent> {
  const { store, lease, taskId, row, target, attempts, signal } = parts;
  const remoteId = one.remoteId ?? "";
  const isIn = holds(parts, await readGroup(parts, group), remoteId);
  const isThere = (await attempts.run(() => target.read(one.memberType, remoteId, signal))) !== null;
  if (!isThere) {
    const { memberId: resourceId, memberType: resourceType } = one;
    const link = { state: "unlinked", again: !one.gone } as const;
    await store.saveOutcomes(lease, taskId, row.id, [
      { resourceId, resourceType, externalId: null, displayName: null, record: null, link },
    ]);
    return { lost: link.again, refused: null };
  }
  const isDone = isIn === (op === "add");
  const outcome = isDone
    ? ({ status: "applied", error: null } as const)
    : ({ status: "failed", error: error.message } as const);
  await store.saveMembers(lease, taskId, row.id, group, op, [one], outcome);
  return { lost: false, refused: outcome.error };
}

/** Whether a group as it was read has this member; null where it does not show its members. */
function holds({ capabilities }: PushParts, { document }: RemoteResource, remoteId: string): boolean | null {
  if (!capabilities.membersRead) return null;
  const members = member(document, "members");
  if (!Array.isArray(members)) return null;
  return members.some((one) => isJsonObject(one) && member(one, "value") === remoteId);
}
