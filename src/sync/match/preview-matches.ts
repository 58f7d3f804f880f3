import type { JsonObject } from "../../lib/json.ts";
import { textOf } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { MatchCandidate, MatchCounts, Matching, PendingResource, PushOutcome } from "../../store/store.ts";
import { Attempts } from "../push/attempt.ts";
import { desiredDocument, nameProblem } from "../push/desired.ts";
import { chooseMatch, holdersOf, matchAttributes, matchText, matchValue } from "../push/find-match.ts";
import { matchesOf, newSources, notHeld, scopeOf } from "../push/first-contact.ts";
import { failedAt, failedPush, type PushResult, prepare } from "../push/prepare.ts";
import { outcomeOf } from "../push/push-parts.ts";
import type { VerifyParts } from "../verify/verify-parts.ts";
import type { VerifyRequest } from "../verify/verify-target.ts";

export interface MatchResult extends PushResult {
  /** Null when it did not come to an end. */
  readonly matching: Matching | null;
}

/** Resources that are matched with few questions to the store. */
const chunkSize = 500;

/**
 * Says what the first push to a target would do with each resource: adopt an account by which attribute, make a new one, or
 * leave it to a person. The target is only listed; what is listed is matched in the store, and the records of the task say
 * of each resource what would become of it.
 */
export async function previewMatches(request: Omit<VerifyRequest, "repair" | "isScheduled">): Promise<MatchResult> {
  const { store, lease, row, taskId, target, signal, clock } = request;
  const prepared = prepare({ ...request, leaving: null }, clock());
  if ("state" in prepared) return { ...prepared, matching: null };
  const isFirst = (await store.contactedAt(row.id)) === null;
  const added = isFirst ? [] : await newSources(store, prepared.scope);
  if (!isFirst && added.length === 0) return { ...failedPush(contacted.code, contacted.detail), matching: null };
  try {
    const attempts = new Attempts({ signal, ensureHeld: request.ensureHeld });
    const capabilities = await attempts.run(() => target.discover(signal));
    const types = prepared.scope.types.filter((type) => (type === "User" ? capabilities.users : capabilities.groups));
    // Of a target that was pushed to the preview is about those sources that it has nothing of.
    const scope = { ...(isFirst ? prepared.scope : scopeOf(prepared.scope, added)), types };
    const total = await store.countPending(scope);
    let done = 0;
    const parts: VerifyParts = {
      ...{ store, lease, taskId, row, target, signal, scope, capabilities, attempts },
      ...{
        rules: prepared.rules,
        protection: prepared.protection,
        language: request.language,
        repair: false,
        noteMatches: true,
      },
      onProgress: (count) => {
        done += count;
        request.onProgress(Math.min(done, total), total);
      },
    };
    await forgetListed(parts);
    await store.forgetRecordsOf(lease, taskId, row.id);
    const matching = { users: nothing, groups: nothing };
    for (const type of types) matching[type === "User" ? "users" : "groups"] = await matchType(parts, type, isFirst);
    await forgetListed(parts);
    return { state: "succeeded", error: null, hold: null, matching };
  } catch (error) {
    return { ...failedAt(error), matching: null };
  }
}

/** Why there is nothing to preview. */
export const contacted = {
  code: "target.contacted",
  detail:
    "the target has been pushed to already, with all of its sources: what it held is linked, and its links say to what",
} as const;

const nothing: MatchCounts = { listed: 0, adopted: {}, created: 0, ambiguous: 0 };

async function forgetListed({ store, lease, row }: VerifyParts): Promise<void> {
  await store.forgetSeen(lease, row.id, "");
  await store.forgetRemoteMatches(lease, row.id);
}

async function matchType(parts: VerifyParts, type: ResourceType, isFirst: boolean): Promise<MatchCounts> {
  const { store, lease, taskId, row, scope } = parts;
  const listed = await listAll(parts, type, isFirst);
  const counts = { created: 0, ambiguous: 0 };
  const adopted = new Map<string, number>();
  for (let after = ""; ; ) {
    const page = await store.pendingCreates(scope, type, { after, limit: chunkSize, onlyReady: false });
    const last = page.at(-1);
    if (last === undefined) return { listed, adopted: Object.fromEntries(adopted), ...counts };
    after = last.id;
    const fates = await matchPage(parts, type, page);
    for (const { fate } of fates) {
      if (fate.kind === "adopt") adopted.set(fate.by, (adopted.get(fate.by) ?? 0) + 1);
      else counts[fate.kind === "create" ? "created" : "ambiguous"] += 1;
    }
    await store.saveOutcomes(lease, taskId, row.id, fates.map(toOutcome));
    await store.claimSeen(
      lease,
      row.id,
      type,
      fates.flatMap(({ resource, fate }) =>
        fate.kind === "adopt" ? [{ remoteId: fate.remoteId, resourceId: resource.id }] : [],
      ),
    );
    parts.onProgress(page.length);
  }
}

async function listAll(parts: VerifyParts, type: ResourceType, isFirst: boolean): Promise<number> {
  const { store, lease, taskId, row, target, attempts, signal } = parts;
  let listed = 0;
  for await (const page of target.list(type, signal, (ask) => attempts.run(ask))) {
    const fresh = await store.notSeen(
      row.id,
      type,
      page.map(({ id }) => id),
    );
    const listedNow = [...new Map(page.map((remote) => [remote.id, remote])).values()].filter(({ id }) =>
      fresh.has(id),
    );
    const remotes = isFirst ? listedNow : await notHeld(parts, type, listedNow);
    listed += remotes.length;
    await store.saveSeen(lease, taskId, row.id, type, {
      seen: remotes.map(({ id, document }) => ({
        ...{ remoteId: id, state: "unmanaged" },
        externalId: textOf(document, "externalId"),
      })),
      matches: remotes.flatMap((remote) => matchesOf(parts, type, remote)),
    });
  }
  return listed;
}

/** What would become of a resource. */
type Fate =
  | { readonly kind: "adopt"; readonly remoteId: string; readonly by: string }
  | { readonly kind: "create" }
  | { readonly kind: "ambiguous"; readonly detail: string };

interface Fated {
  readonly resource: PendingResource;
  readonly desired: JsonObject;
  readonly fate: Fate;
}

/** Judges as {@link findMatch} does, for a page at once. */
async function matchPage(
  parts: VerifyParts,
  type: ResourceType,
  page: readonly PendingResource[],
): Promise<readonly Fated[]> {
  const claimed = new Map<string, string>();
  const decided = new Map<string, Fate>();
  const wanted = page.map((resource) => ({ resource, desired: desiredDocument(parts, resource) }));
  for (const { resource, desired } of wanted) {
    const problem = nameProblem(parts, type, desired);
    if (problem !== null) decided.set(resource.id, { kind: "ambiguous", detail: problem });
  }
  for (const attribute of matchAttributes(parts, type)) {
    const open = wanted.flatMap(({ resource, desired }) => {
      const text = decided.has(resource.id) ? null : matchText(desired, attribute);
      return text === null || text === "" ? [] : [{ resource, desired, value: matchValue(attribute, text) }];
    });
    const byValue = await candidatesOf(parts, type, attribute, [...new Set(open.map(({ value }) => value))]);
    const all = [...byValue.values()].flat();
    const holders = await holdersOf(
      parts,
      type,
      all.map(({ remoteId }) => remoteId),
    );
    for (const { resource, desired, value } of open) {
      const candidates = byValue.get(value) ?? [];
      const linked = new Map(
        candidates.flatMap(({ remoteId }) => {
          const holder = holders.get(remoteId);
          return holder === undefined ? [] : [[remoteId, holder] as const];
        }),
      );
      const choice = chooseMatch(
        candidates.map(({ remoteId, externalId }) => ({ id: remoteId, externalId })),
        linked,
        { type, resourceId: resource.id, desired, search: "listed", attribute },
      );
      if (choice === null) continue;
      if (choice.kind === "unclear") {
        decided.set(resource.id, { kind: "ambiguous", detail: choice.detail });
        continue;
      }
      const other =
        claimed.get(choice.id) ?? candidates.find(({ remoteId }) => remoteId === choice.id)?.claimedBy ?? null;
      if (other === null) claimed.set(choice.id, resource.id);
      decided.set(
        resource.id,
        other === null
          ? { kind: "adopt", remoteId: choice.id, by: attribute }
          : { kind: "ambiguous", detail: fitsTwo(choice.id) },
      );
    }
  }
  return wanted.map((one) => ({ ...one, fate: decided.get(one.resource.id) ?? { kind: "create" } }));
}

async function candidatesOf(
  { store, row }: VerifyParts,
  type: ResourceType,
  attribute: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly MatchCandidate[]>> {
  const found = new Map<string, MatchCandidate[]>();
  for (const candidate of await store.matchCandidates(row.id, type, attribute, values)) {
    const same = found.get(candidate.value);
    if (same === undefined) found.set(candidate.value, [candidate]);
    else same.push(candidate);
  }
  return found;
}

function fitsTwo(remoteId: string): string {
  return `the account ${remoteId} there fits another resource here as well: link one of them by hand`;
}

function toOutcome({ resource, desired, fate }: Fated): PushOutcome {
  return outcomeOf(resource, { ...recordOf(fate), before: null, after: JSON.stringify(desired) }, null);
}

function recordOf(fate: Fate) {
  const because = "not at this target yet";
  switch (fate.kind) {
    case "adopt": {
      const held = `the target holds it already, with the same ${fate.by}`;
      return { action: "adopt", status: "planned", error: null, because: held, remoteId: fate.remoteId } as const;
    }
    case "create":
      return { action: "create", status: "planned", error: null, because } as const;
    case "ambiguous":
      return { action: "create", status: "failed", error: fate.detail, because } as const;
  }
}
