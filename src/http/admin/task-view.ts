import type { z } from "@hono/zod-openapi";
import type { Kept, TaskPlan, TaskRow } from "../../store/store.ts";
import { isoTime, isoTimeOrNull } from "./common.ts";
import type { keptView, taskView } from "./task-schemas.ts";

/**
 * A sync task as it is answered.
 *
 * @param ended names of sources that are no more, by id
 * @param kept what undos keep, where that was counted
 */
export function toTaskView(
  task: TaskRow,
  ended: ReadonlyMap<string, string> = new Map(),
  kept: number | null = null,
): z.output<typeof taskView> {
  return {
    id: task.id,
    source: task.sourceId,
    endedSource: ended.get(task.sourceId ?? "") ?? null,
    target: task.targetId,
    resource: task.resourceId,
    trigger: task.trigger,
    mode: task.mode,
    state: task.state,
    approved: task.approved,
    progress: toProgressView(task.progress),
    counts: task.counts,
    targets: task.targets,
    error: task.error,
    mapping: task.mapping,
    repair: task.repair,
    drift: task.drift,
    requests: task.requests,
    matching: task.matching,
    plan: task.plan === null ? null : toPlanView(task.plan),
    appliesPlan: task.planId,
    undoes: task.undoes,
    kept,
    requestedBy: task.requestedBy,
    decidedBy: task.decidedBy,
    decidedAt: isoTimeOrNull(task.decidedAt),
    hold: task.hold === null ? null : { ...task.hold, expiresAt: isoTime(task.hold.expiresAt) },
    createdAt: isoTime(task.createdAt),
    startedAt: isoTimeOrNull(task.startedAt),
    finishedAt: isoTimeOrNull(task.finishedAt),
  };
}

function toProgressView(progress: TaskRow["progress"]) {
  if (progress === null) return null;
  const { waiting, ...rest } = progress;
  return waiting === undefined ? rest : { ...rest, waiting: { ...waiting, until: isoTime(waiting.until) } };
}

function toPlanView({ digest, changes, requests, hold, whole }: TaskPlan) {
  return { digest, changes, requests, wouldHold: hold, whole };
}

/** By which undo a resource is kept, as it is answered. */
export function toKeptView({ task, undoes, since, isGone, isEnded }: Kept): z.output<typeof keptView> {
  return { task, undoes, since: isoTime(since), gone: isGone, ended: isEnded };
}
