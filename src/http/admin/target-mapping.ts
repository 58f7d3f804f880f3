import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { MappingError } from "../../mapping/problem.ts";
import { targetRulesSchemas } from "../../mapping/target-json-schema.ts";
import { compileTargetRules, type TargetRules } from "../../mapping/target-rules.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { ProblemItem } from "../problem.ts";

// The rules of one target, as a member of its form. What they may say is decided by their compiler, which knows the
// schemas in force; here they are any JSON object.

const componentOf = (name: string): string => `Target${name.charAt(0).toUpperCase()}${name.slice(1)}`;

const schemas = targetRulesSchemas((name) => `#/components/schemas/${componentOf(name)}`);

export const mappingField = z.custom<JsonObject>(isJsonObject, "has to be a JSON object").openapi("TargetMapping", {
  ...schemas.rules,
  type: "object",
  description:
    "Rules of this target over the SCIM documents that it would get: attribute paths on the left, on the right a rule, " +
    "or null to remove the attribute. Absent: it gets what the others get. docs/mapping.md explains rules.",
});

/** Adds to a description of an API what that of {@link mappingField} refers to. */
export function describeTargetRules({ openAPIRegistry }: Pick<OpenAPIHono, "openAPIRegistry">): void {
  for (const [name, schema] of Object.entries(schemas.definitions)) {
    openAPIRegistry.registerComponent("schemas", componentOf(name), schema);
  }
}

/** Rules that can be used, or everything that is wrong with them, by its place in a body whose `mapping` they are. */
export type JudgedRules = { readonly rules: TargetRules } | { readonly problems: readonly ProblemItem[] };

/** Compiles rules against the schemas in force. */
export function judgeRules(mapping: JsonObject, catalog: SchemaCatalog): JudgedRules {
  try {
    return { rules: compileTargetRules(mapping, { catalog, path: ["mapping"] }) };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return { problems: error.problems.map(({ pointer, detail }) => ({ pointer, detail })) };
  }
}
