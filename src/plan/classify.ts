import type { JsonObject } from "../lib/json.ts";
import { member } from "../lib/json.ts";
import { isActive } from "../scim/document.ts";
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

/** Attributes by which a resource is known to everybody who holds it. */
const identifiers = ["userName", "externalId"] as const;

/** Whether somebody is known by another name afterwards, or is switched on or off. */
export function isOtherIdentity(before: JsonObject, after: JsonObject): boolean {
  return isActive(before) !== isActive(after) || isOtherName(before, after);
}

/** Whether somebody is known by another name afterwards. */
export function isOtherName(before: JsonObject, after: JsonObject): boolean {
  return identifiers.some((name) => member(before, name) !== member(after, name));
}
