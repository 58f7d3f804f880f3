import type { JsonObject } from "../lib/json.ts";
import { member } from "../lib/json.ts";
import { isActive } from "../scim/document.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { Action } from "./change.ts";

/** What moving a person from one document to another is called. Null is not there. */
export function classify(
  before: JsonObject | null,
  after: JsonObject,
): Extract<Action, "create" | "update" | "deactivate" | "reactivate"> {
  if (before === null) return "create";
  const was = isActive(before);
  const is = isActive(after);
  if (was && !is) return "deactivate";
  if (!was && is) return "reactivate";
  return "update";
}

/** Attributes by which a resource is known to everybody who holds it. Of a group its name: it has no other. */
const identifiers = {
  User: ["userName", "externalId"],
  Group: ["externalId", "displayName"],
} as const satisfies Readonly<Record<ResourceType, readonly string[]>>;

/** Whether somebody (or a group) is known by another name afterwards, or is switched on or off. */
export function isOtherIdentity(type: ResourceType, before: JsonObject, after: JsonObject): boolean {
  return isActive(before) !== isActive(after) || isOtherName(type, before, after);
}

/** Whether somebody (or a group) is known by another name afterwards. */
export function isOtherName(type: ResourceType, before: JsonObject, after: JsonObject): boolean {
  return identifiers[type].some((name) => member(before, name) !== member(after, name));
}
