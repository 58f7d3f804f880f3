import { concurrently } from "../../lib/concurrently.ts";
import { refuseRemovals } from "../../plan/guard.ts";
import type { MemberDelta, PendingGroup } from "../../store/store.ts";
import { TargetError } from "../../target/target.ts";
import { failureText, type PushParts, retryDelayMs } from "./push-parts.ts";

/** How pushing memberships ended. */
export interface MembersResult {
  /** Something turned out to be lost at the target: another round makes it again. */
  readonly lost: boolean;
  /** Why removals from some group wait for a person; null when none do. */
  readonly held: string | null;
  readonly heldMembers: number;
}

/**
 * Brings memberships up to date: first everything that is added anywhere, then what is removed, so that somebody who
 * moves between groups is never in none. What a target holds is known from our ledger, never read back.
 */
export async function pushMembers(parts: PushParts): Promise<MembersResult> {
  const lacking = new Set<string>();
  const failed = new Set<string>();
  let lost = false;
  let held: string | null = null;
  let heldMembers = 0;

  const work = async (group: PendingGroup, op: "add" | "remove"): Promise<void> => {
    try {
      const result = await pushDelta(parts, group, op);
      if (result.lacks) lacking.add(group.id);
      if (result.lost) lost = true;
    } catch (error) {
      const text = failureText(error);
      failed.add(group.id);
      if (error instanceof TargetError && error.code === "missing") {
        lost = true;
        await parts.store.saveOutcomes(parts.lease, parts.taskId, parts.row.id, [lostGroup(group)]);
        return;
      }
      const nextTryAt = parts.clock() + retryDelayMs(1);
      await parts.store.failMembers(parts.lease, parts.row.id, group.id, { error: text, nextTryAt });
    }
  };

  await eachGroup(parts, (group) => work(group, "add"));
  await eachGroup(parts, async (group) => {
    if (failed.has(group.id)) return;
    const reason = parts.mayRemove ? await refuseLoss(parts, group) : "removals at this target wait for approval";
    if (reason !== null) {
      const waiting = await holdRemovals(parts, group);
      if (waiting > 0) {
        held ??= reason;
        heldMembers += waiting;
        return;
      }
    } else {
      await work(group, "remove");
    }
    if (failed.has(group.id)) return;
    const { membersVersion } = group;
    await parts.store.finishMembers(parts.lease, parts.row.id, group.id, {
      membersVersion,
      lacksMembers: lacking.has(group.id),
    });
  });
  return { lost, held, heldMembers };
}

async function eachGroup(parts: PushParts, work: (group: PendingGroup) => Promise<void>): Promise<void> {
  for (let after = ""; ; ) {
    const page = await parts.store.pendingGroups(parts.scope, { after, limit: 200 });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    await concurrently(page, parts.row.settings.limits.concurrency, work);
    parts.onProgress(page.length);
  }
}

/** One group's missing or surplus members, batch after batch. */
async function pushDelta(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
): Promise<{ readonly lacks: boolean; readonly lost: boolean }> {
  const { store, row, capabilities } = parts;
  const limit = capabilities.membersPerRequest > 0 ? capabilities.membersPerRequest : 1000;
  let lacks = false;
  let lost = false;
  for (let after = ""; ; ) {
    const delta = await store.memberDelta(row.id, group.id, op, { after, limit });
    const last = delta.at(-1);
    if (last === undefined) return { lacks, lost };
    after = last.memberId;
    const known = delta.filter((one) => one.remoteId !== null);
    const unknown = delta.filter((one) => one.remoteId === null);
    if (op === "add" && unknown.length > 0) lacks = true;
    // Whoever is not at the target any more is in none of its groups: only the ledger has to hear of it.
    if (op === "remove" && unknown.length > 0) await save(parts, group, op, unknown);
    if (known.length > 0 && (await sendBatch(parts, group, op, known))) lost = true;
  }
}

/** Sends one batch; a batch that is refused is halved until the member that is to blame stands alone. */
async function sendBatch(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
): Promise<boolean> {
  const { language, capabilities, target, attempts, signal } = parts;
  const named = members.map((one) => ({ value: one.remoteId ?? "", type: one.memberType }));
  try {
    for (const operations of language.memberRequests(op, named, capabilities)) {
      await attempts.run(() => target.modify("Group", group.remoteId, operations, signal));
    }
    await save(parts, group, op, members);
    return false;
  } catch (error) {
    if (!(error instanceof TargetError) || (error.code !== "refused" && error.code !== "missing")) throw error;
    const [only, ...others] = members;
    if (only !== undefined && others.length === 0) return blame(parts, group, op, only, error);
    const half = Math.ceil(members.length / 2);
    const first = await sendBatch(parts, group, op, members.slice(0, half));
    const second = await sendBatch(parts, group, op, members.slice(half));
    return first || second;
  }
}

/** One member is refused: is he gone from the target, is the group, or is it something else? */
async function blame(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  one: MemberDelta,
  error: TargetError,
): Promise<boolean> {
  const { store, lease, taskId, row, target, attempts, signal } = parts;
  const isThere = await attempts.run(() => target.read("Group", group.remoteId, signal));
  if (isThere === null)
    throw new TargetError("missing", "the target does not have this group any more", { status: 404 });
  const member = await attempts.run(() => target.read(one.memberType, one.remoteId ?? "", signal));
  if (member !== null) {
    if (op === "add") throw error;
    await store.saveMembers(lease, taskId, row.id, group, op, [one], { status: "failed", error: error.message });
    throw error;
  }
  await store.saveOutcomes(lease, taskId, row.id, [
    {
      resourceId: one.memberId,
      resourceType: one.memberType,
      externalId: null,
      displayName: null,
      record: null,
      link: { state: "unlinked", again: true },
    },
  ]);
  return true;
}

function save(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
): Promise<void> {
  const { store, lease, taskId, row } = parts;
  return store.saveMembers(lease, taskId, row.id, group, op, members, { status: "applied", error: null });
}

/** Why members of this group must wait; who left the company does not count, that was guarded already. */
async function refuseLoss({ store, row }: PushParts, group: PendingGroup): Promise<string | null> {
  const { removed, total } = await store.memberLoss(row.id, group.id);
  const limit = row.settings.safeguards.maxMemberRemovals;
  return refuseRemovals(
    `members of group ${group.externalId ?? group.id}`,
    { planned: removed, recent: 0, total },
    limit,
  );
}

/** Records the removals that wait; how many they are. */
async function holdRemovals(parts: PushParts, group: PendingGroup): Promise<number> {
  const { store, lease, taskId, row } = parts;
  let waiting = 0;
  for (let after = ""; ; ) {
    const delta = await store.memberDelta(row.id, group.id, "remove", { after, limit: 1000 });
    const last = delta.at(-1);
    if (last === undefined) return waiting;
    after = last.memberId;
    waiting += delta.length;
    await store.saveMembers(lease, taskId, row.id, group, "remove", delta, { status: "held", error: null });
  }
}

function lostGroup(group: PendingGroup) {
  return {
    resourceId: group.id,
    resourceType: "Group",
    externalId: group.externalId,
    displayName: group.displayName,
    record: null,
    link: { state: "unlinked", again: true },
  } as const;
}
