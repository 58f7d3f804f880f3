import { ScimError } from "../../src/scim/scim-error.ts";

/** An extension that has one of everything: each type, and each mutability. */
export const badgeSchema = {
  id: "urn:example:params:scim:schemas:extension:badge:2.0:User",
  name: "Badge",
  attributes: [
    { name: "code", required: true },
    { name: "serial", mutability: "immutable" },
    { name: "issuer", mutability: "readOnly" },
    { name: "number", type: "integer" },
    { name: "weight", type: "decimal" },
    { name: "since", type: "dateTime" },
    { name: "tags", multiValued: true },
    {
      name: "lock",
      type: "complex",
      subAttributes: [
        { name: "model", required: true },
        { name: "vendor", mutability: "immutable" },
        { name: "keys", multiValued: true },
      ],
    },
    {
      name: "doors",
      type: "complex",
      multiValued: true,
      subAttributes: [
        { name: "value", required: true },
        { name: "type" },
        { name: "floor", type: "integer" },
        { name: "colour", mutability: "immutable" },
      ],
    },
  ],
} as const;

/** The ScimError that a call ends with, or null where it ends well. Anything else that is thrown goes on. */
export function refusalOf(call: () => unknown): ScimError | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}
