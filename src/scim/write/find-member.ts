import type { Json, JsonObject } from "../../lib/json.ts";

/**
 * Own member of an object whose name is compared without regard to case (RFC 7643 §2.1), or undefined. The spelling
 * that is asked for is looked for first. Prototypes are never looked at.
 *
 * @param name in lower case, or as it is mostly written
 */
export function findMember(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const folded = name.toLowerCase();
  const key = Object.keys(object).find((other) => other.toLowerCase() === folded);
  return key === undefined ? undefined : object[key];
}
