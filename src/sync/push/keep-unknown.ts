import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { Capabilities } from "../../target/target.ts";

/**
 * What is remembered of a target that was given `desired`: that, and what the comparison left out because the target does
 * not know the attribute now. Once it knows it again, the value there is compared, and cleared where ours is gone.
 *
 * A target that says nothing of its schemas has not forgotten anything: the value stays as it is. Of an attribute that it
 * took out of a schema nobody knows what became of the values: it is remembered as empty, which no value of ours equals.
 *
 * @param stored what was remembered before
 * @param known the part of that which could be compared
 */
export function keepUnknown(
  desired: JsonObject,
  { stored, known }: { readonly stored: JsonObject; readonly known: JsonObject },
  { schemas }: Pick<Capabilities, "schemas">,
): JsonObject {
  const remembered = (value: Json): Json => (schemas === null ? value : "");
  const kept = Object.entries(stored).flatMap(([key, value]): [string, Json][] => {
    if (!isJsonObject(value)) return [];
    const compared = member(known, key);
    const left = Object.entries(value).filter(([name]) => !isJsonObject(compared) || !Object.hasOwn(compared, name));
    if (left.length === 0) return [];
    const now = member(desired, key);
    const lost = Object.fromEntries(left.map(([name, each]) => [name, remembered(each)]));
    return [[key, isJsonObject(now) ? { ...lost, ...now } : lost]];
  });
  return kept.length === 0 ? desired : Object.fromEntries([...Object.entries(desired), ...kept]);
}
