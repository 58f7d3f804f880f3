import type { Json, JsonObject } from "../../../src/lib/json.ts";
import type { PatchOperation } from "../../../src/target/target.ts";

type Mutable = { [key: string]: Json };

/**
 * What a service provider does with operations that have plain paths (RFC 7644 §3.5.2.1 to §3.5.2.3), written from the
 * RFC and not from our client. Refuses what the RFC refuses.
 */
export function applyPatch(document: JsonObject, operations: readonly PatchOperation[]): JsonObject {
  const result = structuredClone(document) as Mutable;
  for (const { op, path, value } of operations) {
    if (path === undefined) throw new Error("noTarget");
    const steps = parsePath(path);
    const last = steps.pop();
    if (last === undefined) throw new Error("invalidPath");
    let parent = result;
    for (const step of steps) {
      parent[step] ??= {};
      parent = parent[step] as Mutable;
      if (typeof parent !== "object" || Array.isArray(parent)) throw new Error("invalidPath");
    }
    if (op === "remove") delete parent[last];
    else if (value === undefined || value === null) throw new Error("invalidValue");
    else if (isComplex(parent[last]) && isComplex(value)) parent[last] = { ...parent[last], ...value };
    else parent[last] = value as Json;
  }
  return withoutEmpty(result);
}

function isComplex(value: unknown): value is Mutable {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// attrPath = [URI ":"] ATTRNAME ["." subAttr]. The URN's own dots ("2.0") come before its last colon.
function parsePath(path: string): string[] {
  const colon = path.lastIndexOf(":");
  const names = path.slice(colon + 1);
  if (!/^[A-Za-z][\w$-]*(\.[A-Za-z][\w$-]*)?$/.test(names)) throw new Error(`invalidPath ${path}`);
  return [...(colon < 0 ? [] : [path.slice(0, colon)]), ...names.split(".")];
}

/** RFC 7643 §2.5: null, an empty list and an empty object are no value. */
export function withoutEmpty(document: JsonObject): JsonObject {
  const entries = Object.entries(document).flatMap(([key, value]): [string, Json][] => {
    const kept = isComplex(value) ? withoutEmpty(value) : value;
    const empty = kept === null || (typeof kept === "object" && Object.keys(kept).length === 0);
    return empty ? [] : [[key, kept]];
  });
  return Object.fromEntries(entries);
}
