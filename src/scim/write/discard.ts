import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { Pattern } from "../patch-operation.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import type { SubValue } from "./parse-attribute.ts";
import { valueKey } from "./same-value.ts";

/**
 * The elements that have not all the values of any pattern (RFC 7644 §3.5.2.2, with a value). Patterns that name the same
 * sub-attributes are one set, so that many of them cost no more than one.
 */
export function discardElements(
  attribute: AttributeDefinition,
  elements: readonly Json[],
  patterns: readonly Pattern[],
): readonly Json[] {
  const simple = new Set<string>();
  const bySubs = new Map<string, PatternSet>();
  for (const pattern of patterns) {
    if (typeof pattern !== "object") simple.add(valueKey(attribute, pattern));
    else addPattern(bySubs, pattern);
  }
  const sets = [...bySubs.values()];
  return elements.filter((element) =>
    isJsonObject(element)
      ? !sets.some(({ subs, keys }) => keys.has(keyOf(subs, element)))
      : !simple.has(valueKey(attribute, element)),
  );
}

/** Patterns that name the same sub-attributes. */
interface PatternSet {
  readonly subs: readonly AttributeDefinition[];
  readonly keys: Set<string>;
}

function addPattern(sets: Map<string, PatternSet>, pattern: readonly SubValue[]): void {
  const parts = [...pattern].sort((a, b) => (a.sub.name < b.sub.name ? -1 : 1));
  const subs = parts.map(({ sub }) => sub);
  const name = subs.map((sub) => sub.name).join(" ");
  const set = sets.get(name) ?? { subs, keys: new Set<string>() };
  set.keys.add(JSON.stringify(parts.map(({ sub, value }) => valueKey(sub, value))));
  sets.set(name, set);
}

function keyOf(subs: readonly AttributeDefinition[], element: JsonObject): string {
  return JSON.stringify(
    subs.map((sub) => {
      const value = member(element, sub.name);
      return value === undefined ? null : valueKey(sub, value);
    }),
  );
}
