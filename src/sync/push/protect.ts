import { concurrently } from "../../lib/concurrently.ts";
import type { JsonObject } from "../../lib/json.ts";
import { protectedReason, protectsSome } from "../../plan/protection.ts";
import { isActive } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { Judged, MemberDelta, PendingGroup, PendingResource, PushOutcome } from "../../store/store.ts";
import { TargetError } from "../../target/target.ts";
import { desiredDocument } from "./desired.ts";
import { outcomeOf, type PushParts, retryDelayMs } from "./push-parts.ts";

// Accounts that a target's safeguards protect. Who is protected is judged by our directory's document, by what the target
// was last given, and, before anything of him is changed, by what the target shows of him now. What is kept from him is a
// record and a note on his link: it is not pending any more, until the directory or the filter is another.

type WithheldAction = "update" | "deactivate" | "delete";

/** Before anything is counted: what is pending of protected accounts is kept from them. */
export async function withholdProtected(parts: PushParts): Promise<void> {
  if (!protectsSome(parts.protection)) return;
  const { store, scope } = parts;
  const each = async (
    action: WithheldAction,
    pageOf: (page: { readonly after: string; readonly limit: number }) => Promise<readonly PendingResource[]>,
  ): Promise<void> => {
    for (let after = ""; ; ) {
      parts.signal.throwIfAborted();
      const page = await pageOf({ after, limit: 256 });
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
      await withhold(parts, page, action);
    }
  };
  for (const type of scope.types) {
    await each("update", (page) => store.pendingUpdates(scope, type, page));
    if (type === "User") await each("deactivate", (page) => store.pendingDeactivations(scope, page));
    await each("delete", (page) => store.pendingDeletes(scope, type, page));
  }
}

/** Those of a page that may be changed; what is kept from the others is recorded. */
export async function withhold(
  parts: PushParts,
  page: readonly PendingResource[],
  action: WithheldAction,
): Promise<readonly PendingResource[]> {
  if (!protectsSome(parts.protection)) return page;
  const { store, lease, taskId, row, target, unprotected } = parts;
  const open = page.filter(({ id, version }) => !unprotected.has(`${action} ${id}`, version));
  const outcomes = new Map<string, PushOutcome>();
  await concurrently(open, target.concurrency, async (resource) => {
    const outcome = await judge(parts, resource, action);
    if (outcome === null) unprotected.add(`${action} ${resource.id}`, resource.version);
    else outcomes.set(resource.id, outcome);
  });
  if (outcomes.size === 0) return page;
  await store.saveOutcomes(lease, taskId, row.id, [...outcomes.values()]);
  return page.filter(({ id }) => !outcomes.has(id));
}

/** What is recorded in place of a change; null where it may be made. */
async function judge(parts: PushParts, resource: PendingResource, action: WithheldAction): Promise<PushOutcome | null> {
  const known = isKnownProtected(parts, resource);
  if (known !== null) return withheldOutcome(parts, resource, action, known);
  if (resource.type === "Group" && action === "delete") {
    const by = await keptForPeople(parts, resource.id);
    if (by !== null) return withheldOutcome(parts, resource, action, by);
  }
  const by = parts.protection.by[resource.type];
  if (by === null) return null;
  try {
    return (await showsProtected(parts, resource)) ? withheldOutcome(parts, resource, action, by) : null;
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    // Whoever cannot be looked at is not changed: he may be protected.
    const text = `it could not be read to see whether it is protected: ${error.message}`;
    const attempts = resource.attempts + 1;
    return outcomeOf(
      resource,
      { ...recordOf(parts, resource, action), status: "failed", error: text },
      { state: "failed", error: text, attempts, nextTryAt: parts.clock() + retryDelayMs(attempts) },
    );
  }
}

/** The filter that protects a resource by what we know of it; null: what we know protects it from nothing. */
export function isKnownProtected(
  { protection }: Pick<PushParts, "protection">,
  {
    type,
    document,
    held,
    protectedBy,
    emptied,
  }: Pick<Judged, "type" | "document" | "held" | "protectedBy" | "emptied">,
): string | null {
  const by = protection.by[type];
  if (by === null) return null;
  // Of who was deleted for good only this is left.
  if (emptied && protectedBy !== null) return by;
  const documents = [document, ...(held === null ? [] : [held])].map((text) => JSON.parse(text) as JsonObject);
  return protection.fits(type, documents) ? by : null;
}

/** Whether what the target shows of an account protects it. @throws {TargetError} */
export async function showsProtected(
  { protection, target, attempts, signal }: PushParts,
  { type, remoteId }: Pick<PendingResource, "type" | "remoteId">,
): Promise<boolean> {
  if (protection.by[type] === null || remoteId === null) return false;
  const remote = await attempts.run(() => target.read(type, remoteId, signal));
  return remote !== null && protection.fits(type, [remote.document]);
}

/** Of the members that are to leave a group, those who are protected, by their ids: the filter. */
export async function protectedMembers(
  parts: PushParts,
  members: readonly Pick<MemberDelta, "memberId" | "remoteId">[],
): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  if (!protectsSome(parts.protection)) return kept;
  // Who is not there any more has no account that could be protected.
  const there = members.filter(({ remoteId }) => remoteId !== null).map(({ memberId }) => memberId);
  for (const [id, judged] of await parts.store.judged(parts.row.id, there)) {
    const by = parts.protection.by[judged.type];
    const isNoted = by !== null && judged.protectedBy === by;
    const found = isNoted ? by : isKnownProtected(parts, judged);
    if (found !== null) kept.set(id, found);
  }
  return kept;
}

/** Records members that stay in a group because they are protected. */
export async function keepMembers(
  { store, lease, taskId, row }: PushParts,
  group: PendingGroup,
  members: readonly MemberDelta[],
  kept: ReadonlyMap<string, string>,
): Promise<void> {
  const staying = members.filter(({ memberId }) => kept.has(memberId));
  const [first] = staying;
  if (first === undefined) return;
  const error = protectedReason(kept.get(first.memberId) ?? "");
  await store.saveMembers(lease, taskId, row.id, group, "remove", staying, { status: "skipped", error });
  const known = await store.judged(
    row.id,
    staying.map(({ memberId }) => memberId),
  );
  const fresh = staying.filter(({ memberId }) => known.get(memberId)?.protectedBy !== kept.get(memberId));
  await store.saveOutcomes(
    lease,
    taskId,
    row.id,
    fresh.map(({ memberId, memberType }) => ({
      ...{ resourceId: memberId, resourceType: memberType, externalId: null, displayName: null, record: null },
      link: {
        state: "withheld",
        withheld: { by: kept.get(memberId) ?? "", action: null, version: known.get(memberId)?.version ?? 0 },
      } as const,
    })),
  );
}

/** The filter of the people for whom a group is kept; null: none of those that it was given is protected. */
async function keptForPeople(parts: PushParts, groupId: string): Promise<string | null> {
  for (let after = ""; ; ) {
    const page = await parts.store.givenMembers(parts.row.id, groupId, { after, limit: 1000 });
    const last = page.at(-1);
    if (last === undefined) return null;
    after = last.memberId;
    const people = page.filter(({ memberType }) => memberType === "User");
    const [by] = (await protectedMembers(parts, people)).values();
    if (by !== undefined) return by;
  }
}

export function withheldOutcome(
  parts: PushParts,
  resource: PendingResource,
  action: WithheldAction,
  by: string,
): PushOutcome {
  const record = recordOf(parts, resource, action);
  const link = { state: "withheld", withheld: { by, action, version: resource.version } } as const;
  // What would not have been sent was not kept from anybody.
  if (record.before !== null && record.before === record.after) return outcomeOf(resource, null, link);
  return outcomeOf(resource, { ...record, status: "skipped", error: protectedReason(by) }, link);
}

function recordOf(parts: PushParts, resource: PendingResource, action: WithheldAction) {
  const { type } = resource;
  const given = parts.language.known(type, JSON.parse(resource.held ?? "{}") as JsonObject, parts.capabilities);
  const desired = wanted(parts, resource, given, action);
  const isSame = desired !== null && parts.language.difference(type, given, desired).length === 0;
  const isBack = action === "update" && type === "User" && desired !== null && !isActive(given) && isActive(desired);
  return {
    action: isBack ? ("reactivate" as const) : action,
    because: whyChanged(resource.departed, type, action),
    before: JSON.stringify(given),
    after: desired === null ? null : JSON.stringify(isSame ? given : desired),
  };
}

function wanted(
  parts: PushParts,
  resource: PendingResource,
  given: JsonObject,
  action: WithheldAction,
): JsonObject | null {
  if (action === "delete") return null;
  if (action === "update") return desiredDocument(parts, resource);
  return { ...given, active: false };
}

function whyChanged(departed: boolean, type: ResourceType, action: WithheldAction): string {
  if (action === "update") return "it changed in the directory, or the rules of this target did";
  if (departed) return "this person left the source";
  return type === "Group"
    ? "the group is gone, or out of the target's scope"
    : "disabled in the source, or out of the target's scope";
}
