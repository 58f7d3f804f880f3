import type { Log } from "../../lib/log.ts";
import type { TargetRules } from "../../mapping/target-rules.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { ResourceType } from "../../scim/resource.ts";
import {
  type Lease,
  type OnRemoval,
  type PushScope,
  type PushStore,
  type TargetRow,
  type TaskError,
  type TaskHold,
  userGroups,
} from "../../store/store.ts";
import type { Target, TargetLanguage } from "../../target/target.ts";
import { TargetError } from "../../target/target.ts";
import { Attempts, type Pause, TargetDownError } from "./attempt.ts";
import { createResources } from "./create-resources.ts";
import { compileRules, TargetRulesError } from "./desired.ts";
import { makeFirstContact } from "./first-contact.ts";
import { guardRemovals, logForSafeguards, type RemovalGuard } from "./guard-removals.ts";
import { guardRenames, type RenameGuard } from "./guard-renames.ts";
import { holdPending } from "./hold-removals.ts";
import { type MembersResult, pushMembers } from "./push-members.ts";
import type { PushParts } from "./push-parts.ts";
import { scopeFilters } from "./scope-filter.ts";
import { deactivateUsers, deleteResources, updateResources } from "./update-resources.ts";
import { noteVocabulary } from "./vocabulary.ts";

export interface PushRequest {
  readonly store: PushStore;
  readonly lease: Lease;
  readonly taskId: string;
  /** An administrator ended the source: what becomes of its people, whatever the target's settings say; unguarded. */
  readonly leaving: "keep" | "deactivate" | "delete" | null;
  readonly row: TargetRow;
  readonly target: Target;
  readonly language: TargetLanguage;
  readonly catalog: SchemaCatalog;
  /** The sources whose resources are pushed now: one, or all of the target's; and perhaps the user groups. */
  readonly sourceIds: readonly string[];
  /** Part of the end of a source: what goes there is no sign of anything, and does not count for later safeguards. */
  readonly isEnding: boolean;
  /** The name of a source, for sentences. */
  readonly sourceName: (sourceId: string) => Promise<string>;
  /** Also what failed before and waits for its next try. */
  readonly retryAll: boolean;
  /** Somebody asked for this push: the target is asked what it knows by now, also when nothing is pending. */
  readonly asked: boolean;
  readonly signal: AbortSignal;
  /** Throws when the lease on this target is over. */
  readonly ensureHeld: () => Promise<void>;
  readonly clock: () => number;
  readonly pause?: Pause | undefined;
  readonly log: Log;
  readonly onProgress: (done: number, total: number) => void;
}

export interface PushResult {
  readonly state: "succeeded" | "partial" | "failed" | "held";
  readonly error: TaskError | null;
  readonly hold: Omit<TaskHold, "expiresAt"> | null;
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
  const { store, row, target, signal, clock } = request;
  const startedAt = clock();
  let scope: PushScope;
  try {
    scope = makeScope(request, startedAt);
  } catch (error) {
    return failed("target.scope", `the scope of the target is no valid filter: ${messageOf(error)}`);
  }
  let rules: TargetRules | null;
  try {
    rules = compileRules(row, request.catalog);
  } catch (error) {
    if (!(error instanceof TargetRulesError)) throw error;
    return failed("target.mapping", error.message);
  }
  // Before anything is counted: what it was given by other rules is pending.
  const rulesVersion = writingVersion(rules, request.language);
  if (rulesVersion !== row.rulesVersion) await store.noteRules(request.lease, row.id, rulesVersion);
  try {
    const attempts = new Attempts({
      signal,
      ensureHeld: request.ensureHeld,
      ...(request.pause && { pause: request.pause }),
    });
    // Nothing pending: not even a look at the target. A sync in which nothing changed sends nothing.
    let pending = await findPending(store, scope);
    if (pending === null && !request.asked) return await nothingToDo(request, scope);
    const capabilities = await attempts.run(() => target.discover(signal));
    if (await noteVocabulary(request, capabilities)) pending = await findPending(store, scope);
    if (pending === null) return await nothingToDo(request, scope);
    const { total } = pending;
    scope = {
      ...scope,
      types: scope.types.filter((type) => (type === "User" ? capabilities.users : capabilities.groups)),
    };
    let done = 0;
    let guard = await guardRemovals(request, scope);
    let parts: PushParts = {
      ...request,
      rules,
      capabilities,
      attempts,
      scope,
      held: guard?.types ?? new Set(),
      heldRenames: new Set(),
      onProgress: (count) => {
        done += count;
        request.onProgress(Math.min(done, total), total);
      },
    };
    await store.forgetHeld(request.lease, request.taskId, row.id);
    const renames = await guardRenames(parts);
    if (renames !== null) parts = { ...parts, heldRenames: renames.types };
    await makeFirstContact(parts);
    let members: MembersResult = { lost: false, held: null, heldMembers: 0 };
    for (let round = 1; round <= maxRounds; round += 1) {
      let lost = await additions(parts);
      members = await pushMembers(parts);
      // What came before may have taken long: what has become pending meanwhile is guarded too.
      guard = (await guardRemovals(request, scope)) ?? guard;
      parts = { ...parts, held: new Set([...parts.held, ...(guard?.types ?? [])]) };
      lost = lost || members.lost || (await removals(parts));
      if (!lost) break;
    }
    await holdPending(parts);
    if (await store.hasRemoteMatches(row.id)) await store.forgetRemoteMatches(request.lease, row.id);
    return await conclude(request, scope, { guard, renames, members });
  } catch (error) {
    if (!(error instanceof TargetDownError || error instanceof TargetError)) throw error;
    // What was removed before the target went away counts for the safeguards all the same.
    await logForSafeguards(request, scope);
    return failed(error instanceof TargetDownError ? error.code : `target.${error.code}`, error.message);
  }
}

/** What decides how documents are written there: the target's own rules and its profile; null for neither. */
function writingVersion(rules: TargetRules | null, { version }: TargetLanguage): string | null {
  return [rules?.version ?? null, version].filter((each) => each !== null).join("+") || null;
}

async function additions(parts: PushParts): Promise<boolean> {
  let lost = false;
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

/** Which resources a target is to hold. @throws {ScimError} when the scope of the target is no valid filter */
export function makeScope(
  {
    row,
    catalog,
    sourceIds,
    retryAll,
    leaving,
    language,
  }: Pick<PushRequest, "row" | "catalog" | "sourceIds" | "retryAll" | "leaving"> & {
    readonly language: Pick<TargetLanguage, "inactive">;
  },
  startedAt: number,
): PushScope {
  const { provision } = row.settings;
  const types: ResourceType[] = [];
  if (provision.users) types.push("User");
  // User groups are a directory of their own, and provisioned or not by themselves.
  const groupSourceIds = sourceIds.filter((id) => (id === userGroups ? provision.userGroups : provision.groups));
  if (groupSourceIds.length > 0) types.push("Group");
  const filters = scopeFilters(row.settings, catalog);
  return {
    targetId: row.id,
    sourceIds: sourceIds.filter((id) => id !== userGroups),
    groupSourceIds,
    types,
    userFilter: filters.User,
    groupFilter: filters.Group,
    startedAt,
    retryAll,
    removesInactive: language.inactive === "removed",
    deleteDepartedBefore: deleteBefore(
      leaving === "delete" || leaving === "deactivate" ? leaving : provision.onRemoval,
      startedAt,
    ),
  };
}

function deleteBefore(onRemoval: OnRemoval, now: number): number | null {
  if (onRemoval === "deactivate") return null;
  if (onRemoval === "delete") return now;
  return now - onRemoval.deactivateThenDeleteAfterDays * 86_400_000;
}

/** Null when the target holds everything as it is; else how many resources it does not, 0 for memberships alone. */
async function findPending(store: PushStore, scope: PushScope): Promise<{ readonly total: number } | null> {
  const total = await store.countPending(scope);
  if (total > 0) return { total };
  return (await store.pendingGroups(scope, { after: "", limit: 1 })).length === 0 ? null : { total };
}

async function nothingToDo({ store, lease }: PushRequest, scope: PushScope): Promise<PushResult> {
  await store.forgetStaleRetries(lease, scope);
  return { state: "succeeded", error: null, hold: null };
}

/** What must wait at the end of a push, if anything. */
interface Waiting {
  readonly guard: RemovalGuard | null;
  readonly renames: RenameGuard | null;
  readonly members: MembersResult;
}

async function conclude(
  request: PushRequest,
  scope: PushScope,
  { guard, renames, members }: Waiting,
): Promise<PushResult> {
  const { store, lease } = request;
  await logForSafeguards(request, scope);
  await store.forgetStaleRetries(lease, scope);
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

function failed(code: string, detail: string): PushResult {
  return { state: "failed", error: { code, detail }, hold: null };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
