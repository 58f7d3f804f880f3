import type { JsonObject } from "../../lib/json.ts";
import type { Judge } from "./journal.ts";
import type { Policy } from "./policy.ts";
import { type Draft, isArray } from "./values.ts";

/** What this service provider keeps of attributes with several values. Not of members, which stand elsewhere. */
export function keptValues(attributes: JsonObject, { values }: Policy, judge: Judge): JsonObject {
  if (values === "all") return attributes;
  const kept: Draft = { ...attributes };
  for (const [name, value] of Object.entries(attributes)) {
    if (!isArray(value) || value.length < 2) continue;
    if (values === "one") judge.reject("value-single", `${name} has ${value.length} values.`, "invalidValue");
    else kept[name] = value.slice(0, 1);
  }
  return kept;
}
