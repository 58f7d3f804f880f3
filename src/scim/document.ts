import { foldCase } from "../lib/fold.ts";
import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { foldDocument } from "./fold-document.ts";
import { coreSchemaOf, enterpriseUserSchema, type ResourceType } from "./resource.ts";

/** A document as it is stored: `schemas` first (RFC 7643 §3: the core schema and each extension that has data). */
export function withSchemas(type: ResourceType, attributes: JsonObject): JsonObject {
  const extensions = Object.keys(attributes).filter((key) => key.startsWith("urn:"));
  const { schemas: _, ...rest } = attributes;
  return { schemas: [coreSchemaOf[type], ...extensions], ...rest };
}

/**
 * The document without what no database takes, with its text: NUL and half surrogate pairs become U+FFFD. PostgreSQL
 * refuses the first in text and both in JSON.
 */
export function storable(document: JsonObject): { readonly document: JsonObject; readonly text: string } {
  const text = JSON.stringify(document);
  // Escapes of just these are rare: most documents are looked at once, as text.
  if (!/\\u(0000|d[89a-f])/i.test(text)) return { document, text };
  const repaired = repair(document) as JsonObject;
  return { document: repaired, text: JSON.stringify(repaired) };
}

function repair(value: Json): Json {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\u0000", "\ufffd");
  if (Array.isArray(value)) return value.map(repair);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, repair(item)]));
}

/** The document with every text and number emptied: which attributes it has, and nothing of what they say. */
export function withoutValues(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, emptied(value)]));
}

function emptied(value: Json): Json {
  if (Array.isArray(value)) return value.map(emptied);
  if (isJsonObject(value)) return withoutValues(value);
  return typeof value === "boolean" ? value : "";
}

/** What the table keeps beside a document, to look it up by. Folded forms compare without regard to case. */
export interface DocumentColumns {
  readonly external_id: string | null;
  readonly user_name: string | null;
  readonly user_name_folded: string | null;
  readonly display_name: string | null;
  readonly display_name_folded: string | null;
  readonly active: number;
  readonly manager_id: string | null;
  readonly document: string;
  readonly folded: string;
}

/** @param text the document as JSON, where somebody has it already */
export function documentColumns(document: JsonObject, text = JSON.stringify(document)): DocumentColumns {
  const userName = textOf(document, "userName");
  const displayName = textOf(document, "displayName");
  return {
    external_id: textOf(document, "externalId"),
    user_name: userName,
    user_name_folded: userName === null ? null : foldCase(userName),
    display_name: displayName,
    display_name_folded: displayName === null ? null : foldCase(displayName),
    // RFC 7643 leaves `active` to the service provider; absent means active, as for groups.
    active: member(document, "active") === false ? 0 : 1,
    manager_id: managerOf(document),
    document: text,
    folded: JSON.stringify(foldDocument(document)),
  };
}

/** `manager.value` of the enterprise extension (RFC 7643 §4.3), or null. */
export function managerOf(document: JsonObject): string | null {
  const enterprise = member(document, enterpriseUserSchema);
  if (!isJsonObject(enterprise)) return null;
  const manager = member(enterprise, "manager");
  return isJsonObject(manager) ? textOf(manager, "value") : null;
}

/** The document with another manager, or none; an extension that becomes empty goes with it. */
export function withManager(document: JsonObject, managerId: string | null): JsonObject {
  const enterprise = member(document, enterpriseUserSchema);
  if (!isJsonObject(enterprise) || !Object.hasOwn(enterprise, "manager")) return document;
  const { manager: _, ...others } = enterprise;
  if (managerId !== null)
    return { ...document, [enterpriseUserSchema]: { ...enterprise, manager: { value: managerId } } };
  if (Object.keys(others).length > 0) return { ...document, [enterpriseUserSchema]: others };
  const { [enterpriseUserSchema]: __, ...rest } = document;
  return rest;
}

/** `active` (RFC 7643 §4.1.1); what says nothing is active. */
export function isActive(document: JsonObject): boolean {
  return member(document, "active") !== false;
}

export function textOf(object: JsonObject, key: string): string | null {
  const value = member(object, key);
  return typeof value === "string" ? value : null;
}
