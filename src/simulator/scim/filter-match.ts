import { foldCase } from "../../lib/fold.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type Attribute, findAttribute, subAttributesOf } from "./attribute.ts";
import { type Filter, GrammarError, type Operator, parseFilter, type Scalar } from "./filter-syntax.ts";
import { locate, type Model } from "./model.ts";

export type Test = (resource: JsonObject) => boolean;

/** A filter made for one resource type: what to test, which attributes it reads, and an index that narrows it. */
export interface CompiledFilter {
  readonly test: Test;
  /** Names of the top-level attributes that are read, so that members are rendered only where needed. */
  readonly reads: ReadonlySet<string>;
  /** An equality that every match satisfies. */
  readonly lookup: Lookup | undefined;
}

export interface Lookup {
  readonly attribute: "id" | "userName" | "externalId" | "displayName" | "members";
  readonly value: string;
}

/** @throws GrammarError for a wrong syntax, an unknown attribute, or an operator that its type does not have */
export function compileFilter(text: string, model: Model): CompiledFilter {
  const filter = parseFilter(text);
  const reads = new Set<string>();
  const test = compile(filter, (path) => topLevel(model, path, reads));
  return { test, reads, lookup: lookupOf(filter, model) };
}

/** The test of a value filter on one element of a multi-valued attribute. @throws GrammarError */
export function compileValueFilter(filter: Filter, attribute: Attribute): Test {
  return compile(filter, (path) => ofElement(attribute, path));
}

/** What a name in a filter reads. */
interface Reader {
  readonly attribute: Attribute;
  readonly values: (resource: JsonObject) => readonly Json[];
}

type Resolve = (path: string) => Reader;

function compile(filter: Filter, resolve: Resolve): Test {
  switch (filter.kind) {
    case "and": {
      const [left, right] = [compile(filter.left, resolve), compile(filter.right, resolve)];
      return (resource) => left(resource) && right(resource);
    }
    case "or": {
      const [left, right] = [compile(filter.left, resolve), compile(filter.right, resolve)];
      return (resource) => left(resource) || right(resource);
    }
    case "not": {
      const inner = compile(filter.filter, resolve);
      return (resource) => !inner(resource);
    }
    case "present": {
      const reader = resolve(filter.path);
      return (resource) => reader.values(resource).some(isPresent);
    }
    case "some": {
      const reader = resolve(filter.path);
      const inner = compileValueFilter(filter.filter, reader.attribute);
      return (resource) => reader.values(resource).some((element) => isJsonObject(element) && inner(element));
    }
    case "compare":
      return compileComparison(defaultValue(resolve(filter.path), filter.path), filter.operator, filter.value);
  }
}

function topLevel(model: Model, path: string, reads: Set<string>): Reader {
  const located = locate(model, path);
  if (!located?.attribute) throw new GrammarError(`${model.type} has no attribute ${path}.`);
  const { extension, attribute, sub } = located;
  if (attribute.returned === "never") throw new GrammarError(`${attribute.name} can't be filtered by.`);
  reads.add(attribute.name);
  const elements = (resource: JsonObject): readonly Json[] => {
    const holder = extension ? resource[extension.id] : resource;
    return isJsonObject(holder) ? toArray(holder[attribute.name]) : [];
  };
  return sub
    ? { attribute: sub, values: (resource) => membersOf(elements(resource), sub.name) }
    : { attribute, values: elements };
}

function ofElement(attribute: Attribute, path: string): Reader {
  const sub = findAttribute(subAttributesOf(attribute), path);
  if (!sub) throw new GrammarError(`${attribute.name} has no sub-attribute ${path}.`);
  return { attribute: sub, values: (element) => toArray(element[sub.name]) };
}

/** `emails co "x"` compares the sub-attribute `value` (RFC 7644 §3.4.2.2, last examples). */
function defaultValue(reader: Reader, path: string): Reader {
  if (reader.attribute.type !== "complex") return reader;
  const value = findAttribute(subAttributesOf(reader.attribute), "value");
  if (!value || !reader.attribute.multiValued) throw new GrammarError(`${path} is complex: name a sub-attribute.`);
  return { attribute: value, values: (resource) => membersOf(reader.values(resource), value.name) };
}

function compileComparison(reader: Reader, operator: Operator, wanted: Scalar): Test {
  const { attribute, values } = reader;
  if (wanted === null) {
    if (operator === "eq") return (resource) => !values(resource).some(isPresent);
    if (operator === "ne") return (resource) => values(resource).some(isPresent);
    throw new GrammarError(`${operator} does not compare with null.`);
  }
  const compare = comparison(attribute, operator, wanted);
  // What has no value differs from every value.
  if (operator === "ne") return (resource) => values(resource).length === 0 || values(resource).some(compare);
  return (resource) => values(resource).some(compare);
}

function comparison(attribute: Attribute, operator: Operator, wanted: Scalar): (value: Json) => boolean {
  const unfit = new GrammarError(`${attribute.name} is ${attribute.type}: ${operator} does not apply to it like this.`);
  switch (attribute.type) {
    case "boolean":
      if (typeof wanted !== "boolean" || (operator !== "eq" && operator !== "ne")) throw unfit;
      return operator === "eq" ? (value) => value === wanted : (value) => value !== wanted;
    case "integer":
    case "decimal":
      if (typeof wanted !== "number" || ["co", "sw", "ew"].includes(operator)) throw unfit;
      return (value) => typeof value === "number" && ordered(operator, value - wanted);
    case "dateTime": {
      const time = typeof wanted === "string" ? Date.parse(wanted) : Number.NaN;
      if (Number.isNaN(time) || ["co", "sw", "ew"].includes(operator)) throw unfit;
      return (value) => typeof value === "string" && ordered(operator, Date.parse(value) - time);
    }
    default: {
      if (typeof wanted !== "string") throw unfit;
      if (attribute.type === "binary" && ["gt", "ge", "lt", "le"].includes(operator)) throw unfit;
      const fold = attribute.caseExact ? (text: string) => text : foldCase;
      const folded = fold(wanted);
      return (value) => typeof value === "string" && compareText(operator, fold(value), folded);
    }
  }
}

function compareText(operator: Operator, value: string, wanted: string): boolean {
  if (operator === "co") return value.includes(wanted);
  if (operator === "sw") return value.startsWith(wanted);
  if (operator === "ew") return value.endsWith(wanted);
  return ordered(operator, value === wanted ? 0 : value < wanted ? -1 : 1);
}

function ordered(operator: Operator, difference: number): boolean {
  switch (operator) {
    case "eq":
      return difference === 0;
    case "ne":
      return difference !== 0;
    case "gt":
      return difference > 0;
    case "ge":
      return difference >= 0;
    case "lt":
      return difference < 0;
    default:
      return difference <= 0;
  }
}

function lookupOf(filter: Filter, model: Model): Lookup | undefined {
  if (filter.kind === "and") return lookupOf(filter.left, model) ?? lookupOf(filter.right, model);
  if (filter.kind !== "compare" || filter.operator !== "eq" || typeof filter.value !== "string") return undefined;
  const located = locate(model, filter.path);
  if (!located?.attribute || located.extension) return undefined;
  const { name } = located.attribute;
  if (name === "id" || name === "userName" || name === "externalId" || name === "displayName") {
    return { attribute: name, value: filter.value };
  }
  if (name === "members" && (located.sub ?? { name: "value" }).name === "value") {
    return { attribute: name, value: filter.value };
  }
  return undefined;
}

function membersOf(elements: readonly Json[], name: string): readonly Json[] {
  return elements.flatMap((element) => (isJsonObject(element) ? toArray(element[name]) : []));
}

function toArray(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : isArray(value) ? value : [value];
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** RFC 7644 §3.4.2.2 `pr`: not empty; a complex value has a member that is not empty. */
function isPresent(value: Json): boolean {
  if (value === null || value === "") return false;
  return isJsonObject(value) ? Object.values(value).some(isPresent) : true;
}
