import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import type { DirectoryWriting } from "../../directory/writing.ts";
import type { Log } from "../../lib/log.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { makeProjection } from "../../scim/project.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { ScimError } from "../../scim/scim-error.ts";
import type { DirectoryReader } from "../../store/store.ts";
import { inOne } from "../middleware/in-one.ts";
import { limitBodySize } from "../middleware/limit-body.ts";
import { type OnAnswered, type RequestVariables, tellRequestId } from "../middleware/request-log.ts";
import { authenticateClient, type ClientMemory, type FindClient } from "./authenticate.ts";
import { readBody, tryBody } from "./body.ts";
import { bulkLimits, runBulk } from "./bulk.ts";
import { makeCursors } from "./cursor.ts";
import { makeDiscovery } from "./discovery-routes.ts";
import { type Conditions, judgeRead } from "./etag.ts";
import { logScimRequests } from "./log-requests.ts";
import { parseProjectionQuery, parseSearchQuery, parseSearchRequest, type SearchQuery } from "./query.ts";
import { queryParameters } from "./query-parameters.ts";
import { limitRate, type RateVariables } from "./rate-limit.ts";
import { endpointOf, locationOf, resourceTexts, versionOf } from "./resource-text.ts";
import { hasChanged, notFound, refuseMethod, scimErrorResponse, scimJson, scimText } from "./responses.ts";
import { search } from "./search.ts";
import { makeWriteRequests, type WriteRequest } from "./write-requests.ts";

export interface ScimAppParts {
  readonly directory: DirectoryReader;
  readonly writing: DirectoryWriting;
  /** Asked on each request: the schema files can change while it runs. */
  readonly catalog: () => SchemaCatalog;
  /** How others reach the bridge, without `/scim/v2`: locations are made from it, never from the Host header. */
  readonly publicUrl: string;
  readonly authenticate: FindClient;
  /** Of clients that were found; absent: one of its own, which nobody makes forget. */
  readonly clientMemory?: ClientMemory;
  /** 32 bytes, the same for all replicas; absent: cursors are good as long as this process lives. */
  readonly cursorKey?: Buffer;
  /** Hears of each answer, for the metrics. */
  readonly onAnswered?: OnAnswered;
  readonly log?: Log;
}

interface ScimVariables extends RateVariables, RequestVariables {}

type ScimContext = Context<{ Variables: ScimVariables }>;

/** Bytes of a body, by the first part of the path. A group's members can be many. */
const bodyLimits: ReadonlyMap<string, number> = new Map([
  ["Groups", 8 * 1024 * 1024],
  ["Bulk", bulkLimits.maxPayloadSize],
]);
const otherBodyLimit = 1024 * 1024;

/** The SCIM 2.0 service provider by itself. */
export function makeScimApp(parts: ScimAppParts): Hono<{ Variables: ScimVariables }> {
  return makeScimRoutes(parts).onError(answerScimError(parts.log));
}

/** The answer to what a SCIM request throws (RFC 7644 §3.12). */
export function answerScimError(log: Log | undefined): (error: Error, context: Context) => Response {
  return (error, context) => {
    if (error instanceof ScimError) return scimErrorResponse(error);
    log?.error({ requestId: context.get("requestId"), err: error }, "a SCIM request failed");
    return scimErrorResponse(new ScimError(500, null, "Something went wrong here; the server's log says what"));
  };
}

/**
 * The routes of the SCIM 2.0 service provider (RFC 7644), to be mounted at `/scim/v2` of an app made with `strict: false`,
 * so that a trailing slash is let pass. What they throw is that app's to answer, with `answerScimError`: an error handler
 * of their own would be wrapped around each of them, for each request.
 */
export function makeScimRoutes(parts: ScimAppParts): Hono<{ Variables: ScimVariables }> {
  const { directory, writing, log } = parts;
  const base = `${parts.publicUrl.replace(/\/+$/, "")}/scim/v2`;
  const cursors = makeCursors(parts.cursorKey ?? randomBytes(32));
  const writes = makeWriteRequests({ writing, directory, catalog: parts.catalog, base });
  const app = new Hono<{ Variables: ScimVariables }>({ strict: false });

  // RFC 7643 §5: how to authenticate should be readable before one can.
  const isPublic = (path: string) => /\/ServiceProviderConfig\/?$/.test(path);
  app.use(
    inOne(
      logScimRequests(log, parts.onAnswered),
      authenticateClient(parts.authenticate, isPublic, parts.clientMemory),
      limitRate(),
    ),
  );
  // Only where a body is read: looking for one makes a whole Request object of each GET.
  for (const [path, maxSize] of bodyLimits) limitBody([`/${path}`, `/${path}/*`], maxSize);
  limitBody(["/Users", "/Users/*", "/.search", "/"], otherBodyLimit);

  app.route("/", makeDiscovery(parts.catalog, base));
  for (const type of ["User", "Group"] as const) {
    const endpoint = endpointOf[type];
    app.get(endpoint, (context) => searchByParameters(context, [type]));
    app.post(`${endpoint}/.search`, (context) => searchByBody(context, [type]));
    app.all(`${endpoint}/.search`, () => refuseMethod("POST"));
    app.post(endpoint, async (context) => writes.create(requestOf(context, type), await tryBody(context)));
    app.all(endpoint, () => refuseMethod("GET, HEAD, POST"));
    app.get(`${endpoint}/:id`, (context) => readOne(context, type, context.req.param("id")));
    app.put(`${endpoint}/:id`, async (context) =>
      writes.replace(requestOf(context, type), context.req.param("id"), await tryBody(context)),
    );
    app.patch(`${endpoint}/:id`, async (context) =>
      writes.modify(requestOf(context, type), context.req.param("id"), await tryBody(context)),
    );
    app.delete(`${endpoint}/:id`, (context) => writes.remove(requestOf(context, type), context.req.param("id")));
    app.all(`${endpoint}/:id`, () => refuseMethod("GET, HEAD, PUT, PATCH, DELETE"));
  }
  app.get("/", (context) => searchByParameters(context, ["User", "Group"]));
  app.post("/.search", (context) => searchByBody(context, ["User", "Group"]));
  app.all("/.search", () => refuseMethod("POST"));
  app.post("/Bulk", async (context) =>
    scimJson(
      await runBulk(await readBody(context), context.get("client"), {
        ...{ writing, base },
        onError: (error) => logFailure(context.get("requestId"), error),
        charge: context.get("charge"),
      }),
    ),
  );
  app.all("/Bulk", () => refuseMethod("POST"));
  // RFC 7644 §3.11: the token stands for a program, which is no User here.
  app.all("/Me", () => {
    throw new ScimError(501, null, "A SCIM client is no user: there is no /Me");
  });
  // Not `app.notFound`: mounted below another app, that one's would answer.
  app.all("*", () => {
    throw notFound("This endpoint");
  });
  return app;

  function limitBody(paths: readonly string[], maxSize: number): void {
    const onError = () => {
      throw new ScimError(413, null, `A body may have ${maxSize} bytes at most here`);
    };
    app.on(["POST", "PUT", "PATCH", "DELETE"], [...paths], limitBodySize(maxSize, onError));
  }

  function logFailure(requestId: string, error: unknown): void {
    log?.error({ requestId, err: error }, "an operation of a SCIM bulk request failed");
  }

  async function searchByParameters(context: ScimContext, types: readonly ResourceType[]): Promise<Response> {
    return answerSearch(context, parseSearchQuery(queryParameters(context.req.url)), types);
  }

  async function searchByBody(context: ScimContext, types: readonly ResourceType[]): Promise<Response> {
    return answerSearch(context, parseSearchRequest(await readBody(context)), types);
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
    return scimText(text, tellRequestId(context));
  }

  async function readOne(context: ScimContext, type: ResourceType, id: string): Promise<Response> {
    const projection = makeProjection(type, parts.catalog(), parseProjectionQuery(queryParameters(context.req.url)));
    const { sources } = context.get("client");
    const row = await directory.readResource(type, id, sources);
    if (!row) throw notFound(`This ${type}`);
    const etag = versionOf(row);
    const verdict = judgeRead(conditionsOf(context), etag);
    if (verdict === "failed") throw hasChanged();
    if (verdict === "unchanged") {
      return new Response(null, { status: 304, headers: { etag } });
    }
    const [text] = await resourceTexts([row], type, projection, directory, base, sources);
    return scimText(text ?? "{}", tellRequestId(context, { etag, location: locationOf(row, base) }));
  }
}

function requestOf(context: ScimContext, type: ResourceType): WriteRequest {
  return {
    type,
    client: context.get("client"),
    projection: parseProjectionQuery(queryParameters(context.req.url)),
    conditions: conditionsOf(context),
  };
}

function conditionsOf({ req }: ScimContext): Conditions {
  return { ifMatch: req.header("if-match"), ifNoneMatch: req.header("if-none-match") };
}
