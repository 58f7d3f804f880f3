import { foldCase } from "../lib/fold.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { isJsonObject, member } from "../lib/json.ts";

/**
 * In what somebody who is back differs from who had left, where that is everything by which a human being is known: his name,
 * and each of mobile and mail that is known of both. Null where one of them is as it was, so that there is no doubt.
 *
 * @param before the User that had left, and `after` the one that comes: attributes of RFC 7643 §4.1
 * @returns names of what differs
 */
export function otherHumanBeing(before: JsonObject, after: JsonObject): readonly string[] | null {
  const differing: string[] = [];
  for (const { name, of } of traits) {
    const [was, is] = [of(before), of(after)];
    // What is unknown of one of them says nothing.
    if (was.size === 0 || is.size === 0) continue;
    if ([...was].some((value) => is.has(value))) return null;
    differing.push(name);
  }
  return differing.includes("name") ? differing : null;
}

interface Trait {
  readonly name: string;
  readonly of: (document: JsonObject) => ReadonlySet<string>;
}

const traits: readonly Trait[] = [
  { name: "name", of: namesOf },
  { name: "mobile", of: (document) => valuesOf(document, "phoneNumbers", (type) => type === "mobile") },
  { name: "e-mail", of: (document) => valuesOf(document, "emails", () => true) },
];

function namesOf(document: JsonObject): ReadonlySet<string> {
  const name = member(document, "name");
  const formatted = isJsonObject(name) ? member(name, "formatted") : undefined;
  return texts([member(document, "displayName"), formatted]);
}

function valuesOf(document: JsonObject, attribute: string, isMeant: (type: Json | undefined) => boolean) {
  const elements = member(document, attribute);
  const some = Array.isArray(elements) ? elements.filter(isJsonObject) : [];
  return texts(some.filter((one) => isMeant(member(one, "type"))).map((one) => member(one, "value")));
}

function texts(values: readonly (Json | undefined)[]): ReadonlySet<string> {
  const found = values.flatMap((value) => (typeof value === "string" ? [foldCase(value.trim())] : []));
  return new Set(found.filter((value) => value !== ""));
}
