import { parseSchema } from "./parse-schema.ts";
import type { AttributeDefinition } from "./schema.ts";

/**
 * The attributes of every resource (RFC 7643 §3 and §3.1). They belong to no schema and are not listed at `/Schemas`;
 * filters, projections and PATCH paths know them all the same.
 */
export const commonAttributes: readonly AttributeDefinition[] = parseSchema({
  id: "urn:ietf:params:scim:schemas:core:2.0:Common",
  name: "Common",
  attributes: [
    {
      name: "schemas",
      type: "reference",
      multiValued: true,
      required: true,
      returned: "always",
      referenceTypes: ["uri"],
    },
    { name: "id", required: true, caseExact: true, mutability: "readOnly", returned: "always", uniqueness: "server" },
    { name: "externalId", caseExact: true },
    {
      name: "meta",
      type: "complex",
      mutability: "readOnly",
      subAttributes: [
        { name: "resourceType", caseExact: true, mutability: "readOnly" },
        { name: "created", type: "dateTime", mutability: "readOnly" },
        { name: "lastModified", type: "dateTime", mutability: "readOnly" },
        { name: "location", type: "reference", mutability: "readOnly", referenceTypes: ["uri"] },
        { name: "version", caseExact: true, mutability: "readOnly" },
      ],
    },
  ],
}).attributes;
