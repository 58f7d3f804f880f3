import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";
import { type AttributeKey, KeySyntaxError, parseAttributeKey } from "./attribute-key.ts";
import { explainUnknown } from "./place.ts";
import type { Reader } from "./reader.ts";
import { PathSyntaxError } from "./source-path.ts";

/**
 * Compiles a path over a SCIM document: `userName`, `name.givenName`, `emails[type eq "work"].value`, `urn:…:User:x`.
 *
 * @throws {PathSyntaxError}
 */
export function compileResourceReader(catalog: SchemaCatalog, type: ResourceType, path: string): Reader {
  const key = findAttributeKey(catalog, type, path);
  return { path, field: null, read: ({ record }) => readAttribute(record, key) };
}

/** A path over a document, with the names as the schemas write them. @throws {PathSyntaxError} */
export function findAttributeKey(catalog: SchemaCatalog, type: ResourceType, path: string): AttributeKey {
  const key = parse(path);
  const match = catalog.findAttribute(type, key);
  if (!match) throw new PathSyntaxError(explainUnknown(catalog, type, key));
  return { schema: match.extension, name: match.attribute.name, filter: key.filter, sub: match.sub?.name ?? null };
}

/** What a document has at a path; undefined for nothing. Of an attribute with several elements the first that fits. */
export function readAttribute(document: JsonObject, { schema, name, filter, sub }: AttributeKey): Json | undefined {
  const container = schema === null ? document : member(document, schema);
  const value = isJsonObject(container) ? member(container, name) : undefined;
  if (filter === null) return sub === null ? value : partOf(Array.isArray(value) ? value[0] : value, sub);
  const element = Array.isArray(value)
    ? value.find((each) => isJsonObject(each) && filter.every((wanted) => member(each, wanted.sub) === wanted.value))
    : undefined;
  return sub === null ? element : partOf(element, sub);
}

function partOf(value: Json | undefined, sub: string): Json | undefined {
  return value !== undefined && isJsonObject(value) ? member(value, sub) : undefined;
}

function parse(path: string): AttributeKey {
  try {
    return parseAttributeKey(path);
  } catch (error) {
    throw error instanceof KeySyntaxError ? new PathSyntaxError(error.message) : error;
  }
}
