import { concurrently } from "../../lib/concurrently.ts";
import { refuseRemovals } from "../../plan/guard.ts";
import { protectsSome } from "../../plan/protection.ts";
import type { MemberDelta, PendingGroup } from "../../store/store.ts";
import { TargetError } from "../../target/target.ts";
import { ofEverybody } from "./guard-removals.ts";
import { deltaOf } from "./member-delta.ts";
import { keepMembers, protectedMembers } from "./protect.ts";
import { withholdMembers } from "./protect-members.ts";
import { failureText, type PushParts, retryDelayMs } from "./push-parts.ts";
import { sendMembers } from "./send-members.ts";
import { type ChangeKind, KindRefusedError } from "./watch-changes.ts";

/** How pushing memberships ended. */
export interface MembersResult {
  /** Something turned out to be lost at the target: another round makes it again. */
  readonly lost: boolean;
  /** Why removals from some group wait for a person; null when none do. */
  readonly held: string | null;
  readonly heldMembers: number;
}

/** What is remembered of the groups between the two passes. */
interface Round {
  /** Groups that were given who they lacked, where the target took it. */
  readonly added: Set<string>;
  /** Groups of which some members are not at the target yet. */
  readonly lacking: Set<string>;
  /** Groups of which the target refused a member, and why. */
  readonly refused: Map<string, string>;
  /** Groups at which nothing more is tried in this round. */
  readonly givenUp: Set<string>;
  lost: boolean;
  held: string | null;
  heldMembers: number;
}

/**
 * Brings memberships up to date: first everything that is added anywhere, then what is removed, so that somebody who
 * moves between groups is never in none. What a target holds is known from our ledger, never read back.
 */
export async function pushMembers(parts: PushParts): Promise<MembersResult> {
  const round: Round = {
    added: new Set(),
    lacking: new Set(),
    refused: new Map(),
    givenUp: new Set(),
    lost: false,
    held: null,
    heldMembers: 0,
  };
  await eachGroup(parts, "add members", round, (group, ofKind) => add(ofKind, round, group));
  await eachGroup(parts, "remove members", round, async (group, ofKind) => {
    const waits = await remove(ofKind, round, group);
    const { store, lease, row, clock } = parts;
    const error = round.refused.get(group.id);
    if (error !== undefined) {
      await store.failMembers(lease, row.id, group.id, { error, nextTryAt: clock() + retryDelayMs(1) });
    } else if (!waits && parts.scope.only === undefined && round.added.has(group.id)) {
      await store.finishMembers(lease, row.id, group.id, {
        membersVersion: group.membersVersion,
        lacksMembers: round.lacking.has(group.id),
        usersOnly: !parts.capabilities.nestedGroups,
      });
    }
  });
  const { lost, held, heldMembers } = round;
  return { lost, held, heldMembers };
}

/** Works on each group that is behind. One that fails keeps the others from nothing, unless the target refuses each. */
async function eachGroup(
  parts: PushParts,
  kind: ChangeKind,
  round: Round,
  work: (group: PendingGroup, parts: PushParts) => Promise<void>,
): Promise<void> {
  const { store, lease, taskId, row, target, clock, watched } = parts;
  const ofKind = { ...parts, target: watched.of(kind) };
  const attempt = async (group: PendingGroup): Promise<void> => {
    if (round.givenUp.has(group.id)) return;
    try {
      if (!(await withholdMembers(parts, group))) await work(group, ofKind);
    } catch (error) {
      const text = failureText(error);
      round.givenUp.add(group.id);
      if (error instanceof TargetError && error.code === "missing") {
        round.lost = true;
        await store.saveOutcomes(lease, taskId, row.id, [lostGroup(group)]);
      } else {
        await store.failMembers(lease, row.id, group.id, { error: text, nextTryAt: clock() + retryDelayMs(1) });
      }
    }
  };
  // What fails in one turn is in the next one too.
  const seen = new Set<string>();
  try {
    for (const turn of parts.turns) {
      for (let after = ""; !watched.isOver(kind); ) {
        const page = await store.pendingGroups(parts.scope, { after, limit: 200, ...turn });
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.id;
        const fresh = page.filter(({ id }) => !seen.has(id));
        for (const { id } of fresh) seen.add(id);
        await concurrently(fresh, target.concurrency, attempt);
        parts.onProgress(fresh.length);
      }
    }
  } catch (error) {
    if (!(error instanceof KindRefusedError)) throw error;
  }
}

async function add(parts: PushParts, round: Round, group: PendingGroup): Promise<void> {
  const { nestedGroups } = parts.capabilities;
  for await (const page of deltaOf(parts, group, "add")) {
    const wanted = page.filter((one) => one.memberType === "User" || nestedGroups);
    const known = wanted.filter((one) => one.remoteId !== null);
    if (known.length < wanted.length) round.lacking.add(group.id);
    await send(parts, round, group, "add", known);
  }
  round.added.add(group.id);
}

/** Takes out who is in the group no more; whether somebody has to wait for a person. */
async function remove(parts: PushParts, round: Round, group: PendingGroup): Promise<boolean> {
  const { store, lease, taskId, row } = parts;
  const kept = await keepProtected(parts, group);
  // Of a group that goes but for the protected people in it everybody else leaves: that was guarded as its deletion.
  const reason = group.isLeaving ? null : await refuseLoss(parts, group, kept.losses);
  let waits = false;
  for await (const found of deltaOf(parts, group, "remove")) {
    const unprotected = found.filter(({ memberId }) => !kept.ids.has(memberId));
    const others = await leftToOthers(parts, unprotected);
    if (others.size > 0) waits = true;
    const page = unprotected.filter(({ memberId }) => !others.has(memberId));
    const leaving = await heldAmong(parts, page);
    const whyNot = (one: MemberDelta): string | null => {
      if (one.approved) return null;
      if (leaving.has(one.memberId)) return theyAreHeld;
      return one.gone || reason === null ? null : tooMany;
    };
    const going = page.filter((one) => whyNot(one) === null);
    // Whoever is not at the target any more is in none of its groups: only the ledger has to hear of it.
    const unknown = going.filter((one) => one.remoteId === null);
    if (unknown.length > 0) {
      await store.saveMembers(lease, taskId, row.id, group, "remove", unknown, { status: "applied", error: null });
    }
    await send(
      parts,
      round,
      group,
      "remove",
      going.filter((one) => one.remoteId !== null),
    );
    if (going.length < page.length) waits = true;
    for (const because of [theyAreHeld, tooMany]) {
      const waiting = page.filter((one) => whyNot(one) === because);
      if (waiting.length === 0) continue;
      if (because === tooMany) {
        round.held ??= reason;
        round.heldMembers += waiting.length;
      }
      await store.saveMembers(lease, taskId, row.id, group, "remove", waiting, {
        status: "held",
        error: null,
        because,
      });
    }
  }
  return waits;
}

const tooMany = "more members would leave this group than its safeguard allows";
const theyAreHeld =
  "these members are to be removed themselves, and more removals are planned at this target than its safeguards allow";

/** Of the members that are to leave a group those who are to go altogether, which waits: their memberships go with it. */
async function heldAmong(
  { store, held, scope }: PushParts,
  members: readonly MemberDelta[],
): Promise<ReadonlySet<string>> {
  const gone = members.filter((one) => one.gone && held.has(one.memberType)).map(({ memberId }) => memberId);
  const others = members.filter((one) => !one.gone && one.memberType === "User").map(({ memberId }) => memberId);
  return new Set([...gone, ...(held.has("User") ? await store.removalsAmong(scope, others) : [])]);
}

/**
 * Whose going is for another push to judge, and who stays until then: members of a source that this push is not about, where
 * that waits for a person; and of a push of a few the members whom it is not about and who are to go altogether.
 */
async function leftToOthers(parts: PushParts, members: readonly MemberDelta[]): Promise<ReadonlySet<string>> {
  const open = members.filter(({ approved }) => !approved);
  const left = new Set(await ofThoseLeftOut(parts, open));
  for (const type of ["User", "Group"] as const) {
    const some = open.flatMap(({ memberId, memberType }) => (memberType === type ? [memberId] : []));
    for (const id of await parts.heldElsewhere(type, some)) left.add(id);
  }
  return left;
}

async function ofThoseLeftOut(
  { store, scope }: PushParts,
  members: readonly MemberDelta[],
): Promise<ReadonlySet<string>> {
  if (scope.among === undefined) return new Set();
  const about = new Set(scope.among);
  const others = members.filter(({ memberId }) => !about.has(memberId));
  const people = others.flatMap(({ memberId, memberType }) => (memberType === "User" ? [memberId] : []));
  const gone = others.flatMap(({ memberId, gone }) => (gone ? [memberId] : []));
  return new Set([...gone, ...(await store.removalsAmong(ofEverybody(scope), people))]);
}

async function send(
  parts: PushParts,
  round: Round,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
): Promise<void> {
  if (members.length === 0) return;
  const { store, lease, row } = parts;
  // Before the request: what a crash leaves in doubt is sent again, or taken back, by whoever goes on.
  await store.intendMembers(
    lease,
    row.id,
    group.id,
    members.map((one) => one.memberId),
  );
  const { lost, refused } = await sendMembers(parts, group, op, members);
  if (lost) round.lost = true;
  if (refused !== null) round.refused.set(group.id, refused);
}

/** Protected people stay where they are: who does, and how many of those count as losses of the group. */
async function keepProtected(
  parts: PushParts,
  group: PendingGroup,
): Promise<{ readonly ids: ReadonlySet<string>; readonly losses: number }> {
  const ids = new Set<string>();
  let losses = 0;
  if (!protectsSome(parts.protection)) return { ids, losses };
  for await (const page of deltaOf(parts, group, "remove")) {
    const kept = await protectedMembers(parts, page);
    for (const { memberId, gone, approved } of page) {
      if (!kept.has(memberId)) continue;
      ids.add(memberId);
      if (!gone && !approved) losses += 1;
    }
    await keepMembers(parts, group, page, kept);
  }
  return { ids, losses };
}

/** Why members of this group must wait; who left the company does not count, that was guarded already. */
async function refuseLoss({ store, row, clock }: PushParts, group: PendingGroup, kept: number): Promise<string | null> {
  const loss = await store.memberLoss(row.id, group.id);
  const [removed, total] = [Math.max(0, loss.removed - kept), loss.total];
  if (removed === 0) return null;
  const { maxMemberRemovals: limit, windowHours } = row.settings.safeguards;
  const recent = await store.recentMemberLosses(row.id, [group.id], clock() - windowHours * 3_600_000);
  return refuseRemovals(
    `members of group ${group.externalId ?? group.id}`,
    { planned: removed, recent: recent.get(group.id) ?? 0, total },
    limit,
  );
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
