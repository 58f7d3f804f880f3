import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";

/**
 * RFC 7396 JSON Merge Patch: members of `patch` replace those of `target`, null removes, objects are merged.
 *
 * @param whole members at the top that are replaced as they are: in them null is a value of its own
 */
export function mergePatch(target: Json | undefined, patch: Json, whole: readonly string[] = []): Json {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, whole.includes(key) ? value : mergePatch(merged.get(key), value));
  }
  // fromEntries defines own members, so that a `__proto__` stays data.
  return Object.fromEntries(merged);
}

/**
 * The target of a merge patch without what belongs to another variant: `{"scope":{"mode":"all"}}` on a partial scope
 * replaces it. RFC 7396 alone would leave `departments` there, and the result would be refused.
 *
 * @param variants member → its discriminator, as `{ scope: "mode" }`
 */
export function withoutOtherVariants(
  target: object,
  patch: JsonObject,
  variants: Readonly<Record<string, string>>,
): JsonObject {
  const members: readonly [string, Json][] = Object.entries(target);
  const replaced = Object.entries(variants).filter(([key, discriminator]) => {
    const before = members.find(([each]) => each === key)?.[1];
    const after = member(patch, key);
    if (!isJsonObject(before) || !isJsonObject(after) || !Object.hasOwn(after, discriminator)) return false;
    return before[discriminator] !== after[discriminator];
  });
  return Object.fromEntries(members.filter(([key]) => !replaced.some(([each]) => each === key)));
}
