import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { SchemaCatalog } from "../catalog.ts";
import { coreSchemaOf, type ResourceType } from "../resource.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { besideDocument, isNotKept, nameOf } from "./document-attribute.ts";
import { withoutLabels } from "./elements.ts";
import { type NamedMember, parseMembers } from "./members.ts";
import { parseAttribute } from "./parse-attribute.ts";
import type { Problems } from "./problems.ts";

/** What a body says (RFC 7643 §3), attribute by attribute, before it is looked at as a whole. */
export interface Draft {
  readonly attributes: JsonObject;
  /** Null where `members` is not there. */
  readonly members: readonly NamedMember[] | null;
  /** Names that no schema has. */
  readonly ignored: readonly string[];
  /** Attributes that are there, but not as they should be: their problems are noted. */
  readonly refused: ReadonlySet<string>;
}

/** Reads the attributes of a body, each by its definition; extensions come last. */
export function readDraft(body: JsonObject, type: ResourceType, catalog: SchemaCatalog, problems: Problems): Draft {
  const reader = new AttributeReader(type, problems);
  const extensionByUrn = new Map(catalog.extensionsOf(type).map((schema) => [schema.id.toLowerCase(), schema]));
  const core: [string, Json][] = [];
  const extensions = new Map<string, JsonObject>();
  for (const [key, value] of Object.entries(body)) {
    const extension = extensionByUrn.get(key.toLowerCase());
    if (extension === undefined) core.push([key, value]);
    else if (extensions.has(extension.id)) problems.add("invalidValue", extension.id, "is given twice");
    else extensions.set(extension.id, reader.readScope(value, extension.id, extension.attributes));
  }
  const top = reader.readScope(Object.fromEntries(core), null, catalog.topAttributes(type));
  const filled = [...extensions].filter(([, scope]) => Object.keys(scope).length > 0);
  const { members, ignored, refused } = reader;
  return { attributes: { ...top, ...Object.fromEntries(filled) }, members, ignored, refused };
}

class AttributeReader {
  members: readonly NamedMember[] | null = null;
  readonly ignored: string[] = [];
  readonly refused = new Set<string>();
  readonly #type: ResourceType;
  readonly #problems: Problems;

  constructor(type: ResourceType, problems: Problems) {
    this.#type = type;
    this.#problems = problems;
  }

  readScope(scope: Json, extension: string | null, definitions: readonly AttributeDefinition[]): JsonObject {
    if (scope === null) return {};
    if (!isJsonObject(scope)) {
      this.#problems.add("invalidValue", extension ?? "The body", "is not an object");
      return {};
    }
    const byName = new Map(definitions.map((attribute) => [attribute.name.toLowerCase(), attribute]));
    const values = new Map<string, Json | null>();
    for (const [key, value] of Object.entries(scope)) {
      const attribute = byName.get(key.toLowerCase());
      if (attribute === undefined) {
        this.ignored.push(extension === null ? key : `${extension}:${key}`);
      } else if (values.has(attribute.name)) {
        // RFC 7643 §2.1: names are compared without regard to case.
        this.#problems.add("invalidValue", nameOf({ extension, attribute }), "is given twice");
      } else {
        values.set(attribute.name, this.#readAttribute(extension, attribute, value));
      }
    }
    return Object.fromEntries([...values].filter((entry): entry is [string, Json] => entry[1] !== null));
  }

  #readAttribute(extension: string | null, attribute: AttributeDefinition, json: Json): Json | null {
    const place = nameOf({ extension, attribute });
    if (extension === null && besideDocument.has(attribute.name)) {
      if (attribute.name === "schemas") checkSchemas(json, this.#type, this.#problems);
      if (attribute.name === "members") this.members = [...parseMembers(json, place, this.#problems).values()];
      return null;
    }
    // RFC 7644 §3.3, §3.5.1: what is readOnly is ignored.
    if (attribute.mutability === "readOnly") return null;
    const before = this.#problems.count;
    const value = parseAttribute(attribute, json, place, this.#problems);
    if (this.#problems.count > before) this.refused.add(place);
    return isNotKept({ extension, attribute }) ? null : withoutLabels(value);
  }
}

// RFC 7643 §3: `schemas` follows from the data and is made anew. Many clients leave an extension's URN or all of it out,
// Entra ID adds one that nobody knows to groups, OneLogin may have that of SCIM 1.0. Only another type's is a mistake.
function checkSchemas(json: Json, type: ResourceType, problems: Problems): void {
  if (json === null) return;
  if (!Array.isArray(json) || json.some((urn) => typeof urn !== "string")) {
    problems.add("invalidValue", "schemas", "is not a list of URNs");
    return;
  }
  const named = new Set(json.map((urn) => String(urn).toLowerCase()));
  const other = coreSchemaOf[type === "User" ? "Group" : "User"];
  if (named.has(other.toLowerCase()) && !named.has(coreSchemaOf[type].toLowerCase())) {
    problems.add("invalidValue", "schemas", `is not that of a ${type}`);
  }
}
