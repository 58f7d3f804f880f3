import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { formatJson } from "../../mapping/json-schema.ts";

/** Rules of a target say what an attribute becomes: their texts are their own, and no references. */
const ofRules: ReadonlySet<string> = new Set(["TargetMapping", "TargetRule", "TargetNormaliser"]);

const components = "#/components/schemas/";

/**
 * JSON Schema of a configuration file, `schemas/bridge.schema.json`: the bodies of the management API as its OpenAPI
 * document (3.1, whose schemas are JSON Schemas) describes them. In the place of a text a file may have a reference; what
 * is ignored in requests is not proposed to whoever writes a file.
 *
 * @param openApi the document at `/api/v1/openapi.json`
 */
export function configurationJsonSchema(openApi: JsonObject): string {
  const schemas = objectAt(objectAt(openApi, "components"), "schemas");
  const definitions = new Map<string, Json>();
  const take = (name: string): void => {
    if (definitions.has(name)) return;
    definitions.set(name, null);
    definitions.set(name, toFileSchema(objectAt(schemas, name), take, !ofRules.has(name)));
  };
  take("Configuration");
  const { Configuration: root, ...others } = Object.fromEntries(definitions) as Record<string, JsonObject>;
  return formatJson({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of a WeCom SCIM Bridge",
    ...root,
    $defs: { reference, ...others },
  });
}

const reference: JsonObject = {
  description:
    "A text that is not in the file: of an environment variable, or of another file (without its last line break).",
  oneOf: ["$env", "$file"].map((key) => ({
    type: "object",
    properties: { [key]: { type: "string", minLength: 1 } },
    required: [key],
    additionalProperties: false,
  })),
};

function toFileSchema(schema: Json, take: (name: string) => void, withReferences: boolean): Json {
  if (Array.isArray(schema)) return schema.map((each) => toFileSchema(each, take, withReferences));
  if (!isJsonObject(schema)) return schema;
  const target = member(schema, "$ref");
  if (typeof target === "string" && target.startsWith(components)) {
    const name = target.slice(components.length);
    take(name);
    return { ...schema, $ref: `#/$defs/${name}` };
  }
  const { discriminator: _, ...rest } = schema;
  const entries = Object.entries(rest).map(([key, value]): [string, Json] => {
    // The library that writes the document leaves the flag of a regular expression at its end.
    if (key === "pattern" && typeof value === "string") return [key, value.replace(/\/u$/, "")];
    if (key === "enum" || key === "default" || key === "const" || key === "example") return [key, value];
    if (key !== "properties" || !isJsonObject(value)) return [key, toFileSchema(value, take, withReferences)];
    const written = Object.entries(value).filter(([, each]) => !isJsonObject(each) || each["readOnly"] !== true);
    const properties = written.map(([name, each]): [string, Json] => [
      name,
      name === "$schema" ? each : toFileSchema(each, take, withReferences),
    ]);
    return [key, Object.fromEntries(properties)];
  });
  const made = Object.fromEntries(entries);
  return withReferences && isFreeText(made) ? orReference(made) : made;
}

function isFreeText(schema: JsonObject): boolean {
  return schema["type"] === "string" && schema["enum"] === undefined && schema["const"] === undefined;
}

/** What is said of the member stays where editors look for it. */
function orReference({ description, default: usual, ...text }: JsonObject): JsonObject {
  return {
    ...(description !== undefined && { description }),
    ...(usual !== undefined && { default: usual }),
    anyOf: [text, { $ref: "#/$defs/reference" }],
  };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
}
