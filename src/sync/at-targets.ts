import { concurrently } from "../lib/concurrently.ts";
import { LeaseLostError, type Pause, type TargetRow } from "../store/store.ts";
import { TargetError } from "../target/target.ts";
import type { Pushed } from "./finish-task.ts";
import { underLeaseInTurn } from "./lease.ts";
import type { PushResult } from "./push/prepare.ts";
import { notePushed } from "./push-marks.ts";
import type { OpenTask, TaskParts } from "./run-task.ts";
import { type Held, readsBack, type TargetResult } from "./work-at-target.ts";

/** Works at each target that a task is meant for, a few at a time and each under its lease. What fails at one stays there. */
export async function atTargets(
  parts: TaskParts,
  task: OpenTask,
  signal: AbortSignal,
  work: (row: TargetRow, held: Held) => Promise<TargetResult>,
): Promise<Pushed[]> {
  const targets = (await parts.store.listTargets()).filter((row) => isMeant(row, task));
  const pushed: Pushed[] = [];
  await concurrently(targets, 4, async (row) => {
    let fencing: number | null = null;
    const result = await underLeaseInTurn(
      parts.leases,
      `target:${row.id}`,
      signal,
      async (lease, inner, ensureHeld) => {
        // An administrator may have changed it while we waited for our turn.
        const now = await parts.store.findTarget(row.id);
        if (now === null || !isMeant(now, task)) return null;
        // A plan of a source says what its sync would do: nothing at a target that is paused.
        if (now.paused !== null && (sends(task) || task.mode === "plan")) return pausedPush(now.paused);
        const held: Held = { lease, signal: inner, ensureHeld };
        fencing = lease.fencing;
        const done = await work(now, held);
        if (done.isIdle) fencing = null;
        return done;
      },
    ).catch((error: unknown): PushResult => {
      if (signal.aborted || error instanceof LeaseLostError) throw error;
      if (error instanceof TargetError) {
        return { state: "failed", error: { code: `target.${error.code}`, detail: error.message }, hold: null };
      }
      // What is wrong with one target must not keep the others from theirs.
      parts.log.error({ task: task.id, target: row.id, err: error }, "push failed");
      const detail = "an unexpected error ended the push; the log has it under this task's id";
      return { state: "failed", error: { code: "internal", detail }, hold: null };
    });
    if (result !== null) pushed.push({ row, result });
    if (fencing !== null) await notePushed(parts, row.id, fencing, signal);
  });
  return pushed.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

/** Whether a task works at a target. */
export function isMeant(
  row: TargetRow,
  task: Pick<OpenTask, "mode" | "repair" | "sourceId" | "targetId" | "resourceId">,
): boolean {
  // One that is disabled is sent nothing; it may be looked at, by itself.
  const onlyLooks = !sends(task) && (task.mode !== "plan" || task.sourceId === null);
  if (row.status !== "enabled" && !onlyLooks) return false;
  // One person may go to all targets: those of other sources find nobody.
  if (task.resourceId !== null && task.targetId === null) return true;
  return task.sourceId === null ? row.id === task.targetId : row.settings.sources.includes(task.sourceId);
}

/** What is disabled, or paused, is sent nothing; it may be looked at. */
function sends(task: Pick<OpenTask, "mode" | "repair">): boolean {
  return task.mode !== "plan" && (!readsBack(task) || task.repair);
}

function pausedPush({ since, by, reason }: Pause): TargetResult {
  const why = reason === null ? "" : `: ${reason}`;
  const detail = `paused by ${by} since ${new Date(since).toISOString()}${why}; what is pending waits until it is resumed`;
  return { state: "paused", error: { code: "target.paused", detail }, hold: null, isIdle: true };
}
