import type { JsonObject } from "../../lib/json.ts";
import { textOf } from "../document.ts";
import type { ResourceType } from "../resource.ts";
import type { Problems } from "./problems.ts";

/** What people tell a resource by. */
const nameAttribute: Readonly<Record<ResourceType, string>> = { User: "userName", Group: "displayName" };

/**
 * RFC 7643 §4.1.1 and §4.2: a User's userName is not empty, and a Group has a displayName. White space alone shows
 * nothing either. Around other text it is the client's own.
 *
 * @param before null for what takes the place of all that was there
 */
export function checkName(
  document: JsonObject,
  before: JsonObject | null,
  type: ResourceType,
  problems: Problems,
): void {
  const attribute = nameAttribute[type];
  const name = textOf(document, attribute);
  if (name === null || name.trim() !== "") return;
  // One that was there before is no reason to refuse another change.
  if (before !== null && textOf(before, attribute) === name) return;
  problems.add("invalidValue", attribute, "has nothing but white space");
}
