import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { elementKey } from "./same-value.ts";

/**
 * The elements, each pair of `type` and `value` once (RFC 7643 §2.4): what a later one says besides goes into the first.
 */
export function mergeDuplicates(attribute: AttributeDefinition, elements: readonly Json[]): readonly Json[] {
  const byKey = new Map<string, Json>();
  for (const element of elements) {
    const key = elementKey(attribute, element);
    const first = byKey.get(key);
    if (first === undefined) byKey.set(key, element);
    else if (isJsonObject(first) && isJsonObject(element)) byKey.set(key, mergeInto(first, element));
  }
  return byKey.size === elements.length ? elements : [...byKey.values()];
}

/** How many elements are `primary`; RFC 7643 §2.4 has one at most. */
export function countPrimary(elements: readonly Json[]): number {
  return elements.filter(isPrimary).length;
}

export function isPrimary(element: Json): element is JsonObject {
  return isJsonObject(element) && member(element, "primary") === true;
}

/** RFC 7644 §3.5.2: the old primary is set to false when another takes its place. */
export function withoutPrimary(element: Json): Json {
  return isPrimary(element) ? { ...element, primary: false } : element;
}

/**
 * A value without elements that say nothing but what they would be for (`type`, `primary`), as Entra ID sends them:
 * `{"type":"work","value":null}`. Null where nothing is left.
 */
export function withoutLabels(value: Json | null): Json | null {
  if (!Array.isArray(value)) return value;
  const elements: readonly Json[] = value;
  const kept = elements.filter((element) => !isLabelOnly(element));
  if (kept.length === elements.length) return value;
  return kept.length === 0 ? null : kept;
}

function isLabelOnly(element: Json): boolean {
  return isJsonObject(element) && Object.keys(element).every((name) => name === "type" || name === "primary");
}

// Both have the same type and value; the spelling that is there stays.
function mergeInto(first: JsonObject, later: JsonObject): JsonObject {
  const { value: _, type: __, ...besides } = later;
  return { ...first, ...besides };
}
