import { printAttributePath } from "./attribute-path.ts";
import { type AttributeMatch, findSubAttribute, type SchemaCatalog } from "./catalog.ts";
import type { AttributePath, CompareOperator, Filter, FilterValue } from "./filter.ts";
import { checkedValue } from "./filter-value.ts";
import type { ResourceType } from "./resource.ts";
import type { AttributeDefinition } from "./schemas/schema.ts";
import { ScimError } from "./scim-error.ts";

/**
 * A filter whose names have become definitions and whose values fit them: what the store turns into SQL.
 *
 * What it means (RFC 7644 §3.4.2.2, and where the RFC is silent, our choice):
 * - A path has the values of all its elements; a comparison holds when one of them matches.
 * - `eq null` holds when there is no value, `ne null` when there is one; text that is empty counts as none.
 * - `ne "x"` holds when there is no value, or one that is not x. So `title ne "x"` finds people without a title.
 * - `attribute[…]` holds when one single element fulfils all of it.
 */
export type ResolvedFilter =
  | Comparison<AttributeMatch>
  | Presence<AttributeMatch>
  | Combination<ResolvedFilter>
  | Negation<ResolvedFilter>
  | { readonly kind: "element"; readonly at: AttributeMatch; readonly filter: ElementFilter }
  | { readonly kind: "constant"; readonly value: boolean };

/** A condition on one element of a multi-valued attribute. Null is the element itself, where it is not complex. */
export type ElementFilter =
  | Comparison<AttributeDefinition | null>
  | Presence<AttributeDefinition | null>
  | Combination<ElementFilter>
  | Negation<ElementFilter>;

export interface Comparison<Place> {
  readonly kind: "compare";
  readonly at: Place;
  readonly operator: CompareOperator;
  /** Text that is not caseExact is not folded yet; a dateTime is its milliseconds since 1970. */
  readonly value: FilterValue;
}

export interface Presence<Place> {
  readonly kind: "present";
  readonly at: Place;
}

export interface Combination<F> {
  readonly kind: "and" | "or";
  readonly filters: readonly F[];
}

export interface Negation<F> {
  readonly kind: "not";
  readonly filter: F;
}

/**
 * Looks up every name of a filter in the schemas.
 *
 * @throws {ScimError} 400 invalidFilter for an attribute that is unknown, secret or not searchable, an operator that
 * its type does not have, a value of another type
 */
export function resolveFilter(filter: Filter, type: ResourceType, catalog: SchemaCatalog): ResolvedFilter {
  return resolve(filter, { type, catalog, otherTypes: [] });
}

/**
 * The same for a search over several types: an attribute that only another type has is one without a value
 * (RFC 7644 §3.4.2.1).
 *
 * @throws {ScimError} 400 invalidFilter
 */
export function resolveFilterAmong(
  filter: Filter,
  type: ResourceType,
  types: readonly ResourceType[],
  catalog: SchemaCatalog,
): ResolvedFilter {
  return resolve(filter, { type, catalog, otherTypes: types.filter((other) => other !== type) });
}

interface Scope {
  readonly type: ResourceType;
  readonly catalog: SchemaCatalog;
  readonly otherTypes: readonly ResourceType[];
}

function resolve(filter: Filter, scope: Scope): ResolvedFilter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: flatten(filter, filter.kind).map((part) => resolve(part, scope)) };
    case "not":
      return { kind: "not", filter: resolve(filter.filter, scope) };
    case "valuePath":
      return resolveValuePath(filter.path, filter.filter, scope);
    case "present": {
      const at = find(filter.path, scope);
      return at === null ? { kind: "constant", value: false } : { kind: "present", at };
    }
    case "compare": {
      const at = find(filter.path, scope);
      if (at === null) return { kind: "constant", value: isTrueWithoutValue(filter.operator, filter.value) };
      const place = toComparable(at, filter.path);
      const value = checkedValue(place.sub ?? place.attribute, filter.operator, filter.value);
      return { kind: "compare", at: place, operator: filter.operator, value };
    }
  }
}

// A chain `a or b or c` is one list: the tree would be as deep as the chain is long.
function flatten(filter: Filter, kind: "and" | "or"): readonly Filter[] {
  const parts: Filter[] = [];
  let rest = filter;
  while (rest.kind === kind) {
    parts.push(rest.right);
    rest = rest.left;
  }
  return [rest, ...parts.reverse()];
}

function find(path: AttributePath, scope: Scope): AttributeMatch | null {
  const match = scope.catalog.findAttribute(scope.type, path);
  const found = match ?? scope.otherTypes.map((type) => scope.catalog.findAttribute(type, path)).find((other) => other);
  if (!found) throw refuse(path, `no attribute of a ${[scope.type, ...scope.otherTypes].join(" or ")}`);
  // an answer to such a filter would give the value away, character by character.
  if ([found.attribute, found.sub].some((definition) => definition?.returned === "never")) {
    throw refuse(path, "never returned and cannot be searched for");
  }
  const name = `${found.attribute.name}.${found.sub?.name ?? ""}`;
  if (found.extension === null && notSearchable.has(name))
    throw refuse(path, "made for each answer and cannot be searched for");
  return match;
}

/** Addresses are made from `BRIDGE_PUBLIC_URL`, versions from two counters: neither is stored. */
const notSearchable: ReadonlySet<string> = new Set(["meta.location", "meta.version", "members.$ref", "groups.$ref"]);

// RFC 7644 §3.4.2.2: `emails co "x"` means `emails.value co "x"`.
function toComparable(at: AttributeMatch, path: AttributePath): AttributeMatch {
  if (at.sub !== null || at.attribute.type !== "complex") return at;
  const sub = findSubAttribute(at.attribute, "value");
  if (sub === null) throw refuse(path, "complex: name one of its sub-attributes");
  return { ...at, sub };
}

function isTrueWithoutValue(operator: CompareOperator, value: FilterValue): boolean {
  return value === null ? operator === "eq" : operator === "ne";
}

function resolveValuePath(path: AttributePath, filter: Filter, scope: Scope): ResolvedFilter {
  const at = find(path, scope);
  if (at === null) return { kind: "constant", value: false };
  if (at.sub !== null) throw refuse(path, "a sub-attribute, which takes no value path");
  if (at.attribute.type !== "complex" && !at.attribute.multiValued)
    throw refuse(path, "simple, and takes no value path");
  const element = resolveElementFilter(filter, at.attribute, path);
  return at.attribute.multiValued ? { kind: "element", at, filter: element } : onlyElement(at, element);
}

/**
 * The filter of a value path, whose names are sub-attributes of the attribute before the bracket (RFC 7644 §3.4.2.2,
 * §3.5.2).
 *
 * @throws {ScimError} 400 invalidFilter
 */
export function resolveElementFilter(
  filter: Filter,
  attribute: AttributeDefinition,
  path: AttributePath,
): ElementFilter {
  switch (filter.kind) {
    case "and":
    case "or": {
      const filters = flatten(filter, filter.kind).map((part) => resolveElementFilter(part, attribute, path));
      return { kind: filter.kind, filters };
    }
    case "not":
      return { kind: "not", filter: resolveElementFilter(filter.filter, attribute, path) };
    case "present":
      return { kind: "present", at: findInElement(filter.path, attribute, path) };
    case "compare": {
      const at = findInElement(filter.path, attribute, path);
      const value = checkedValue(at ?? attribute, filter.operator, filter.value);
      return { kind: "compare", at, operator: filter.operator, value };
    }
    case "valuePath":
      throw refuse(filter.path, "in a value path and takes no other");
  }
}

function findInElement(
  path: AttributePath,
  attribute: AttributeDefinition,
  outer: AttributePath,
): AttributeDefinition | null {
  const simple = path.schema === null && path.sub === null;
  const sub = simple ? findSubAttribute(attribute, path.name) : null;
  // The elements of `schemas` are values themselves.
  if (sub === null && simple && attribute.type !== "complex" && path.name.toLowerCase() === "value") return null;
  const full: AttributePath = simple ? { ...outer, sub: path.name } : path;
  if (sub === null) throw refuse(full, `no sub-attribute of ${attribute.name}`);
  if (sub.returned === "never") throw refuse(full, "never returned and cannot be searched for");
  if (notSearchable.has(`${attribute.name}.${sub.name}`))
    throw refuse(full, "made for each answer and cannot be searched for");
  return sub;
}

/** `name[…]`: a singular complex attribute is an element that is there or not. */
function onlyElement(at: AttributeMatch, filter: ElementFilter): ResolvedFilter {
  return { kind: "and", filters: [{ kind: "present", at: { ...at, sub: null } }, lift(at, filter)] };
}

function lift(at: AttributeMatch, filter: ElementFilter): ResolvedFilter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: filter.filters.map((part) => lift(at, part)) };
    case "not":
      return { kind: "not", filter: lift(at, filter.filter) };
    case "present":
      return { kind: "present", at: { ...at, sub: filter.at } };
    case "compare":
      return { ...filter, at: { ...at, sub: filter.at } };
  }
}

function refuse(path: AttributePath, reason: string): ScimError {
  return new ScimError(400, "invalidFilter", `Filter: ${printAttributePath(path)} is ${reason}`);
}
