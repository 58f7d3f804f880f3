import { isJsonObject, type Json, type JsonObject, member, sameJson } from "../../lib/json.ts";
import { jsonPointer } from "../../lib/json-pointer.ts";
import { type SecretsByPointer, secretMask } from "../../lib/secrets.ts";

/** A member that is different: absent on the side where it is not said. */
export interface FormChange {
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** A thing as a client would write it, secrets masked, and the secrets by their places. */
export interface ShownForm {
  readonly form: JsonObject;
  readonly secrets: SecretsByPointer;
}

/**
 * What is different between two forms of one thing, as deep as both are objects. No secret is in the answer: of one that
 * is another both sides are the mask.
 *
 * @param whole members at the top that are compared, and replaced, as they are
 */
export function compareForms(
  before: ShownForm,
  after: ShownForm,
  whole: readonly string[] = [],
): readonly FormChange[] {
  const otherSecrets = Object.entries(after.secrets).flatMap(([pointer, secret]) => {
    const stored = Object.hasOwn(before.secrets, pointer) ? before.secrets[pointer] : undefined;
    return stored === undefined || stored === secret ? [] : [{ pointer, before: secretMask, after: secretMask }];
  });
  return [...compareMembers(before.form, after.form, [], whole), ...otherSecrets];
}

function compareMembers(
  before: JsonObject,
  after: JsonObject,
  path: readonly string[],
  whole: readonly string[],
): readonly FormChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key): readonly FormChange[] => {
    const [a, b] = [member(before, key), member(after, key)];
    const at = [...path, key];
    const isWhole = path.length === 0 && whole.includes(key);
    if (isJsonObject(a) && isJsonObject(b) && !isWhole) return compareMembers(a, b, at, whole);
    if (a === undefined && b === undefined) return [];
    if (a !== undefined && b !== undefined && sameJson(a, b)) return [];
    return [{ pointer: jsonPointer(at), ...(a !== undefined && { before: a }), ...(b !== undefined && { after: b }) }];
  });
}
