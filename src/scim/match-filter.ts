import { compareCodePoints } from "../lib/compare-code-points.ts";
import { foldCase } from "../lib/fold.ts";
import type { AttributeMatch } from "./catalog.ts";
import type { CompareOperator, FilterValue } from "./filter.ts";
import {
  type Comparable,
  elementsOf,
  type FilterableResource,
  type FilterElement,
  type FilterScope,
  singularScope,
} from "./filterable-resource.ts";
import type { Comparison, ElementFilter, ResolvedFilter } from "./resolve-filter.ts";
import type { AttributeDefinition } from "./schemas/schema.ts";

export type { FilterableEdge, FilterableResource } from "./filterable-resource.ts";

/**
 * Whether a resource in memory fulfils a filter: the answer that the store's SQL gives for it (store/filter.ts), which
 * test/store/filter.test.ts holds it to.
 *
 * SQL's unknown, a comparison with an absent value, is false here from the start. The store settles it at each `not`,
 * and `and` and `or` cannot tell the two apart, so that the answers are the same.
 */
export function matchesFilter(filter: ResolvedFilter, resource: FilterableResource): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.every((part) => matchesFilter(part, resource));
    case "or":
      return filter.filters.some((part) => matchesFilter(part, resource));
    case "not":
      return !matchesFilter(filter.filter, resource);
    case "constant":
      return filter.value;
    case "present":
      return isPresent(filter.at, resource);
    case "element":
      return elementsOf(filter.at, resource).some((element) =>
        matchesElement(filter.filter, element, filter.at.attribute),
      );
    case "compare":
      return matchesComparison(filter, resource);
  }
}

function isPresent(at: AttributeMatch, resource: FilterableResource): boolean {
  if (!at.attribute.multiValued) return singularScope(at, resource).isFilled();
  return elementsOf(at, resource).some((element) => element(at.sub).isFilled());
}

function matchesComparison({ at, operator, value }: Comparison<AttributeMatch>, resource: FilterableResource): boolean {
  if (value === null) return isPresent(at, resource) === (operator === "ne");
  const definition = at.sub ?? at.attribute;
  if (!at.attribute.multiValued) return compare(singularScope(at, resource), definition, operator, value);
  const scopes = elementsOf(at, resource).map((element) => element(at.sub));
  if (operator !== "ne") return scopes.some((scope) => compare(scope, definition, operator, value));
  // `ne` also holds where there is no value at all.
  const filled = scopes.filter((scope) => scope.isFilled());
  return filled.length === 0 || filled.some((scope) => compare(scope, definition, "ne", value));
}

/** Whether an element of this attribute fulfils the filter of a value path. */
export function matchesElement(filter: ElementFilter, element: FilterElement, attribute: AttributeDefinition): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.every((part) => matchesElement(part, element, attribute));
    case "or":
      return filter.filters.some((part) => matchesElement(part, element, attribute));
    case "not":
      return !matchesElement(filter.filter, element, attribute);
    case "present":
      return element(filter.at).isFilled();
    case "compare": {
      const scope = element(filter.at);
      if (filter.value === null) return scope.isFilled() === (filter.operator === "ne");
      return compare(scope, filter.at ?? attribute, filter.operator, filter.value);
    }
  }
}

function compare(
  scope: FilterScope,
  { caseExact }: AttributeDefinition,
  operator: CompareOperator,
  value: NonNullable<FilterValue>,
): boolean {
  const found = scope.read();
  const wanted = typeof value === "string" && !caseExact ? foldCase(value) : value;
  if (operator === "ne") return found !== wanted;
  return found !== undefined && holds(found, operator, wanted);
}

function holds(found: Comparable, operator: Exclude<CompareOperator, "ne">, wanted: Comparable): boolean {
  switch (operator) {
    case "eq":
      return found === wanted;
    case "gt":
      return order(found, wanted) > 0;
    case "ge":
      return order(found, wanted) >= 0;
    case "lt":
      return order(found, wanted) < 0;
    case "le":
      return order(found, wanted) <= 0;
    case "co":
      return String(found).includes(String(wanted));
    case "sw":
      return String(found).startsWith(String(wanted));
    case "ew":
      return String(found).endsWith(String(wanted));
  }
}

// Both are of the attribute's type: resolveFilter has refused other values.
function order(found: Comparable, wanted: Comparable): number {
  if (typeof found === "string" || typeof wanted === "string") return compareCodePoints(String(found), String(wanted));
  return Number(found) - Number(wanted);
}
