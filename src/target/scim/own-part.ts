import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { OwnPart } from "../target.ts";

/** What says whose a body is, and of which kind: nothing about a person. */
const plain: ReadonlySet<string> = new Set(["schemas", "id"]);

/**
 * What of a body may be kept. Others' values, which the target returned and which go back to it as they are, are left out;
 * only their names stand in `kept`: `roles`, `name.honorificPrefix`, `urn:example:Extension:badge`. An attribute of which
 * only some values are said (members of a group) is in both.
 *
 * @param said the part of the body that the bridge says
 */
export function ownPart(body: JsonObject, said: JsonObject): OwnPart {
  const head = Object.fromEntries(Object.entries(body).filter(([key]) => plain.has(key)));
  const kept = Object.entries(body).flatMap(([key, value]) => (plain.has(key) ? [] : keptOf(key, value, said[key])));
  return { said: { ...head, ...said, ...(head["schemas"] && { schemas: head["schemas"] }) }, kept };
}

function keptOf(path: string, value: Json, said: Json | undefined): readonly string[] {
  if (said !== undefined && canonicalJson(said) === canonicalJson(value)) return [];
  const isExtension = path.toLowerCase().startsWith("urn:");
  if (!isJsonObject(value) || (said === undefined && !isExtension)) return [path];
  const own = isJsonObject(said) ? said : {};
  const subPath = (name: string): string => `${path}${isExtension ? ":" : "."}${name}`;
  return Object.entries(value).flatMap(([name, sub]) => keptOf(subPath(name), sub, own[name]));
}
