import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { HoldMovedError, NotHeldError, type TaskRow } from "../../store/store.ts";
import { invalid, notFound, ProblemError, type ProblemItem } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { idParams, invalidParameter, json, optionalBody, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { checkSeparateApprover } from "./separate-approver.ts";
import { approvalForm, taskStateField, taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";

/** Sync tasks: list, read, approve what is held, cancel. */
export function makeTasks(parts: AdminParts) {
  const { store } = parts;

  return new OpenAPIHono()
    .openapi(listTasks, async (c) => {
      const { source: named, state, ...rest } = c.req.valid("query");
      const source = named === undefined ? null : ((await store.findSource(named)) ?? (await store.findEnded(named)));
      if (named !== undefined && source === null) throw invalidParameter("source", "there is no such source");
      const tasks = await store.listTasks({
        ...pageOf(rest),
        ...(source !== null && { source: source.id }),
        ...(state !== undefined && { state }),
      });
      const ended = await endedOf(store, tasks.items);
      return c.json({ items: tasks.items.map((task) => toTaskView(task, ended)), nextCursor: tasks.nextCursor }, 200);
    })
    .openapi(readTask, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      return c.json(toTaskView(task, await endedOf(store, [task]), await keptOf(store, task)), 200);
    })
    .openapi(approveTask, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      const { changes = null } = c.req.valid("json");
      const caller = callerOf(c);
      const isHeld = task.state === "held";
      if (isHeld) await checkSeparateApprover(store, task, caller);
      await checkMappingStands(parts, task);
      // What came to be held since it was looked at was judged by nobody.
      const approved = isHeld && (await approve(store, task, changes, caller.name));
      const now = await findTask(store, task.id);
      if (!approved) {
        const why =
          now.state === "held"
            ? "Another task of the same source or target is queued or running, and may replace what is held: look again once it has ended."
            : `The task is not held (any more): it is ${now.state}.`;
        throw new ProblemError(409, "conflict", why);
      }
      parts.nudge();
      return c.json(toTaskView(now), 202);
    })
    .openapi(cancelTask, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      const cancelled = await store.cancelTask(task.id, callerOf(c).name);
      const now = await findTask(store, task.id);
      if (!cancelled) throw new ProblemError(409, "conflict", `The task has ended already: it is ${now.state}.`);
      parts.nudge();
      return c.json(toTaskView(now), 200);
    });
}

/** The names of those of their sources that are no more, by id. */
async function endedOf(store: AdminParts["store"], tasks: readonly TaskRow[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(tasks.flatMap(({ sourceId }) => sourceId ?? []))];
  return new Map((await store.endedSources(ids)).map(({ id, name }) => [id, name]));
}

/** How many people and groups are kept as an undo left them; null where that says nothing of the task. */
async function keptOf(store: AdminParts["store"], task: TaskRow): Promise<number | null> {
  const { id, sourceId, mode, state, undoes } = task;
  if (sourceId === null || mode !== "apply" || state === "queued" || state === "running") return null;
  return (await store.countKeptResources(undoes === null ? { source: sourceId } : { task: id })).get(sourceId) ?? 0;
}

/** @throws ProblemError 404 */
export async function findTask(store: AdminParts["store"], id: string): Promise<TaskRow> {
  const task = await store.findTask(id);
  if (task === null) throw notFound("sync task", id);
  return task;
}

/**
 * @throws ProblemError 400 when one of the changes is none of the task; 409 when it is not held any more, or what is held
 * is not what it was when it was shown
 */
async function approve(
  store: AdminParts["store"],
  task: TaskRow,
  changes: readonly string[] | null,
  by: string,
): Promise<boolean> {
  try {
    return await store.approveTask(task.id, changes, by);
  } catch (error) {
    if (error instanceof NotHeldError) throw notHeld(error, changes ?? []);
    if (!(error instanceof HoldMovedError)) throw error;
    const what = error.moved === 1 ? "One of the held changes is" : `${error.moved} of the held changes are`;
    throw new ProblemError(
      409,
      "conflict",
      `${what} of a resource that changed since it was shown: ${remedyOf(task)}.`,
    );
  }
}

/** What finds anew what was held. */
function remedyOf({ undoes }: TaskRow): string {
  return undoes === null ? "sync again" : "cancel this, and undo the task again";
}

function notHeld({ unknown, settled }: NotHeldError, changes: readonly string[]): ProblemError {
  const at = (places: readonly number[], detail: string): readonly ProblemItem[] =>
    places.map((place) => ({
      pointer: `/changes/${place}`,
      detail: `${JSON.stringify(changes[place]?.slice(0, 100))} ${detail}`,
    }));
  const ended = at(settled, "is not held (any more)");
  if (unknown.length > 0) return invalid([...at(unknown, "is no record of this task"), ...ended]);
  const what = settled.length === 1 ? "One of these changes is" : `${settled.length} of these changes are`;
  const detail = `${what} not held (any more): read the records of the task with status=held again.`;
  return new ProblemError(409, "conflict", detail, ended);
}

/**
 * What a mapping would have made of people is not let through once another one is in force: the next sync would take
 * it back.
 *
 * @throws ProblemError 409
 */
async function checkMappingStands({ store, schemas }: AdminParts, task: TaskRow): Promise<void> {
  await checkProtectionStands(store, task);
  if (task.mapping === null || task.hold?.identities === undefined) return;
  const { name, version } = task.mapping;
  const source = task.sourceId === null ? null : await store.findSource(task.sourceId);
  const now = (await schemas.refresh()).mappings.get(name)?.version;
  if (now === version && source?.settings.mapping === name) return;
  throw new ProblemError(
    409,
    "conflict",
    `What is held was made by version ${version} of the mapping "${name}", which is not in force any more: ${remedyOf(task)}.`,
  );
}

/** What is held was made with the protected accounts of its time. @throws ProblemError 409 where they may be others now */
async function checkProtectionStands(store: AdminParts["store"], task: TaskRow): Promise<void> {
  const source = task.sourceId === null ? null : await store.findSource(task.sourceId);
  if (source === null || source.updatedAt < (task.startedAt ?? 0)) return;
  const { protected: people, protectedGroups: groups } = source.settings.safeguards;
  if (people === undefined && groups === undefined) return;
  throw new ProblemError(
    409,
    "conflict",
    `The settings of the source "${source.name}", which protects accounts, changed since this was held: ${remedyOf(task)}.`,
  );
}

const tags = ["Sync tasks"];

const listTasks = createRoute({
  method: "get",
  path: "/sync-tasks",
  operationId: "listTasks",
  summary: "Lists sync tasks, newest first.",
  tags,
  request: {
    query: z.object({
      ...pageQuery,
      source: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .openapi({ description: "Id or name of a source, also of one that has ended." }),
      state: taskStateField.optional(),
    }),
  },
  responses: { 200: json("A page of tasks", page(taskView)), ...refusals(400) },
});

const readTask = createRoute({
  method: "get",
  path: "/sync-tasks/{id}",
  operationId: "readTask",
  summary: "Reads a sync task: state, progress, counts, what went wrong, what is held.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The task", taskView), ...refusals(404) },
});

const approveTask = createRoute({
  method: "post",
  path: "/sync-tasks/{id}/approve",
  operationId: "approveTask",
  summary: "Lets through what a safeguard held.",
  tags,
  request: { params: idParams, body: optionalBody(approvalForm) },
  responses: { 202: json("The task", taskView), ...refusals(400, 404, 409) },
});

const cancelTask = createRoute({
  method: "post",
  path: "/sync-tasks/{id}/cancel",
  operationId: "cancelTask",
  summary: "Stops a task. What it has written stays.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The task", taskView), ...refusals(404, 409) },
});
