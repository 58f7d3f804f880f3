import { canonicalJson, isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";

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
  for (const key of keysOf(before, after)) {
    if (key === "schemas") continue;
    const old = before === null ? undefined : member(before, key);
    const fresh = after === null ? undefined : member(after, key);
    if ((isJsonObject(old) || old === undefined) && (isJsonObject(fresh) || fresh === undefined)) {
      // RFC 7644 §3.10: an extension's attribute follows its URN after a colon, a sub-attribute after a dot.
      const separator = key.startsWith("urn:") ? ":" : ".";
      for (const sub of keysOf(old, fresh)) {
        add(differences, `${key}${separator}${sub}`, old && member(old, sub), fresh && member(fresh, sub));
      }
    } else {
      add(differences, key, old, fresh);
    }
  }
  return differences;
}

/** True when nothing differs that {@link diffDocuments} would show. */
export function sameDocument(before: JsonObject, after: JsonObject): boolean {
  return diffDocuments(before, after).length === 0;
}

function keysOf(a: JsonObject | null | undefined, b: JsonObject | null | undefined): Set<string> {
  return new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
}

function add(to: AttributeDifference[], attribute: string, before: Json | undefined, after: Json | undefined): void {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return;
  to.push({ attribute, before: before ?? null, after: after ?? null });
}
