import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { describeBreak } from "../../lib/json-break.ts";
import { ScimError } from "../scim-error.ts";

/**
 * The object in a request's body, from JSON text or from JSON that is parsed already.
 *
 * @throws {ScimError} 400 invalidSyntax (RFC 7644 §3.12) for text that is no JSON, or JSON that is no object
 */
export function parseBody(body: unknown): JsonObject {
  const json = typeof body === "string" ? parseJson(body) : body;
  if (!isJsonObject(json)) throw new ScimError(400, "invalidSyntax", "The body is not a JSON object");
  return json;
}

/**
 * JSON text. What JSON.parse itself says quotes the text, which may be about people: the place is said instead.
 *
 * @throws {ScimError} 400 invalidSyntax
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ScimError(400, "invalidSyntax", `The body is not JSON: ${describeBreak(text)}`);
  }
}
