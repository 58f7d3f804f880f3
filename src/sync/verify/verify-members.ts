import { concurrently } from "../../lib/concurrently.ts";
import { isJsonObject, member } from "../../lib/json.ts";
import type { LedgerMember, LinkedResource, PendingGroup } from "../../store/store.ts";
import type { RemoteResource } from "../../target/target.ts";
import { isProtectedGroup } from "../push/protect-members.ts";
import type { VerifyParts } from "./verify-parts.ts";

/** Members that are compared between two questions to the store. */
const chunkSize = 1000;

/** Groups that are looked at to learn whether the target shows members at all. */
const probes = 10;

/**
 * Compares the members of each group with the ledger of what it was given, one group at a time: of the largest one all
 * members are in memory, as their ids.
 *
 * What is only pending is no drift: somebody who is to come and is not there yet, somebody who is to go and still is.
 * Memberships of accounts that are nobody's here are counted and left alone.
 *
 * @returns how many of those there are; null when the target does not show members, so that nothing can be said
 */
export async function verifyMembers(parts: VerifyParts): Promise<{ readonly unmanaged: number } | null> {
  if (!(await showsMembers(parts))) return null;
  const { store, scope } = parts;
  let strangers = 0;
  for (let after = ""; ; ) {
    const page = await store.groupsSeen(scope, { after, limit: 200 });
    const last = page.at(-1);
    if (last === undefined) return { unmanaged: strangers };
    after = last.id;
    await concurrently(page, parts.target.concurrency, async (group) => {
      const remote = await readGroup(parts, group);
      if (remote === null) return;
      // A protected group has the members that it has: no push would put any right.
      if (isProtectedGroup(parts.protection, group, remote)) return;
      // Not in one expression: others add to it while this one waits.
      const found = await compareMembers(parts, group, memberIds(remote) ?? new Set());
      strangers += found;
    });
    parts.onProgress(page.length);
  }
}

/** One group of those that have members by our ledger has to show some: an empty one may leave the attribute out. */
async function showsMembers(parts: VerifyParts): Promise<boolean> {
  const groups = await parts.store.groupsSeen(parts.scope, { after: "", limit: probes, onlyWithMembers: true });
  for (const group of groups) {
    const remote = await readGroup(parts, group);
    if (remote !== null && memberIds(remote) !== null) return true;
  }
  return groups.length === 0;
}

function readGroup({ target, attempts, signal }: VerifyParts, group: LinkedResource): Promise<RemoteResource | null> {
  return attempts.run(() => target.read("Group", group.remoteId, signal));
}

/** The ids of a group's members; null where it has no such attribute. */
function memberIds({ document }: RemoteResource): Set<string> | null {
  const members = member(document, "members");
  if (!Array.isArray(members)) return null;
  return new Set(
    members.flatMap((one): string[] => {
      const value = isJsonObject(one) ? member(one, "value") : undefined;
      return typeof value === "string" ? [value] : [];
    }),
  );
}

/** @param left ids of members at the target; emptied */
async function compareMembers(parts: VerifyParts, group: LinkedResource, left: Set<string>): Promise<number> {
  const { store, row } = parts;
  for (let after = ""; ; ) {
    const page = await store.ledgerMembers(row.id, group.id, { after, limit: chunkSize });
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.memberId;
    const gone = page.filter(({ remoteId }) => !left.delete(remoteId));
    await note(parts, group, { drifted: gone.filter(({ isMember }) => isMember), op: "add", gone, there: [] });
  }
  let strangers = 0;
  const ids = [...left];
  for (let start = 0; start < ids.length; start += chunkSize) {
    const chunk = ids.slice(start, start + chunkSize);
    const ours = await store.membersByRemoteId(row.id, group.id, chunk);
    strangers += chunk.length - ours.length;
    // Where something was sent, and nobody knows what came of it, the next push looks.
    const sure = ours.filter(({ isUnsure }) => !isUnsure);
    await note(parts, group, {
      drifted: sure.filter(({ isMember }) => !isMember),
      op: "remove",
      gone: [],
      there: sure,
    });
  }
  return strangers;
}

interface MemberFindings {
  /** What a push has to add again, or to take out. */
  readonly drifted: readonly LedgerMember[];
  readonly op: "add" | "remove";
  /** What the ledger has and the target has not, and the other way round. */
  readonly gone: readonly LedgerMember[];
  readonly there: readonly LedgerMember[];
}

async function note(
  { store, lease, taskId, row, repair }: VerifyParts,
  group: LinkedResource,
  { drifted, op, gone, there }: MemberFindings,
): Promise<void> {
  if (drifted.length > 0) {
    const members = drifted.map((one) => ({ ...one, gone: false, approved: false }));
    await store.saveMembers(lease, taskId, row.id, pendingGroup(group), op, members, {
      status: "drifted",
      error: null,
    });
  }
  if (!repair || gone.length + there.length === 0) return;
  const idsOf = (members: readonly LedgerMember[]): string[] => members.map(({ memberId }) => memberId);
  await store.correctMembers(lease, row.id, group.id, { gone: idsOf(gone), there: idsOf(there) });
}

function pendingGroup({ id, remoteId, externalId, displayName }: LinkedResource): PendingGroup {
  return { id, remoteId, externalId, displayName, membersVersion: 0 };
}
