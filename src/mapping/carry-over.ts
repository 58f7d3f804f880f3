import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { type AttributeKey, type KeyCondition, parseAttributeKey } from "./attribute-key.ts";
import type { Mapped } from "./mapping.ts";

/**
 * The mapped document with what stays as it is: attributes whose rule is for creation only, and those that have no
 * value now because it cannot be seen or because the rule says to keep it.
 *
 * @param current the document that is there; null when the resource is made now
 */
export function carryOver(
  { document, keep, createOnly }: Pick<Mapped, "document" | "keep" | "createOnly">,
  current: JsonObject | null,
): JsonObject {
  if (current === null || (keep.length === 0 && createOnly.length === 0)) return document;
  const paths = new Set([...keep, ...createOnly]);
  return [...paths].reduce((result, path) => keepOne(result, current, parsePath(path)), document);
}

// The same few paths come with every record.
const parsed = new Map<string, AttributeKey>();

function parsePath(path: string): AttributeKey {
  const known = parsed.get(path);
  if (known) return known;
  const key = parseAttributeKey(path);
  if (parsed.size < 10_000) parsed.set(path, key);
  return key;
}

function keepOne(document: JsonObject, current: JsonObject, { schema, ...path }: AttributeKey): JsonObject {
  if (schema === null) return keepIn(document, current, path);
  const kept = keepIn(objectAt(document, schema), objectAt(current, schema), path);
  return replace(document, schema, Object.keys(kept).length === 0 ? undefined : kept);
}

function keepIn(document: JsonObject, current: JsonObject, path: Omit<AttributeKey, "schema">): JsonObject {
  const { name, filter, sub } = path;
  if (filter !== null)
    return replace(document, name, keepElement(listAt(document, name), listAt(current, name), filter, sub));
  if (sub === null) return replace(document, name, member(current, name));
  const parts = replace(objectAt(document, name), sub, member(objectAt(current, name), sub));
  return replace(document, name, Object.keys(parts).length === 0 ? undefined : parts);
}

function keepElement(
  elements: readonly Json[],
  current: readonly Json[],
  filter: readonly KeyCondition[],
  sub: string | null,
): Json | undefined {
  const now = elements.find((element) => matches(element, filter));
  const before = current.find((element) => matches(element, filter));
  const kept = sub === null ? before : now && replace(asObject(now), sub, member(asObject(before), sub));
  const others = elements.filter((element) => element !== now);
  if (kept === undefined) return others.length === 0 ? undefined : others;
  if (now !== undefined) return elements.map((each) => (each === now ? kept : each));
  // In its old place: another order would be a change that nobody made.
  return others.toSpliced(before === undefined ? others.length : current.indexOf(before), 0, kept);
}

function matches(element: Json, filter: readonly KeyCondition[]): boolean {
  return isJsonObject(element) && filter.every(({ sub, value }) => member(element, sub) === value);
}

function replace(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  const { [key]: _, ...others } = object;
  return value === undefined ? others : { ...object, [key]: value };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  return asObject(member(object, key));
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listAt(object: JsonObject, key: string): readonly Json[] {
  const value = member(object, key);
  return Array.isArray(value) ? value : [];
}
