import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import type { KeyCondition } from "./attribute-key.ts";
import type { Place } from "./place.ts";

/**
 * The document with another value at a place, or without it. An element that is not there is made where it gets a
 * value, and goes when it loses its `value`; what becomes empty goes too. The document that was given stays as it is.
 */
export function writeAttribute(document: JsonObject, place: Place, value: Json | undefined): JsonObject {
  const { extension, attribute, filter, sub } = place;
  const container = extension === null ? document : objectAt(document, extension);
  const before = member(container, attribute.name);
  const after =
    filter !== null
      ? writeElement(Array.isArray(before) ? before : [], filter, sub?.name ?? null, value)
      : sub === null
        ? value
        : unlessEmpty(replace(asObject(before), sub.name, value));
  const changed = replace(container, attribute.name, after);
  return extension === null ? changed : replace(document, extension, unlessEmpty(changed));
}

function writeElement(
  elements: readonly Json[],
  filter: readonly KeyCondition[],
  sub: string | null,
  value: Json | undefined,
): Json | undefined {
  const found = elements.find(
    (each) => isJsonObject(each) && filter.every((wanted) => member(each, wanted.sub) === wanted.value),
  );
  const isGone = value === undefined && (sub === null || sub === "value");
  const element = isGone || sub === null ? undefined : replace(asObject(found), sub, value);
  if (found === undefined) {
    // Only a value makes an element; `primary` alone is none.
    if (sub !== "value" || value === undefined) return elements.length === 0 ? undefined : elements;
    const made: Record<string, Json> = { value };
    for (const { sub: name, value: wanted } of filter) made[name] = wanted;
    return [...elements, made];
  }
  const changed = elements.flatMap((each) => (each === found ? (element === undefined ? [] : [element]) : [each]));
  return changed.length === 0 ? undefined : changed;
}

function replace(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [key]: value };
  if (!Object.hasOwn(object, key)) return object;
  const { [key]: _, ...others } = object;
  return others;
}

function unlessEmpty(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}

function objectAt(object: JsonObject, key: string): JsonObject {
  return asObject(member(object, key));
}

function asObject(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}
