import type { ScimError } from "./scim-error.ts";

export const listResponseSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
export const searchRequestSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
export const patchOpSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
export const bulkRequestSchema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
export const bulkResponseSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
export const errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error";

/** RFC 7644 §3.12. `status` is a string there. */
export interface ErrorMessage {
  readonly schemas: readonly [typeof errorSchema];
  readonly status: string;
  readonly scimType?: string;
  readonly detail: string;
}

export function makeErrorMessage({ status, scimType, message }: ScimError): ErrorMessage {
  return { schemas: [errorSchema], status: String(status), ...(scimType ? { scimType } : {}), detail: message };
}

/** Where a page stands: by its first position, or by what asks for the next one (null on the last page). */
export type PagePosition = { readonly startIndex: number } | { readonly nextCursor: string | null };

/**
 * JSON text of a ListResponse (RFC 7644 §3.4.2, RFC 9865 §2) around resources that are JSON text already.
 * `Resources` is there even when it is empty, `itemsPerPage` is what this page holds: clients count on both.
 */
export function listResponseText(total: number, position: PagePosition, resources: readonly string[]): string {
  const head = `{"schemas":["${listResponseSchema}"],"totalResults":${total},"itemsPerPage":${resources.length}`;
  return `${head}${positionText(position)},"Resources":[${resources.join(",")}]}`;
}

function positionText(position: PagePosition): string {
  if ("startIndex" in position) return `,"startIndex":${position.startIndex}`;
  return position.nextCursor === null ? "" : `,"nextCursor":${JSON.stringify(position.nextCursor)}`;
}
