import type { Log } from "../../lib/log.ts";
import { protectsSome } from "../../plan/protection.ts";
import type { Lease, PushScope, PushStore } from "../../store/store.ts";
import type { Target, TargetLanguage } from "../../target/target.ts";
import type { Pause } from "./attempt.ts";
import { createResources } from "./create-resources.ts";
import { endFirstContact, makeFirstContact } from "./first-contact.ts";
import { freeNames } from "./free-names.ts";
import { groupsOfHeld, withGroups } from "./groups-of-held.ts";
import { guardRemovals, logForSafeguards, type RemovalGuard } from "./guard-removals.ts";
import { guardRenames, type RenameGuard } from "./guard-renames.ts";
import { heldElsewhere } from "./held-elsewhere.ts";
import { holdPending } from "./hold-removals.ts";
import { failedAt, type PushResult, prepare, type ScopeRequest, writingVersion } from "./prepare.ts";
import { attemptsOf, isSuspect, type Probation, probe, refusalOf, watchTarget } from "./probation.ts";
import { withholdProtected } from "./protect.ts";
import { type MembersResult, pushMembers } from "./push-members.ts";
import type { PushParts } from "./push-parts.ts";
import { turnsOf } from "./turns.ts";
import { Unprotected } from "./unprotected.ts";
import { deactivateUsers, deleteResources, updateResources } from "./update-resources.ts";
import { noteVocabulary } from "./vocabulary.ts";

export interface PushRequest extends ScopeRequest {
  readonly store: PushStore;
  readonly lease: Lease;
  readonly taskId: string;
  readonly target: Target;
  readonly language: TargetLanguage;
  /** Part of the end of a source: what goes there is no sign of anything, and does not count for later safeguards. */
  readonly isEnding: boolean;
  /** Ids of the sources that an administrator ended: what goes with those waits for nobody. */
  readonly ended: readonly string[];
  /** The name of a source, for sentences. */
  readonly sourceName: (sourceId: string) => Promise<string>;
  /** Somebody asked for this push: the target is asked what it knows by now, also when nothing is pending. */
  readonly asked: boolean;
  /** The target is in quarantine, and is tried. */
  readonly probation?: Probation;
  /** Called once the target answered. */
  readonly onAnswered?: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Throws when the lease on this target is over. */
  readonly ensureHeld: () => Promise<void>;
  readonly clock: () => number;
  readonly pause?: Pause | undefined;
  readonly log: Log;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * What a target lost is made again in another round. A loss shows level by level, from a group to the groups in it, and
 * WeCom has up to 15 levels; more rounds than this, and the target loses faster than we can give.
 */
const maxRounds = 20;

/**
 * The second comparison: the directory that we hold against what the target was last given. In order: users are made,
 * updated, groups made, updated, members added, removed, users deactivated, groups and users deleted.
 */
export async function pushTarget(request: PushRequest): Promise<PushResult> {
  const { store, row, target, signal, clock, probation } = request;
  const prepared = prepare(request, clock());
  if ("state" in prepared) return prepared;
  const { rules, protection } = prepared;
  // With what it refused before a suspect is tried too: nothing else may show whether it takes anything by now.
  let scope = isSuspect(probation) ? { ...prepared.scope, retryAll: true } : prepared.scope;
  // Before anything is counted: what it was given by other rules is pending.
  const rulesVersion = writingVersion(rules, request.language);
  if (rulesVersion !== row.rulesVersion) await store.noteRules(request.lease, row.id, rulesVersion);
  const judgedBy = protectsSome(protection) ? JSON.stringify(protection.by) : null;
  if (judgedBy !== row.protection) await store.noteProtection(request.lease, row.id, protection.by);
  if (request.only !== undefined) await store.forgetWithheld(request.lease, row.id, request.only);
  try {
    const attempts = attemptsOf(request);
    // Nothing pending: not even a look at the target. A sync in which nothing changed sends nothing.
    let pending = await findPending(store, scope);
    if (pending === null && !request.asked && !probation) return await nothingToDo(request, scope);
    if (probation) await probe(request);
    const capabilities = await attempts.run(() => target.discover(signal));
    await request.onAnswered?.();
    if (await noteVocabulary(request, capabilities)) pending = await findPending(store, scope);
    if (pending === null) {
      if (!isSuspect(probation) || isWhole(request)) await probation?.onPassed();
      return await nothingToDo(request, scope);
    }
    const { total } = pending;
    scope = {
      ...scope,
      types: scope.types.filter((type) => (type === "User" ? capabilities.users : capabilities.groups)),
    };
    let done = 0;
    const watched = watchTarget(request, attempts);
    let parts: PushParts = {
      ...request,
      ...{ watched, rules, capabilities, attempts, scope, makes: scope, protection, unprotected: new Unprotected() },
      turns: await turnsOf(store, scope),
      held: new Set(),
      ...{ heldGroups: new Map(), leftGroups: new Set(), heldElsewhere: heldElsewhere(request, scope) },
      heldRenames: new Set(),
      onProgress: (count) => {
        done += count;
        request.onProgress(Math.min(done, total), total);
      },
    };
    // What is kept from protected accounts is no removal that anybody has to approve.
    await withholdProtected(parts);
    let guard = await guardRemovals(request, scope);
    parts = { ...parts, held: guard?.types ?? new Set() };
    await store.forgetHeld(request.lease, request.taskId, row.id);
    const renames = await guardRenames(parts);
    if (renames !== null) parts = { ...parts, heldRenames: renames.types };
    // Whatever put it into quarantine may end this push too, before the turn of those who have left.
    let lostBefore = probation !== undefined && (await deactivateUsers(parts));
    const { met, makes } = await makeFirstContact(parts);
    parts = { ...parts, makes };
    let members: MembersResult = { lost: false, held: null, heldMembers: 0 };
    for (let round = 1; round <= maxRounds; round += 1) {
      let lost = (await additions(parts)) || lostBefore;
      lostBefore = false;
      members = await pushMembers(parts);
      // What came before may have taken long: what has become pending meanwhile is guarded too.
      await withholdProtected(parts);
      guard = (await guardRemovals(request, scope)) ?? guard;
      parts = { ...parts, held: new Set([...parts.held, ...(guard?.types ?? [])]) };
      parts = { ...parts, ...(await groupsOfHeld(parts)) };
      lost = lost || members.lost || (await removals(parts));
      // It takes changes after all: of the kinds that it was given a few of go the others too.
      const isCleared = round === 1 && isSuspect(probation) && watched.hasTaken();
      if (!lost && !isCleared) break;
    }
    attempts.ensureUp();
    await holdPending(parts);
    // Whoever was not tried yet is still to be looked for in what was listed.
    if (!watched.isCutShort()) await endFirstContact(parts, met);
    const waiting = withGroups(guard, parts.heldGroups.size);
    const result = await conclude(request, scope, {
      guard: waiting,
      renames,
      members,
      isCutShort: watched.isCutShort(),
    });
    const refusal = refusalOf(watched, probation);
    if (refusal === null) return result;
    // What waits for a person is shown to him, and is not the worse for what the target does with the rest.
    return { ...failedAt(refusal), ...(result.state === "held" && { state: result.state, hold: result.hold }) };
  } catch (error) {
    const failed = failedAt(error);
    // What was removed before the target went away counts for the safeguards all the same.
    await logForSafeguards(request, scope);
    return failed;
  }
}

async function additions(parts: PushParts): Promise<boolean> {
  let lost = false;
  if (parts.scope.types.includes("User")) await freeNames(parts);
  for (const type of parts.scope.types) {
    await createResources(parts, type);
    if (await updateResources(parts, type)) lost = true;
  }
  return lost;
}

async function removals(parts: PushParts): Promise<boolean> {
  const lost = await deactivateUsers(parts);
  await deleteResources(parts, "Group");
  await deleteResources(parts, "User");
  return lost;
}

/** Null when the target holds everything as it is; else how many resources it does not, 0 for memberships alone. */
async function findPending(store: PushStore, scope: PushScope): Promise<{ readonly total: number } | null> {
  const total = await store.countPending(scope);
  if (total > 0) return { total };
  return (await store.pendingGroups(scope, { after: "", limit: 1 })).length === 0 ? null : { total };
}

/** Whether a push is about all that the target is given: only then is there nothing that it could refuse. */
function isWhole({ row, sourceIds, only, among }: PushRequest): boolean {
  return only === undefined && among === undefined && row.settings.sources.every((id) => sourceIds.includes(id));
}

/** Whether a push looks at all that its sources have: what it did not find pending is not. */
function isOfAll({ only, among }: PushScope): boolean {
  return only === undefined && among === undefined;
}

async function nothingToDo({ store, lease }: PushRequest, scope: PushScope): Promise<PushResult> {
  if (isOfAll(scope)) await store.forgetStaleRetries(lease, scope);
  return { state: "succeeded", error: null, hold: null, isIdle: true };
}

/** What must wait at the end of a push, if anything. */
interface Waiting {
  readonly guard: RemovalGuard | null;
  readonly renames: RenameGuard | null;
  readonly members: MembersResult;
  /** Not all that was due had its turn. */
  readonly isCutShort: boolean;
}

async function conclude(
  request: PushRequest,
  scope: PushScope,
  { guard, renames, members, isCutShort }: Waiting,
): Promise<PushResult> {
  const { store, lease } = request;
  await logForSafeguards(request, scope);
  if (isOfAll(scope) && !isCutShort) await store.forgetStaleRetries(lease, scope);
  if (guard !== null || renames !== null || members.held !== null) {
    const removals = { ...(guard?.removals ?? { users: 0, groups: 0 }), members: members.heldMembers };
    const reason = [guard?.reason, renames?.reason, members.held].filter((each) => typeof each === "string").join("; ");
    const identities = renames === null ? {} : { identities: renames.identities };
    return { state: "held", error: null, hold: { reason, removals, ...identities } };
  }
  const left = await store.countFailed(scope);
  if (left.now + left.before === 0) return { state: "succeeded", error: null, hold: null };
  return { state: "partial", error: { code: "target.pending", detail: whatFailed(left) }, hold: null };
}

function whatFailed({ now, before }: { readonly now: number; readonly before: number }): string {
  const here = `${now} resources could not be brought to this target; the records of this task say why, and they are tried again`;
  const earlier = `${before} failed in an earlier task, whose records say why, and wait for their next try`;
  return [...(now === 0 ? [] : [here]), ...(before === 0 ? [] : [earlier])].join("; ");
}
