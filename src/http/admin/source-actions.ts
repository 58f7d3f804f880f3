import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { SourceRow } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { body, idParams, json, optionalBody, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { bindAuthorization } from "./source-authorization.ts";
import { judgeSource } from "./source-form.ts";
import { department, sourceForm } from "./source-schemas.ts";
import { findSource } from "./sources.ts";
import { taskForm, taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";
import { testResult } from "./test-schemas.ts";

/** What can be done with a source: try it, look at its departments, sync it. */
export function makeSourceActions(parts: AdminParts) {
  const { store } = parts;

  return new OpenAPIHono()
    .openapi(testNewSource, async (c) => {
      const form = c.req.valid("json");
      const source = judgeSource(await bindAuthorization(form, null, parts), null, parts);
      checkReadable(source);
      const { signal } = c.req.raw;
      const result = await parts.testSource(source, signal);
      const tree = await parts.sourceDepartments(source, signal);
      return c.json({ ...result, departments: "departments" in tree ? tree.departments : null }, 200);
    })
    .openapi(testSource, async (c) => {
      const source = await findSource(store, c.req.valid("param").id);
      checkReadable(source);
      return c.json(await parts.testSource(source, c.req.raw.signal), 200);
    })
    .openapi(readDepartments, async (c) => {
      const source = await findSource(store, c.req.valid("param").id);
      checkReadable(source);
      const tree = await parts.sourceDepartments(source, c.req.raw.signal);
      if ("error" in tree) throw new ProblemError(502, "upstream", `${tree.error.detail} (${tree.error.code})`);
      return c.json({ items: tree.departments, nextCursor: null }, 200);
    })
    .openapi(syncSource, async (c) => {
      const source = await findSource(store, c.req.valid("param").id);
      checkReadable(source);
      if (source.status === "disabled") {
        throw new ProblemError(409, "conflict", `The source "${source.name}" is disabled: enable it to sync it.`);
      }
      // An empty body is as good as {}.
      const { mode = "apply" } = c.req.valid("json");
      const asked = { sourceId: source.id, targetId: null, trigger: "manual", mode } as const;
      const { task } = await store.queueTask({ ...asked, requestedBy: callerOf(c).name });
      parts.nudge();
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(task), 202);
    });
}

function checkReadable({ name, type }: Pick<SourceRow, "name" | "type">): void {
  if (type !== "custom") return;
  throw new ProblemError(409, "conflict", `"${name}" is a custom source: people are written to it, nothing is read.`);
}

const tags = ["Identity sources"];
const departments = z.array(department).readonly();

const testNewSource = createRoute({
  method: "post",
  path: "/sources/test",
  operationId: "testNewSource",
  summary: "Tries a source without storing it, and reads its departments.",
  tags,
  request: { body: body(sourceForm) },
  responses: {
    200: json("What was found", testResult.extend({ departments: departments.nullable() })),
    ...refusals(400, 409),
  },
});

const testSource = createRoute({
  method: "post",
  path: "/sources/{id}/test",
  operationId: "testSource",
  summary: "Tries a source: its credentials, what they may see, what is missing.",
  tags,
  request: { params: idParams },
  responses: { 200: json("What was found", testResult), ...refusals(404, 409) },
});

const readDepartments = createRoute({
  method: "get",
  path: "/sources/{id}/departments",
  operationId: "readDepartments",
  summary: "Reads the department tree of the source now, for choosing a scope.",
  tags,
  request: { params: idParams },
  responses: {
    200: json("The departments", z.object({ items: departments, nextCursor: z.null() })),
    ...refusals(404, 409, 502),
  },
});

const syncSource = createRoute({
  method: "post",
  path: "/sources/{id}/sync-tasks",
  operationId: "syncSource",
  summary: "Starts a sync. While one runs or waits, the answer is that one.",
  tags,
  request: { params: idParams, body: optionalBody(taskForm) },
  responses: { 202: json("The task", taskView), ...refusals(400, 404, 409) },
});
