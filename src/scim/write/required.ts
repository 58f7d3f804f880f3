import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { SchemaCatalog } from "../catalog.ts";
import type { ResourceType } from "../resource.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { besideDocument } from "./document-attribute.ts";

/**
 * The required attributes that a document lacks (RFC 7643 §2.2), as paths. Those of an extension are required where the
 * extension has data, those of a complex attribute where it has a value.
 */
export function findMissing(document: JsonObject, type: ResourceType, catalog: SchemaCatalog): readonly string[] {
  const top = catalog.topAttributes(type).filter(({ name }) => !besideDocument.has(name));
  const missing = missingIn(document, top, "");
  for (const { id, attributes } of catalog.extensionsOf(type)) {
    const scope = member(document, id);
    if (isJsonObject(scope)) missing.push(...missingIn(scope, attributes, `${id}:`));
  }
  return missing;
}

function missingIn(scope: JsonObject, attributes: readonly AttributeDefinition[], prefix: string): string[] {
  return attributes.flatMap((attribute) => {
    const value = member(scope, attribute.name);
    const path = `${prefix}${attribute.name}`;
    if (value === undefined) return isDemanded(attribute) ? [path] : [];
    return missingSubs(value, attribute, path);
  });
}

function missingSubs(value: Json, { subAttributes = [] }: AttributeDefinition, path: string): string[] {
  const required = subAttributes.filter(isDemanded);
  if (required.length === 0) return [];
  const elements: readonly Json[] = Array.isArray(value) ? value : [value];
  return required
    .filter(({ name }) => elements.some((element) => isJsonObject(element) && member(element, name) === undefined))
    .map(({ name }) => `${path}.${name}`);
}

// What is readOnly is for the service provider to give.
function isDemanded({ required, mutability }: AttributeDefinition): boolean {
  return required && mutability !== "readOnly";
}
