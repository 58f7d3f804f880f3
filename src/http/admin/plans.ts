import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { wait } from "../../lib/wait.ts";
import type { NewTask, SourceRow, TargetRow, TaskPlan, TaskRow } from "../../store/store.ts";
import { isMeant } from "../../sync/at-targets.ts";
import { settingsMoved } from "../../sync/plan-ahead/check-plan.ts";
import { ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { idParams, invalidParameter, json, numberedPageQuery, optionalBody, page, pageOf, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { findTarget } from "./targets.ts";
import { applyForm, plannedRequest, taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";
import { findTask } from "./tasks.ts";

/** Plans: what would be done, request by request, and doing just that. */
export function makePlans(parts: AdminParts) {
  const { store } = parts;

  return new OpenAPIHono()
    .openapi(planEverything, async (c) => {
      const tasks: TaskRow[] = [];
      for (const about of await everything(store)) tasks.push((await queuePlan(parts, about, callerOf(c).name)).task);
      return c.json({ items: tasks.map((task) => toTaskView(task)), nextCursor: null }, 202);
    })
    .openapi(planTarget, async (c) => {
      const target = await findTarget(store, c.req.valid("param").id);
      const { task } = await queuePlan(parts, { sourceId: null, targetId: target.id }, callerOf(c).name);
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(task), 202);
    })
    .openapi(listRequests, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      const { target: named, record, ...rest } = c.req.valid("query");
      const target = named === undefined ? null : await store.findTarget(named);
      if (named !== undefined && target === null) throw invalidParameter("target", "there is no such target");
      const requests = await store.listPlanRequests(task.id, {
        ...pageOf(rest),
        ...(target !== null && { target: target.id }),
        ...(record !== undefined && { record: Number(record) }),
      });
      return c.json(requests, 200);
    })
    .openapi(applyPlan, async (c) => {
      const plan = await findTask(store, c.req.valid("param").id);
      const about = await checkApplicable(parts, plan, c.req.valid("json").digest);
      const asked = { ...about, trigger: "manual", mode: "apply", planId: plan.id, undoes: plan.undoes } as const;
      const { task, created } = await store.queueTask({ ...asked, requestedBy: callerOf(c).name });
      if (!created) {
        const what = about.sourceId === null ? "target" : "source";
        throw conflict(`The task ${task.id} of the same ${what} is ${task.state}: apply the plan once it has ended.`);
      }
      parts.nudge();
      const now = await whenChecked(store, task, parts.planCheckMs ?? 30_000, c.req.raw.signal);
      if (now.state === "failed" && now.error !== null && refusalCodes.has(now.error.code)) {
        throw new ProblemError(409, "plan-moved", sentence(now.error.detail));
      }
      c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task.id}`);
      return c.json(toTaskView(now), 202);
    });
}

/** How a task that applies a plan ends when nothing of it was applied. */
const refusalCodes: ReadonlySet<string> = new Set(["plan.moved", "plan.gone"]);

/**
 * What a plan of everything consists of: each source that is read, with its targets; and each target that has sources
 * which are not.
 */
async function everything(store: AdminParts["store"]): Promise<readonly About[]> {
  const sources = (await store.listSources()).filter(({ type, status }) => type === "wecom" && status === "enabled");
  const read = new Set(sources.map(({ id }) => id));
  const targets = (await store.listTargets()).filter(
    ({ status, settings }) =>
      status === "enabled" && (settings.sources.length === 0 || settings.sources.some((id) => !read.has(id))),
  );
  return [
    ...sources.map(({ id }) => ({ sourceId: id, targetId: null })),
    ...targets.map(({ id }) => ({ sourceId: null, targetId: id })),
  ];
}

type About = Pick<NewTask, "sourceId" | "targetId">;

async function queuePlan({ store, nudge }: AdminParts, about: About, requestedBy: string) {
  const queued = await store.queueTask({ ...about, trigger: "manual", mode: "plan", requestedBy });
  nudge();
  return queued;
}

/**
 * What can be said at once: whether this is a plan that can be applied, and whether settings and mapping are still those
 * that it was made with. All else shows when it is made once more.
 *
 * @throws ProblemError 409
 */
async function checkApplicable(parts: AdminParts, task: TaskRow, digest: string | undefined): Promise<About> {
  const { store } = parts;
  const { plan, sourceId, targetId } = task;
  if (task.mode !== "plan") throw conflict(`The task is no plan: its mode is ${task.mode}.`);
  if (plan === null) throw conflict(`There is no plan to be applied: the task is ${task.state}.`);
  if (!plan.whole) throw conflict("The plan lacks a target that could not be looked at: plan again.");
  if (digest !== undefined && digest !== plan.digest) {
    throw moved(`The digest of this plan is ${plan.digest}, not the one that was given.`);
  }
  const applied = await store.findApplication(task.id);
  if (applied !== null)
    throw moved(`The plan was applied already, by task ${applied.id} (${applied.state}): plan again.`);
  const source = sourceId === null ? null : await store.findSource(sourceId);
  if (sourceId !== null && source === null) throw moved("The source of the plan was deleted.");
  if (source !== null && source.status === "disabled") {
    throw conflict(`The source "${source.name}" is disabled: enable it to sync it.`);
  }
  const all = await store.listTargets();
  const target = targetId === null ? null : (all.find(({ id }) => id === targetId) ?? null);
  if (targetId !== null && target === null) throw moved("The target of the plan was deleted.");
  if (target !== null && target.status === "disabled") {
    throw conflict(`The target "${target.name}" is disabled: enable it to push to it.`);
  }
  if (target !== null && target.paused !== null) {
    throw conflict(`The target "${target.name}" is paused: resume it to push to it.`);
  }
  if ((await store.readSettings()).paused) {
    throw conflict("Everything is paused (PATCH /settings): a plan is applied at once or not at all.");
  }
  const reasons = await whatSettingsMoved(parts, task, plan, source, all);
  if (reasons.length > 0) {
    throw moved(`The plan was not applied, because it is out of date: ${reasons.join("; ")}. Plan again.`);
  }
  return { sourceId, targetId };
}

async function whatSettingsMoved(
  { store, schemas }: AdminParts,
  task: TaskRow,
  { basis }: TaskPlan,
  source: SourceRow | null,
  targets: readonly TargetRow[],
): Promise<readonly string[]> {
  const { sourceId } = task;
  const targetIds = targets.filter((row) => isMeant(row, task)).map(({ id }) => id);
  const now = await store.readPlanBasis({ sourceId, targetIds });
  const name = source?.settings.mapping;
  const version = name === undefined ? undefined : (await schemas.refresh()).mappings.get(name)?.version;
  const mapping = name === undefined || version === undefined ? null : { name, version };
  const names = new Map(targets.map((row) => [row.id, row.name]));
  return settingsMoved(basis, { ...now, mapping }, (id) => names.get(id) ?? id);
}

/** The task once it is known whether the plan still holds; or as it is, when that takes long. */
async function whenChecked(
  store: AdminParts["store"],
  queued: TaskRow,
  patienceMs: number,
  signal: AbortSignal,
): Promise<TaskRow> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const task = (await store.findTask(queued.id)) ?? queued;
    const isOpen = task.state === "queued" || (task.state === "running" && task.stage === "plan");
    if (!isOpen || Date.now() >= deadline || signal.aborted) return task;
    await wait(50, signal).catch(() => {});
  }
}

function conflict(detail: string): ProblemError {
  return new ProblemError(409, "conflict", detail);
}

function moved(detail: string): ProblemError {
  return new ProblemError(409, "plan-moved", detail);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const tags = ["Plans"];

const planEverything = createRoute({
  method: "post",
  path: "/plans",
  operationId: "planEverything",
  summary: "Plans everything: a plan for each source that is read, and for each target that has other sources.",
  description:
    "Each of them stands for itself, and is applied by itself. `mode` `plan` of a source's sync plans one source.",
  tags,
  responses: { 202: json("The tasks", page(taskView)), ...refusals() },
});

const planTarget = createRoute({
  method: "post",
  path: "/targets/{id}/plan",
  operationId: "planTarget",
  summary: "Plans a push: what the target would be sent now. It is only read.",
  description:
    "Before the first push that is what would be adopted and made there. A target that is disabled can be planned too.",
  tags,
  request: { params: idParams },
  responses: { 202: json("The task", taskView), ...refusals(404) },
});

const listRequests = createRoute({
  method: "get",
  path: "/sync-tasks/{id}/requests",
  operationId: "listPlannedRequests",
  summary: "Lists the requests that a plan found targets would be sent, with their bodies.",
  description:
    "By target, users before groups; of one resource in their order. Credentials are never part of it. Kept for `recordRetentionDays`.",
  tags,
  request: {
    params: idParams,
    query: z.object({
      ...numberedPageQuery,
      target: z.string().min(1).max(100).optional().openapi({ description: "Id or name of a target." }),
      record: z
        .string()
        .regex(/^\d{1,15}$/, "is the id of a record")
        .optional()
        .openapi({ description: "Those of one record of the plan." }),
    }),
  },
  responses: { 200: json("A page of requests", page(plannedRequest)), ...refusals(400, 404) },
});

const applyPlan = createRoute({
  method: "post",
  path: "/sync-tasks/{id}/apply",
  operationId: "applyPlan",
  summary: "Applies a plan, if it would still come out the same.",
  description:
    "The source is read (of an undo: the directory alone is looked at) and the plan is made once more; where it differs, nothing is applied and the answer is a 409 that says what moved. Where that takes longer than half a minute the answer is the task, which says the same in its `error`.",
  tags,
  request: { params: idParams, body: optionalBody(applyForm) },
  responses: { 202: json("The task that applies it", taskView), ...refusals(400, 404, 409) },
});
