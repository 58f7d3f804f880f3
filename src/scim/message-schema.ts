import type { Json } from "../lib/json.ts";
import { ScimError } from "./scim-error.ts";

/**
 * RFC 7644 §3.4.3, §3.5.2 and §3.7: the `schemas` of a message has its URN. That of a resource follows from the endpoint
 * and can be left out; a message without its own may be anything.
 *
 * @throws {ScimError} 400 invalidSyntax that says what to add
 */
export function checkMessageSchema(schemas: Json | undefined, urn: string): void {
  const isIt = (each: Json) => typeof each === "string" && each.toLowerCase() === urn.toLowerCase();
  if (Array.isArray(schemas) && schemas.some(isIt)) return;
  throw new ScimError(400, "invalidSyntax", `schemas does not name the message: add "schemas": ["${urn}"] to the body`);
}
