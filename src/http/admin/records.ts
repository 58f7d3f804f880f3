import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { RecordQuery } from "../../store/store.ts";
import { notFound } from "../problem.ts";
import { idParams, invalidParameter, json, numberedPageQuery, page, pageOf, pageQuery, refusals } from "./common.ts";
import { type Present, present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { actionField, changeStatusField, recordMember, recordView, resourceTypeField } from "./task-schemas.ts";
import { findTask } from "./tasks.ts";

/** What a sync task changed, or would change: record by record, attribute by attribute. */
export function makeRecords({ store }: AdminParts) {
  return new OpenAPIHono()
    .openapi(listRecords, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      const query = await toRecordQuery(store, present(c.req.valid("query")));
      const { items, nextCursor } = await store.listRecords(task.id, query);
      return c.json({ records: items, nextCursor }, 200);
    })
    .openapi(listRecordMembers, async (c) => {
      const { id, record } = c.req.valid("param");
      const task = await findTask(store, id);
      const members = await store.listRecordMembers(task.id, record, pageOf(c.req.valid("query")));
      if (members === null) throw notFound("record", record);
      return c.json(members, 200);
    });
}

const recordQuery = z.object({
  ...numberedPageQuery,
  target: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .openapi({ description: "Id or name of a target; `null` for the bridge's own directory." }),
  resourceType: resourceTypeField.optional(),
  action: actionField.optional(),
  status: changeStatusField.optional(),
  q: z.string().min(1).max(200).optional().openapi({ description: "Part of the display name or the external id." }),
});

async function toRecordQuery(
  store: AdminParts["store"],
  query: Present<z.output<typeof recordQuery>>,
): Promise<RecordQuery> {
  const { target: named, limit, cursor, ...rest } = query;
  const paged = { ...rest, ...pageOf({ limit, cursor }) };
  if (named === undefined) return paged;
  if (named === "null") return { ...paged, target: null };
  const target = await store.findTarget(named);
  if (target === null) throw invalidParameter("target", "there is no such target");
  return { ...paged, target: target.id };
}

const tags = ["Sync tasks"];

const listRecords = createRoute({
  method: "get",
  path: "/sync-tasks/{id}/records",
  operationId: "listRecords",
  summary: "Lists the changes of a task with before and after.",
  tags,
  request: { params: idParams, query: recordQuery },
  responses: {
    200: json(
      "A page of records",
      z.object({ records: z.array(recordView).readonly(), nextCursor: z.string().nullable() }),
    ),
    ...refusals(400, 404),
  },
});

const listRecordMembers = createRoute({
  method: "get",
  path: "/sync-tasks/{id}/records/{record}/members",
  operationId: "listRecordMembers",
  summary: "Lists all members that a change of a group adds and removes.",
  tags,
  request: { params: idParams.extend({ record: z.string().min(1).max(100) }), query: z.object(pageQuery) },
  responses: { 200: json("A page of members", page(recordMember)), ...refusals(400, 404) },
});
