import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { SchemaCatalog } from "../catalog.ts";
import type { ResourceType } from "../resource.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { besideDocument, nameOf } from "./document-attribute.ts";

/** A required attribute that a document lacks. */
export interface Missing {
  readonly path: string;
  /** The extension that it is in, or null. */
  readonly extension: string | null;
  /** Whether it is a part of a complex attribute that is there. */
  readonly isPart: boolean;
}

/**
 * The required attributes that a document lacks (RFC 7643 §2.2). Those of an extension are required where the extension
 * has data, those of a complex attribute where it has a value.
 */
export function findMissing(document: JsonObject, type: ResourceType, catalog: SchemaCatalog): readonly Missing[] {
  const top = catalog.topAttributes(type).filter(({ name }) => !besideDocument.has(name));
  const extensions = catalog.extensionsOf(type).flatMap(({ id, attributes }) => {
    const scope = member(document, id);
    return isJsonObject(scope) && hasData(scope, attributes) ? missingIn(scope, attributes, id) : [];
  });
  return [...missingIn(document, top, null), ...extensions];
}

// What is readOnly alone may be what is left of an extension that a client has taken away.
function hasData(scope: JsonObject, attributes: readonly AttributeDefinition[]): boolean {
  return attributes.some(({ name, mutability }) => mutability !== "readOnly" && Object.hasOwn(scope, name));
}

function missingIn(
  scope: JsonObject,
  attributes: readonly AttributeDefinition[],
  extension: string | null,
): readonly Missing[] {
  return attributes.flatMap((attribute): readonly Missing[] => {
    const value = member(scope, attribute.name);
    const path = nameOf({ extension, attribute });
    if (value === undefined) return isDemanded(attribute) ? [{ path, extension, isPart: false }] : [];
    return missingParts(value, attribute).map((name) => ({ path: `${path}.${name}`, extension, isPart: true }));
  });
}

function missingParts(value: Json, { subAttributes = [] }: AttributeDefinition): readonly string[] {
  const required = subAttributes.filter(isDemanded);
  if (required.length === 0) return [];
  const elements: readonly Json[] = Array.isArray(value) ? value : [value];
  return required
    .filter(({ name }) => elements.some((element) => isJsonObject(element) && member(element, name) === undefined))
    .map(({ name }) => name);
}

// What is readOnly is for the service provider to give.
function isDemanded({ required, mutability }: AttributeDefinition): boolean {
  return required && mutability !== "readOnly";
}
