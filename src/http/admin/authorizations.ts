import { randomBytes } from "node:crypto";
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AuthorizationRow, TaskError } from "../../store/store.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { body, cutPage, idParams, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { authorizationForm, authorizationView } from "./provider-schemas.ts";
import { boundSource, toAuthorizationView, withQrCode } from "./provider-views.ts";
import { findProvider } from "./providers.ts";

/** What corps authorise: asked for, looked at while it waits, called off. */
export function makeAuthorizations(parts: AdminParts) {
  const { store, publicUrl, clock, nudge } = parts;
  const view = async (row: AuthorizationRow) => toAuthorizationView(row, await store.listSources(), clock());

  /** @throws ProblemError 404 */
  const find = async (provider: string, id: string): Promise<AuthorizationRow> => {
    const { id: providerId } = await findProvider(store, provider);
    const row = await store.findAuthorization(id);
    if (row === null || row.providerId !== providerId) throw notFound("authorization", id);
    return row;
  };

  return new OpenAPIHono()
    .openapi(requestAuthorization, async (c) => {
      const provider = await findProvider(store, c.req.valid("param").id);
      const { template: suiteId, sourceName = null, corpId = null, trial: isTrial } = c.req.valid("json");
      const template = Object.hasOwn(provider.settings.templates, suiteId)
        ? provider.settings.templates[suiteId]
        : undefined;
      if (template === undefined) {
        const known = Object.keys(provider.settings.templates).join(", ") || "none";
        throw invalid([{ pointer: "/template", detail: `is none of this provider's; there are: ${known}` }]);
      }
      // WeCom takes 32 letters and digits (doc path/98744).
      const state = randomBytes(16).toString("hex");
      const redirectUri = `${publicUrl}/wecom/suite/${provider.id}/installed`;
      const suite = { providerId: provider.id, suiteId };
      const asked = await parts.authorizationUrl(suite, { state, redirectUri, isTrial }, c.req.raw.signal);
      if ("error" in asked) throw refusedByWecom(asked.error);
      const { url, expiresAt } = asked;
      const row = await store.requestAuthorization({
        ...{ ...suite, kind: template.kind, state, url, expiresAt, wantedCorpId: corpId, sourceName },
        requestedBy: callerOf(c).name,
      });
      c.header("Location", `${publicUrl}/api/v1/providers/${provider.id}/authorizations/${row.id}`);
      return c.json(withQrCode(await view(row)), 201);
    })
    .openapi(listAuthorizations, async (c) => {
      const provider = await findProvider(store, c.req.valid("param").id);
      const { items, nextCursor } = cutPage(await store.listAuthorizations(provider.id), pageOf(c.req.valid("query")));
      const sources = await store.listSources();
      return c.json({ items: items.map((row) => toAuthorizationView(row, sources, clock())), nextCursor }, 200);
    })
    .openapi(readAuthorization, async (c) => {
      const { id, authorization } = c.req.valid("param");
      return c.json(withQrCode(await view(await find(id, authorization))), 200);
    })
    .openapi(cancelAuthorization, async (c) => {
      const { id, authorization } = c.req.valid("param");
      const row = await find(id, authorization);
      const source = boundSource(row.id, await store.listSources());
      if (source !== undefined && row.status === "authorised") {
        throw new ProblemError(
          409,
          "conflict",
          `The source "${source.name}" is read by it: delete that source, or have it read otherwise, first.`,
        );
      }
      // What waits is kept, so that whoever has its URL authorises nothing that is waited for.
      if (row.status !== "waiting" || !(await store.cancelRequest(row.id))) await store.forgetAuthorization(row.id);
      nudge();
      return c.body(null, 204);
    });
}

/** 409 where something has to come first, else 502. */
function refusedByWecom({ code, detail }: TaskError): ProblemError {
  if (code === "wecom.suite-ticket-missing") return new ProblemError(409, "conflict", detail);
  return new ProblemError(502, "upstream", `${detail} (${code})`);
}

const tags = ["Service providers"];
const authorizationParams = idParams.extend({ authorization: z.string().min(1).max(100) });

const requestAuthorization = createRoute({
  method: "post",
  path: "/providers/{id}/authorizations",
  operationId: "requestAuthorization",
  summary: "Asks WeCom for a QR code, or a link, by which a corp's administrator authorises an app of the provider.",
  tags,
  request: { params: idParams, body: body(authorizationForm) },
  responses: { 201: json("It waits for the corp", authorizationView), ...refusals(400, 404, 409, 502) },
});

const listAuthorizations = createRoute({
  method: "get",
  path: "/providers/{id}/authorizations",
  operationId: "listAuthorizations",
  summary: "Lists what corps authorised or are asked for, newest first; also what nobody here asked for.",
  tags,
  request: { params: idParams, query: z.object(pageQuery) },
  responses: { 200: json("A page of authorisations", page(authorizationView)), ...refusals(400, 404) },
});

const readAuthorization = createRoute({
  method: "get",
  path: "/providers/{id}/authorizations/{authorization}",
  operationId: "readAuthorization",
  summary: "Reads an authorisation: ask again and again while it waits.",
  tags,
  request: { params: authorizationParams },
  responses: { 200: json("The authorisation", authorizationView), ...refusals(404) },
});

const cancelAuthorization = createRoute({
  method: "delete",
  path: "/providers/{id}/authorizations/{authorization}",
  operationId: "cancelAuthorization",
  summary: "Calls off one that waits; forgets one that is used by no source, with its permanent code.",
  description: "At WeCom nothing is called off: the corp's administrator removes the app there.",
  tags,
  request: { params: authorizationParams },
  responses: { 204: { description: "Done" }, ...refusals(404, 409) },
});
