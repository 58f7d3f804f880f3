import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type Attribute, type AttributeType, findAttribute, subAttributesOf } from "./attribute.ts";
import type { Judge } from "./journal.ts";

/** An object under construction. Its keys are names from a schema, never a client's. */
export type Draft = { [name: string]: Json };

/**
 * The value in the form in which it is kept: names as the schema writes them, without nulls, empties and read-only
 * parts; undefined when nothing is left. Everything wrong with it goes to the judge, under its `place`.
 */
export function cleanValue(item: Attribute, value: Json, place: string, judge: Judge): Json | undefined {
  if (value === null) {
    judge.note("value-null", `${place} is null.`);
    return undefined;
  }
  if (!item.multiValued) return cleanSingle(item, value, place, judge);
  if (!isArray(value)) {
    judge.reject("attribute-type", `${place} is multi-valued: an array is expected.`, "invalidValue");
    return undefined;
  }
  if (value.length === 0) judge.note("value-empty", `${place} is an empty array.`);
  return nonEmpty(cleanElements(item, value, place, judge));
}

/** The elements of a multi-valued attribute, each cleaned and checked against the others. */
export function cleanElements(item: Attribute, values: readonly Json[], place: string, judge: Judge): readonly Json[] {
  const cleaned: Json[] = [];
  for (const [index, value] of values.entries()) {
    const element = cleanSingle(item, value, `${place}[${index}]`, judge);
    if (element !== undefined) cleaned.push(element);
  }
  checkElements(item, cleaned, place, judge);
  return cleaned;
}

/** One value of the attribute: the value itself, or one element if it is multi-valued. */
export function cleanSingle(item: Attribute, value: Json, place: string, judge: Judge): Json | undefined {
  if (value === null) {
    judge.note("value-null", `${place} is null.`);
    return undefined;
  }
  if (item.type === "complex") {
    if (isJsonObject(value)) return cleanComplex(subAttributesOf(item), value, place, judge);
    judge.reject("attribute-type", `${place} is complex: an object is expected.`, "invalidValue");
    return undefined;
  }
  if (!fits[item.type](value)) {
    judge.reject("attribute-type", `${place} is expected to be of type ${item.type}.`, "invalidValue");
    return undefined;
  }
  if (item.required && value === "") {
    judge.reject("attribute-required", `${place} is empty.`, "invalidValue");
    return undefined;
  }
  return value;
}

/** An object whose members are these attributes: a complex value, or the object of an extension. */
export function cleanComplex(
  attributes: readonly Attribute[],
  value: JsonObject,
  place: string,
  judge: Judge,
): JsonObject | undefined {
  const cleaned: Draft = {};
  const keys = Object.keys(value);
  if (keys.length === 0) judge.note("value-empty", `${place} is an empty object.`);
  for (const key of keys) {
    const attribute = findAttribute(attributes, key);
    const given = value[key];
    if (!attribute || given === undefined) {
      judge.reject("attribute-unknown", `${place} has no attribute ${quoted(key)}.`, "invalidSyntax");
    } else if (attribute.mutability === "readOnly") {
      judge.note("attribute-read-only", `${place}.${attribute.name} is read-only.`);
    } else if (Object.hasOwn(cleaned, attribute.name)) {
      judge.reject("attribute-twice", `${place}.${attribute.name} is given twice.`, "invalidSyntax");
    } else {
      const kept = cleanValue(attribute, given, `${place}.${attribute.name}`, judge);
      if (kept !== undefined) cleaned[attribute.name] = kept;
    }
  }
  for (const attribute of attributes) {
    if (attribute.required && !Object.hasOwn(cleaned, attribute.name)) {
      judge.reject("attribute-required", `${place}.${attribute.name} is missing.`, "invalidValue");
    }
  }
  for (const _ in cleaned) return cleaned;
  return undefined;
}

/** A client's name for something, short enough to be shown. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** RFC 7643 §2.4: one primary at most, and no value of a type twice. */
function checkElements(item: Attribute, elements: readonly Json[], place: string, judge: Judge): void {
  if (elements.length < 2) return;
  const primaries = elements.filter((element) => isJsonObject(element) && element["primary"] === true);
  if (primaries.length > 1)
    judge.reject("value-primary", `${place} has ${primaries.length} primaries.`, "invalidValue");
  // Members are checked against each other where their ids are, which also counts.
  if (item.name === "members") return;
  const seen = new Set<string>();
  for (const element of elements) {
    const key = isJsonObject(element) && element["value"] !== undefined ? [element["value"], element["type"]] : element;
    const text = canonicalJson(key);
    if (seen.has(text)) judge.note("value-duplicate", `${place} holds a value twice.`);
    seen.add(text);
  }
}

function nonEmpty(values: readonly Json[]): readonly Json[] | undefined {
  return values.length === 0 ? undefined : values;
}

const fits: Readonly<Record<Exclude<AttributeType, "complex">, (value: Json) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: (value) => Number.isSafeInteger(value),
  decimal: (value) => typeof value === "number",
  dateTime: (value) => typeof value === "string" && dateTime.test(value) && !Number.isNaN(Date.parse(value)),
  // RFC 7643 §2.3.7: an absolute or relative URI.
  reference: (value) =>
    typeof value === "string" && /^\S+$/.test(value) && URL.canParse(value, "http://relative.invalid/"),
  binary: (value) => typeof value === "string" && /^[\w+/-]*={0,2}$/.test(value),
};

// xsd:dateTime with both date and time (RFC 7643 §2.3.5).
const dateTime = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;
