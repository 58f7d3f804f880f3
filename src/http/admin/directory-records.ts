import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type DirectoryRecordQuery, userGroups } from "../../store/store.ts";
import { invalidParameter, isoTime, json, numberedPageQuery, page, pageOf, refusals } from "./common.ts";
import { type Present, present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { attributeChange, membersChange, resourceTypeField } from "./task-schemas.ts";

/** Who wrote what to the bridge's own directory: SCIM clients, and administrators by this API. */
export function makeDirectoryRecords({ store }: AdminParts) {
  return new OpenAPIHono().openapi(listDirectoryRecords, async (c) => {
    const query = await toQuery(store, present(c.req.valid("query")));
    const { items, nextCursor } = await store.listDirectoryRecords(query);
    return c.json({ items: items.map((item) => ({ ...item, at: isoTime(item.at) })), nextCursor }, 200);
  });
}

const directoryRecordQuery = z.object({
  ...numberedPageQuery,
  source: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .openapi({
      description: `Id or name of a source; of one that was deleted, its id. \`${userGroups}\` for the user groups.`,
    }),
  resource: z.string().min(1).max(100).optional().openapi({ description: "Id of a User or a Group." }),
  client: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .openapi({ description: "Id or name of a SCIM client; `null` for administrators." }),
});

async function toQuery(
  store: AdminParts["store"],
  { source: sourceNamed, client: clientNamed, limit, cursor, ...rest }: Present<z.output<typeof directoryRecordQuery>>,
): Promise<DirectoryRecordQuery> {
  const paged = { ...rest, ...pageOf({ limit, cursor }) };
  const source = sourceNamed === undefined ? {} : { source: await toSourceId(store, sourceNamed) };
  if (clientNamed === undefined) return { ...paged, ...source };
  if (clientNamed === "null") return { ...paged, ...source, client: null };
  const clients = await store.listClients();
  const client = clients.find(({ id, name }) => id === clientNamed || name === clientNamed);
  if (client === undefined && !isId.test(clientNamed)) {
    throw invalidParameter("client", "there is no such SCIM client");
  }
  return { ...paged, ...source, client: client?.id ?? clientNamed };
}

/** What a client wrote, or what was of a source, that was deleted since is found by its id. */
const isId = /^[0-9a-f-]{36}$/;

async function toSourceId(store: AdminParts["store"], named: string): Promise<string> {
  const id = (await store.findSource(named))?.id;
  if (id === undefined && named !== userGroups && !isId.test(named)) {
    throw invalidParameter("source", "there is no such source; one that was deleted is found by its id");
  }
  return id ?? named;
}

const directoryRecordView = z
  .object({
    id: z.string(),
    at: z.string().openapi({ format: "date-time" }),
    client: z.object({ id: z.string(), name: z.string() }).nullable().openapi({
      description: "The SCIM client that wrote it, as it was called then; null: an administrator, by this API.",
    }),
    administrator: z.string().nullable().openapi({
      description: "The name of the administrator who wrote it by this API; null: a client, or before it was noted.",
    }),
    sourceId: z.string(),
    resourceType: resourceTypeField,
    resourceId: z.string(),
    externalId: z.string().nullable(),
    displayName: z.string().nullable(),
    action: z.enum(["create", "update", "deactivate", "reactivate", "delete"]),
    changes: z.array(z.union([membersChange, attributeChange])).readonly(),
  })
  .openapi("DirectoryRecord");

const listDirectoryRecords = createRoute({
  method: "get",
  path: "/directory-records",
  operationId: "listDirectoryRecords",
  summary: "Lists what SCIM clients and administrators wrote to the bridge's own directory, newest first.",
  description: "Kept as long as the records of sync tasks (`recordRetentionDays`).",
  tags: ["Directory"],
  request: { query: directoryRecordQuery },
  responses: { 200: json("A page of records", page(directoryRecordView)), ...refusals(400) },
});
