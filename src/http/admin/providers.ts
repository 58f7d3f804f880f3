import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { JsonObject } from "../../lib/json.ts";
import { maskSecrets, restoreMasked, splitSecrets } from "../../lib/secrets.ts";
import type { NewProvider, ProviderRow } from "../../store/store.ts";
import { invalid, nameTaken, notFound, ProblemError, type ProblemItem } from "../problem.ts";
import {
  body,
  cutPage,
  idParams,
  json,
  mergePatchForm,
  page,
  pageOf,
  pageQuery,
  parseForm,
  refusals,
} from "./common.ts";
import { present } from "./fields.ts";
import { mergePatch } from "./merge-patch.ts";
import type { AdminParts } from "./parts.ts";
import {
  type ProviderForm,
  providerForm,
  providerSecretsOf,
  providerView,
  storedProviderSettings,
} from "./provider-schemas.ts";
import { boundSource, toProviderView } from "./provider-views.ts";
import { makeSerially } from "./serially.ts";
import { testResult } from "./test-schemas.ts";

/** Service providers, whose apps corps authorise by QR code or install link. */
export function makeProviders(parts: AdminParts) {
  const { store, publicUrl, clock, allowUrl } = parts;
  const serially = makeSerially();
  const view = async (row: ProviderRow) =>
    toProviderView(row, {
      tickets: await store.readTickets(row.id),
      openCodes: await store.openCodes(row.id),
      ...{ publicUrl, now: clock() },
    });

  return new OpenAPIHono()
    .openapi(createProvider, async (c) => {
      const row = await serially(async () => {
        const provider = judge(c.req.valid("json"), null);
        if ((await store.findProvider(provider.name)) !== null) throw nameTaken("provider", provider.name);
        return store.createProvider(provider);
      });
      c.header("Location", `${publicUrl}/api/v1/providers/${row.id}`);
      return c.json(await view(row), 201);
    })
    .openapi(listProviders, async (c) => {
      const { items, nextCursor } = cutPage(await store.listProviders(), pageOf(c.req.valid("query")));
      return c.json({ items: await Promise.all(items.map(view)), nextCursor }, 200);
    })
    .openapi(readProvider, async (c) => c.json(await view(await findProvider(store, c.req.valid("param").id)), 200))
    .openapi(patchProvider, async (c) => {
      const row = await serially(async () => {
        const before = await findProvider(store, c.req.valid("param").id);
        const settings = present(storedProviderSettings.parse(before.settings));
        const base = maskSecrets({ name: before.name, ...settings }, before.secrets) as unknown as JsonObject;
        const provider = judge(parseForm(providerForm, mergePatch(base, c.req.valid("json"))), before);
        const other = provider.name === before.name ? null : await store.findProvider(provider.name);
        if (other !== null && other.id !== before.id) throw nameTaken("provider", provider.name);
        const gone = Object.keys(before.settings.templates).filter((id) => !(id in provider.settings.templates));
        await refuseInUse(before, gone);
        return store.updateProvider(before.id, provider);
      });
      return c.json(await view(row), 200);
    })
    .openapi(deleteProvider, async (c) => {
      await serially(async () => {
        const provider = await findProvider(store, c.req.valid("param").id);
        await refuseInUse(provider, null);
        await store.deleteProvider(provider.id);
      });
      return c.body(null, 204);
    })
    .openapi(testProvider, async (c) => {
      const provider = await findProvider(store, c.req.valid("param").id);
      return c.json(await parts.testProvider(provider.id, c.req.raw.signal), 200);
    });

  /** @throws ProblemError 400 for an address that this bridge may not call, or a mask that stands for nothing */
  function judge(form: ProviderForm, before: ProviderRow | null): NewProvider {
    const split = splitSecrets(form, providerSecretsOf(form));
    const { secrets, unknown } = restoreMasked(split.secrets, before?.secrets ?? {});
    const errors: ProblemItem[] = unknown.map((pointer) => ({
      pointer,
      detail: "stands for a secret that is not stored",
    }));
    const { apiBaseUrl, installBaseUrl } = form;
    const proxy = secrets["/proxy"] === undefined ? form.proxy : secrets["/proxy"];
    for (const [key, url] of Object.entries({ apiBaseUrl, installBaseUrl, proxy })) {
      const refusal = url === undefined || !URL.canParse(url) ? null : (allowUrl?.(new URL(url).origin) ?? null);
      if (refusal !== null) errors.push({ pointer: `/${key}`, detail: refusal });
    }
    if (errors.length > 0) throw invalid(errors);
    return { name: form.name, settings: present(storedProviderSettings.parse(split.settings)), secrets };
  }

  /**
   * What sources are read by stays.
   *
   * @param suites null: of all of them
   * @throws ProblemError 409
   */
  async function refuseInUse(provider: ProviderRow, suites: readonly string[] | null): Promise<void> {
    const sources = await store.listSources();
    for (const { id, suiteId, status } of await store.listAuthorizations(provider.id)) {
      const source = status === "authorised" ? boundSource(id, sources) : undefined;
      if (source === undefined || (suites !== null && !suites.includes(suiteId))) continue;
      throw new ProblemError(
        409,
        "conflict",
        `The source "${source.name}" is read by what a corp authorised ${suiteId} for: delete that source, or have it read otherwise, first.`,
      );
    }
  }
}

/** @throws ProblemError 404 */
export async function findProvider(
  store: Pick<AdminParts["store"], "findProvider">,
  idOrName: string,
): Promise<ProviderRow> {
  const row = await store.findProvider(idOrName);
  if (row === null) throw notFound("provider", idOrName);
  return row;
}

const tags = ["Service providers"];
const one = { params: idParams };

const createProvider = createRoute({
  method: "post",
  path: "/providers",
  operationId: "createProvider",
  summary: "Makes a service provider (服务商), with its templates and suites.",
  tags,
  request: { body: body(providerForm) },
  responses: { 201: json("The provider", providerView), ...refusals(400, 409) },
});

const listProviders = createRoute({
  method: "get",
  path: "/providers",
  operationId: "listProviders",
  summary: "Lists the service providers.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of providers", page(providerView)), ...refusals(400) },
});

const readProvider = createRoute({
  method: "get",
  path: "/providers/{id}",
  operationId: "readProvider",
  summary: "Reads a service provider: also when its suite tickets last came, and what could not be exchanged.",
  tags,
  request: one,
  responses: { 200: json("The provider", providerView), ...refusals(404) },
});

const patchProvider = createRoute({
  method: "patch",
  path: "/providers/{id}",
  operationId: "patchProvider",
  summary: "Changes a service provider. A template that is null is taken away.",
  tags,
  request: { ...one, body: body(mergePatchForm("ProviderPatch", "Members as in ProviderForm.")) },
  responses: { 200: json("The provider", providerView), ...refusals(400, 404, 409) },
});

const deleteProvider = createRoute({
  method: "delete",
  path: "/providers/{id}",
  operationId: "deleteProvider",
  summary: "Deletes a service provider with what corps authorised; 409 while a source is read by that.",
  tags,
  request: one,
  responses: { 204: { description: "Deleted" }, ...refusals(404, 409) },
});

const testProvider = createRoute({
  method: "post",
  path: "/providers/{id}/test",
  operationId: "testProvider",
  summary: "Tries a service provider: its credentials, the suite tickets, the secrets of its templates.",
  tags,
  request: one,
  responses: { 200: json("What was found", testResult), ...refusals(404) },
});
