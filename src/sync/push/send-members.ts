import { isJsonObject, member } from "../../lib/json.ts";
import type { MemberDelta, PendingGroup } from "../../store/store.ts";
import { type RemoteResource, TargetError } from "../../target/target.ts";
import type { PushParts } from "./push-parts.ts";

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
  const { language, capabilities, target, attempts, signal, store, lease, taskId, row } = parts;
  const named = members.map((one) => ({ value: one.remoteId ?? "", type: one.memberType }));
  try {
    for (const operations of language.memberRequests(op, named, capabilities)) {
      await attempts.run(() => target.modify("Group", group.remoteId, operations, signal));
    }
    await store.saveMembers(lease, taskId, row.id, group, op, members, { status: "applied", error: null });
    return { lost: false, refused: null };
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    if (!isAboutContents(error)) {
      await store.saveMembers(lease, taskId, row.id, group, op, members, { status: "failed", error: error.message });
      throw error;
    }
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
  const isIn = holds(await readGroup(parts, group), remoteId);
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

async function readGroup({ target, attempts, signal }: PushParts, group: PendingGroup): Promise<RemoteResource> {
  const found = await attempts.run(() => target.read("Group", group.remoteId, signal));
  if (found !== null) return found;
  throw new TargetError("missing", "the target does not have this group any more", { status: 404 });
}

/** Whether a group as it was read has this member; null where it does not show its members. */
function holds({ document }: RemoteResource, remoteId: string): boolean | null {
  const members = member(document, "members");
  if (!Array.isArray(members)) return null;
  return members.some((one) => isJsonObject(one) && member(one, "value") === remoteId);
}
