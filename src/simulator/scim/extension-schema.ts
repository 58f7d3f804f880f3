import { z } from "zod";
import { type Attribute, attribute, type Schema } from "./attribute.ts";

// RFC 7643 §2.1; `$ref` is a name too.
const name = z.string().regex(/^[A-Za-z$][\w$-]*$/, "is no attribute name (RFC 7643 §2.1)");

const characteristics = {
  name,
  description: z.string().default(""),
  multiValued: z.boolean().default(false),
  required: z.boolean().default(false),
  caseExact: z.boolean().optional(),
  mutability: z.enum(["readOnly", "readWrite", "immutable", "writeOnly"]).default("readWrite"),
  returned: z.enum(["always", "never", "default", "request"]).default("default"),
  // Only userName is looked after: an attribute that says more would be believed.
  uniqueness: z.literal("none", "must be none: this server compares the userName only").default("none"),
  canonicalValues: z.array(z.string()).optional(),
  referenceTypes: z.array(z.string()).optional(),
};

const simpleTypes = ["string", "boolean", "decimal", "integer", "dateTime", "reference", "binary"] as const;

// RFC 7643 §2.3.8: a complex attribute has no complex ones in it.
const subAttribute = z.strictObject({ ...characteristics, type: z.enum(simpleTypes).default("string") });

const topAttribute = z
  .strictObject({
    ...characteristics,
    type: z.enum([...simpleTypes, "complex"]).default("string"),
    subAttributes: namesOnce(z.array(subAttribute).min(1)).optional(),
  })
  .refine(
    ({ type, subAttributes }) => (type === "complex") === (subAttributes !== undefined),
    "has subAttributes if it is complex, and only then",
  );

const schemaOfExtension = z.strictObject({
  id: z
    .string()
    .regex(/^urn:[a-z0-9][a-z0-9-]{0,31}:[\w()+,.:=@;$!*'%/?#-]+$/i, "is no URN (RFC 8141)")
    .refine((urn) => !/^urn:ietf:params:scim:(schemas:core|api):/i.test(urn), "is no extension: it is SCIM's own"),
  name: z.string().default(""),
  description: z.string().default(""),
  attributes: namesOnce(z.array(topAttribute).min(1)),
  // What stands in a schema file, or in an answer of /Schemas, and defines nothing.
  $schema: z.string().optional(),
  schemas: z.array(z.string()).optional(),
  meta: z.unknown().optional(),
});

/**
 * An extension schema from plain JSON (RFC 7643 §7), with the defaults of §2.2.
 *
 * @throws z.ZodError for anything that is none
 */
export function parseExtension(json: unknown): Schema {
  const { id, name, description, attributes } = schemaOfExtension.parse(json);
  return { id, name, description, attributes: attributes.map(toAttribute) };
}

type Written = Omit<z.output<typeof topAttribute>, "subAttributes"> & {
  readonly subAttributes?: readonly z.output<typeof subAttribute>[] | undefined;
};

function toAttribute(written: Written): Attribute {
  const { name, type, description, caseExact, canonicalValues, referenceTypes, subAttributes, ...said } = written;
  return attribute(name, type, description, {
    ...said,
    ...(caseExact === undefined ? {} : { caseExact }),
    ...(canonicalValues === undefined ? {} : { canonicalValues }),
    ...(referenceTypes === undefined ? {} : { referenceTypes }),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(toAttribute) }),
  });
}

/** RFC 7643 §2.1: names are case-insensitive, and so is a second one of them. */
function namesOnce<T extends z.ZodType<readonly { readonly name: string }[]>>(list: T): T {
  return list.refine(
    (items) => new Set(items.map((item) => item.name.toLowerCase())).size === items.length,
    "has a name twice",
  );
}
