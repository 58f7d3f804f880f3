import { isUtf8 } from "node:buffer";
import type { Context } from "hono";
import { ScimError } from "../../scim/scim-error.ts";

/**
 * The text of a request's body, or why it cannot be read: where something else speaks against the request, a source that
 * is not written here say, that is the answer.
 */
export async function tryBody(context: Context): Promise<string | ScimError> {
  try {
    return await readBody(context);
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}

/**
 * The text of a request's body.
 *
 * @throws {ScimError} 415 for another media type than `application/scim+json`, `application/json` (RFC 7644 §3.8) or none
 * at all; 400 invalidSyntax for what is no UTF-8, which would be read as other characters than were meant
 */
export async function readBody(context: Context): Promise<string> {
  const mediaType = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "application/scim+json";
  if (mediaType !== "application/scim+json" && mediaType !== "application/json") {
    throw new ScimError(415, null, "The body has to be application/scim+json or application/json");
  }
  const bytes = new Uint8Array(await context.req.arrayBuffer());
  if (!isUtf8(bytes)) throw new ScimError(400, "invalidSyntax", "The body is no UTF-8 text");
  return new TextDecoder().decode(bytes);
}
