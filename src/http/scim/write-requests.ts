import type { DirectoryWriting, Written } from "../../directory/writing.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { makeProjection, type ProjectionRequest } from "../../scim/project.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { ScimError } from "../../scim/scim-error.ts";
import type { DirectoryReader, ScimClientRow } from "../../store/store.ts";
import { type Conditions, preconditionOf } from "./etag.ts";
import { locationOf, resourceTexts, versionOf } from "./resource-text.ts";
import { noContent, scimText } from "./responses.ts";

/** What answering a write takes. */
export interface WriteRequestParts {
  readonly writing: DirectoryWriting;
  readonly directory: DirectoryReader;
  readonly catalog: () => SchemaCatalog;
  /** Absolute URL of the SCIM endpoint. */
  readonly base: string;
}

/** A request that writes, apart from its body. */
export interface WriteRequest {
  readonly type: ResourceType;
  readonly client: ScimClientRow;
  readonly projection: ProjectionRequest;
  readonly conditions: Conditions;
}

/** The answers to POST, PUT, PATCH and DELETE of resources (RFC 7644 §3.3, §3.5, §3.6). */
export function makeWriteRequests({ writing, directory, catalog, base }: WriteRequestParts) {
  const answer = async (
    { row }: Pick<Written, "row">,
    { type, client, projection }: WriteRequest,
    status: 200 | 201 = 200,
  ): Promise<Response> => {
    const shape = makeProjection(type, catalog(), projection);
    const [text] = await resourceTexts([row], type, shape, directory, base, client.sources);
    return scimText(text ?? "{}", { etag: versionOf(row), location: locationOf(row, base) }, status);
  };
  // Before anything is written: a request for what cannot be shown is refused as a whole.
  const checkProjection = ({ type, projection }: WriteRequest): void =>
    void makeProjection(type, catalog(), projection);

  return {
    async create(request: WriteRequest, body: string | ScimError): Promise<Response> {
      checkProjection(request);
      return answer(await writing.create(request.type, body, request.client), request, 201);
    },

    async replace(request: WriteRequest, id: string, body: string | ScimError): Promise<Response> {
      checkProjection(request);
      const { type, client } = request;
      return answer(await writing.replace(type, id, body, client, preconditionOf(request.conditions)), request);
    },

    /**
     * RFC 7644 §3.5.2: 200 with the whole resource, or 204 where `attributes` are not asked for. What changes the members
     * of a group gets 204: nobody who adds one to 50,000 wants all of them back.
     */
    async modify(request: WriteRequest, id: string, body: string | ScimError): Promise<Response> {
      checkProjection(request);
      const { type, client, projection } = request;
      const written = await writing.modify(type, id, body, client, preconditionOf(request.conditions));
      const asks = projection.attributes.length + projection.excludedAttributes.length > 0;
      if (written.concernsMembers && !asks) return noContent({ etag: versionOf(written.row) });
      return answer(written, request);
    },

    async remove(request: WriteRequest, id: string): Promise<Response> {
      await writing.remove(request.type, id, request.client, preconditionOf(request.conditions));
      return noContent();
    },
  };
}
