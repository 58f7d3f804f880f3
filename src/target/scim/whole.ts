import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { parseAttributePath } from "../../scim/attribute-path.ts";
import type { PatchOperation } from "../target.ts";

// `meta` and a user's `groups` are the server's (RFC 7643 §3.1, §4.1.2): sent back they are ignored at best.
const theirs: ReadonlySet<string> = new Set(["meta", "groups"]);

/**
 * The body of a PUT (RFC 7644 §3.5.1) that changes just what these operations change: the resource as the server returned
 * it, with them done, so that what others wrote there stays. The operations are those of `patchOperations`: replace and
 * remove, each with a plain path.
 */
export function wholeResource(returned: JsonObject, operations: readonly PatchOperation[]): JsonObject {
  const body: Record<string, Json> = {};
  for (const [key, value] of Object.entries(returned)) if (!theirs.has(key) && value !== null) define(body, key, value);
  for (const { op, path = "", value } of operations) {
    const { schema, name, sub } = parseAttributePath(path) ?? { schema: null, name: path, sub: null };
    const steps = [schema, name, sub].filter((step) => step !== null);
    put(body, steps, op === "remove" ? undefined : (value as Json));
  }
  return withSchemasOf(body);
}

/** Sets or, for undefined, removes what stands there; what is empty without it goes too. Nothing shared is changed. */
function put(object: Record<string, Json>, [step = "", ...rest]: readonly string[], value: Json | undefined): void {
  if (rest.length === 0) {
    if (value === undefined) delete object[step];
    else define(object, step, value);
    return;
  }
  const held = Object.hasOwn(object, step) ? object[step] : undefined;
  const inner: Record<string, Json> = isJsonObject(held) ? { ...held } : {};
  put(inner, rest, value);
  if (Object.keys(inner).length === 0) delete object[step];
  else define(object, step, inner);
}

/** As an own member, whatever its name. */
function define(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** RFC 7643 §3: `schemas` names every extension that has data. What else stands there may be the server's way. */
function withSchemasOf(body: Record<string, Json>): JsonObject {
  const listed = Array.isArray(body["schemas"]) ? (body["schemas"] as readonly Json[]) : [];
  const known = new Set(listed.map((urn) => String(urn).toLowerCase()));
  const added = Object.keys(body).filter((key) => /^urn:/i.test(key) && !known.has(key.toLowerCase()));
  return added.length === 0 ? body : { ...body, schemas: [...listed, ...added] };
}
