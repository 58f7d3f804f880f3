import { isJsonObject, type JsonObject, member } from "../lib/json.ts";
import { jsonPointer } from "../lib/json-pointer.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";
import { KeySyntaxError } from "./attribute-key.ts";
import { findPlace } from "./place.ts";
import { isOfRecordPath } from "./slot.ts";

const origins = ["from", "const", "template", "expr"] as const;

/** A rule of one target. */
export interface FoundTargetRule {
  /** Its place in the target, below `/mapping`. */
  readonly pointer: string;
  /** `remove`: the target does not get the attribute. */
  readonly kind: (typeof origins)[number] | "remove";
}

/** The rules of a target's `mapping` that have to do with an attribute, as records name it. */
export function findTargetRules(
  mapping: JsonObject,
  type: ResourceType,
  catalog: SchemaCatalog,
  attribute: string,
): readonly FoundTargetRule[] {
  const part = type === "User" ? "user" : "group";
  const rules = member(mapping, part);
  if (!isJsonObject(rules)) return [];
  return Object.entries(rules).flatMap(([key, rule]): FoundTargetRule[] => {
    if (!isOf(catalog, type, key, attribute)) return [];
    const kind = isJsonObject(rule) ? origins.find((origin) => Object.hasOwn(rule, origin)) : "remove";
    return kind === undefined ? [] : [{ pointer: jsonPointer(["mapping", part, key]), kind }];
  });
}

function isOf(catalog: SchemaCatalog, type: ResourceType, key: string, attribute: string): boolean {
  try {
    return isOfRecordPath(findPlace(catalog, type, key, { wholeForRemoval: true }), attribute);
  } catch (error) {
    // A key that no schema has any more is no rule.
    if (error instanceof KeySyntaxError) return false;
    throw error;
  }
}
