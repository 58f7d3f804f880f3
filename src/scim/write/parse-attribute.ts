import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findSubAttribute } from "../catalog.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { countPrimary, mergeDuplicates } from "./elements.ts";
import { writeLimits } from "./limits.ts";
import { parseSimple } from "./parse-simple.ts";
import type { Problems } from "./problems.ts";

/** One sub-attribute that a request names, with its value; null clears it (RFC 7644 §3.5.2.3). */
export interface SubValue {
  readonly sub: AttributeDefinition;
  readonly value: Json | null;
}

/**
 * The value of an attribute as its definition has it (RFC 7643 §2.3, §2.4), names spelled as there, without what is
 * null or empty. Null where nothing is left.
 */
export function parseAttribute(
  attribute: AttributeDefinition,
  json: Json,
  place: string,
  problems: Problems,
): Json | null {
  return attribute.multiValued
    ? parseElements(attribute, json, place, problems)
    : parseOne(attribute, json, place, problems);
}

/**
 * What an object says of the sub-attributes of a complex attribute (RFC 7643 §2.3.8). Unknown ones are ignored, and so
 * are those that are readOnly (RFC 7644 §3.5.1).
 */
export function parseSubValues(
  attribute: AttributeDefinition,
  json: Json,
  place: string,
  problems: Problems,
): readonly SubValue[] {
  const object = toObject(attribute, json);
  if (object === null) {
    problems.add("invalidValue", place, "is not an object");
    return [];
  }
  const values = new Map<AttributeDefinition, Json | null>();
  for (const [key, value] of Object.entries(object)) {
    const sub = findSubAttribute(attribute, key);
    if (sub === null || sub.mutability === "readOnly") continue;
    const inner = `${place}.${sub.name}`;
    // RFC 7643 §2.1: names are compared without regard to case.
    if (values.has(sub)) problems.add("invalidValue", inner, "is given twice");
    else values.set(sub, parseAttribute(sub, value, inner, problems));
  }
  return [...values].map(([sub, value]) => ({ sub, value }));
}

/** An object of the sub-attributes that have a value, or null where none has. */
export function toComplex(values: readonly SubValue[]): JsonObject | null {
  const filled = values.flatMap(({ sub, value }) => (value === null ? [] : [[sub.name, value] as const]));
  return filled.length === 0 ? null : Object.fromEntries(filled);
}

/** A list as it is, one value as a list of one: Okta and others leave the brackets out (P6). */
export function toList(json: Json): readonly Json[] {
  return Array.isArray(json) ? json : [json];
}

/** RFC 7643 §2.5: null and the empty list are no value; so is empty text, with which Entra ID clears the manager. */
export function isNothing(json: Json): boolean {
  return json === null || json === "" || (Array.isArray(json) && json.length === 0);
}

function parseElements(
  attribute: AttributeDefinition,
  json: Json,
  place: string,
  problems: Problems,
): readonly Json[] | null {
  const list = toList(json);
  if (list.length > writeLimits.values) {
    problems.add("invalidValue", place, `has more than ${writeLimits.values} values`);
    return null;
  }
  const elements = list.flatMap((element, index) => parseOne(attribute, element, `${place}[${index}]`, problems) ?? []);
  const merged = mergeDuplicates(attribute, elements);
  if (countPrimary(merged) > 1) problems.add("invalidValue", place, "has more than one primary (RFC 7643 §2.4)");
  return merged.length === 0 ? null : merged;
}

function parseOne(attribute: AttributeDefinition, json: Json, place: string, problems: Problems): Json | null {
  if (isNothing(json)) return null;
  if (attribute.type !== "complex") return parseSimple(attribute, json, place, problems);
  return toComplex(parseSubValues(attribute, json, place, problems));
}

// Entra ID gives the manager as text or as a list of one object, and Microsoft's collection of requests gives members
// as text: the `value` of the attribute is meant. RFC 7643 §2.3.8 has objects only.
function toObject(attribute: AttributeDefinition, json: Json): JsonObject | null {
  const one = !attribute.multiValued && Array.isArray(json) && json.length === 1 ? (json as readonly Json[])[0] : json;
  if (typeof one === "string" && findSubAttribute(attribute, "value")) return { value: one };
  return isJsonObject(one) ? one : null;
}
