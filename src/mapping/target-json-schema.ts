import { z } from "zod";
import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { targetRulesForm } from "./format.ts";

/** JSON Schemas of the rules of a target, for a document that keeps the schemas they refer to elsewhere. */
export interface TargetRulesSchemas {
  /** `{ "user": { "<attribute path>": rule | null }, "group": {…} }` */
  readonly rules: JsonObject;
  /** What `rules` refers to, by name. */
  readonly definitions: Readonly<Record<string, JsonObject>>;
}

/** What the form of a mapping file says about a rule, where it differs for a target. */
const otherwise = {
  from: 'An attribute path of the document, or several: the first one that has a value. userName, name.familyName, emails[type eq "work"].value.',
  expr: "A CEL expression over resource, the document.",
  absent:
    "What no value means: the target gets no such attribute (clear, the default), or what it would get otherwise.",
};

/** @param refer where the definition of this name will stand: `#/components/schemas/…` */
export function targetRulesSchemas(refer: (name: string) => string): TargetRulesSchemas {
  const text = JSON.stringify(z.toJSONSchema(targetRulesForm, { io: "input" }));
  const placed = text.replace(/"#\/\$defs\/(\w+)"/g, (_, name: string) => JSON.stringify(refer(name)));
  const { $schema: _, $defs, ...rules } = JSON.parse(placed) as JsonObject;
  const definitions = Object.entries(asObject($defs)).map(([name, schema]): [string, JsonObject] => {
    const { id: _id, ...rest } = asObject(schema);
    return [name, name === "rule" ? asTargetRule(rest) : rest];
  });
  return { rules, definitions: Object.fromEntries(definitions) };
}

function asTargetRule(rule: JsonObject): JsonObject {
  const { apply: _, unique: _unique, ...properties } = asObject(member(rule, "properties"));
  const described = Object.entries(otherwise).map(([key, description]): [string, JsonObject] => [
    key,
    { ...asObject(member(properties, key)), description },
  ]);
  return { ...rule, properties: { ...properties, ...Object.fromEntries(described) } };
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
