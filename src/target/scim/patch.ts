import { canonicalJson, isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { PatchOperation } from "../target.ts";

// Never in a PATCH: `schemas` follows from the data, `id`, `meta` and a user's `groups` are the server's, and members
// have their own operations (member-operations.ts), because a group can have 200,000 of them.
const untouched: ReadonlySet<string> = new Set(["schemas", "id", "meta", "groups", "members"]);

/**
 * The smallest RFC 7644 §3.5.2 PATCH that moves a document that a target holds to the desired one; empty if it holds it.
 * Every operation has a path. Single values are replaced or removed one by one (`title`, `name.formatted`,
 * `urn:…:User:department`), a multi-valued attribute as a whole, because its elements have no identity to hold on to.
 * Null, `[]` and `{}` mean "no value" (RFC 7643 §2.5). Both documents spell attribute names alike.
 */
export function patchOperations(held: JsonObject, desired: JsonObject): PatchOperation[] {
  return keysOf(held, desired)
    .filter((key) => !untouched.has(key))
    .flatMap((key) => {
      const before = assigned(held, key);
      const after = assigned(desired, key);
      return isExtension(key) ? extensionOperations(key, before, after) : attributeOperations(key, before, after);
    });
}

// Attribute by attribute also where the extension comes or goes as a whole: every server knows that form, few know
// the bare URN as a path.
function extensionOperations(urn: string, before: Json, after: Json): PatchOperation[] {
  const held = isJsonObject(before) ? before : {};
  const desired = isJsonObject(after) ? after : {};
  return keysOf(held, desired).flatMap((key) => {
    const [was, is] = [assigned(held, key), assigned(desired, key)];
    // `manager` is the one complex attribute of the enterprise extension. Only its `value` is ours (`displayName` and
    // `$ref` are the server's), and servers agree on the whole attribute more than on `manager.value`.
    return key === "manager" && managerValue(was) !== null && managerValue(was) === managerValue(is)
      ? []
      : attributeOperations(`${urn}:${key}`, was, is, key !== "manager");
  });
}

function attributeOperations(path: string, before: Json, after: Json, descend = true): PatchOperation[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (after === null) return [{ op: "remove", path }];
  // RFC 7644 §3.5.2.3: a replace of a complex attribute leaves the sub-attributes that it doesn't name as they are, so
  // those that are gone need a remove of their own. A replace of what is not there yet acts as an add.
  if (descend && isJsonObject(before) && isJsonObject(after)) {
    return keysOf(before, after).flatMap((key) =>
      attributeOperations(`${path}.${key}`, assigned(before, key), assigned(after, key), false),
    );
  }
  return [{ op: "replace", path, value: after }];
}

// What is desired comes first and in its order, so that values are set before others are removed.
function keysOf(held: JsonObject, desired: JsonObject): string[] {
  return [...new Set([...Object.keys(desired), ...Object.keys(held)])];
}

function assigned(object: JsonObject, key: string): Json {
  const value = member(object, key) ?? null;
  return hasValue(value) ? value : null;
}

function hasValue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.values(value).some(hasValue) : value !== null;
}

function managerValue(manager: Json): Json {
  return isJsonObject(manager) ? assigned(manager, "value") : null;
}

function isExtension(key: string): boolean {
  return /^urn:/i.test(key);
}
