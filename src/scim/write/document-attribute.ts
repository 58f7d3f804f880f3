import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";

/** An attribute in a document: at the top, or in the object of an extension (RFC 7643 §3.3). */
export interface DocumentPlace {
  /** URN as the schema writes it, or null for the top. */
  readonly extension: string | null;
  readonly attribute: AttributeDefinition;
}

/** `title`, or `urn:…:User:department` (RFC 7644 §3.10). */
export function nameOf({ extension, attribute }: DocumentPlace): string {
  return extension === null ? attribute.name : `${extension}:${attribute.name}`;
}

export function readAttribute(document: JsonObject, { extension, attribute }: DocumentPlace): Json | undefined {
  const scope = extension === null ? document : member(document, extension);
  return isJsonObject(scope) ? member(scope, attribute.name) : undefined;
}

/** The document with another value for an attribute, or without it; an extension that becomes empty goes with it. */
export function writeAttribute(document: JsonObject, place: DocumentPlace, value: Json | undefined): JsonObject {
  const { extension, attribute } = place;
  if (extension === null) return withMember(document, attribute.name, value);
  const scope = member(document, extension);
  const inner = withMember(isJsonObject(scope) ? scope : {}, attribute.name, value);
  return withMember(document, extension, Object.keys(inner).length === 0 ? undefined : inner);
}

/** A computed key makes an own member, whatever it is called. */
export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [name]: value };
  const { [name]: _, ...rest } = object;
  return rest;
}

/** Names at the top that no stored document has: they are kept beside it, or made for each answer. */
export const besideDocument: ReadonlySet<string> = new Set(["schemas", "id", "meta", "members", "groups"]);

/** A password is taken and forgotten: nobody signs in here, and RFC 7643 §4.1.1 forbids to keep it as it is. */
export function isNotKept({ extension, attribute }: DocumentPlace): boolean {
  return extension === null && attribute.name === "password";
}
