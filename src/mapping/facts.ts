import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import type { DepartmentContext, SourceContext, TagContext } from "./mapping.ts";

/** What `unseenFields` calls the tags of a person, which are no field of his record. */
export const tagsField = "tags";

/** All that the rules of one record can read. */
export interface Facts {
  readonly record: JsonObject;
  readonly departments: readonly DepartmentContext[];
  readonly mainDepartment: DepartmentContext | null;
  /** Of a person: the tags that he carries. Null where that is not known, which is something else than none. */
  readonly tags: readonly TagContext[] | null;
  /** Of a department: its names joined by `/`. */
  readonly path: string | null;
  readonly source: SourceContext;
}

/** A department as rules see it. */
export function describeDepartment({ key, name, path, parent, leaders }: DepartmentContext): JsonObject {
  return { id: key, name, path, leaders, ...(parent === null ? {} : { parent }) };
}

/** A tag as rules see it. */
export function describeTag({ key, name }: TagContext): JsonObject {
  return { id: key, name };
}

/** A source as rules see it. */
export function describeSource({ organization, namespace }: SourceContext): JsonObject {
  return { organization, namespace };
}

/**
 * The value of a custom field of WeCom by its name. Entries (WeCom doc path/90195): type 0 `{ name, text: { value } }`
 * gives the text, type 1 `{ name, web: { url, title } }` the object; old ones are `{ name, value }`. Names are chosen
 * by administrators and may be there twice: the first one counts.
 */
export function readExtattr(record: JsonObject, name: string): Json | undefined {
  for (const entry of extattrEntries(record)) {
    if (isJsonObject(entry) && member(entry, "name") === name) return extattrValue(entry);
  }
  return undefined;
}

/** All custom fields by their names. */
export function listExtattr(record: JsonObject): ReadonlyMap<string, Json> {
  const fields = new Map<string, Json>();
  for (const entry of extattrEntries(record)) {
    if (!isJsonObject(entry)) continue;
    const name = member(entry, "name");
    const value = extattrValue(entry);
    if (typeof name === "string" && !fields.has(name) && value !== undefined) fields.set(name, value);
  }
  return fields;
}

function extattrEntries(record: JsonObject): readonly Json[] {
  const extattr = member(record, "extattr");
  const entries = isJsonObject(extattr) ? member(extattr, "attrs") : undefined;
  return Array.isArray(entries) ? entries : [];
}

function extattrValue(entry: JsonObject): Json | undefined {
  const text = member(entry, "text");
  if (isJsonObject(text)) return member(text, "value");
  return member(entry, "web") ?? member(entry, "value");
}
