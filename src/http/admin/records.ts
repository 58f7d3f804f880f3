import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { RecordView } from "../../store/store.ts";
import { notFound } from "../problem.ts";
import { idParams, isoTime, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { recordQuery, taskRecordQuery, toRecordSearch, toTaskRecordQuery } from "./record-query.ts";
import { recordMember, recordView } from "./task-schemas.ts";
import { findTask } from "./tasks.ts";

/** What syncs changed, or would change: record by record, attribute by attribute. */
export function makeRecords({ store }: AdminParts) {
  return new OpenAPIHono()
    .openapi(searchRecords, async (c) => {
      const { items, nextCursor } = await store.searchRecords(await toRecordSearch(store, c.req.valid("query")));
      return c.json({ records: items.map(toRecordView), nextCursor }, 200);
    })
    .openapi(listRecords, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      const query = await toTaskRecordQuery(store, c.req.valid("query"));
      const { items, nextCursor } = await store.listRecords(task.id, query);
      return c.json({ records: items.map(toRecordView), nextCursor }, 200);
    })
    .openapi(listRecordMembers, async (c) => {
      const { id, record } = c.req.valid("param");
      const task = await findTask(store, id);
      const members = await store.listRecordMembers(task.id, record, pageOf(c.req.valid("query")));
      if (members === null) throw notFound("record", record);
      return c.json(members, 200);
    });
}

/** A record as it is answered. */
export function toRecordView(record: RecordView): z.output<typeof recordView> {
  return { ...record, at: isoTime(record.at) };
}

const pageOfRecords = json(
  "A page of records",
  z.object({ records: z.array(recordView).readonly(), nextCursor: z.string().nullable() }),
);

const searchRecords = createRoute({
  method: "get",
  path: "/records",
  operationId: "searchRecords",
  summary: "Looks through the records of all tasks, newest first: what became of a person, and why.",
  description: "Kept for `recordRetentionDays`.",
  tags: ["Records"],
  request: { query: recordQuery },
  responses: { 200: pageOfRecords, ...refusals(400) },
});

const tags = ["Sync tasks"];

const listRecords = createRoute({
  method: "get",
  path: "/sync-tasks/{id}/records",
  operationId: "listRecords",
  summary: "Lists the changes of a task with before and after.",
  tags,
  request: { params: idParams, query: taskRecordQuery },
  responses: { 200: pageOfRecords, ...refusals(400, 404) },
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
