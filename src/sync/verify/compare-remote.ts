import { type JsonObject, member } from "../../lib/json.ts";
import type { Action } from "../../plan/change.ts";
import { isActive } from "../../scim/document.ts";
import type { Finding, LinkCorrection, LinkedResource } from "../../store/store.ts";
import type { RemoteResource } from "../../target/target.ts";
import { desiredDocument, nameProblem } from "../push/desired.ts";
import { keepUnknown } from "../push/keep-unknown.ts";
import { knownAttributes } from "../push/known-attributes.ts";
import type { PushParts } from "../push/push-parts.ts";

/** What came of comparing one resource: what a record says, and what its link is to say for a push to put it right. */
export interface Comparison {
  readonly finding: Finding | null;
  readonly correction: LinkCorrection | null;
}

/**
 * Compares what a target shows of a resource with what it should hold: what our directory and the target's rules say now;
 * where a push has still to bring that, what the target was given. Only attributes count that we have something to say
 * about, as when an account is adopted.
 *
 * | here | what is compared |
 * | --- | --- |
 * | in the directory, in scope, nothing pending | the document as it should be |
 * | the same, something pending | the document as it was given |
 * | left, or out of scope | that it is not active again |
 */
export function compareRemote(
  parts: Pick<PushParts, "rules" | "language" | "capabilities">,
  resource: LinkedResource,
  { document }: RemoteResource,
): Comparison {
  return resource.isWanted ? compareWanted(parts, resource, document) : compareUnwanted(resource, document);
}

const asItShouldBe: Comparison = { finding: null, correction: null };

function compareWanted(
  parts: Pick<PushParts, "rules" | "language" | "capabilities">,
  resource: LinkedResource,
  remote: JsonObject,
): Comparison {
  const { language, capabilities } = parts;
  const { type } = resource;
  const stored = JSON.parse(resource.held ?? "{}") as JsonObject;
  const given = language.known(type, stored, capabilities);
  const desired = desiredDocument(parts, resource);
  const there = knownAttributes(remote, given, desired);
  const differs = (expected: JsonObject): boolean => language.difference(type, there, expected).length > 0;
  const isAsDesired = nameProblem(parts, type, desired) === null && !differs(desired);
  const correction: LinkCorrection = {
    resourceId: resource.id,
    held: JSON.stringify(keepUnknown(there, { stored, known: given }, capabilities)),
    active: type === "Group" || isActive(there),
    version: 0,
  };
  // It has what is pending already: our database is older than the target. The push notes it and sends nothing.
  if (isAsDesired) return differs(given) ? { finding: null, correction } : asItShouldBe;
  const expected = resource.isPending ? given : desired;
  if (!differs(expected)) return asItShouldBe;
  return {
    finding: drifted(resource, { action: actionOf(type, there, expected), before: there, after: expected }),
    correction,
  };
}

/** Who has left, or was put out of scope: the rest of him is nobody's concern any more. */
function compareUnwanted(resource: LinkedResource, remote: JsonObject): Comparison {
  // A group is deleted by the next push, whatever became of it.
  if (resource.type === "Group" || resource.isGivenActive || member(remote, "active") !== true) return asItShouldBe;
  const stored = JSON.parse(resource.held ?? "{}") as JsonObject;
  return {
    finding: drifted(resource, { action: "deactivate", before: { active: true }, after: { active: false } }),
    correction: {
      resourceId: resource.id,
      held: JSON.stringify({ ...stored, active: true }),
      active: true,
      version: resource.givenVersion,
    },
  };
}

function drifted(
  resource: LinkedResource,
  { action, before, after }: { readonly action: Action; readonly before: JsonObject; readonly after: JsonObject },
): Finding {
  return {
    ...labelsOf(resource),
    action,
    status: "drifted",
    because: "the target does not hold it as it was given",
    before: JSON.stringify(before),
    after: JSON.stringify(after),
  };
}

/** What a record always says of a resource that a target holds, or should. */
export function labelsOf({ id, type, externalId, displayName, remoteId }: LinkedResource) {
  return { resourceId: id, resourceType: type, externalId, displayName, remoteId };
}

function actionOf(type: LinkedResource["type"], there: JsonObject, expected: JsonObject): Action {
  if (type === "Group" || isActive(there) === isActive(expected)) return "update";
  return isActive(expected) ? "reactivate" : "deactivate";
}
