import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { jsonPointer } from "../lib/json-pointer.ts";

// `{"$env": "NAME"}` or `{"$file": "path"}` in the place of a text of a configuration file: secrets are elsewhere.

/** Reads what a reference names. @throws Error whose message says what is wrong with it, and never what it holds */
export type ReadReference = (name: string) => string | Promise<string>;

/** What a file says once its references are read. */
export interface Resolved {
  /** Where a reference could not be read stands {@link unread}. */
  readonly value: Json;
  readonly problems: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Stands in for a text that could not be read, so that the rest can still be looked at. */
export const unread = "unread-reference";

/**
 * Puts texts in the place of references. An object is one when a member of it begins with `$`. In the rules of a target
 * objects are rules, and none is a reference.
 *
 * @param readers by the reference's name: `$env`, `$file`
 */
export async function resolveReferences(
  document: Json,
  readers: Readonly<Record<string, ReadReference>>,
): Promise<Resolved> {
  const problems: { pointer: string; detail: string }[] = [];
  const known = Object.keys(readers).join(" and ");

  const resolve = async (reference: JsonObject, path: readonly (string | number)[]): Promise<Json> => {
    const fail = (detail: string): Json => {
      problems.push({ pointer: jsonPointer(path), detail });
      return unread;
    };
    const entries = Object.entries(reference);
    const [[key, name] = ["", null]] = entries;
    if (entries.length > 1) return fail(`a reference has one member; there are: ${known}`);
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (read === undefined) return fail(`${JSON.stringify(key)} is no reference; there are: ${known}`);
    if (typeof name !== "string" || name === "") return fail(`${key} takes a name, as a text`);
    try {
      return await read(name);
    } catch (error) {
      return fail(error instanceof Error ? error.message : "can't be read");
    }
  };

  const walk = async (value: Json, path: readonly (string | number)[]): Promise<Json> => {
    if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const [index, item] of value.entries()) items.push(await walk(item, [...path, index]));
      return items;
    }
    if (!isJsonObject(value) || isRules(path)) return value;
    const isReference = path.length > 0 && Object.keys(value).some((key) => key.startsWith("$"));
    if (isReference) return resolve(value, path);
    const members: [string, Json][] = [];
    for (const [key, each] of Object.entries(value)) members.push([key, await walk(each, [...path, key])]);
    // fromEntries defines own members, so that a `__proto__` stays data.
    return Object.fromEntries(members);
  };
  return { value: await walk(document, []), problems };
}

function isRules([list, , member, ...deeper]: readonly (string | number)[]): boolean {
  return list === "targets" && member === "mapping" && deeper.length === 0;
}
