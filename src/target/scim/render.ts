import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { coreSchemaOf, enterpriseUserSchema, type ResourceType } from "../../scim/resource.ts";
import type { Capabilities } from "../target.ts";
import { isKnown } from "./known-schemas.ts";

export interface RenderOptions {
  readonly type: ResourceType;
  readonly capabilities: Pick<Capabilities, "schemas">;
  /** The id that the user's manager has at this target; null while he has none there, and for groups. */
  readonly managerRemoteId: string | null;
}

// `id` and `meta` are the server's own (RFC 7643 §3.1), so are a user's `groups` (§4.1.2); members are sent by PATCH.
const ours: ReadonlySet<string> = new Set(["schemas", "id", "meta", "groups", "members"]);

/**
 * What of one of our documents goes to a target: no server-owned attributes, nothing of an extension that it doesn't
 * know, the manager by his id there, and `schemas` naming the core schema and the extensions that have data (RFC 7643 §3).
 * The same document and options give the same text, so that an unchanged resource compares as unchanged.
 */
export function renderForTarget(document: JsonObject, options: RenderOptions): JsonObject {
  const extensions: string[] = [];
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(document)) {
    if (ours.has(key)) continue;
    if (!/^urn:/i.test(key)) {
      if (value !== null) entries.push([key, value]);
      continue;
    }
    const extension = isJsonObject(value) ? renderExtension(key, value, options) : null;
    if (extension === null) continue;
    extensions.push(key);
    entries.push([key, extension]);
  }
  // `fromEntries` defines own members, so that a key called `__proto__` stays a key.
  return Object.fromEntries([["schemas", [coreSchemaOf[options.type], ...extensions]], ...entries]);
}

function renderExtension(urn: string, extension: JsonObject, options: RenderOptions): JsonObject | null {
  const { managerRemoteId, capabilities } = options;
  const entries = Object.entries(extension).flatMap(([key, value]): [string, Json][] => {
    if (!isKnown(capabilities.schemas, urn, key)) return [];
    if (isEnterprise(urn) && key === "manager") {
      return managerRemoteId === null || !isJsonObject(value) || member(value, "value") === undefined
        ? []
        : [[key, { value: managerRemoteId }]];
    }
    return value === null ? [] : [[key, value]];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function isEnterprise(urn: string): boolean {
  return urn.toLowerCase() === enterpriseUserSchema.toLowerCase();
}
