import { makeErrorMessage } from "../../scim/messages.ts";
import { ScimError } from "../../scim/scim-error.ts";

/** RFC 7644 §3.8: the one media type of every answer. */
export const scimMediaType = "application/scim+json; charset=utf-8";

export function scimText(text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(text, { status: 200, headers: { "content-type": scimMediaType, ...headers } });
}

export function scimJson(body: unknown): Response {
  return scimText(JSON.stringify(body));
}

/** RFC 7644 §3.12. */
export function scimErrorResponse(error: ScimError, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(makeErrorMessage(error)), {
    status: error.status,
    headers: { "content-type": scimMediaType, ...headers },
  });
}

export function notFound(what: string): ScimError {
  return new ScimError(404, null, `${what} was not found`);
}
