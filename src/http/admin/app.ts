import { isUtf8 } from "node:buffer";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { HonoRequest, MiddlewareHandler } from "hono";
import { findUncountable } from "../../lib/safe-parse.ts";
import { limitBodySize } from "../middleware/limit-body.ts";
import type { RequestVariables } from "../middleware/request-log.ts";
import { secureHeaders } from "../middleware/secure-headers.ts";
import {
  brokenJson,
  invalid,
  isBrokenJson,
  ProblemError,
  problemResponse,
  toProblem,
  toProblemItems,
} from "../problem.ts";
import { makeAdministrators } from "./administrators.ts";
import { makeAudit } from "./audit.ts";
import { keepAudit } from "./audit-trail.ts";
import { authenticate, refuseChanges } from "./authenticate.ts";
import { makeAuthorizations } from "./authorizations.ts";
import { makeConfiguration } from "./configuration.ts";
import { makeConsents } from "./consents.ts";
import { makeCustomSource } from "./custom-source.ts";
import { makeDirectoryRecords } from "./directory-records.ts";
import { docsPage, docsPolicy } from "./docs.ts";
import { makeEndings } from "./endings.ts";
import { makeHistory } from "./history.ts";
import { makeIdentityCases } from "./identity-cases.ts";
import { makeImports, maxImportBytes } from "./imports.ts";
import { makeKept } from "./kept.ts";
import { logAdminRequests } from "./log-requests.ts";
import { makeMappings } from "./mappings.ts";
import { makeOrganisation } from "./organisation.ts";
import type { AdminParts } from "./parts.ts";
import { makePeople } from "./people.ts";
import { makePeopleList } from "./people-list.ts";
import { makePlans } from "./plans.ts";
import { makeProviders } from "./providers.ts";
import { makeRecordExport } from "./record-export.ts";
import { makeRecords } from "./records.ts";
import { makeSchemaFiles } from "./schema-files.ts";
import { makeScimClients } from "./scim-clients.ts";
import { makeSession, makeSignIn } from "./session.ts";
import { makeSettings } from "./settings.ts";
import { makeSourceActions } from "./source-actions.ts";
import { makeSourceEnd } from "./source-end.ts";
import { makeSources } from "./sources.ts";
import { makeTargetActions } from "./target-actions.ts";
import { makeTargetChecks } from "./target-checks.ts";
import { describeTargetRules } from "./target-mapping.ts";
import { makeTargetPause } from "./target-pause.ts";
import { makeTargetPreview } from "./target-preview.ts";
import { makeTargetProfiles } from "./target-profiles.ts";
import { makeTargets } from "./targets.ts";
import { makeTasks } from "./tasks.ts";
import { makeUndo } from "./undo.ts";
import { makeUserGroups } from "./user-groups.ts";
import { makeWebhooks } from "./webhooks.ts";

export type AdminApp = OpenAPIHono<{ Variables: RequestVariables }>;

/**
 * The management API at `/api/v1`, its OpenAPI document at `/api/v1/openapi.json` and a page made from it at `/api/docs`.
 * All paths are absolute: mount it with `app.route("/", makeAdminApp(parts))`.
 */
export function makeAdminApp(parts: AdminParts): AdminApp {
  const app: AdminApp = new OpenAPIHono<{ Variables: RequestVariables }>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(toProblemItems(result.error.issues, result.target));
    },
  });

  app.use("/api/*", logAdminRequests(parts.log), secureHeaders());

  // The document is public; calls are not.
  const describe = () => app.getOpenAPI31Document(describeApi(parts.publicUrl));
  app.get("/api/v1/openapi.json", (c) => c.json(describe()));
  app.get("/api/docs", (c) => c.html(docsPage(describe()), 200, { "Content-Security-Policy": docsPolicy }));

  // Whoever signs in has no credentials yet, so he comes before all that needs them.
  app.use("/api/v1/session", limitBody(maxSignInBytes));
  app.route("/api/v1", makeSignIn(parts));

  app.use("/api/v1/*", authenticate(parts));
  const ofImport = limitBody(maxImportBytes);
  const ofOthers = limitBody(parts.maxBodyBytes ?? 1_048_576);
  app.use("/api/v1/*", (c, next) => (isImport(c.req.path) ? ofImport(c, next) : ofOthers(c, next)));
  app.use("/api/v1/*", async (c, next) => {
    // All of it is read here: what stands behind judges whoever sent it as he is now.
    const bytes = hasBody.has(c.req.method) ? await c.req.arrayBuffer() : null;
    if (bytes !== null && !isImport(c.req.path)) checkText(bytes);
    // Many clients name a type also where they send nothing; where an action needs something its form says what.
    if (bytes?.byteLength === 0 && c.req.header("content-type") !== undefined && isAction(c.req))
      c.req.bodyCache = { json: Promise.resolve({}) };
    await next();
  });
  app.use("/api/v1/*", keepAudit(parts));
  app.use("/api/v1/*", refuseChanges(parts));
  app.route("/api/v1", makeSession(parts));
  app.route("/api/v1", makeAdministrators(parts));
  app.route("/api/v1", makeAudit(parts));
  app.route("/api/v1", makeSourceActions(parts));
  app.route("/api/v1", makeSourceEnd(parts));
  app.route("/api/v1", makeConsents(parts));
  app.route("/api/v1", makeSources(parts));
  app.route("/api/v1", makeEndings(parts));
  app.route("/api/v1", makeProviders(parts));
  app.route("/api/v1", makeAuthorizations(parts));
  app.route("/api/v1", makeMappings(parts));
  app.route("/api/v1", makeSchemaFiles("mapping", parts));
  app.route("/api/v1", makeSchemaFiles("extension", parts));
  app.route("/api/v1", makeTargetActions(parts));
  app.route("/api/v1", makeTargetPause(parts));
  app.route("/api/v1", makeTargetChecks(parts));
  app.route("/api/v1", makeTargetPreview(parts));
  app.route("/api/v1", makeTargetProfiles(parts));
  app.route("/api/v1", makeTargets(parts));
  app.route("/api/v1", makeTasks(parts));
  app.route("/api/v1", makePlans(parts));
  app.route("/api/v1", makeUndo(parts));
  app.route("/api/v1", makeKept(parts));
  app.route("/api/v1", makeIdentityCases(parts));
  app.route("/api/v1", makeRecordExport(parts));
  app.route("/api/v1", makeRecords(parts));
  app.route("/api/v1", makeDirectoryRecords(parts));
  app.route("/api/v1", makeHistory(parts));
  app.route("/api/v1", makePeople(parts));
  app.route("/api/v1", makePeopleList(parts));
  app.route("/api/v1", makeOrganisation(parts));
  app.route("/api/v1", makeScimClients(parts));
  app.route("/api/v1", makeUserGroups(parts));
  app.route("/api/v1", makeCustomSource(parts));
  app.route("/api/v1", makeImports(parts));
  app.route("/api/v1", makeWebhooks(parts));
  app.route("/api/v1", makeSettings(parts));
  app.route("/api/v1", makeConfiguration(parts));
  describeTargetRules(app);
  app.openAPIRegistry.registerComponent("securitySchemes", "admin", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    ...{ type: "apiKey", in: "cookie", name: "bridge_session" },
    description: "With X-CSRF-Token where something is changed; over TLS the cookie is called __Host-bridge_session.",
  });

  app.all("/api/*", (c) => {
    throw new ProblemError(404, "not-found", `There is nothing at ${c.req.method} ${c.req.path}.`);
  });

  app.onError(async (error, c) => {
    const problem = isBrokenJson(error)
      ? brokenJson(await c.req.text())
      : (toProblem(error) ?? (await uncountable(error, c.req)));
    if (problem !== null) return problemResponse(c, problem);
    const requestId = c.get("requestId");
    parts.log.error({ requestId, err: error }, "request failed");
    return problemResponse(c, new ProblemError(500, "internal", `The log says more under request ${requestId}.`));
  });
  return app;
}

/** What the validation of a body threw at, see {@link findUncountable}; null where it was something else. */
async function uncountable(error: unknown, request: HonoRequest): Promise<ProblemError | null> {
  if (!(error instanceof TypeError || error instanceof RangeError) || !hasBody.has(request.method)) return null;
  const body: unknown = await request.json().catch(() => null);
  const issue = findUncountable(body);
  return issue && invalid(toProblemItems([issue], "json"));
}

/** A token or a password, and a name. */
const maxSignInBytes = 16_384;

function limitBody(maxSize: number): MiddlewareHandler {
  return limitBodySize(maxSize, () => {
    throw new ProblemError(413, "too-large", `A body may have ${maxSize} bytes at most here.`);
  });
}

/** A file of people may be large, and in another encoding. */
function isImport(path: string): boolean {
  return /^\/api\/v1\/sources\/[^/]+\/import$/.test(path);
}

/** What is done with one thing, which mostly needs no body. */
function isAction({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === "POST" && /^\/api\/v1\/[^/]+\/[^/]+\/./.test(path);
}

const hasBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** Bytes that are no UTF-8 would be read as other characters, and be stored and sent on as those. */
function checkText(bytes: ArrayBuffer): void {
  if (isUtf8(new Uint8Array(bytes))) return;
  throw new ProblemError(400, "invalid-request", "The body is no UTF-8 text: save it, or send it, as UTF-8.");
}

function describeApi(publicUrl: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "WeCom SCIM Bridge",
      version: "1",
      description:
        "Management API. `{id}` is an id or a name; answers refer by id. Times are ISO 8601 in UTC. Lists answer " +
        "`items` (records: `records`) and `nextCursor`. Errors are RFC 9457 problems; a rejected body lists all that " +
        "is wrong with it. A stored secret reads back as `********`, and stays as it is when that is sent back.",
    },
    servers: [{ url: publicUrl }],
    security: [{ admin: [] }, { session: [] }],
  };
}
