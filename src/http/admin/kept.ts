import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Kept } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { idParams, invalidParameter, json, page, pageOf, pageQuery, refusals, resourceParams } from "./common.ts";
import { findOne } from "./history.ts";
import type { AdminParts } from "./parts.ts";
import { keptView, resourceTypeField } from "./task-schemas.ts";
import { toKeptView } from "./task-view.ts";
import { findTask } from "./tasks.ts";

/** What undos keep as they have left it, and letting go of it. */
export function makeKept({ store }: AdminParts) {
  return new OpenAPIHono()
    .openapi(listKept, async (c) => {
      const { source: named, task, ...rest } = c.req.valid("query");
      const source = named === undefined ? null : await store.findSource(named);
      if (named !== undefined && source === null) throw invalidParameter("source", "there is no such source");
      const { items, nextCursor } = await store.listKept({
        ...pageOf(rest),
        ...(source !== null && { source: source.id }),
        ...(task !== undefined && { task }),
      });
      return c.json({ items: items.map(toItem), nextCursor }, 200);
    })
    .openapi(endKept, async (c) => {
      const id = await findOne(store, c.req.valid("param").id);
      const ended = await store.endKept({ resourceId: id });
      if (ended === 0) throw new ProblemError(409, "conflict", "No undo keeps this person or group.");
      return c.json({ ended }, 200);
    })
    .openapi(endKeptOfTask, async (c) => {
      const { id } = c.req.valid("param");
      const ended = await store.endKept({ task: id });
      // What it keeps outlives the task, which goes with its records.
      if (ended > 0) return c.json({ ended }, 200);
      const task = await findTask(store, id);
      const why = task.undoes === null ? "is no undo" : "keeps nobody (any more)";
      throw new ProblemError(409, "conflict", `The task ${why}.`);
    });
}

function toItem(kept: Kept): z.output<typeof keptItem> {
  const { resourceId, resourceType, externalId, displayName, source } = kept;
  return { resourceId, resourceType, externalId, displayName, source, ...toKeptView(kept) };
}

const keptItem = keptView
  .extend({
    resourceId: z.string(),
    resourceType: resourceTypeField,
    externalId: z.string().nullable(),
    displayName: z.string().nullable(),
    source: z.string(),
  })
  .openapi("KeptResource");

const ended = z.object({ ended: z.int().openapi({ description: "How many were kept." }) });
const tags = ["Plans"];

const listKept = createRoute({
  method: "get",
  path: "/kept",
  operationId: "listKept",
  summary: "Lists whom undos keep as they have left them: what the source says of them is ignored until it changes.",
  tags,
  request: {
    query: z.object({
      ...pageQuery,
      source: z.string().min(1).max(100).optional().openapi({ description: "Id or name of a source." }),
      task: z.string().min(1).max(100).optional().openapi({ description: "Id of an undo." }),
    }),
  },
  responses: { 200: json("A page of them", page(keptItem)), ...refusals(400) },
});

const endKept = createRoute({
  method: "delete",
  path: "/resources/{id}/kept",
  operationId: "endKept",
  summary: "Lets go of one person or group that an undo keeps: the next sync brings what the source says.",
  tags,
  request: {
    params: resourceParams,
  },
  responses: { 200: json("How many", ended), ...refusals(400, 404, 409) },
});

const endKeptOfTask = createRoute({
  method: "delete",
  path: "/sync-tasks/{id}/kept",
  operationId: "endKeptOfTask",
  summary: "Lets go of all that an undo keeps: the next sync brings what the source says.",
  tags,
  request: { params: idParams },
  responses: { 200: json("How many", ended), ...refusals(404, 409) },
});
