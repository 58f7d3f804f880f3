import type { JsonObject } from "../../lib/json.ts";
import type { Action } from "../../plan/change.ts";
import { isActive } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { PendingResource, PushOutcome } from "../../store/store.ts";
import { TargetError } from "../../target/target.ts";
import { confirmLoss } from "./confirm-loss.ts";
import { desiredDocument, nameProblem } from "./desired.ts";
import { eachPending, type Step } from "./each-pending.ts";
import { isRename, waitingRenames } from "./guard-renames.ts";
import { keepUnknown } from "./keep-unknown.ts";
import { knownAttributes } from "./known-attributes.ts";
import { withheldOutcome, withhold } from "./protect.ts";
import { failureText, outcomeOf, type PushParts, retryDelayMs } from "./push-parts.ts";
import { sendOperations } from "./send-operations.ts";

/** What changed since the target was last given it, reactivations included. Who waits with a new name waits whole. */
export function updateResources(parts: PushParts, type: ResourceType): Promise<boolean> {
  return lookingForLoss(parts, {
    kind: `update ${type}`,
    pageOf: (page) => parts.store.pendingUpdates(parts.scope, type, page),
    work: (resource, ofKind) => updateOne(ofKind, resource, null),
    choose: async (found) => {
      const page = await withhold(parts, found, "update");
      const waiting = await waitingRenames(parts, page);
      return page.filter(({ id }) => !waiting.has(id));
    },
  });
}

/** People who are active there and must not be any more: disabled, departed, or out of the target's scope. */
export function deactivateUsers(parts: PushParts): Promise<boolean> {
  return lookingForLoss(parts, {
    kind: "deactivate User",
    pageOf: (page) => parts.store.pendingDeactivations(parts.scope, { ...page, ...sendable(parts, "User") }),
    work: async (resource, ofKind) => {
      const waits = (await waitingRenames(parts, [resource])).has(resource.id);
      return updateOne(ofKind, resource, false, waits);
    },
    choose: (page) => withhold(parts, page, "deactivate"),
  });
}

export async function deleteResources(parts: PushParts, type: ResourceType): Promise<void> {
  await eachPending(parts, {
    kind: `delete ${type}`,
    pageOf: (page) => parts.store.pendingDeletes(parts.scope, type, { ...page, ...sendable(parts, type) }),
    work: (resource, ofKind) => deleteOne(ofKind, resource),
    choose: (page) => {
      const going = page.filter(({ id }) => !parts.heldGroups.has(id) && !parts.leftGroups.has(id));
      return withhold(parts, going, "delete");
    },
  });
}

/** Removals that the guard holds go only where somebody approved them. */
function sendable({ held }: PushParts, type: ResourceType): { readonly approved?: true } {
  return held.has(type) ? { approved: true } : {};
}

/** True when something turned out to be lost at the target and is to be made again. */
async function lookingForLoss(parts: PushParts, step: Step): Promise<boolean> {
  let lost = false;
  await eachPending(parts, {
    ...step,
    work: async (resource, ofKind) => {
      const outcomes = [await step.work(resource, ofKind)].flat();
      if (outcomes.some(({ link }) => link?.state === "unlinked" && link.again)) lost = true;
      return outcomes;
    },
  });
  return lost;
}

/** @param waits the rest of it waits for a person: only `active` is sent */
async function updateOne(
  parts: PushParts,
  resource: PendingResource,
  active: false | null,
  waits = false,
): Promise<PushOutcome> {
  const { type } = resource;
  const stored = JSON.parse(resource.held ?? "{}") as JsonObject;
  const given = parts.language.known(type, stored, parts.capabilities);
  // Of somebody who has left nothing else changes any more; our directory may have forgotten the rest of him.
  const only = resource.departed || waits;
  const whole = only ? given : desiredDocument(parts, resource);
  const lost = async (): Promise<PushOutcome> => {
    const loss = await confirmLoss(parts, resource, given);
    if (loss.kind === "there") throw new TargetError("refused", foundAgain);
    if (loss.kind === "protected") {
      return withheldOutcome(
        parts,
        resource,
        active === null ? "update" : "deactivate",
        parts.protection.by[type] ?? "",
      );
    }
    // Who is to be there is looked for and adopted as he is made again; nobody else would look for who is to be off.
    if (loss.kind === "gone" || !resource.departed) return lostOutcome(resource);
    return updateOne(parts, { ...resource, remoteId: loss.remoteId, intended: true }, active, waits);
  };
  const failed = (error: unknown): PushOutcome => {
    const text = failureText(error);
    const desired = active === null ? whole : { ...whole, active };
    const record = {
      action: actionOf(type, given, desired),
      status: "failed",
      error: text,
      because: reasonOf(resource, active),
      before: resource.held,
      after: JSON.stringify(desired),
    } as const;
    return outcomeOf(resource, record, failedLink(parts, resource, text));
  };
  try {
    const held = await heldNow(parts, resource, given, whole);
    if (held === null) return await lost();
    const desired = only ? held : whole;
    const problem = only ? null : nameProblem(parts, type, desired);
    if (problem !== null) throw new TargetError("refused", problem);
    const document = active === null ? desired : { ...desired, active };
    const remembered = keepUnknown(document, { stored, known: given }, parts.capabilities);
    const version = waits ? resource.givenVersion : resource.version;
    return await sendUpdate(parts, resource, { held, desired: document, remembered, version }, active);
  } catch (error) {
    if (!(error instanceof TargetError && error.code === "missing")) return failed(error);
    return lost().catch(failed);
  }
}

const foundAgain = "the target answered 404 to a change, and shows the resource all the same: it is tried again";

/** What the target holds: as we know it, or, where an earlier request is in doubt, as it says. Null: it is gone. */
async function heldNow(
  { target, attempts, signal }: PushParts,
  { type, remoteId, intended, attempts: tries }: PendingResource,
  given: JsonObject,
  desired: JsonObject,
): Promise<JsonObject | null> {
  if (!intended && tries === 0) return given;
  const remote = await attempts.run(() => target.read(type, remoteId ?? "", signal));
  return remote === null ? null : knownAttributes(remote.document, given, desired);
}

interface Comparison {
  readonly held: JsonObject;
  readonly desired: JsonObject;
  /** What the target is known to hold once it has `desired`. */
  readonly remembered: JsonObject;
  readonly version: number;
}

async function sendUpdate(
  parts: PushParts,
  resource: PendingResource,
  { held, desired, remembered, version }: Comparison,
  active: false | null,
): Promise<PushOutcome> {
  const { type, managerRemoteId, remoteId } = resource;
  const link = {
    state: "linked",
    remoteId: remoteId ?? "",
    version,
    active: type === "Group" || isActive(desired),
    lacksManager: resource.managerId !== null && managerRemoteId === null,
    held: JSON.stringify(remembered),
  } as const;
  const operations = parts.language.difference(type, held, desired);
  if (operations.length === 0) return outcomeOf(resource, null, link);
  const record = {
    action: actionOf(type, held, desired),
    because: reasonOf(resource, active),
    before: JSON.stringify(held),
    after: JSON.stringify(desired),
    changesIdentity: isRename(resource, held, desired),
  };
  await sendOperations(parts, { type, id: resource.id, remoteId: link.remoteId }, operations);
  return outcomeOf(resource, { ...record, status: "applied", error: null }, link);
}

function failedLink({ clock }: PushParts, resource: PendingResource, error: string): PushOutcome["link"] {
  const attempts = resource.attempts + 1;
  return { state: "failed", error, attempts, nextTryAt: clock() + retryDelayMs(attempts) };
}

/** The target has lost what it was given: the link goes, and with it what we thought it holds. */
function lostOutcome(resource: PendingResource): PushOutcome {
  return outcomeOf(
    resource,
    {
      action: "update",
      status: "skipped",
      error: "the target does not have it any more",
      because: "the target lost it: it is made again, with its memberships",
      before: resource.held,
      after: null,
    },
    // A person who is to be inactive anyway is not made again for that.
    { state: "unlinked", again: !resource.departed },
  );
}

async function deleteOne(parts: PushParts, resource: PendingResource): Promise<PushOutcome> {
  const { target, attempts, signal } = parts;
  const record = {
    action: "delete",
    because: deletionReason(resource),
    before: resource.held,
    after: null,
  } as const;
  const removed = outcomeOf(
    resource,
    { ...record, status: "applied", error: null },
    { state: "unlinked", again: false },
  );
  const failed = (error: unknown): PushOutcome => {
    const text = failureText(error);
    return outcomeOf(resource, { ...record, status: "failed", error: text }, failedLink(parts, resource, text));
  };
  /** A 404: it is what we want, if it is true. */
  const missing = async (): Promise<PushOutcome> => {
    const loss = await confirmLoss(parts, resource, JSON.parse(resource.held ?? "{}") as JsonObject);
    if (loss.kind === "there") throw new TargetError("refused", foundAgain);
    if (loss.kind === "protected") {
      return withheldOutcome(parts, resource, "delete", parts.protection.by[resource.type] ?? "");
    }
    return loss.kind === "gone" ? removed : deleteOne(parts, { ...resource, remoteId: loss.remoteId });
  };
  try {
    await attempts.run(() => target.remove(resource.type, resource.remoteId ?? "", signal));
    return removed;
  } catch (error) {
    if (!(error instanceof TargetError && error.code === "missing")) return failed(error);
    return missing().catch(failed);
  }
}

function actionOf(type: ResourceType, held: JsonObject, desired: JsonObject): Action {
  if (type === "Group" || isActive(held) === isActive(desired)) return "update";
  return isActive(desired) ? "reactivate" : "deactivate";
}

function deletionReason({ type, departed }: PendingResource): string {
  if (type === "Group") return "the group is gone, or out of the target's scope";
  return departed
    ? "this person left the source"
    : "disabled in the source, or out of the target's scope; the product knows no inactive accounts";
}

function reasonOf(resource: PendingResource, active: false | null): string {
  if (resource.departed) return "this person left the source";
  if (active === false) return "disabled in the source, or out of the target's scope";
  // Somebody linked it by hand, or it was read back and found to be otherwise.
  if (resource.givenVersion === 0) return "the target did not hold it as it should be";
  return resource.lookAgain
    ? "the rules of this target changed, or the attributes that it knows"
    : "it changed in the directory";
}
