import { isJsonObject, type Json, type JsonObject, member, sameJson } from "../lib/json.ts";

/** One attribute that differs between two documents, for a person to read. Absent is null. */
export interface AttributeDifference {
  /** Attribute path: `title`, `name.formatted`, `emails`, `urn:…:User:department`. */
  readonly attribute: string;
  readonly before: Json;
  readonly after: Json;
}

/**
 * The attributes in which two documents differ. Complex attributes and extensions by sub-attribute, multi-valued ones
 * whole, `schemas` not at all (it follows from the rest).
 */
export function diffDocuments(before: JsonObject | null, after: JsonObject | null): readonly AttributeDifference[] {
  const differences: AttributeDifference[] = [];
  walk(before ?? nothing, after ?? nothing, (difference) => {
    differences.push(difference);
    return true;
  });
  return differences;
}

/** True when nothing differs that {@link diffDocuments} would show. */
export function sameDocument(before: JsonObject, after: JsonObject): boolean {
  return walk(before, after, () => false);
}

/**
 * Two documents without the attributes in which they are the same. Whatever treats each attribute by itself makes the
 * same differences of these as of the whole.
 */
export function differingParts(before: JsonObject, after: JsonObject): readonly [JsonObject, JsonObject] {
  const keys: string[] = [];
  eachMember(before, after, (key, old, fresh) => {
    if (key !== "schemas" && old !== fresh && !sameJson(old ?? null, fresh ?? null)) keys.push(key);
    return true;
  });
  const partOf = (document: JsonObject): JsonObject =>
    Object.fromEntries(
      keys.flatMap((key): [string, Json][] => {
        const value = member(document, key);
        return value === undefined ? [] : [[key, value]];
      }),
    );
  return [partOf(before), partOf(after)];
}

const nothing: JsonObject = {};

/** Says each difference. False as soon as the listener answers false: it has heard enough. */
type Walk = (before: JsonObject, after: JsonObject, say: (difference: AttributeDifference) => boolean) => boolean;

const walk: Walk = (before, after, say) =>
  eachMember(before, after, (key, old, fresh) => {
    if (old === fresh || key === "schemas") return true;
    if ((old !== undefined && !isJsonObject(old)) || (fresh !== undefined && !isJsonObject(fresh))) {
      return compare(key, old, fresh, say);
    }
    // RFC 7644 §3.10: an extension's attribute follows its URN after a colon, a sub-attribute after a dot.
    const separator = key.startsWith("urn:") ? ":" : ".";
    return eachMember(old ?? nothing, fresh ?? nothing, (sub, one, other) =>
      one === other ? true : compare(`${key}${separator}${sub}`, one, other, say),
    );
  });

/** The members of both, those of the first in its order, then the others. */
function eachMember(
  a: JsonObject,
  b: JsonObject,
  look: (key: string, a: Json | undefined, b: Json | undefined) => boolean,
): boolean {
  for (const key of Object.keys(a)) if (!look(key, a[key], member(b, key))) return false;
  for (const key of Object.keys(b)) if (!Object.hasOwn(a, key) && !look(key, undefined, b[key])) return false;
  return true;
}

function compare(
  attribute: string,
  old: Json | undefined,
  fresh: Json | undefined,
  say: (difference: AttributeDifference) => boolean,
): boolean {
  const [before, after] = [old ?? null, fresh ?? null];
  return sameJson(before, after) || say({ attribute, before, after });
}
