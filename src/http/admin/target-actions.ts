import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { LinkView } from "../../store/store.ts";
import { callerOf } from "./caller.ts";
import { body, idParams, isoTimeOrNull, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import { checkNotStopped, checkPushable } from "./not-stopped.ts";
import type { AdminParts } from "./parts.ts";
import { judgeTarget } from "./target-form.ts";
import { linkStateField, linkView, targetForm } from "./target-schemas.ts";
import { findTarget } from "./targets.ts";
import { taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";
import { testResult } from "./test-schemas.ts";

/** What can be done with a target: try it, push to it, see what stands where. */
export function makeTargetActions(parts: AdminParts) {
  const { store } = parts;

  return new OpenAPIHono()
    .openapi(testNewTarget, async (c) => {
      const target = await judgeTarget(c.req.valid("json"), null, parts);
      return c.json(await parts.testTarget(target, c.req.raw.signal), 200);
    })
    .openapi(testTarget, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      const result = await parts.testTarget(target, c.req.raw.signal);
      if (result.ok && (await store.tryAtOnce(target.id))) parts.nudge();
      return c.json(result, 200);
    })
    .openapi(pushTarget, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      checkPushable(target);
      await checkNotStopped(store);
      const asked = { sourceId: null, targetId: target.id, trigger: "manual", mode: "apply" } as const;
      const { task } = await store.queueTask({ ...asked, requestedBy: callerOf(c).name });
      parts.nudge();
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(task), 202);
    })
    .openapi(listLinks, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      const { state, ...rest } = c.req.valid("query");
      const links = await store.listLinks(target.id, { ...pageOf(rest), ...(state !== undefined && { state }) });
      return c.json({ items: links.items.map(toLinkView), nextCursor: links.nextCursor }, 200);
    });
}

/** What stands at a target, as the management API says it. */
export function toLinkView(link: LinkView): z.output<typeof linkView> {
  const { resourceId, resourceType, externalId, displayName, remoteId, state, attempts, lastError } = link;
  const nextTryAt = isoTimeOrNull(link.nextTryAt);
  const { reason } = link;
  return { resourceId, resourceType, externalId, displayName, remoteId, state, attempts, lastError, nextTryAt, reason };
}

const tags = ["Targets"];

const testNewTarget = createRoute({
  method: "post",
  path: "/targets/test",
  operationId: "testNewTarget",
  summary: "Tries a target without storing it.",
  tags,
  request: { body: body(targetForm) },
  responses: { 200: json("What was found", testResult), ...refusals(400) },
});

const testTarget = createRoute({
  method: "post",
  path: "/targets/{id}/test",
  operationId: "testTarget",
  summary: "Tries a target: whether it can be reached, lets us in, and what it can do.",
  tags,
  request: { params: idParams },
  responses: { 200: json("What was found", testResult), ...refusals(404) },
});

const pushTarget = createRoute({
  method: "post",
  path: "/targets/{id}/push",
  operationId: "pushTarget",
  summary: "Pushes what is pending now. While a push runs or waits, the answer is that one.",
  tags,
  request: { params: idParams },
  responses: { 202: json("The task", taskView), ...refusals(404, 409) },
});

const listLinks = createRoute({
  method: "get",
  path: "/targets/{id}/links",
  operationId: "listLinks",
  summary: "Lists what stands where at the target.",
  tags,
  request: { params: idParams, query: z.object({ ...pageQuery, state: linkStateField.optional() }) },
  responses: { 200: json("A page of links", page(linkView)), ...refusals(400, 404) },
});
