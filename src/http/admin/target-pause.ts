import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { idParams, json, optionalBody, refusals } from "./common.ts";
import { textField } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { toTargetView } from "./target-form.ts";
import { targetView } from "./target-schemas.ts";
import { findTarget } from "./targets.ts";

/** Keeps all changes of a target back, and lets them go again. */
export function makeTargetPause(parts: AdminParts) {
  const { store } = parts;
  const view = async (id: string) => {
    const row = await findTarget(store, id);
    return toTargetView(row, await store.countLinks(row.id), parts);
  };
  return new OpenAPIHono()
    .openapi(pauseTarget, async (c) => {
      const { id } = await findTarget(store, c.req.valid("param").id);
      const { reason = null } = c.req.valid("json");
      await store.pauseTarget(id, { reason, by: callerOf(c).name });
      return c.json(await view(id), 200);
    })
    .openapi(resumeTarget, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      if (target.paused === null) throw new ProblemError(409, "conflict", `The target "${target.name}" is not paused.`);
      await store.pauseTarget(target.id, null);
      await store.tryEndingsAtOnce();
      if (target.status === "enabled") {
        const push = { sourceId: null, targetId: target.id, trigger: "manual", mode: "apply" } as const;
        const { task } = await store.queueTask({ ...push, requestedBy: callerOf(c).name });
        parts.nudge();
        c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      }
      return c.json(await view(target.id), 200);
    });
}

export const reasonField = textField(500).nullable().optional();

const pauseForm = z.strictObject({ reason: reasonField }).openapi("TargetPauseForm");

const tags = ["Targets"];

const pauseTarget = createRoute({
  method: "post",
  path: "/targets/{id}/pause",
  operationId: "pauseTarget",
  summary: "Keeps all changes of a target back: they wait, and a push that is under way ends.",
  tags,
  request: { params: idParams, body: optionalBody(pauseForm) },
  responses: { 200: json("The target", targetView), ...refusals(400, 404) },
});

const resumeTarget = createRoute({
  method: "post",
  path: "/targets/{id}/resume",
  operationId: "resumeTarget",
  summary: "Lets the changes of a target go again, and pushes what waited.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The target", targetView), ...refusals(404, 409) },
});
