import SCIMMY from "scimmy";
import { parseSchema } from "./parse-schema.ts";
import type { SchemaDefinition } from "./schema.ts";
import { schemaSchema } from "./schema-schema.ts";

// scimmy is read here, once, for its vocabulary: the attribute definitions of RFC 7643 §8.7 as data. Parsing them
// brings in what the RFC says beside its listings: references are case exact (§2.3.7), lists of canonical values that
// are empty are left out (`roles`, `x509Certificates`).

/** RFC 7643 §4.1. */
export const userSchema: SchemaDefinition = fromScimmy(SCIMMY.Schemas.User);

/** RFC 7643 §4.2; `displayName` is required (erratum 5368). */
export const groupSchema: SchemaDefinition = withRequired(fromScimmy(SCIMMY.Schemas.Group), "displayName");

/**
 * RFC 7643 §4.3. `manager.$ref` is where a resource of this server is: it follows from `manager.value`, and is no more the
 * client's to give than that of a member. The RFC's listing (§8.7.1) has it readWrite.
 */
export const enterpriseSchema: SchemaDefinition = withReadOnlyPart(
  fromScimmy(SCIMMY.Schemas.EnterpriseUser),
  "manager",
  "$ref",
);

/** The schemas of the discovery endpoints themselves (RFC 7643 §5, §6, §7). */
export const discoverySchemas: readonly SchemaDefinition[] = [
  withPagination(fromScimmy(SCIMMY.Schemas.ServiceProviderConfig)),
  fromScimmy(SCIMMY.Schemas.ResourceType),
  schemaSchema,
];

// The description holds its attribute instances; the way through JSON text leaves plain data.
function fromScimmy({ definition }: { readonly definition: { describe(): unknown } }): SchemaDefinition {
  return parseSchema(JSON.parse(JSON.stringify(definition.describe())));
}

/** RFC 9865 §4 adds how lists are cut into pages. */
function withPagination(schema: SchemaDefinition): SchemaDefinition {
  const readOnly = { mutability: "readOnly" } as const;
  const { attributes } = parseSchema({
    id: schema.id,
    name: schema.name,
    attributes: [
      {
        name: "pagination",
        type: "complex",
        ...readOnly,
        description: "How lists are cut into pages.",
        subAttributes: [
          { name: "cursor", type: "boolean", required: true, ...readOnly, description: "By cursor." },
          { name: "index", type: "boolean", required: true, ...readOnly, description: "By startIndex." },
          {
            name: "defaultPaginationMethod",
            canonicalValues: ["cursor", "index"],
            ...readOnly,
            description: "What is done when a request says neither.",
          },
          { name: "defaultPageSize", type: "integer", ...readOnly, description: "Resources on a page without count." },
          { name: "maxPageSize", type: "integer", ...readOnly, description: "Resources on a page at most." },
          { name: "cursorTimeout", type: "integer", ...readOnly, description: "Seconds that a cursor is good for." },
        ],
      },
    ],
  });
  return Object.freeze({ ...schema, attributes: Object.freeze([...schema.attributes, ...attributes]) });
}

function withRequired(schema: SchemaDefinition, name: string): SchemaDefinition {
  const attributes = schema.attributes.map((attribute) =>
    attribute.name === name ? Object.freeze({ ...attribute, required: true }) : attribute,
  );
  return Object.freeze({ ...schema, attributes: Object.freeze(attributes) });
}

function withReadOnlyPart(schema: SchemaDefinition, name: string, part: string): SchemaDefinition {
  const attributes = schema.attributes.map((attribute) => {
    if (attribute.name !== name) return attribute;
    const subAttributes = (attribute.subAttributes ?? []).map((sub) =>
      sub.name === part ? Object.freeze({ ...sub, mutability: "readOnly" as const }) : sub,
    );
    return Object.freeze({ ...attribute, subAttributes: Object.freeze(subAttributes) });
  });
  return Object.freeze({ ...schema, attributes: Object.freeze(attributes) });
}
