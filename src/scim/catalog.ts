import type { AttributePath } from "./filter.ts";
import { coreSchemaOf, type ResourceType } from "./resource.ts";
import { commonAttributes } from "./schemas/common.ts";
import { discoverySchemas, enterpriseSchema, groupSchema, userSchema } from "./schemas/core.ts";
import { SchemaError } from "./schemas/parse-schema.ts";
import type { AttributeDefinition, SchemaDefinition } from "./schemas/schema.ts";
import { userGroupSchema } from "./schemas/user-group.ts";

export { parseSchema, SchemaError } from "./schemas/parse-schema.ts";
export type { AttributeDefinition, AttributeType, SchemaDefinition } from "./schemas/schema.ts";

/** A resource type as it is served at `/ResourceTypes` (RFC 7643 §6). */
export interface ResourceTypeDefinition {
  readonly id: ResourceType;
  readonly name: ResourceType;
  readonly description: string;
  readonly endpoint: "/Users" | "/Groups";
  readonly schema: string;
  readonly schemaExtensions: readonly { readonly schema: string; readonly required: boolean }[];
}

/** Where an attribute path leads. */
export interface AttributeMatch {
  /** URN, as the schema writes it, of the extension object that holds the attribute; null where it is at the top. */
  readonly extension: string | null;
  readonly attribute: AttributeDefinition;
  /** The sub-attribute that the path names, if it names one. */
  readonly sub: AttributeDefinition | null;
}

/** What is known of schemas: one frozen value, made at the start and whenever the schema files change. */
export interface SchemaCatalog {
  /** Every schema that `/Schemas` serves. */
  readonly schemas: readonly SchemaDefinition[];
  readonly resourceTypes: readonly ResourceTypeDefinition[];
  /** By URN, without regard to case (RFC 7644 §3.10). */
  findSchema(urn: string): SchemaDefinition | null;
  /**
   * The definition behind a path, or null. Names and URNs are compared without regard to case. Without a URN a path
   * means the type's core schema and the common attributes (`id`, `externalId`, `meta`, `schemas`); extension
   * attributes need theirs.
   */
  findAttribute(type: ResourceType, path: AttributePath): AttributeMatch | null;
  /** Attributes at the top of a resource, the common ones first. */
  topAttributes(type: ResourceType): readonly AttributeDefinition[];
  /** The extension schemas of a type. */
  extensionsOf(type: ResourceType): readonly SchemaDefinition[];
}

/**
 * Core schemas, the enterprise extension and that of user groups, with these extensions besides. An extension whose URN ends in `:Group`
 * extends groups, any other extends users: RFC 7643 §7 has no field for it, and its own URNs end that way (§10.3).
 *
 * @throws {SchemaError} for a URN that is taken already
 */
export function makeSchemaCatalog(extensions: readonly SchemaDefinition[]): SchemaCatalog {
  const schemas = [userSchema, groupSchema, enterpriseSchema, userGroupSchema, ...extensions, ...discoverySchemas];
  const byUrn = indexByUrn(schemas);
  const extensionsOf = {
    User: [enterpriseSchema, ...extensions.filter(({ id }) => extendedType(id) === "User")],
    Group: [userGroupSchema, ...extensions.filter(({ id }) => extendedType(id) === "Group")],
  };
  const top = {
    User: [...commonAttributes, ...userSchema.attributes],
    Group: [...commonAttributes, ...groupSchema.attributes],
  };
  const scopes = {
    User: indexScopes("User", top.User, extensionsOf.User),
    Group: indexScopes("Group", top.Group, extensionsOf.Group),
  };
  return Object.freeze({
    schemas: Object.freeze(schemas),
    resourceTypes: Object.freeze([
      resourceType("User", "User Account", "/Users", extensionsOf.User),
      resourceType("Group", "Group", "/Groups", extensionsOf.Group),
    ]),
    findSchema: (urn: string) => byUrn.get(urn.toLowerCase()) ?? null,
    findAttribute: (type: ResourceType, path: AttributePath) => {
      const scope = scopes[type].get((path.schema ?? coreSchemaOf[type]).toLowerCase());
      const attribute = scope?.attributes.get(path.name.toLowerCase());
      if (!scope || !attribute) return null;
      if (path.sub === null) return { extension: scope.extension, attribute, sub: null };
      const sub = findSubAttribute(attribute, path.sub);
      return sub && { extension: scope.extension, attribute, sub };
    },
    topAttributes: (type: ResourceType) => top[type],
    extensionsOf: (type: ResourceType) => extensionsOf[type],
  });
}

/** A sub-attribute by its name, without regard to case. */
export function findSubAttribute(attribute: AttributeDefinition, name: string): AttributeDefinition | null {
  const key = name.toLowerCase();
  return attribute.subAttributes?.find((sub) => sub.name.toLowerCase() === key) ?? null;
}

interface Scope {
  readonly extension: string | null;
  readonly attributes: ReadonlyMap<string, AttributeDefinition>;
}

function indexScopes(
  type: ResourceType,
  top: readonly AttributeDefinition[],
  extensions: readonly SchemaDefinition[],
): ReadonlyMap<string, Scope> {
  return new Map<string, Scope>([
    [coreSchemaOf[type].toLowerCase(), { extension: null, attributes: indexByName(top) }],
    ...extensions.map(({ id, attributes }): [string, Scope] => [
      id.toLowerCase(),
      { extension: id, attributes: indexByName(attributes) },
    ]),
  ]);
}

function indexByName(attributes: readonly AttributeDefinition[]): ReadonlyMap<string, AttributeDefinition> {
  return new Map(attributes.map((attribute) => [attribute.name.toLowerCase(), attribute]));
}

function indexByUrn(schemas: readonly SchemaDefinition[]): ReadonlyMap<string, SchemaDefinition> {
  const byUrn = new Map<string, SchemaDefinition>();
  for (const schema of schemas) {
    const key = schema.id.toLowerCase();
    if (byUrn.has(key)) throw new SchemaError([{ pointer: "/id", detail: `${schema.id} is defined already` }]);
    byUrn.set(key, schema);
  }
  return byUrn;
}

function extendedType(urn: string): ResourceType {
  return urn.toLowerCase().endsWith(":group") ? "Group" : "User";
}

function resourceType(
  name: ResourceType,
  description: string,
  endpoint: "/Users" | "/Groups",
  extensions: readonly SchemaDefinition[],
): ResourceTypeDefinition {
  return Object.freeze({
    id: name,
    name,
    description,
    endpoint,
    schema: coreSchemaOf[name],
    schemaExtensions: Object.freeze(extensions.map(({ id }) => Object.freeze({ schema: id, required: false }))),
  });
}
