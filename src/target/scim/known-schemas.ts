import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { enterpriseUserSchema } from "../../scim/resource.ts";
import type { KnownSchemas, RemoteResource } from "../target.ts";

/** What a server's `/Schemas` say (RFC 7643 §7). A schema without a list of attributes says nothing of them. */
export function publishedSchemas(schemas: readonly RemoteResource[]): KnownSchemas {
  return new Map(schemas.map(({ id, document }) => [id.toLowerCase(), namesIn(member(document, "attributes"))]));
}

/** The schemas that a profile names, each with all of its attributes. */
export function namedSchemas(urns: readonly string[]): KnownSchemas {
  return new Map(urns.map((urn) => [urn.toLowerCase(), null]));
}

/** Whether a target knows this attribute of this extension. */
export function isKnown(schemas: KnownSchemas | null, urn: string, name: string): boolean {
  // A target that doesn't say which schemas it has gets the extension that RFC 7643 itself defines.
  if (schemas === null) return urn.toLowerCase() === enterpriseUserSchema.toLowerCase();
  const names = schemas.get(urn.toLowerCase());
  return names !== undefined && (names === null || names.has(name.toLowerCase()));
}

/**
 * What a target still knows of a document that it was given. A server that takes an attribute out of a schema refuses a
 * removal of it as well: it is no part of any comparison any more.
 */
export function knownPart(document: JsonObject, { schemas }: { readonly schemas: KnownSchemas | null }): JsonObject {
  return Object.fromEntries(
    Object.entries(document).flatMap(([key, value]): [string, Json][] => {
      if (!/^urn:/i.test(key) || !isJsonObject(value)) return [[key, value]];
      const entries = Object.entries(value).filter(([name]) => isKnown(schemas, key, name));
      return entries.length === 0 ? [] : [[key, Object.fromEntries(entries)]];
    }),
  );
}

function namesIn(attributes: Json | undefined): ReadonlySet<string> | null {
  if (!Array.isArray(attributes)) return null;
  const names = attributes.flatMap((attribute: Json): string[] => {
    const name = isJsonObject(attribute) ? member(attribute, "name") : undefined;
    return typeof name === "string" ? [name.toLowerCase()] : [];
  });
  return names.length === 0 ? null : new Set(names);
}
