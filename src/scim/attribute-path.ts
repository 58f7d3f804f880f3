import type { AttributePath } from "./filter.ts";

/**
 * `[URN ":"] name ["." subAttribute]` (RFC 7644 §3.10), or null for anything else. What stands before the last colon
 * is the URN: names have no colon, and the dots of a URN (`…:2.0:User:title`) come before it.
 * The URN of an extension alone reads as a name in a shorter URN; who accepts those asks the catalog for it first.
 */
export function parseAttributePath(text: string): AttributePath | null {
  const colon = text.lastIndexOf(":");
  const schema = colon < 0 ? null : text.slice(0, colon);
  if (schema !== null && !urn.test(schema)) return null;
  const local = text.slice(colon + 1);
  const dot = local.indexOf(".");
  const name = dot < 0 ? local : local.slice(0, dot);
  const sub = dot < 0 ? null : local.slice(dot + 1);
  if (!attributeName.test(name) || (sub !== null && !subAttributeName.test(sub))) return null;
  return { schema, name, sub };
}

/** The text that {@link parseAttributePath} reads as this path. */
export function printAttributePath({ schema, name, sub }: AttributePath): string {
  return `${schema === null ? "" : `${schema}:`}${name}${sub === null ? "" : `.${sub}`}`;
}

// RFC 8141: a URN begins with `urn:`, a namespace and something in it. Brackets and quotes belong to the filter around.
const urn = /^urn:[a-z0-9][a-z0-9-]{0,31}:[^\s()[\]"\\]+$/i;
const attributeName = /^[a-z][a-z0-9$_-]*$/i;
// `$ref` is the one name that begins with a sign (RFC 7643 §2.4).
const subAttributeName = /^(?:[a-z][a-z0-9$_-]*|\$ref)$/i;
