import { makeErrorMessage } from "../../scim/messages.ts";
import { ScimError } from "../../scim/scim-error.ts";

/** RFC 7644 §3.8: the one media type of every answer. */
export const scimMediaType = "application/scim+json; charset=utf-8";

export function scimText(text: string, headers: Readonly<Record<string, string>> = {}, status = 200): Response {
  return new Response(text, { status, headers: { "content-type": scimMediaType, ...headers } });
}

export function noContent(headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 204, headers });
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

/** RFC 9110 §13.1: a condition that the request makes does not hold. */
export function hasChanged(): ScimError {
  return new ScimError(412, null, "The condition of this request does not hold: the resource is in another version");
}

export function refuseMethod(allow: string): Response {
  return scimErrorResponse(new ScimError(405, null, `Only ${allow} can be used here`), { allow });
}

/** RFC 7644 §3.13: another version than 2 of the protocol is asked for; or nothing of SCIM at all. */
export function refuseVersion(path: string): Response {
  const version = /^\/scim\/v(\d+)(\/|$)/.exec(path)?.[1];
  if (version === undefined) return scimErrorResponse(notFound("This endpoint"));
  return scimErrorResponse(
    new ScimError(400, "invalidVers", `SCIM version ${version} is not spoken here, only /scim/v2`),
  );
}
