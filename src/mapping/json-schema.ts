import { z } from "zod";
import { makeSchemaCatalog, type SchemaDefinition } from "../scim/catalog.ts";
import { attributeTypes } from "../scim/schemas/schema.ts";
import { listAttributePaths, listElementPatterns } from "./attribute-paths.ts";
import { mappingForm } from "./format.ts";
import type { SectionName } from "./scope.ts";
import { contextPaths, sourceFields } from "./source-fields.ts";

/**
 * JSON Schema of a mapping file, as text: `schemas/mappings/mapping.schema.json`. An editor completes and explains the
 * attributes of the standard and of these extensions; those of others are taken as they are.
 */
export function mappingJsonSchema(extensions: readonly SchemaDefinition[]): string {
  const catalog = makeSchemaCatalog(extensions);
  const schema = z.toJSONSchema(mappingForm, { io: "input" }) as Tree;
  const { rule, ...definitions } = child(schema, "$defs");
  const properties = child(schema, "properties");
  for (const section of ["user", "department", "tag"] as const) {
    const type = section === "user" ? "User" : "Group";
    const reference = { $ref: `#/$defs/${section}Rule` };
    definitions[`${section}Rule`] = withSourcePaths(rule as Tree, section);
    const written = child(properties, section);
    delete written["propertyNames"];
    const attributes = listAttributePaths(catalog, type).map(({ path, description }) => [
      path,
      { description, ...reference },
    ]);
    written["properties"] = { ...(written["properties"] as Tree | undefined), ...Object.fromEntries(attributes) };
    const patterns = ["^urn:", ...listElementPatterns(catalog, type)];
    written["patternProperties"] = Object.fromEntries(patterns.map((pattern) => [pattern, reference]));
    written["additionalProperties"] = false;
  }
  schema["$defs"] = definitions;
  return formatJson(schema);
}

interface Tree {
  [key: string]: unknown;
}

function child(tree: Tree, key: string): Tree {
  return tree[key] as Tree;
}

// Examples are what editors propose as values.
function withSourcePaths(rule: Tree, section: SectionName): Tree {
  const copy = structuredClone(rule);
  const ours = contextPaths[section].map(([path]) => path);
  const fields = sourceFields[section].filter(({ holds }) => holds === "text" || holds === "number");
  const examples = [
    ...fields.map(({ name }) => name),
    ...ours,
    ...(section === "user" ? ["extattr.工号", "direct_leader[0]"] : []),
  ];
  const from = child(child(copy, "properties"), "from");
  const [one, several] = from["anyOf"] as [Tree, Tree];
  one["examples"] = examples;
  child(several, "items")["examples"] = examples;
  return copy;
}

/** JSON Schema of an extension file (RFC 7643 §7), as text: `schemas/extensions/extension.schema.json`. */
export function extensionJsonSchema(): string {
  return formatJson(z.toJSONSchema(extensionForm, { io: "input" }));
}

const characteristics = {
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9$_-]*$|^\$ref$/)
    .describe("The attribute's name: a letter, then letters, digits, $, - and _."),
  multiValued: z.boolean().optional().describe("true: a list of values. Default false."),
  description: z.string().optional().describe("What it is for, in words; shown at /Schemas."),
  required: z.boolean().optional().describe("true: a record without it is held back. Default false."),
  canonicalValues: z.array(z.string()).optional().describe("Values that are suggested; others may be written."),
  caseExact: z.boolean().optional().describe("true: compared with regard to case. Default false."),
  mutability: z.enum(["readOnly", "readWrite", "immutable", "writeOnly"]).optional().describe("Default readWrite."),
  returned: z
    .enum(["always", "never", "default", "request"])
    .optional()
    .describe("When it is part of an answer. Default default."),
  uniqueness: z.enum(["none", "server", "global"]).optional().describe("Default none."),
  referenceTypes: z.array(z.string()).optional().describe("What a reference may point at."),
};

const simpleTypes = attributeTypes.filter((type) => type !== "complex");

// For editors. What is allowed is decided by parseSchema; a test holds the two together.
const extensionForm = z
  .strictObject({
    $schema: z.string().optional().describe("./extension.schema.json, for editors."),
    schemas: z.array(z.string()).optional(),
    id: z
      .string()
      .regex(/^urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[^\s[\]()"]+$/)
      .describe("The schema's URN, ending in :User or :Group: what it extends."),
    name: z.string().min(1).describe("The schema's name for people."),
    description: z.string().optional().describe("What the schema describes."),
    attributes: z
      .array(
        z.strictObject({
          ...characteristics,
          type: z.enum(attributeTypes).optional().describe("The type of its values. Default string."),
          subAttributes: z
            .array(
              z.strictObject({ ...characteristics, type: z.enum(simpleTypes).optional().describe("Default string.") }),
            )
            .min(1)
            .optional()
            .describe("The parts of a complex attribute."),
        }),
      )
      .min(1)
      .describe("The attributes that the schema adds."),
    meta: z.looseObject({}).optional(),
  })
  .meta({ title: "Extension schema", description: "Attributes beside those of the standard (RFC 7643 §7)." });

/** JSON as the repository's formatter writes it: lists of plain values in one line where they fit. */
export function formatJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  const joined = text.replace(
    /^(.*)\[\n((?:\s+(?:"(?:[^"\\]|\\.)*"|\d+|true|false),?\n)+)\s*\]/gm,
    (whole, start, items) => {
      const line = `${start}[${String(items).trim().replace(/\n\s*/g, " ")}]`;
      return line.length <= 119 ? line : whole;
    },
  );
  return `${joined}\n`;
}
