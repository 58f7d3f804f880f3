import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { BulkWork } from "./bulk-request.ts";

// References of a bulk request to what the same request makes: `bulkId:qwerty` (RFC 7644 §3.7.2).

const prefix = "bulkId:";

/** The bulkIds that an operation refers to, in its path and anywhere in its data. */
export function referencesOf({ id, data }: BulkWork): ReadonlySet<string> {
  const found = new Set<string>();
  collect(id, found);
  collect(data, found);
  return found;
}

/** The bulkId that a text refers to, or null for any other text. */
export function bulkIdOf(text: string): string | null {
  return text.startsWith(prefix) ? text.slice(prefix.length) : null;
}

function collect(json: Json, found: Set<string>): void {
  if (typeof json === "string") {
    if (json.startsWith(prefix)) found.add(json.slice(prefix.length));
  } else if (Array.isArray(json)) {
    for (const element of json) collect(element, found);
  } else if (isJsonObject(json)) {
    for (const value of Object.values(json)) collect(value, found);
  }
}

/** The operation with ids in place of references. */
export function withIds(work: BulkWork, ids: ReadonlyMap<string, string>): BulkWork {
  const put = (json: Json): Json => {
    if (typeof json === "string") {
      return json.startsWith(prefix) ? (ids.get(json.slice(prefix.length)) ?? json) : json;
    }
    if (Array.isArray(json)) return json.map(put);
    if (isJsonObject(json)) return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, put(value)]));
    return json;
  };
  return {
    ...work,
    id: work.id === null ? null : (put(work.id) as string),
    data: work.data && (put(work.data) as JsonObject),
  };
}

/** Data without what still refers to something: an element of a list goes whole, and so does an object that is left empty. */
export function withoutReferences(data: JsonObject): JsonObject {
  const kept = withoutIn(data);
  return isJsonObject(kept) ? kept : {};
}

function withoutIn(json: Json): Json | undefined {
  if (typeof json === "string") return json.startsWith(prefix) ? undefined : json;
  if (Array.isArray(json)) return json.filter((element) => !refers(element));
  if (!isJsonObject(json)) return json;
  const entries = Object.entries(json).flatMap(([key, value]) => {
    const kept = withoutIn(value);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return entries.length === 0 && Object.keys(json).length > 0 ? undefined : Object.fromEntries(entries);
}

function refers(json: Json): boolean {
  const found = new Set<string>();
  collect(json, found);
  return found.size > 0;
}
