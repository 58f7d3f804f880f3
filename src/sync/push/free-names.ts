import type { JsonObject } from "../../lib/json.ts";
import { member } from "../../lib/json.ts";
import { isActive } from "../../scim/document.ts";
import type { PendingResource, PushOutcome } from "../../store/store.ts";
import { TargetError } from "../../target/target.ts";
import { desiredDocument, nameProblem } from "./desired.ts";
import { eachPending } from "./each-pending.ts";
import { withhold } from "./protect.ts";
import { failureText, outcomeOf, type PushParts, retryDelayMs } from "./push-parts.ts";
import { sendOperations } from "./send-operations.ts";

/**
 * Of somebody who has left nothing changes at a target but that he is inactive; unless another person is to be made there
 * with his names. Before anybody is made, whoever had to give up his names here gives them up there.
 */
export async function freeNames(parts: PushParts): Promise<void> {
  await eachPending(parts, {
    kind: "update User",
    pageOf: (page) => parts.store.pendingFormerNames(parts.scope, page),
    choose: (page) => withhold(parts, page, "update"),
    work: (resource, ofKind) => freeOne(ofKind, resource),
  });
}

const names = ["userName", "externalId"] as const;
const because = "another person has his key in the source now: what he is called by is free for that one";

async function freeOne(parts: PushParts, resource: PendingResource): Promise<PushOutcome> {
  const { type, remoteId, version } = resource;
  const stored = JSON.parse(resource.held ?? "{}") as JsonObject;
  const held = parts.language.known(type, stored, parts.capabilities);
  const whole = desiredDocument(parts, resource);
  const given = names.filter((name) => member(held, name) !== undefined && member(whole, name) !== undefined);
  const others = Object.fromEntries(given.map((name) => [name, member(whole, name) ?? null]));
  // Whoever departs by it goes with the same request: his turn in this push is over after it.
  const goes = isActive(held) && !parts.held.has(type) && !parts.scope.removesInactive;
  const rest = { ...others, ...(goes && { active: false }) };
  const desired: JsonObject = { ...held, ...rest };
  const record = {
    action: goes ? "deactivate" : "update",
    because,
    before: JSON.stringify(held),
    after: JSON.stringify(desired),
  } as const;
  try {
    const problem = nameProblem(parts, type, desired);
    if (problem !== null) throw new TargetError("refused", problem);
    const operations = parts.language.difference(type, held, desired);
    const remembered = { ...stored, ...rest };
    const link = {
      state: "linked",
      ...{ remoteId: remoteId ?? "", version, active: isActive(desired), lacksManager: false },
      held: JSON.stringify(remembered),
    } as const;
    if (operations.length === 0) return outcomeOf(resource, null, link);
    await sendOperations(parts, { type, id: resource.id, remoteId: link.remoteId }, operations);
    return outcomeOf(resource, { ...record, status: "applied", error: null }, link);
  } catch (error) {
    const text = failureText(error);
    const attempts = resource.attempts + 1;
    const nextTryAt = parts.clock() + retryDelayMs(attempts);
    // Nobody is in the way where he is gone.
    const isGone = error instanceof TargetError && error.code === "missing";
    const link = isGone
      ? ({ state: "unlinked", again: false } as const)
      : ({ state: "failed", error: text, attempts, nextTryAt } as const);
    return outcomeOf(resource, { ...record, status: isGone ? "skipped" : "failed", error: text }, link);
  }
}
