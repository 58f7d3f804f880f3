import { parseSchema } from "./parse-schema.ts";
import type { AttributeDefinition, SchemaDefinition } from "./schema.ts";

const readOnly = { mutability: "readOnly" } as const;
const flag = { type: "boolean", ...readOnly } as const;

const characteristics = [
  { name: "name", required: true, caseExact: true, ...readOnly, description: "The attribute's name." },
  {
    name: "type",
    required: true,
    ...readOnly,
    canonicalValues: ["string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary"],
    description: "The attribute's data type.",
  },
  { name: "multiValued", required: true, ...flag, description: "Whether it can have more than one value." },
  { name: "description", caseExact: true, ...readOnly, description: "What it is for, in words." },
  { name: "required", ...flag, description: "Whether a resource must have it." },
  {
    name: "canonicalValues",
    multiValued: true,
    caseExact: true,
    ...readOnly,
    description: "Values that are suggested; others may be accepted.",
  },
  { name: "caseExact", ...flag, description: "Whether its text is compared with regard to case." },
  {
    name: "mutability",
    caseExact: true,
    ...readOnly,
    canonicalValues: ["readOnly", "readWrite", "immutable", "writeOnly"],
    description: "Whether and when it can be written.",
  },
  {
    name: "returned",
    caseExact: true,
    ...readOnly,
    canonicalValues: ["always", "never", "default", "request"],
    description: "When it is part of an answer.",
  },
  {
    name: "uniqueness",
    caseExact: true,
    ...readOnly,
    canonicalValues: ["none", "server", "global"],
    description: "How far a value must be unique.",
  },
  {
    name: "referenceTypes",
    multiValued: true,
    caseExact: true,
    ...readOnly,
    description: "What a reference may point at: resource types, `external` or `uri`.",
  },
];

const own = parseSchema({
  id: "urn:ietf:params:scim:schemas:core:2.0:Schema",
  name: "Schema",
  description: "Specifies the schema that describes a SCIM schema",
  attributes: [
    { name: "id", required: true, caseExact: true, ...readOnly, description: "The schema's URN." },
    { name: "name", required: true, caseExact: true, ...readOnly, description: "The schema's name for people." },
    { name: "description", caseExact: true, ...readOnly, description: "What the schema describes." },
    {
      name: "attributes",
      type: "complex",
      multiValued: true,
      required: true,
      ...readOnly,
      description: "The attributes of the schema, each with its characteristics.",
      subAttributes: characteristics,
    },
  ],
});

/**
 * The schema of schemas (RFC 7643 §7, §8.7.2). The only one in which a complex attribute holds another: an attribute
 * has `subAttributes`, which are described like attributes. scimmy has no such schema.
 */
export const schemaSchema: SchemaDefinition = Object.freeze({
  ...own,
  attributes: Object.freeze(own.attributes.map((attribute) => withNested(attribute))),
});

function withNested(attribute: AttributeDefinition): AttributeDefinition {
  if (attribute.name !== "attributes" || attribute.subAttributes === undefined) return attribute;
  const nested: AttributeDefinition = Object.freeze({
    ...attribute,
    name: "subAttributes",
    required: false,
    description: "The sub-attributes of a complex attribute.",
  });
  return Object.freeze({ ...attribute, subAttributes: Object.freeze([...attribute.subAttributes, nested]) });
}
