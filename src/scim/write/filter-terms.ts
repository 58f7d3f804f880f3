import type { Json } from "../../lib/json.ts";
import { findSubAttribute } from "../catalog.ts";
import type { Filter } from "../filter.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";

/** What a filter wants of one sub-attribute: `type eq "work"`. */
export interface FilterTerm {
  readonly sub: AttributeDefinition;
  readonly value: Json;
}

/**
 * The terms of a filter that is nothing but `eq`, joined by `and`: an element that is made of them is one that the
 * filter chooses (RFC 7644 §3.5.2). Null for any other filter, and for terms that a client cannot write.
 */
export function termsOf(filter: Filter, attribute: AttributeDefinition): readonly FilterTerm[] | null {
  if (filter.kind === "and") {
    const left = termsOf(filter.left, attribute);
    const right = termsOf(filter.right, attribute);
    return left && right && [...left, ...right];
  }
  if (filter.kind !== "compare" || filter.operator !== "eq" || filter.value === null) return null;
  const sub = findSubAttribute(attribute, filter.path.name);
  return sub === null || sub.mutability === "readOnly" ? null : [{ sub, value: filter.value }];
}
