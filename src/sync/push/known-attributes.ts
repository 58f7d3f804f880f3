import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";

/**
 * What a target says about the attributes that we have something to say about, now or before: the rest is left alone.
 *
 * @param ours documents of ours, whose attributes count
 */
export function knownAttributes(remote: JsonObject, ...ours: readonly JsonObject[]): JsonObject {
  const keys = new Set(ours.flatMap((document) => Object.keys(document)));
  return Object.fromEntries(
    [...keys].flatMap((key): [string, Json][] => {
      const value = member(remote, key);
      if (value === undefined) return [];
      const parts = ours.map((document) => member(document, key)).filter((part) => isJsonObject(part));
      return [[key, isJsonObject(value) && parts.length > 0 ? knownAttributes(value, ...parts) : value]];
    }),
  );
}
