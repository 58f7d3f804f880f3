import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Log } from "../../lib/log.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { listResponseText } from "../../scim/messages.ts";
import { makeProjection } from "../../scim/project.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { ScimError } from "../../scim/scim-error.ts";
import type { DirectoryReader, ScimClientRow } from "../../store/store.ts";
import { authenticateClient, type FindClient } from "./authenticate.ts";
import { makeCursors } from "./cursor.ts";
import { resourceTypeResource, schemaResource, serviceProviderConfig } from "./discovery.ts";
import { parseProjectionQuery, parseSearchQuery, parseSearchRequest, type SearchQuery } from "./query.ts";
import { queryParameters } from "./query-parameters.ts";
import { endpointOf, locationOf, resourceTexts, versionOf } from "./resource-text.ts";
import { notFound, scimErrorResponse, scimJson, scimText } from "./responses.ts";
import { search } from "./search.ts";

export interface ScimAppParts {
  readonly directory: DirectoryReader;
  /** Asked on each request: the schema files can change while it runs. */
  readonly catalog: () => SchemaCatalog;
  /** How others reach the bridge, without `/scim/v2`: locations are made from it, never from the Host header. */
  readonly publicUrl: string;
  readonly authenticate: FindClient;
  /** 32 bytes, the same for all replicas; absent: cursors are good as long as this process lives. */
  readonly cursorKey?: Buffer;
  /** Name of a source, for the refusal to write what comes from it. */
  readonly sourceName?: (sourceId: string) => Promise<string | null> | string | null;
  readonly log?: Log;
}

type ScimContext = Context<{ Variables: { client: ScimClientRow } }>;

/**
 * The SCIM 2.0 service provider (RFC 7644). It reads; writing is refused with a reason.
 * To be mounted at `/scim/v2` of an app made with `strict: false`, so that a trailing slash is let pass.
 */
export function makeScimApp(parts: ScimAppParts): Hono<{ Variables: { client: ScimClientRow } }> {
  const { directory, log } = parts;
  const base = `${parts.publicUrl.replace(/\/+$/, "")}/scim/v2`;
  const cursors = makeCursors(parts.cursorKey ?? randomBytes(32));
  const app = new Hono<{ Variables: { client: ScimClientRow } }>({ strict: false });

  app.onError((error) => {
    if (error instanceof ScimError) return scimErrorResponse(error);
    log?.error({ err: error }, "a SCIM request failed");
    return scimErrorResponse(new ScimError(500, null, "Something went wrong here; the server's log says what"));
  });
  // RFC 7643 §5: how to authenticate should be readable before one can.
  app.use(authenticateClient(parts.authenticate, (path) => /\/ServiceProviderConfig\/?$/.test(path)));
  // Only where a body is read: looking for one makes a whole Request object of each GET.
  app.on(["POST", "PUT", "PATCH", "DELETE"], "*", bodyLimit({ maxSize: maxBodyBytes, onError: refuseBody }));

  app.get("/ServiceProviderConfig", (context) => {
    refuseFilter(context);
    return scimJson(serviceProviderConfig(base));
  });
  app.get("/ResourceTypes", (context) => {
    refuseFilter(context);
    return listAll(parts.catalog().resourceTypes.map((type) => resourceTypeResource(type, base)));
  });
  app.get("/ResourceTypes/:name", (context) => {
    refuseFilter(context);
    const type = parts.catalog().resourceTypes.find(({ id }) => id === context.req.param("name"));
    if (!type) throw notFound("This resource type");
    return scimJson(resourceTypeResource(type, base));
  });
  app.get("/Schemas", (context) => {
    refuseFilter(context);
    return listAll(parts.catalog().schemas.map((schema) => schemaResource(schema, base)));
  });
  app.get("/Schemas/:urn", (context) => {
    refuseFilter(context);
    const schema = parts.catalog().findSchema(context.req.param("urn"));
    if (!schema) throw notFound("This schema");
    return scimJson(schemaResource(schema, base));
  });
  for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/*", "/Schemas", "/Schemas/*"]) {
    app.all(path, () => refuseMethod("GET, HEAD"));
  }

  for (const type of ["User", "Group"] as const) {
    const endpoint = endpointOf[type];
    app.get(endpoint, (context) => searchByParameters(context, [type]));
    app.post(`${endpoint}/.search`, (context) => searchByBody(context, [type]));
    app.all(`${endpoint}/.search`, () => refuseMethod("POST"));
    app.post(endpoint, (context) => refuseCreate(context.get("client")));
    app.all(endpoint, () => refuseMethod("GET, HEAD, POST"));
    app.get(`${endpoint}/:id`, (context) => readOne(context, type, context.req.param("id")));
    app.on(["PUT", "PATCH", "DELETE"], `${endpoint}/:id`, (context) =>
      refuseWrite(context, type, context.req.param("id")),
    );
    app.all(`${endpoint}/:id`, () => refuseMethod("GET, HEAD, PUT, PATCH, DELETE"));
  }

  app.get("/", (context) => searchByParameters(context, ["User", "Group"]));
  app.post("/.search", (context) => searchByBody(context, ["User", "Group"]));
  app.all("/.search", () => refuseMethod("POST"));
  // RFC 7644 §3.11: the token stands for a program, which is no User here.
  app.all("/Me", () => {
    throw new ScimError(501, null, "A SCIM client is no user: there is no /Me");
  });
  app.all("/Bulk", () => {
    throw new ScimError(501, null, "Bulk is not supported, as /ServiceProviderConfig says");
  });
  // Not `app.notFound`: mounted below another app, that one's would answer.
  app.all("*", () => {
    throw notFound("This endpoint");
  });
  return app;

  async function searchByParameters(context: ScimContext, types: readonly ResourceType[]): Promise<Response> {
    return answerSearch(context, parseSearchQuery(queryParameters(context.req.url)), types);
  }

  async function searchByBody(context: ScimContext, types: readonly ResourceType[]): Promise<Response> {
    const mediaType =
      context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "application/scim+json";
    if (mediaType !== "application/scim+json" && mediaType !== "application/json") {
      throw new ScimError(415, null, "The body has to be application/scim+json or application/json");
    }
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    if (!isUtf8(bytes)) throw new ScimError(400, "invalidSyntax", "The body is no UTF-8 text");
    return answerSearch(context, parseSearchRequest(await context.req.text()), types);
  }

  async function answerSearch(
    context: ScimContext,
    query: SearchQuery,
    types: readonly ResourceType[],
  ): Promise<Response> {
    const text = await search(query, types, context.get("client"), {
      directory,
      catalog: parts.catalog(),
      cursors,
      base,
    });
    return scimText(text);
  }

  async function readOne(context: ScimContext, type: ResourceType, id: string): Promise<Response> {
    const projection = makeProjection(type, parts.catalog(), parseProjectionQuery(queryParameters(context.req.url)));
    const row = await directory.readResource(type, id, context.get("client").sources);
    if (!row) throw notFound(`This ${type}`);
    const headers = { etag: versionOf(row), location: locationOf(row, base) };
    if (isUnchanged(context.req.header("if-none-match"), headers.etag)) {
      return new Response(null, { status: 304, headers: { etag: headers.etag } });
    }
    const [text] = await resourceTexts([row], type, projection, directory, base);
    return scimText(text ?? "{}", headers);
  }

  async function refuseWrite(context: ScimContext, type: ResourceType, id: string): Promise<Response> {
    const client = context.get("client");
    const row = await directory.readResource(type, id, client.sources);
    if (!row) throw notFound(`This ${type}`);
    const name = (await parts.sourceName?.(row.sourceId)) ?? row.sourceId;
    const reason = `This ${type} comes from the identity source "${name}" and is changed there, not here`;
    throw new ScimError(403, null, client.access === "read" ? `${reason}; besides, this token may only read` : reason);
  }
}

const maxBodyBytes = 256 * 1024;

function refuseBody(): never {
  throw new ScimError(413, null, `A body may have ${maxBodyBytes} bytes at most`);
}

function refuseCreate(client: ScimClientRow): never {
  if (client.access === "read") throw new ScimError(403, null, "This token may only read");
  throw new ScimError(
    501,
    null,
    "Nothing can be created here: users and groups come from identity sources such as WeCom",
  );
}

function refuseMethod(allow: string): Response {
  return scimErrorResponse(new ScimError(405, null, `Only ${allow} can be used here`), { allow });
}

// RFC 7644 §4: discovery is not filtered, and says so rather than answer everything.
function refuseFilter(context: ScimContext): void {
  if (context.req.query("filter") !== undefined) throw new ScimError(403, null, "Discovery cannot be filtered");
}

function listAll(resources: readonly object[]): Response {
  return scimText(
    listResponseText(
      resources.length,
      { startIndex: 1 },
      resources.map((resource) => JSON.stringify(resource)),
    ),
  );
}

/** RFC 9110 §13.1.2: a list of tags or `*`, compared weakly. */
function isUnchanged(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const opaque = etag.replace(/^W\//, "");
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === opaque);
}
