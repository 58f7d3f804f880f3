import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type TargetRow, type TaskMode, type TaskRow, userGroups } from "../../store/store.ts";
import type { LinkRefusal } from "../../sync/link-by-hand.ts";
import { contacted } from "../../sync/match/preview-matches.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { body, idParams, json, optionalBody, refusals } from "./common.ts";
import { findOne } from "./history.ts";
import { checkPushable } from "./not-stopped.ts";
import type { AdminParts } from "./parts.ts";
import { linkForm, verifyForm } from "./target-schemas.ts";
import { findTarget } from "./targets.ts";
import { taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";

/** What a target really holds: reads it back, previews what would be adopted, links by hand. */
export function makeTargetChecks(parts: AdminParts) {
  const { store } = parts;

  const queue = async (target: TargetRow, mode: TaskMode, repair: boolean, requestedBy: string): Promise<TaskRow> => {
    const asked = { sourceId: null, targetId: target.id, trigger: "manual", mode, repair, requestedBy } as const;
    const { task } = await store.queueTask(asked);
    // Another one than was asked for would answer another question.
    if (task.mode !== mode || task.repair !== repair) {
      const what = task.mode === "match" ? "a preview of matches" : task.repair ? "a verify with repair" : "a verify";
      throw new ProblemError(
        409,
        "conflict",
        `Another task, ${what}, is queued or running: ${task.id}. Ask again later.`,
      );
    }
    parts.nudge();
    return task;
  };

  return new OpenAPIHono()
    .openapi(verifyTarget, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      const { repair = false, forget = false } = c.req.valid("json");
      if (repair || forget) checkPushable(target);
      if (forget) await parts.forgetLinks(target.id);
      const task = forget
        ? await queue(target, "apply", false, callerOf(c).name)
        : await queue(target, "verify", repair, callerOf(c).name);
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(task), 202);
    })
    .openapi(previewMatches, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      const isKnown = (await store.contactedAt(target.id)) !== null;
      const { sources, provision } = target.settings;
      const given = [...sources, ...(provision.userGroups ? [userGroups] : [])];
      if (isKnown && (await store.newSources(target.id, given)).length === 0) {
        throw new ProblemError(409, "conflict", `${contacted.detail}.`);
      }
      const task = await queue(target, "match", false, callerOf(c).name);
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(task), 202);
    })
    .openapi(putLink, async (c) => {
      const { id, resource } = c.req.valid("param");
      const target = await findTarget(store, id);
      const { remoteId } = c.req.valid("json");
      const asked = { resourceId: await idOf(store, resource), remoteId, by: callerOf(c).name };
      const decision = await parts.linkByHand(target, asked, c.req.raw.signal);
      if ("refused" in decision) throw toProblem(decision, resource);
      return c.json({ resourceId: decision.resource.id, resourceType: decision.resource.type, remoteId }, 200);
    })
    .openapi(deleteLink, async (c) => {
      const { id, resource } = c.req.valid("param");
      const target = await findTarget(store, id);
      const asked = { resourceId: await idOf(store, resource), remoteId: null, by: callerOf(c).name };
      const decision = await parts.linkByHand(target, asked, c.req.raw.signal);
      if ("refused" in decision) throw toProblem(decision, resource);
      return c.body(null, 204);
    });
}

/** The id of whoever is called so; of nobody the word itself, which then is not found. @throws ProblemError 409 for several */
async function idOf(store: AdminParts["store"], named: string): Promise<string> {
  return (await store.findPeople(named)).length === 0 ? named : findOne(store, named);
}

function toProblem({ refused, detail }: LinkRefusal, resource: string): ProblemError {
  switch (refused) {
    case "no-resource":
      return notFound("user or group", resource);
    case "no-account":
      return invalid([{ pointer: "/remoteId", detail }]);
    case "target":
      return new ProblemError(502, "upstream", detail);
    case "taken":
      return new ProblemError(409, "conflict", `/remoteId: ${detail}`, [{ pointer: "/remoteId", detail }]);
    case "not-here":
    case "busy":
      return new ProblemError(409, "conflict", `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}.`);
  }
}

const tags = ["Targets"];

const linkParams = idParams.extend({
  resource: z
    .string()
    .min(1)
    .max(300)
    .regex(/^\P{Cc}*$/u, "must not hold control characters")
    .openapi({ description: "The id, the userName or the externalId of a user or group of the directory." }),
});

const verifyTarget = createRoute({
  method: "post",
  path: "/targets/{id}/verify",
  operationId: "verifyTarget",
  summary: "Reads a target back and reports what it does not hold as it was given.",
  tags,
  request: { params: idParams, body: optionalBody(verifyForm) },
  responses: { 202: json("The task", taskView), ...refusals(400, 404, 409) },
});

const previewMatches = createRoute({
  method: "post",
  path: "/targets/{id}/match-preview",
  operationId: "previewMatches",
  summary: "Says what the first push would adopt, make, or leave to a person. Changes nothing.",
  tags,
  request: { params: idParams },
  responses: { 202: json("The task", taskView), ...refusals(404, 409) },
});

const putLink = createRoute({
  method: "put",
  path: "/targets/{id}/links/{resource}",
  operationId: "putLink",
  summary: "Links a user or group to an account that a person chose. The next push brings the account up to date.",
  tags,
  request: { params: linkParams, body: body(linkForm) },
  responses: {
    200: json(
      "The link",
      z.object({ resourceId: z.string(), resourceType: z.enum(["User", "Group"]), remoteId: z.string() }),
    ),
    ...refusals(400, 404, 409, 502),
  },
});

const deleteLink = createRoute({
  method: "delete",
  path: "/targets/{id}/links/{resource}",
  operationId: "deleteLink",
  summary: "Lets go of an account. At the target nothing is touched.",
  tags,
  request: { params: linkParams },
  responses: { 204: { description: "Let go" }, ...refusals(404, 409) },
});
