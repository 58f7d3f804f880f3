import { parseAttributePath } from "../attribute-path.ts";
import { findSubAttribute, type SchemaCatalog } from "../catalog.ts";
import { parseFilter } from "../parse-filter.ts";
import { type ElementFilter, resolveElementFilter } from "../resolve-filter.ts";
import type { ResourceType } from "../resource.ts";
import type { AttributeDefinition, SchemaDefinition } from "../schemas/schema.ts";
import { ScimError } from "../scim-error.ts";
import type { DocumentPlace } from "./document-attribute.ts";
import { type FilterTerm, termsOf } from "./filter-terms.ts";
import { writeLimits } from "./limits.ts";
import { chosenIds } from "./member-filter.ts";

/** Where a PATCH operation leads (RFC 7644 §3.5.2, figure 7). */
export type PatchTarget =
  /** All of an extension: its URN alone. */
  | { readonly kind: "extension"; readonly schema: SchemaDefinition }
  /** A whole attribute: `title`, `name`, `emails`. */
  | { readonly kind: "attribute"; readonly place: DocumentPlace }
  /** A part of an attribute with one value: `name.familyName`. */
  | { readonly kind: "sub"; readonly place: DocumentPlace; readonly sub: AttributeDefinition }
  | ElementsTarget
  /** Members of a group: those with these ids, or all where that is null. */
  | { readonly kind: "members"; readonly ids: ReadonlySet<string> | null };

/** The elements that a value path chooses, or a part of them: `emails[type eq "work"]`, `emails[…].value`. */
export interface ElementsTarget {
  readonly kind: "elements";
  readonly place: DocumentPlace;
  readonly sub: AttributeDefinition | null;
  /** Null chooses all: `emails.type`. */
  readonly filter: ElementFilter | null;
  /** What an element has to say for the filter to choose it, where that can be told; else null. */
  readonly terms: readonly FilterTerm[] | null;
}

/**
 * Reads a path: `[URN ":"] name ["." sub]`, or a value path with a filter in brackets. Null for one that leads to no
 * known attribute.
 *
 * @throws {ScimError} 400 invalidPath; invalidFilter for what is in brackets (RFC 7644 §3.12)
 */
export function findPatchTarget(text: string, type: ResourceType, catalog: SchemaCatalog): PatchTarget | null {
  if (text.length > writeLimits.pathLength) {
    throw new ScimError(400, "invalidPath", `A path may have ${writeLimits.pathLength} characters at most`);
  }
  // The URN of an extension reads as a name in a shorter URN too, so it comes first.
  const urn = text.toLowerCase();
  const schema = catalog.extensionsOf(type).find(({ id }) => id.toLowerCase() === urn);
  if (schema) return { kind: "extension", schema };
  return text.includes("[") ? findElements(text, type, catalog) : findAttribute(text, type, catalog);
}

function findAttribute(text: string, type: ResourceType, catalog: SchemaCatalog): PatchTarget | null {
  const path = parseAttributePath(text);
  const match = path && catalog.findAttribute(type, path);
  if (!match) return null;
  const { extension, attribute, sub } = match;
  const place = { extension, attribute };
  if (isMembers(place)) return toMembers(null, sub);
  if (sub === null) return { kind: "attribute", place };
  return attribute.multiValued
    ? { kind: "elements", place, sub, filter: null, terms: [] }
    : { kind: "sub", place, sub };
}

// valuePath [subAttr]: what stands after the last bracket is a name, which has none.
function findElements(text: string, type: ResourceType, catalog: SchemaCatalog): PatchTarget | null {
  const end = text.lastIndexOf("]") + 1;
  const rest = text.slice(end);
  if (end === 0 || (rest !== "" && !rest.startsWith("."))) throw invalidPath("is no value path");
  const valuePath = parseFilter(text.slice(0, end));
  if (valuePath.kind !== "valuePath") throw invalidPath("is no value path");
  const match = catalog.findAttribute(type, valuePath.path);
  if (match === null) return null;
  const { extension, attribute } = match;
  if (match.sub !== null || (attribute.type !== "complex" && !attribute.multiValued)) {
    throw invalidPath("has a filter where there is one value only");
  }
  const sub = rest === "" ? null : findSubAttribute(attribute, rest.slice(1));
  if (rest !== "" && sub === null) return null;
  const place = { extension, attribute };
  const filter = resolveElementFilter(valuePath.filter, attribute, valuePath.path);
  if (isMembers(place)) return toMembers(chosenIds(filter), sub);
  return { kind: "elements", place, sub, filter, terms: termsOf(valuePath.filter, attribute) };
}

function isMembers({ extension, attribute }: DocumentPlace): boolean {
  return extension === null && attribute.name === "members";
}

// RFC 7643 §4.2: value, $ref and type of a member are immutable; members come and go.
function toMembers(ids: ReadonlySet<string> | null, sub: AttributeDefinition | null): PatchTarget {
  if (sub === null) return { kind: "members", ids };
  throw new ScimError(400, "mutability", `members.${sub.name} is immutable: members are added and removed`);
}

function invalidPath(rule: string): ScimError {
  return new ScimError(400, "invalidPath", `The path ${rule}`);
}
