import { createHash, randomBytes } from "node:crypto";
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { safeParse } from "../../lib/safe-parse.ts";
import type { ScimClientRow } from "../../store/store.ts";
import { invalid, nameTaken, notFound, toProblemItems } from "../problem.ts";
import { body, cutPage, idParams, isoTime, json, mergePatchForm, page, pageOf, pageQuery, refusals } from "./common.ts";
import { nameField, readOnlyField } from "./fields.ts";
import { mergePatch } from "./merge-patch.ts";
import { lookUpSources, makeGoneWarning, toSourceIds } from "./named-sources.ts";
import type { AdminParts } from "./parts.ts";
import { makeSerially } from "./serially.ts";

/** Who may call the SCIM endpoint. A token is shown once, when it is made; only its SHA-256 is kept. */
export function makeScimClients({ store, publicUrl, forgetClients = () => undefined }: AdminParts) {
  const serially = makeSerially();
  const views = async (clients: readonly ScimClientRow[]) => {
    const warning = await makeGoneWarning(store);
    return clients.map((client) => toClientView(client, warning(client.sources)));
  };
  const view = async (client: ScimClientRow) => toClientView(client, (await makeGoneWarning(store))(client.sources));

  return new OpenAPIHono()
    .openapi(
      createClient,
      async (c) => {
        const token = `scim_${randomBytes(32).toString("base64url")}`;
        const client = await serially(async () => {
          const form = await judgeClient(store, c.req.valid("json"), null);
          if ((await store.findClient(form.name)) !== null) throw nameTaken("SCIM client", form.name);
          return store.createClient({ ...form, tokenHash: tokenHash(token) });
        });
        c.header("Location", `${publicUrl}/api/v1/scim-clients/${client.id}`);
        return c.json({ ...(await view(client)), token }, 201);
      },
      // What is wrong with the form, and with the sources that it names, is said at once.
      (result, c) => (result.success ? undefined : refuseClient(store, result.error, c.req.json())),
    )
    .openapi(listClients, async (c) => {
      const { items, nextCursor } = cutPage(await store.listClients(), pageOf(c.req.valid("query")));
      return c.json({ items: await views(items), nextCursor }, 200);
    })
    .openapi(readClient, async (c) => c.json(await view(await findClient(store, c.req.valid("param").id)), 200))
    .openapi(patchClient, async (c) => {
      const { id } = c.req.valid("param");
      const patch = c.req.valid("json");
      const after = await serially(async () => {
        const before = await findClient(store, id);
        const { name, access, sources, requestsPerSecond } = before;
        const form = await judgeClient(store, mergePatch({ name, access, sources, requestsPerSecond }, patch), before);
        const holder = form.name === name ? null : await store.findClient(form.name);
        if (holder !== null && holder.id !== before.id) throw nameTaken("SCIM client", form.name);
        return store.updateClient(before.id, form);
      });
      if (after === null) throw notFound("SCIM client", id);
      forgetClients();
      return c.json(await view(after), 200);
    })
    .openapi(deleteClient, async (c) => {
      await serially(async () => store.deleteClient((await findClient(store, c.req.valid("param").id)).id));
      forgetClients();
      return c.body(null, 204);
    });
}

/**
 * A client as the store takes it.
 *
 * @param value a form, or whatever was sent as one
 * @param before the client that it changes; null for a new one
 * @throws ProblemError 400 with all that is wrong with it, sources that are not there included
 */
async function judgeClient(
  store: AdminParts["store"],
  value: unknown,
  before: ScimClientRow | null,
): Promise<Pick<ScimClientRow, "name" | "access" | "sources" | "requestsPerSecond">> {
  const parsed = safeParse(scimClientForm, value);
  if (!parsed.success) return refuseClient(store, parsed.error, value, before);
  const { name, access, sources: named, requestsPerSecond } = parsed.data;
  const sources = named === "all" ? named : await toSourceIds(store, named, before?.sources);
  return { name, access, sources, requestsPerSecond };
}

/** @throws ProblemError 400 with what is wrong with a form, and with the sources that it names */
async function refuseClient(
  store: AdminParts["store"],
  { issues }: z.ZodError,
  sent: unknown,
  before: ScimClientRow | null = null,
): Promise<never> {
  const named = safeParse(z.object({ sources: namesField }), await sent).data?.sources ?? "all";
  const unknown = named === "all" ? [] : (await lookUpSources(store, named, before?.sources)).errors;
  throw invalid([...toProblemItems(issues, "json"), ...unknown]);
}

/** What the store keeps of a token: SHA-256, base64url. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

async function findClient(store: AdminParts["store"], idOrName: string): Promise<ScimClientRow> {
  const client = await store.findClient(idOrName);
  if (client === null) throw notFound("SCIM client", idOrName);
  return client;
}

function toClientView(client: ScimClientRow, warning: string | null): z.output<typeof clientView> {
  const { id, name, access, sources, requestsPerSecond, createdAt } = client;
  return { id, name, access, sources, requestsPerSecond, warning, createdAt: isoTime(createdAt) };
}

const accessField = z.enum(["read", "write"]);

const namesField = z.union(
  [z.literal("all"), z.array(z.string().min(1).max(100)).min(1).max(1000).readonly()],
  'has to be "all" or a list of sources (ids or names), at least one',
);

/** A client as an administrator writes it. */
export const scimClientForm = z
  .strictObject({
    name: nameField,
    access: accessField.default("read"),
    sources: namesField.default("all").openapi({
      description:
        "What it sees: all, or these sources (ids or names). `user-groups` among them shows it the user groups, which a " +
        "client with write access sees in any case.",
    }),
    requestsPerSecond: z.int().min(0).max(100_000).default(0).openapi({
      description: "How many requests a second are answered on average, five seconds' worth at once; 0: no limit.",
    }),
    id: readOnlyField,
    createdAt: readOnlyField,
    warning: readOnlyField,
  })
  .openapi("ScimClientForm");

/** A SCIM client, as the management API says it. */
export const clientView = z
  .object({
    id: z.string(),
    name: z.string(),
    access: accessField,
    sources: z.union([z.literal("all"), z.array(z.string()).readonly()]),
    requestsPerSecond: z.int(),
    warning: z
      .string()
      .nullable()
      .openapi({ description: "What is odd about it: it names a source that was deleted, say. Null as a rule." }),
    createdAt: z.string().openapi({ format: "date-time" }),
  })
  .openapi("ScimClient");

const newClientView = clientView
  .extend({ token: z.string().openapi({ description: "Shown this once." }) })
  .openapi("NewScimClient");

const tags = ["SCIM clients"];

const createClient = createRoute({
  method: "post",
  path: "/scim-clients",
  operationId: "createScimClient",
  summary: "Makes a SCIM client and its token.",
  tags,
  request: { body: body(scimClientForm) },
  responses: { 201: json("The client, with its token", newClientView), ...refusals(400, 409) },
});

const listClients = createRoute({
  method: "get",
  path: "/scim-clients",
  operationId: "listScimClients",
  summary: "Lists the SCIM clients.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of clients", page(clientView)), ...refusals(400) },
});

const readClient = createRoute({
  method: "get",
  path: "/scim-clients/{id}",
  operationId: "readScimClient",
  summary: "Reads a SCIM client.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The client", clientView), ...refusals(404) },
});

const patchClient = createRoute({
  method: "patch",
  path: "/scim-clients/{id}",
  operationId: "patchScimClient",
  summary: "Changes a SCIM client: its name, access, sources, requests a second. Its token stays.",
  tags,
  request: { params: idParams, body: body(mergePatchForm("ScimClientPatch", "Members as in ScimClientForm.")) },
  responses: { 200: json("The client", clientView), ...refusals(400, 404, 409) },
});

const deleteClient = createRoute({
  method: "delete",
  path: "/scim-clients/{id}",
  operationId: "deleteScimClient",
  summary: "Deletes a SCIM client: its token is good for nothing from then on.",
  tags,
  request: { params: idParams },
  responses: { 204: { description: "Deleted" }, ...refusals(404) },
});
