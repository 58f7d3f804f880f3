import { refuseRemovals } from "../../plan/guard.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { Drift, PushScope, RemovalCounts, TaskError, VerifyReason, VerifyStore } from "../../store/store.ts";
import { Attempts } from "../push/attempt.ts";
import { failedAt, type PushResult, prepare, writingVersion } from "../push/prepare.ts";
import type { PushRequest } from "../push/push-target.ts";
import { noteVocabulary } from "../push/vocabulary.ts";
import { verifyMembers } from "./verify-members.ts";
import type { VerifyParts } from "./verify-parts.ts";
import { verifyResources } from "./verify-resources.ts";

export interface VerifyRequest extends Omit<PushRequest, "leaving" | "isEnding" | "ended" | "asked" | "store"> {
  readonly store: PushRequest["store"] & VerifyStore;
  /** What is found is put right by the push that follows. */
  readonly repair: boolean;
  /** Nobody asked for it: where more is missing than the safeguards allow to remove, a person has to look first. */
  readonly isScheduled: boolean;
}

export interface VerifyResult extends PushResult {
  /** Null when it did not come to an end. */
  readonly drift: Drift | null;
}

/**
 * The third comparison: what a target really holds against what we know it to hold. It changes nothing there. What it finds
 * is in the records of its task; with `repair` also on the links and in the ledger of members, which say afterwards what
 * the target really holds, so that the usual push moves it to what it should hold.
 */
export async function verifyTarget(request: VerifyRequest): Promise<VerifyResult> {
  const { store, lease, row, taskId, target, signal, clock, repair } = request;
  const prepared = prepare({ ...request, leaving: null }, clock());
  if ("state" in prepared) return { ...prepared, drift: null };
  try {
    const attempts = new Attempts({ signal, ensureHeld: request.ensureHeld });
    const capabilities = await attempts.run(() => target.discover(signal));
    // As a push does before it counts: what was given by other rules is pending, and no drift.
    const rulesVersion = writingVersion(prepared.rules, request.language);
    if (rulesVersion !== row.rulesVersion) await store.noteRules(lease, row.id, rulesVersion);
    await noteVocabulary(request, capabilities);
    const types = prepared.scope.types.filter((type) => (type === "User" ? capabilities.users : capabilities.groups));
    const scope = { ...prepared.scope, types };
    const linked = await store.countLinked(scope);
    // Before anything is noted on the links: what is put right is pending too.
    const pending = {
      users: await countPending(store, scope, "User"),
      groups: await countPending(store, scope, "Group"),
    };
    let done = 0;
    const total = linked.users + 2 * linked.groups;
    const parts: VerifyParts = {
      ...{ store, lease, taskId, row, target, signal, scope, capabilities, attempts, repair },
      ...{ rules: prepared.rules, protection: prepared.protection, language: request.language },
      noteMatches: repair || row.verifyFirst !== null,
      onProgress: (count) => {
        done += count;
        request.onProgress(Math.min(done, total), total);
      },
    };
    await store.forgetSeen(lease, row.id, taskId);
    const isListed = { users: true, groups: true };
    for (const type of types) isListed[type === "User" ? "users" : "groups"] = await verifyResources(parts, type);
    const members = types.includes("Group") ? await verifyMembers(parts) : null;
    const drift = await sumUp(parts, { pending, isListed, members });
    return { ...(await judge(request, drift)), drift };
  } catch (error) {
    return { ...failedAt(error), drift: null };
  }
}

function countPending(store: VerifyRequest["store"], scope: PushScope, type: ResourceType): Promise<number> {
  return store.countPending({ ...scope, types: scope.types.filter((one) => one === type) });
}

async function sumUp(
  { store, row, taskId }: VerifyParts,
  {
    pending,
    isListed,
    members,
  }: {
    readonly pending: RemovalCounts;
    readonly isListed: { readonly users: boolean; readonly groups: boolean };
    readonly members: { readonly unmanaged: number } | null;
  },
): Promise<Drift> {
  const found = await store.countFindings(taskId, row.id);
  const of = (key: "users" | "groups") => ({
    ...found[key],
    unmanaged: isListed[key] ? found[key].unmanaged : null,
    pending: pending[key],
  });
  return {
    users: of("users"),
    groups: of("groups"),
    members: members === null ? null : { ...found.members, ...members },
  };
}

/** Whether the links may be gone on with, and are put right. */
async function judge(request: VerifyRequest, drift: Drift): Promise<PushResult> {
  const { store, lease, row, taskId, repair, isScheduled } = request;
  const lost = whatIsLost(request, drift);
  const isAsked = repair && !isScheduled;
  if (lost !== null && !isAsked && (repair || row.verifyFirst !== null)) {
    return { state: "partial", error: { code: "target.verify-first", detail: lost }, hold: null };
  }
  if (repair) await store.unlinkMissing(lease, taskId, row.id);
  if (row.verifyFirst !== null) await store.noteVerifyFirst(lease, row.id, null);
  return { state: "succeeded", error: null, hold: null };
}

/** A sentence when so much is gone that it may be another server, or an empty one; else null. */
function whatIsLost({ row }: VerifyRequest, drift: Drift): string | null {
  for (const [what, { missing, checked }] of [["users", drift.users] as const, ["groups", drift.groups] as const]) {
    const numbers = { planned: missing, recent: 0, total: checked };
    // All of several is too much, whatever the safeguards let pass.
    const isEmptied = missing > 1 && missing === checked;
    if (!isEmptied && refuseRemovals(what, numbers, row.settings.safeguards.maxRemovals) === null) continue;
    return (
      `of ${checked} ${what} that this target was given ${missing} are not there, and nothing was sent. Is it the right ` +
      'server? Then verify it with {"repair": true}; if it is another one, with {"forget": true}'
    );
  }
  return null;
}

/** Why nothing is pushed to a target, and what to do. */
export function verifyFirstError(reason: VerifyReason): TaskError {
  const why = {
    moved: "its baseUrl was changed, and what was given to it under the old one may not be there",
    restored: "it was pushed to after this state of the database was saved: the database was restored from a backup",
  };
  return {
    code: "target.verify-first",
    detail:
      `nothing was sent: ${why[reason]}. Verify the target first (POST …/verify), with {"repair": true} to put right ` +
      'what is found, or with {"forget": true} if it is another server',
  };
}
