import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { SourceRow, TaskCounts, TaskMode, TaskRow } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { idParams, json, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { taskView } from "./task-schemas.ts";
import { toTaskView } from "./task-view.ts";
import { findTask } from "./tasks.ts";

/** Taking a task back: as a plan, which is applied like any other. */
export function makeUndo(parts: AdminParts) {
  const { store } = parts;
  return new OpenAPIHono().openapi(undoTask, async (c) => {
    const task = await findTask(store, c.req.valid("param").id);
    const source = await checkUndoable(store, task);
    const about = { sourceId: source.id, targetId: null, trigger: "manual", mode: "plan" } as const;
    const asked = { ...about, undoes: task.id, requestedBy: callerOf(c).name };
    const { task: plan, created } = await store.queueTask(asked);
    if (!created && plan.undoes !== task.id) {
      throw conflict(`The task ${plan.id} of the same source is ${plan.state}: undo this one once that has ended.`);
    }
    parts.nudge();
    c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${plan.id}`);
    return c.json(toTaskView(plan), 202);
  });
}

/** Why a task of another mode has nothing that could be taken back. */
const noChanges: Readonly<Record<Exclude<TaskMode, "apply">, string>> = {
  plan: "A plan has changed nothing.",
  verify: "A verify reads a target back, and a repair gives it what the directory says: there is nothing to take back.",
  match: "A preview of matches has changed nothing.",
  link: "An account that was linked by hand is linked otherwise, or let go of, by hand (PUT or DELETE of the link).",
};

/** Why a task that is not at its end is not taken back. */
const notEnded: Partial<Record<TaskRow["state"], string>> = {
  queued: "The task has not begun: cancel it.",
  running: "The task is under way: cancel it, or wait for its end.",
  held: "Some of the task is held: approve or cancel that first.",
};

/** @throws ProblemError 409 with the reason where there is nothing that an undo could do rightly */
async function checkUndoable(store: AdminParts["store"], task: TaskRow): Promise<SourceRow> {
  if (task.mode !== "apply") throw conflict(noChanges[task.mode]);
  if (task.undoes !== null) {
    throw conflict(
      `The task is an undo itself: end what it keeps (DELETE /sync-tasks/${task.id}/kept), and the next sync brings what the source says.`,
    );
  }
  const unfinished = notEnded[task.state];
  if (unfinished !== undefined) throw conflict(unfinished);
  if (task.sourceId === null) throw conflict(targetsAlone);
  const source = await store.findSource(task.sourceId);
  if (source === null) throw conflict("The source of the task has ended: there is nobody of it to go back.");
  checkSource(source);
  const undo = await store.findUndo(task.id);
  if (undo !== null) throw conflict(`The task was taken back already, by task ${undo}.`);
  await checkRecords(store, task);
  return source;
}

/** @throws ProblemError 409 */
function checkSource({ name, type, status, settings }: SourceRow): void {
  if (type === "custom") {
    throw conflict(`"${name}" is a custom source: what was written there is changed back by writing it anew.`);
  }
  if (settings.leaving !== undefined) throw conflict(`The source "${name}" is about to end.`);
  if (status === "disabled") throw conflict(`The source "${name}" is disabled: enable it first.`);
}

const targetsAlone =
  "The task changed nothing in the directory: what a target alone was given follows from its rules, its scope and the directory. Change those, and push.";

/** What a task did is known from its records. @throws ProblemError 409 where they are gone, and where there were none */
async function checkRecords(store: AdminParts["store"], task: TaskRow): Promise<void> {
  const count = await store.countUndoable(task.id);
  const now = await store.countTask(task.id, null, { users: 0, groups: 0 });
  if (changesOf(now) < changesOf(task.counts)) {
    throw conflict("Records of the task are gone (they go after recordRetentionDays): what was before is not known.");
  }
  if (count === 0) throw conflict(targetsAlone);
}

function changesOf({ users, groups }: TaskCounts): number {
  const of = ({ created, updated, deleted }: TaskCounts["groups"]): number => created + updated + deleted;
  return of(users) + users.deactivated + users.reactivated + of(groups);
}

function conflict(detail: string): ProblemError {
  return new ProblemError(409, "conflict", detail);
}

const undoTask = createRoute({
  method: "post",
  path: "/sync-tasks/{id}/undo",
  operationId: "undoTask",
  summary: "Plans that what a task changed in the directory goes back. Changes nothing until the plan is applied.",
  description:
    "Its records are what would go back; those with the status `skipped` say what stays, and why. Applied, it is kept until the source says something else.",
  tags: ["Plans"],
  request: { params: idParams },
  responses: { 202: json("The plan", taskView), ...refusals(404, 409) },
});
