import type { Lease } from "../store/store.ts";
import { underLease } from "./lease.ts";
import type { TaskParts } from "./run-task.ts";

/**
 * What is remembered of pushes outside of the database: for each target the number of the lease under which something was
 * last sent. These numbers only grow, so a database that gives out a number that was used already is an older state of
 * itself, restored from a backup.
 */
export interface PushMarks {
  /** Null: nothing is known. */
  read(targetId: string): Promise<number | null>;
  /** Never fails: what cannot be kept is only not noticed later. */
  note(targetId: string, fencing: number): Promise<void>;
}

/** Whether this lease's number has been used before. */
export async function wasRestored(marks: PushMarks, targetId: string, { fencing }: Lease): Promise<boolean> {
  const last = await marks.read(targetId);
  return last !== null && fencing <= last;
}

/**
 * Notes that something was sent. With one number more than the push had: a backup that was made while it ran has its number,
 * and not all that it gave.
 */
export async function notePushed(
  { marks, leases }: Pick<TaskParts, "marks" | "leases">,
  targetId: string,
  fencing: number,
  signal: AbortSignal,
): Promise<void> {
  const next = await underLease(leases, `target:${targetId}`, signal, async (lease) => lease.fencing);
  // Somebody else is at work there already, and notes it when he is through.
  await marks.note(targetId, next ?? fencing);
}
