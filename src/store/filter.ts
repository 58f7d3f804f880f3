import { type RawBuilder, sql } from "kysely";
import { foldCase } from "../lib/fold.ts";
import type { AttributeMatch } from "../scim/catalog.ts";
import type { CompareOperator, FilterValue } from "../scim/filter.ts";
import type { Combination, Comparison, ElementFilter, Negation, ResolvedFilter } from "../scim/resolve-filter.ts";
import type { AttributeDefinition } from "../scim/schemas/schema.ts";
import { columnOf, edgesOf } from "./filter-columns.ts";

export type Sql<T = unknown> = RawBuilder<T>;

/**
 * A place in the JSON of a resource: `keys` from the top, and within an array `element`, the sub-attribute of the
 * element at hand (null: the element itself). Keys come from the schemas, never from a request.
 */
export interface JsonPlace {
  /** `folded` holds the same document with its text folded (lib/fold). */
  readonly document: "document" | "folded";
  readonly keys: readonly string[];
  readonly element?: { readonly sub: string | null };
}

/** How a database says it. All answers are SQL expressions over the table `resource`. */
export interface FilterDialect {
  /** Null where there is nothing. */
  text(place: JsonPlace): Sql<string | null>;
  number(place: JsonPlace): Sql<number | null>;
  /** 1, 0 or null. */
  boolean(place: JsonPlace): Sql<number | null>;
  /** Milliseconds since 1970 of a dateTime. */
  instant(place: JsonPlace): Sql<number | null>;
  /** Whether there is a value that is not empty (R-082): for an object or array, one in it. */
  isFilled(place: JsonPlace): Sql<boolean>;
  /** Whether one element of the array at `keys` fulfils the condition, in which places have an `element`. */
  someElement(keys: readonly string[], condition: Sql<boolean>): Sql<boolean>;
  /** The value, in which places have an `element`, of the first element for which `isPrimary` is 1, else of the first. */
  firstElement(keys: readonly string[], value: Sql, isPrimary: Sql | null): Sql;
  /** Whether an element of one of the {@link lookedUp} attributes has this `value`, by an index. */
  hasElement(attribute: string, value: string): Sql<boolean>;
  contains(text: Sql, part: string): Sql<boolean>;
  startsWith(text: Sql, part: string): Sql<boolean>;
  endsWith(text: Sql, part: string): Sql<boolean>;
  /** Text as it is ordered by code point. */
  byCodePoint(text: Sql): Sql;
  /** A condition ("and …") on what is at the other end of a membership, `other`: what the caller does not see is not there. */
  readonly otherEnd?: Sql;
}

/**
 * A filter as a condition on the table `resource`. Every value is a bound parameter.
 *
 * SQL's unknown (a comparison with an absent value) counts as false; `not` is the one place where the difference
 * shows, so it is settled there and indexes stay usable everywhere else.
 */
export function filterCondition(filter: ResolvedFilter, dialect: FilterDialect): Sql<boolean> {
  switch (filter.kind) {
    case "and":
    case "or":
    case "not":
      return logical(filter, (part) => filterCondition(part, dialect));
    case "constant":
      return filter.value ? sql`1 = 1` : sql`1 = 0`;
    case "present":
      return isPresent(filter.at, dialect);
    case "element":
      return someElement(filter.at, filter.filter, dialect);
    case "compare":
      return compareAttribute(filter, dialect);
  }
}

function logical<F>(filter: Combination<F> | Negation<F>, toSql: (filter: F) => Sql<boolean>): Sql<boolean> {
  if (filter.kind === "not") return not(toSql(filter.filter));
  return sql`(${sql.join(filter.filters.map(toSql), filter.kind === "and" ? sql` and ` : sql` or `)})`;
}

function not(condition: Sql<boolean>): Sql<boolean> {
  return sql`not coalesce(${condition}, 1 = 0)`;
}

function isPresent(at: AttributeMatch, dialect: FilterDialect): Sql<boolean> {
  const column = columnOf(at);
  if (column) return sql`${column.value} is not null and ${column.isText ? sql`${column.value} <> ''` : sql`1 = 1`}`;
  if (!at.attribute.multiValued) return dialect.isFilled(singlePlace(at));
  return someElement(at, { kind: "present", at: at.sub }, dialect);
}

function compareAttribute({ at, operator, value }: Comparison<AttributeMatch>, dialect: FilterDialect): Sql<boolean> {
  if (value === null) {
    const present = isPresent(at, dialect);
    return operator === "eq" ? not(present) : present;
  }
  if (at.attribute.multiValued) return compareElements(at, operator, value, dialect);
  const definition = at.sub ?? at.attribute;
  const column = columnOf(at);
  if (column) return compare(column.value, definition, operator, value, dialect);
  return compare(valueAt(singlePlace(at), definition, dialect), definition, operator, value, dialect);
}

/** `ne` also holds where there is no element at all. */
function compareElements(
  at: AttributeMatch,
  operator: CompareOperator,
  value: FilterValue,
  dialect: FilterDialect,
): Sql<boolean> {
  if (operator !== "ne") return someElement(at, { kind: "compare", at: at.sub, operator, value }, dialect);
  const present: ElementFilter = { kind: "present", at: at.sub };
  const other: ElementFilter = { kind: "and", filters: [present, { kind: "compare", at: at.sub, operator, value }] };
  return sql`(${someElement(at, other, dialect)} or ${not(someElement(at, present, dialect))})`;
}

function someElement(at: AttributeMatch, filter: ElementFilter, dialect: FilterDialect): Sql<boolean> {
  const edges = at.extension === null ? edgesOf(at.attribute.name) : null;
  if (edges) {
    const condition = elementCondition(filter, at.attribute, (sub) => edges.value(sub?.name), null, dialect);
    return edges.some(condition, dialect.otherEnd);
  }
  const placeOf = (sub: SubAttribute) => elementPlace(at, sub);
  const read = (sub: SubAttribute) => valueAt(placeOf(sub), sub ?? at.attribute, dialect);
  const wanted = lookedUpValue(at, filter);
  if (wanted !== null && filter.kind === "compare") return dialect.hasElement(at.attribute.name, wanted);
  const found = dialect.someElement(keysOf(at), elementCondition(filter, at.attribute, read, placeOf, dialect));
  // The index says which few resources are worth a look at their elements.
  return wanted === null ? found : sql`(${dialect.hasElement(at.attribute.name, wanted)} and ${found})`;
}

/** Multi-valued attributes whose elements are looked up by their `value`: both databases have an index for that. */
const lookedUp: ReadonlySet<string> = new Set(["emails", "phoneNumbers"]);

/** The `value` that an element has to have to fulfil the filter, where there is an index of those. */
function lookedUpValue(at: AttributeMatch, filter: ElementFilter): string | null {
  if (at.extension !== null || !lookedUp.has(at.attribute.name)) return null;
  if (filter.kind === "and")
    return filter.filters.map((part) => lookedUpValue(at, part)).find((value) => value) ?? null;
  if (filter.kind !== "compare" || filter.operator !== "eq" || filter.at?.name !== "value") return null;
  return typeof filter.value === "string" && !filter.at.caseExact ? foldCase(filter.value) : null;
}

type SubAttribute = AttributeDefinition | null;

function elementCondition(
  filter: ElementFilter,
  attribute: AttributeDefinition,
  read: (sub: SubAttribute) => Sql,
  placeOf: ((sub: SubAttribute) => JsonPlace) | null,
  dialect: FilterDialect,
): Sql<boolean> {
  const isThere = (sub: SubAttribute): Sql<boolean> =>
    placeOf ? dialect.isFilled(placeOf(sub)) : sql`coalesce(${read(sub)}, '') <> ''`;
  const toSql = (part: ElementFilter): Sql<boolean> => {
    switch (part.kind) {
      case "and":
      case "or":
      case "not":
        return logical(part, toSql);
      case "present":
        return isThere(part.at);
      case "compare":
        if (part.value === null) return part.operator === "eq" ? not(isThere(part.at)) : isThere(part.at);
        return compare(read(part.at), part.at ?? attribute, part.operator, part.value, dialect);
    }
  };
  return toSql(filter);
}

function compare(
  found: Sql,
  definition: AttributeDefinition,
  operator: CompareOperator,
  value: string | number | boolean,
  dialect: FilterDialect,
): Sql<boolean> {
  const wanted = wantedValue(definition, value);
  const ordered = typeof wanted === "string" ? dialect.byCodePoint(found) : found;
  switch (operator) {
    case "eq":
      return sql`${found} = ${wanted}`;
    case "ne":
      return not(sql`${found} = ${wanted}`);
    case "gt":
      return sql`${ordered} > ${wanted}`;
    case "ge":
      return sql`${ordered} >= ${wanted}`;
    case "lt":
      return sql`${ordered} < ${wanted}`;
    case "le":
      return sql`${ordered} <= ${wanted}`;
    case "co":
      return dialect.contains(found, String(wanted));
    case "sw":
      return dialect.startsWith(found, String(wanted));
    case "ew":
      return dialect.endsWith(found, String(wanted));
  }
}

function wantedValue({ caseExact }: AttributeDefinition, value: string | number | boolean): string | number {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" && !caseExact ? foldCase(value) : value;
}

/** Where the elements of a multi-valued attribute are, or a sub-attribute of each. */
export function elementPlace(at: AttributeMatch, sub: AttributeDefinition | null): JsonPlace {
  return { document: documentOf(sub ?? at.attribute), keys: keysOf(at), element: { sub: sub?.name ?? null } };
}

/** What is at a place, in the type of its attribute. */
export function valueAt(place: JsonPlace, { type }: AttributeDefinition, dialect: FilterDialect): Sql {
  switch (type) {
    case "boolean":
      return dialect.boolean(place);
    case "integer":
    case "decimal":
      return dialect.number(place);
    case "dateTime":
      return dialect.instant(place);
    default:
      return dialect.text(place);
  }
}

/** Where an attribute is that has one value. */
export function singlePlace(at: AttributeMatch): JsonPlace {
  const keys = at.sub ? [...keysOf(at), at.sub.name] : keysOf(at);
  return { document: documentOf(at.sub ?? at.attribute), keys };
}

function keysOf({ extension, attribute }: AttributeMatch): readonly string[] {
  return extension === null ? [attribute.name] : [extension, attribute.name];
}

// A date loses its T and Z when it is folded.
function documentOf({ type, caseExact }: AttributeDefinition): JsonPlace["document"] {
  return caseExact || type === "dateTime" ? "document" : "folded";
}
