import { z } from "zod";
import { jsonPointer } from "../../lib/json-pointer.ts";
import { safeParse } from "../../lib/safe-parse.ts";
import { type AttributeDefinition, attributeTypes, type SchemaDefinition } from "./schema.ts";

/** A schema file that does not follow RFC 7643 §7. Every problem is listed at its JSON Pointer. */
export class SchemaError extends Error {
  readonly problems: readonly { readonly pointer: string; readonly detail: string }[];

  constructor(problems: readonly { readonly pointer: string; readonly detail: string }[]) {
    super(problems.map(({ pointer, detail }) => `${pointer || "/"}: ${detail}`).join("; "));
    this.name = "SchemaError";
    this.problems = problems;
  }
}

/**
 * Reads a schema in the JSON form of RFC 7643 §7, fills in the defaults of §2.2 and freezes the result.
 * `schemas` and `meta` are allowed and dropped: they are made when the schema is served.
 *
 * @throws {SchemaError}
 */
export function parseSchema(json: unknown): SchemaDefinition {
  const parsed = safeParse(schemaForm, json);
  if (!parsed.success) {
    throw new SchemaError(
      parsed.error.issues.map(({ path, message }) => ({ pointer: jsonPointer(path), detail: message })),
    );
  }
  const { id, name, description, attributes } = parsed.data;
  return Object.freeze({ id, name, description, attributes: Object.freeze(attributes.map(toDefinition)) });
}

const attributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9$_-]*$|^\$ref$/, "a letter, then letters, digits, $, - and _ (RFC 7643 §2.1)");

const characteristics = {
  name: attributeName,
  multiValued: z.boolean().default(false),
  description: z.string().default(""),
  required: z.boolean().default(false),
  canonicalValues: z.array(z.string()).optional(),
  caseExact: z.boolean().optional(),
  mutability: z.enum(["readOnly", "readWrite", "immutable", "writeOnly"]).default("readWrite"),
  returned: z.enum(["always", "never", "default", "request"]).default("default"),
  uniqueness: z.enum(["none", "server", "global"]).default("none"),
  referenceTypes: z.array(z.string()).optional(),
};

const simpleTypes = attributeTypes.filter((type) => type !== "complex");

const subAttribute = z.strictObject({
  ...characteristics,
  type: z.enum(simpleTypes, "a simple type: a sub-attribute is never complex (RFC 7643 §2.3.8)").default("string"),
});

const attribute = z
  .strictObject({
    ...characteristics,
    type: z.enum(attributeTypes).default("string"),
    subAttributes: z.array(subAttribute).optional(),
  })
  .check(({ value, issues }) => {
    const isComplex = value.type === "complex";
    const problem = (message: string) =>
      issues.push({ code: "custom", input: value, path: ["subAttributes"], message });
    if (isComplex && (value.subAttributes ?? []).length === 0) problem("a complex attribute needs sub-attributes");
    if (!isComplex && value.subAttributes !== undefined) problem(`a ${value.type} has no sub-attributes`);
    refuseTwins(value.subAttributes ?? [], ["subAttributes"], issues);
  });

const schemaForm = z
  .strictObject({
    schemas: z.array(z.string()).optional(),
    id: z.string().regex(/^urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[^\s[\]()"'\\]+$/i, "a URN"),
    name: z.string().min(1),
    description: z.string().default(""),
    attributes: z.array(attribute).min(1),
    meta: z.looseObject({}).optional(),
  })
  .check(({ value, issues }) => refuseTwins(value.attributes, ["attributes"], issues));

// Attribute names are compared without regard to case (RFC 7643 §2.1), so two that differ in case only are the same.
function refuseTwins(
  attributes: readonly { readonly name: string }[],
  path: readonly string[],
  issues: z.core.$ZodRawIssue[],
): void {
  const seen = new Set<string>();
  attributes.forEach(({ name }, index) => {
    const key = name.toLowerCase();
    if (seen.has(key)) {
      issues.push({
        code: "custom",
        input: name,
        path: [...path, index, "name"],
        message: `"${name}" is there twice (names are compared without regard to case)`,
      });
    }
    seen.add(key);
  });
}

type ParsedAttribute = z.infer<typeof subAttribute> | z.infer<typeof attribute>;

function toDefinition(parsed: ParsedAttribute): AttributeDefinition {
  const { canonicalValues, referenceTypes } = parsed;
  const subAttributes = "subAttributes" in parsed ? parsed.subAttributes : undefined;
  return Object.freeze({
    name: parsed.name,
    type: parsed.type,
    multiValued: parsed.multiValued,
    description: parsed.description,
    required: parsed.required,
    ...(canonicalValues && canonicalValues.length > 0 ? { canonicalValues: Object.freeze(canonicalValues) } : {}),
    // RFC 7643 §2.3.6, §2.3.7: binary and reference values are case exact whatever a schema says.
    caseExact: parsed.type === "binary" || parsed.type === "reference" || (parsed.caseExact ?? false),
    mutability: parsed.mutability,
    returned: parsed.returned,
    uniqueness: parsed.uniqueness,
    ...(referenceTypes ? { referenceTypes: Object.freeze(referenceTypes) } : {}),
    ...(subAttributes ? { subAttributes: Object.freeze(subAttributes.map(toDefinition)) } : {}),
  });
}
