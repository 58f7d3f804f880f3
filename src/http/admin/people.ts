import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { PausedPerson, TargetRow } from "../../store/store.ts";
import { invalid, ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { isoTime, json, optionalBody, refusals, resourceParams } from "./common.ts";
import { findOne } from "./history.ts";
import { checkProvisionable } from "./not-stopped.ts";
import type { AdminParts } from "./parts.ts";
import { reasonField } from "./target-pause.ts";
import { taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";

/** What can be done with one person: keep his changes back, let them go, push them now. */
export function makePeople(parts: AdminParts) {
  const { store } = parts;

  return new OpenAPIHono()
    .openapi(listPauses, async (c) => {
      const id = await findOne(store, c.req.valid("param").id);
      const pauses = await store.listPauses(id);
      return c.json({ items: pauses.map(toPauseView), nextCursor: null }, 200);
    })
    .openapi(pausePerson, async (c) => {
      const { id } = await findPerson(parts, c.req.valid("param").id);
      const { target: named = null, reason = null } = c.req.valid("json");
      const target = await targetOf(store, named);
      const pause = await store.pausePerson(id, target?.id ?? null, { reason, by: callerOf(c).name });
      return c.json(toPauseView(pause), 200);
    })
    .openapi(resumePerson, async (c) => {
      const id = await findOne(store, c.req.valid("param").id);
      const target = await targetOf(store, c.req.valid("json").target ?? null);
      if (!(await store.resumePerson(id, target?.id ?? null))) {
        const where = target === null ? "for all targets" : `at the target "${target.name}"`;
        throw new ProblemError(409, "conflict", `This person is not paused ${where}.`);
      }
      // The end of his source may have waited for him.
      await store.tryEndingsAtOnce();
      const { name: requestedBy } = callerOf(c);
      await store.queueTask({ ...provisionTask, resourceId: id, targetId: target?.id ?? null, requestedBy });
      parts.nudge();
      const left = await store.listPauses(id);
      return c.json({ items: left.map(toPauseView), nextCursor: null }, 200);
    })
    .openapi(provision, async (c) => {
      const person = await findPerson(parts, c.req.valid("param").id);
      const target = await targetOf(store, c.req.valid("json").target ?? null);
      await checkProvisionable(store, person, target);
      const { name: requestedBy } = callerOf(c);
      const asked = { ...provisionTask, resourceId: person.id, targetId: target?.id ?? null, requestedBy };
      const { task } = await store.queueTask(asked);
      parts.nudge();
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(task), 202);
    });
}

const provisionTask = { sourceId: null, trigger: "manual", mode: "apply" } as const;

/** @throws ProblemError 404; 409 for a group */
async function findPerson(
  { store }: AdminParts,
  named: string,
): Promise<{ readonly id: string; readonly sourceId: string }> {
  const id = await findOne(store, named);
  const found = await store.readValues(id, {});
  if (found === null || found.resourceType !== "User") {
    throw new ProblemError(409, "conflict", "That is a group: only people can be paused, or pushed by themselves.");
  }
  return { id, sourceId: found.sourceId };
}

/** @throws ProblemError 400 */
async function targetOf(store: AdminParts["store"], named: string | null): Promise<TargetRow | null> {
  if (named === null) return null;
  const target = await store.findTarget(named);
  if (target === null) throw invalid([{ pointer: "/target", detail: "there is no such target" }]);
  return target;
}

/** A pause, as the management API says it. */
export function toPauseView({ resourceId, target, reason, since, by }: PausedPerson): z.output<typeof pauseView> {
  return { resourceId, target, reason, since: isoTime(since), by };
}

/** Where the changes of a person are kept back. */
export const pauseView = z
  .object({
    resourceId: z.string(),
    target: z.string().nullable().openapi({ description: "Null: all targets." }),
    reason: z.string().nullable(),
    since: z.string().openapi({ format: "date-time" }),
    by: z.string(),
  })
  .openapi("Pause");

const named = z.string().min(1).max(100).nullable().optional();

const pauseForm = z.strictObject({ target: named, reason: reasonField }).openapi("PauseForm", {
  description: "`target`: its id or name; null or left out: all targets.",
});
const targetForm = z.strictObject({ target: named }).openapi("ResumeForm", { description: "As in the pause." });
const provisionForm = z.strictObject({ target: named }).openapi("ProvisionForm", {
  description: "`target`: its id or name; null or left out: all targets that his source goes to.",
});

const pauses = z.object({ items: z.array(pauseView).readonly(), nextCursor: z.null() });
const tags = ["People"];

const listPauses = createRoute({
  method: "get",
  path: "/resources/{id}/pauses",
  operationId: "listPauses",
  summary: "Says where the changes of a person are kept back, why, and since when.",
  tags,
  request: { params: resourceParams },
  responses: { 200: json("The pauses", pauses), ...refusals(400, 404, 409) },
});

const pausePerson = createRoute({
  method: "post",
  path: "/resources/{id}/pause",
  operationId: "pausePerson",
  summary: "Keeps all changes of a person back, at one target or at all: they wait.",
  tags,
  request: { params: resourceParams, body: optionalBody(pauseForm) },
  responses: { 200: json("The pause", pauseView), ...refusals(400, 404, 409) },
});

const resumePerson = createRoute({
  method: "post",
  path: "/resources/{id}/resume",
  operationId: "resumePerson",
  summary: "Lets the changes of a person go again, and pushes what waited. Answers the pauses that are left.",
  tags,
  request: { params: resourceParams, body: optionalBody(targetForm) },
  responses: { 200: json("What is left", pauses), ...refusals(400, 404, 409) },
});

const provision = createRoute({
  method: "post",
  path: "/resources/{id}/provision",
  operationId: "provisionPerson",
  summary:
    "Pushes what is pending of one person now, with his memberships and also what failed before. Reads nothing from the source.",
  tags,
  request: { params: resourceParams, body: optionalBody(provisionForm) },
  responses: { 202: json("The task", taskView), ...refusals(400, 404, 409) },
});
