import type { JsonObject } from "../../lib/json.ts";
import type { Model, Models } from "./model.ts";
import type { Policy } from "./policy.ts";
import { Refusal } from "./refusal.ts";

const configUrn = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const typeUrn = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const schemaUrn = "urn:ietf:params:scim:schemas:core:2.0:Schema";
export const listUrn = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/** RFC 7643 §5. */
export function serviceProviderConfig(baseUrl: string, pageSize: number, { patch }: Pick<Policy, "patch">): JsonObject {
  return {
    schemas: [configUrn],
    patch: { supported: patch },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: pageSize },
    changePassword: { supported: true },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "Bearer token",
        description: "The token that the simulator was started with",
        specUri: "https://www.rfc-editor.org/rfc/rfc6750",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${baseUrl}/ServiceProviderConfig` },
  };
}

/** `/ResourceTypes` and `/ResourceTypes/{name}` (RFC 7643 §6). @throws Refusal 404 */
export function resourceTypes(models: Models, baseUrl: string, name: string | undefined): JsonObject {
  return oneOrAll(
    [models.User, models.Group].map((model) => resourceType(model, baseUrl)),
    name,
  );
}

/** `/Schemas` and `/Schemas/{urn}` (RFC 7643 §7). @throws Refusal 404 */
export function schemas(models: Models, baseUrl: string, urn: string | undefined): JsonObject {
  const all = [models.User, models.Group].flatMap((model) => [model.core, ...model.extensions]);
  const described = all.map((schema): JsonObject => {
    const { id, name, description } = schema;
    // Attributes are plain data with the names of RFC 7643 §7.
    const attributes: JsonObject["attributes"] = JSON.parse(JSON.stringify(schema.attributes));
    const meta = { resourceType: "Schema", location: `${baseUrl}/Schemas/${id}` };
    return { schemas: [schemaUrn], id, name, description, ...(attributes ? { attributes } : {}), meta };
  });
  return oneOrAll(described, urn);
}

function resourceType(model: Model, baseUrl: string): JsonObject {
  return {
    schemas: [typeUrn],
    id: model.type,
    name: model.type,
    description: model.core.description,
    endpoint: `/${model.endpoint}`,
    schema: model.core.id,
    schemaExtensions: model.extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: "ResourceType", location: `${baseUrl}/ResourceTypes/${model.type}` },
  };
}

function oneOrAll(resources: readonly JsonObject[], id: string | undefined): JsonObject {
  if (id === undefined) {
    const count = resources.length;
    return { schemas: [listUrn], totalResults: count, startIndex: 1, itemsPerPage: count, Resources: resources };
  }
  const found = resources.find((resource) => resource["id"] === id);
  if (!found) throw new Refusal(404, undefined, "There is no such resource.");
  return found;
}
