import { foldCase } from "../lib/fold.ts";
import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import type { AttributeMatch } from "./catalog.ts";
import { textOf } from "./document.ts";
import type { ResourceType } from "./resource.ts";
import type { AttributeDefinition } from "./schemas/schema.ts";

/** A resource in memory with all that a filter can ask for: the document, and what is stored beside it. */
export interface FilterableResource {
  readonly type: ResourceType;
  /** Empty where it has none yet. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastModifiedAt: number;
  /** As it is stored: no `id`, no `meta`, no `members`, no `groups`. */
  readonly document: JsonObject;
  /** The members of a group, or the groups that a user is in. Those who have gone are in none. */
  readonly edges: readonly FilterableEdge[];
}

/** The other end of a membership. */
export interface FilterableEdge {
  readonly id: string;
  readonly type: ResourceType;
  readonly displayName: string | null;
}

/** A value to compare with: text folded where its attribute is not caseExact, a dateTime in milliseconds since 1970. */
export type Comparable = string | number | boolean;

/** Where a filter looks: at an attribute with one value, or within one element of several. */
export interface FilterScope {
  /** In the type of the attribute; undefined where there is nothing, or something of another type. */
  read(): Comparable | undefined;
  /** Whether there is a value that is not empty: for an object or a list, one in it. */
  isFilled(): boolean;
}

/** An attribute with one value, or a sub-attribute of it. */
export function singularScope(at: AttributeMatch, resource: FilterableResource): FilterScope {
  const stored = at.extension === null ? storedBeside(at, resource) : undefined;
  if (stored !== undefined) return storedScope(stored);
  const value = jsonOf(at, resource);
  return at.sub === null ? jsonScope(value, at.attribute) : jsonScope(subValue(value, at.sub), at.sub);
}

/** An element of a multi-valued attribute: where to look for each of its sub-attributes, null for itself. */
export type FilterElement = (sub: AttributeDefinition | null) => FilterScope;

/** The elements of a multi-valued attribute. */
export function elementsOf(at: AttributeMatch, resource: FilterableResource): readonly FilterElement[] {
  const { attribute, extension } = at;
  if (extension === null && (attribute.name === "members" || attribute.name === "groups")) {
    return resource.edges.map((edge) => (sub) => storedScope(edgeText(edge, attribute.name, sub?.name)));
  }
  const value = jsonOf(at, resource);
  if (!Array.isArray(value)) return [];
  return value.map((element: Json) => jsonElement(element, attribute));
}

/** An element as it stands in a document. */
export function jsonElement(element: Json, attribute: AttributeDefinition): FilterElement {
  return (sub) => {
    if (sub === null) return jsonScope(element, attribute);
    return jsonScope(isJsonObject(element) ? member(element, sub.name) : undefined, sub);
  };
}

function jsonOf({ extension, attribute }: AttributeMatch, { document }: FilterableResource): Json | undefined {
  const scope = extension === null ? document : member(document, extension);
  return isJsonObject(scope) ? member(scope, attribute.name) : undefined;
}

/** What the store keeps in columns, and so reads from there. Null: nothing; undefined: not one of these. */
function storedBeside(at: AttributeMatch, resource: FilterableResource): Comparable | null | undefined {
  const { document } = resource;
  switch (at.sub === null ? at.attribute.name : `${at.attribute.name}.${at.sub.name}`) {
    case "id":
      return resource.id;
    case "externalId":
      return textOf(document, "externalId");
    case "userName":
    case "displayName": {
      const text = textOf(document, at.attribute.name);
      return text === null ? null : foldCase(text);
    }
    case "active":
      // Absent means active: see documentColumns.
      return member(document, "active") !== false;
    case "meta":
    case "meta.created":
      return resource.createdAt;
    case "meta.lastModified":
      return resource.lastModifiedAt;
    case "meta.resourceType":
      return resource.type;
    default:
      return undefined;
  }
}

function edgeText(
  { id, type, displayName }: FilterableEdge,
  attribute: string,
  sub: string | undefined,
): string | null {
  if (sub === "display") return displayName === null ? null : foldCase(displayName);
  // Only groups that list the user himself are shown (RFC 7643 §4.1.2: direct).
  if (sub === "type") return attribute === "groups" ? "direct" : type.toLowerCase();
  return id;
}

function subValue(value: Json | undefined, { name }: AttributeDefinition): Json | undefined {
  return isJsonObject(value) ? member(value, name) : undefined;
}

function storedScope(value: Comparable | null): FilterScope {
  return { read: () => value ?? undefined, isFilled: () => value !== null && value !== "" };
}

function jsonScope(value: Json | undefined, { type, caseExact }: AttributeDefinition): FilterScope {
  return { read: () => toComparable(value, type, caseExact), isFilled: () => isFilled(value) };
}

function toComparable(
  value: Json | undefined,
  type: AttributeDefinition["type"],
  caseExact: boolean,
): Comparable | undefined {
  switch (type) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "integer":
    case "decimal":
      return typeof value === "number" ? value : undefined;
    case "dateTime":
      return typeof value === "string" ? toInstant(value) : undefined;
    default:
      if (typeof value !== "string") return undefined;
      return caseExact ? value : foldCase(value);
  }
}

// RFC 7643 §2.3.5. A time without a zone is UTC. Fractions of milliseconds are rounded, where Date.parse cuts them off.
function toInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(`${match[1]}${match[3] ?? "Z"}`);
  return Number.isNaN(seconds) ? undefined : seconds + Math.round(Number(match[2] ?? 0) * 1000);
}

/** RFC 7643 §2.5: what is null or empty is not there. */
function isFilled(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.values(value).some((inner) => inner !== null && inner !== "");
}
