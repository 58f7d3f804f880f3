import { foldCase } from "../lib/fold.ts";
import type { Json } from "../lib/json.ts";

/** The same value with every text in it folded, keys left as they are: what filters that are not caseExact run on. */
export function foldDocument(value: Json): Json {
  if (typeof value === "string") return foldCase(value);
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(foldDocument);
  // fromEntries defines own members, also one that is called `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, foldDocument(member)]));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
