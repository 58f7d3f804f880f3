import type { EngineTaskStore, TaskRow } from "../store/store.ts";

type Phase = NonNullable<TaskRow["progress"]>["phase"];

/** Somebody cancelled the task while it was at work. */
export class TaskCancelledError extends Error {
  constructor() {
    super("the task was cancelled");
    this.name = "TaskCancelledError";
  }
}

/** Progress of a task, written when a phase begins and now and then in it: a console looks once a second at most. */
export interface Progress {
  set(phase: Phase, done: number, total: number): void;
  /** Waits until what was set last is written. */
  flush(): Promise<void>;
}

/** @param onCancelled called once when the task turns out to have been cancelled by a person */
export function makeProgress(
  store: Pick<EngineTaskStore, "noteTask">,
  taskId: string,
  { clock, onCancelled, intervalMs = 1000 }: { clock: () => number; onCancelled: () => void; intervalMs?: number },
): Progress {
  let writtenAt = clock();
  let latest: TaskRow["progress"] = null;
  let writtenPhase: Phase | null = null;
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    const progress = latest;
    if (progress === null) return;
    latest = null;
    writtenAt = clock();
    writtenPhase = progress.phase;
    writing = writing
      .then(() => store.noteTask(taskId, { progress }))
      .then((isRunning) => {
        if (!isRunning) onCancelled();
      });
    // Whoever flushes hears of a failure; until then it must not end the process.
    writing.catch(() => {});
  };
  return {
    set(phase, done, total) {
      latest = { phase, done, total };
      if (phase !== writtenPhase || clock() - writtenAt >= intervalMs) write();
    },
    async flush() {
      write();
      await writing;
    },
  };
}
