import { createHash, randomBytes } from "node:crypto";
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type ScimClientRow, userGroups } from "../../store/store.ts";
import { invalid, nameTaken, notFound, type ProblemItem } from "../problem.ts";
import { body, cutPage, idParams, isoTime, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import { nameField } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { makeSerially } from "./serially.ts";

/** Who may call the SCIM endpoint. A token is shown once, when it is made; only its SHA-256 is kept. */
export function makeScimClients({ store, publicUrl }: AdminParts) {
  const serially = makeSerially();

  return new OpenAPIHono()
    .openapi(createClient, async (c) => {
      const { name, access, sources: named, requestsPerSecond } = c.req.valid("json");
      const token = `scim_${randomBytes(32).toString("base64url")}`;
      const client = await serially(async () => {
        if ((await store.findClient(name)) !== null) throw nameTaken("SCIM client", name);
        const sources = named === "all" ? named : await toSourceIds(store, named);
        return store.createClient({ name, access, sources, requestsPerSecond, tokenHash: tokenHash(token) });
      });
      c.header("Location", `${publicUrl}/api/v1/scim-clients/${client.id}`);
      return c.json({ ...toClientView(client), token }, 201);
    })
    .openapi(listClients, async (c) => {
      const { items, nextCursor } = cutPage(await store.listClients(), pageOf(c.req.valid("query")));
      return c.json({ items: items.map(toClientView), nextCursor }, 200);
    })
    .openapi(readClient, async (c) => c.json(toClientView(await findClient(store, c.req.valid("param").id)), 200))
    .openapi(deleteClient, async (c) => {
      await store.deleteClient((await findClient(store, c.req.valid("param").id)).id);
      return c.body(null, 204);
    });
}

/** What the store keeps of a token: SHA-256, base64url. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

export async function toSourceIds(store: AdminParts["store"], named: readonly string[]): Promise<readonly string[]> {
  const ids = new Set<string>();
  const errors: ProblemItem[] = [];
  for (const [index, name] of named.entries()) {
    if (name === userGroups) {
      ids.add(userGroups);
      continue;
    }
    const source = await store.findSource(name);
    if (source === null) errors.push({ pointer: `/sources/${index}`, detail: "there is no such source" });
    else ids.add(source.id);
  }
  if (errors.length > 0) throw invalid(errors);
  return [...ids];
}

async function findClient(store: AdminParts["store"], idOrName: string): Promise<ScimClientRow> {
  const client = await store.findClient(idOrName);
  if (client === null) throw notFound("SCIM client", idOrName);
  return client;
}

function toClientView(client: ScimClientRow): z.output<typeof clientView> {
  const { id, name, access, sources, requestsPerSecond, createdAt } = client;
  return { id, name, access, sources, requestsPerSecond, createdAt: isoTime(createdAt) };
}

const accessField = z.enum(["read", "write"]);

const clientForm = z
  .strictObject({
    name: nameField,
    access: accessField.default("read"),
    sources: z
      .union(
        [z.literal("all"), z.array(z.string().min(1).max(100)).min(1).max(1000).readonly()],
        'has to be "all" or a list of sources (ids or names), at least one',
      )
      .default("all")
      .openapi({
        description:
          "What it sees: all, or these sources (ids or names). `user-groups` among them shows it the user groups, which a " +
          "client with write access sees in any case.",
      }),
    requestsPerSecond: z.int().min(0).max(100_000).default(0).openapi({
      description: "How many requests a second are answered on average, five seconds' worth at once; 0: no limit.",
    }),
  })
  .openapi("ScimClientForm");

const clientView = z
  .object({
    id: z.string(),
    name: z.string(),
    access: accessField,
    sources: z.union([z.literal("all"), z.array(z.string()).readonly()]),
    requestsPerSecond: z.int(),
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
  request: { body: body(clientForm) },
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

const deleteClient = createRoute({
  method: "delete",
  path: "/scim-clients/{id}",
  operationId: "deleteScimClient",
  summary: "Deletes a SCIM client: its token is good for nothing from then on.",
  tags,
  request: { params: idParams },
  responses: { 204: { description: "Deleted" }, ...refusals(404) },
});
