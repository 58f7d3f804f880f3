import { foldCase } from "../../lib/fold.ts";
import { canonicalJson, isJsonObject, type Json, member } from "../../lib/json.ts";
import { findSubAttribute } from "../catalog.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";

/** Text that is equal for equal values of an attribute: case counts where it is caseExact (RFC 7643 §2.2). */
export function valueKey({ caseExact }: AttributeDefinition, value: Json): string {
  return typeof value === "string" && !caseExact ? JSON.stringify(foldCase(value)) : canonicalJson(value);
}

/**
 * What an element of a multi-valued attribute is known by: its `type` and `value` (RFC 7643 §2.4), itself where it is
 * simple, all of it but `primary` where it has no value (`addresses`).
 */
export function elementKey(attribute: AttributeDefinition, element: Json): string {
  if (!isJsonObject(element)) return valueKey(attribute, element);
  const value = member(element, "value");
  const valueDefinition = findSubAttribute(attribute, "value");
  if (value === undefined || valueDefinition === null) {
    // Which one is primary changes, and is no part of what it is.
    const { primary: _, ...rest } = element;
    return canonicalJson(rest);
  }
  const type = member(element, "type");
  const typeDefinition = findSubAttribute(attribute, "type");
  const typeKey = type === undefined || typeDefinition === null ? "" : valueKey(typeDefinition, type);
  return `${typeKey} ${valueKey(valueDefinition, value)}`;
}
