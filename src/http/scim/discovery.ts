import type { ResourceTypeDefinition, SchemaDefinition } from "../../scim/catalog.ts";
import { bulkLimits } from "./bulk.ts";
import { cursorTimeoutSeconds } from "./cursor.ts";
import { pageSizes } from "./query.ts";

const core = "urn:ietf:params:scim:schemas:core:2.0";

/** What this service provider can do (RFC 7643 §5). @param base absolute URL of the SCIM endpoint */
export function serviceProviderConfig(base: string) {
  return {
    schemas: [`${core}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { supported: true, ...bulkLimits },
    filter: { supported: true, maxResults: pageSizes.max },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    // RFC 9865 §4.
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: pageSizes.standard,
      maxPageSize: pageSizes.max,
      cursorTimeout: cursorTimeoutSeconds,
    },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "Bearer token",
        description: "The token of a SCIM client, sent as Authorization: Bearer",
        specUri: "https://www.rfc-editor.org/info/rfc6750",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
  };
}

/** RFC 7643 §6. */
export function resourceTypeResource(type: ResourceTypeDefinition, base: string) {
  return {
    schemas: [`${core}:ResourceType`],
    ...type,
    meta: { resourceType: "ResourceType", location: `${base}/ResourceTypes/${type.id}` },
  };
}

/** RFC 7643 §7; `schemas` and `meta` as errata 5999 and 8417 have it. */
export function schemaResource(schema: SchemaDefinition, base: string) {
  return {
    schemas: [`${core}:Schema`],
    ...schema,
    meta: { resourceType: "Schema", location: `${base}/Schemas/${schema.id}` },
  };
}
