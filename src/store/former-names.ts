import { sql } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import { textOf } from "../scim/document.ts";

/** The key of somebody whose own is another's now. No source has such a one: a userid has no colon. */
export function formerKey(id: string): string {
  return `former:${id}`;
}

/**
 * A document by whose names nobody is in another's way: before `userName` and `externalId` stands the end of his id. So it is
 * still seen who he was, and a name that is an address stays one.
 */
export function formerNames(id: string, document: JsonObject): JsonObject {
  const names = ["userName", "externalId"].flatMap((name) => {
    const value = textOf(document, name);
    return value === null ? [] : [[name, `former-${id.slice(-8)}-${value}`] as const];
  });
  return { ...document, ...Object.fromEntries(names) };
}

/** Whether `resource` had to give up its key: its names at a target go the same way. */
export const hasGivenUp = sql<boolean>`(resource.departed_at is not null and resource.key like 'former:%')`;
