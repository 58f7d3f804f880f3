import type { EngineTaskStore, TaskRequests, TaskRow } from "../store/store.ts";

type Shown = NonNullable<TaskRow["progress"]>;
type Phase = Shown["phase"];

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
  /** It waits for something; null: it goes on. */
  wait(waiting: Shown["waiting"] | null): void;
  /** Waits until what was set last is written. */
  flush(): Promise<void>;
}

export interface ProgressOptions {
  readonly clock: () => number;
  /** Called once when the task turns out to have been cancelled by a person. */
  readonly onCancelled: () => void;
  /** Of a task that reads a source: what it has asked for so far. */
  readonly requests?: () => TaskRequests | null;
  readonly intervalMs?: number;
}

export function makeProgress(
  store: Pick<EngineTaskStore, "noteTask">,
  taskId: string,
  { clock, onCancelled, requests = () => null, intervalMs = 1000 }: ProgressOptions,
): Progress {
  let writtenAt = clock();
  let latest: Shown | null = null;
  let isWritten = true;
  let writtenPhase: Phase | null = null;
  let writing: Promise<void> = Promise.resolve();
  let waiting: Shown["waiting"];
  /** While it waits nothing else is written: this is how a task that is cancelled meanwhile hears of it. */
  let pulse: NodeJS.Timeout | null = null;
  const write = (): void => {
    if (latest === null) return;
    const progress = waiting === undefined ? latest : { ...latest, waiting };
    const counted = requests();
    isWritten = true;
    writtenAt = clock();
    writtenPhase = progress.phase;
    writing = writing
      .then(() => store.noteTask(taskId, { progress, ...(counted && { requests: counted }) }))
      .then((isRunning) => {
        if (isRunning) return;
        stopPulse();
        onCancelled();
      });
    // Whoever flushes hears of a failure; until then it must not end the process.
    writing.catch(() => {});
  };
  const stopPulse = (): void => {
    if (pulse !== null) clearInterval(pulse);
    pulse = null;
  };
  return {
    set(phase, done, total) {
      latest = { phase, done, total };
      isWritten = false;
      if (phase !== writtenPhase || clock() - writtenAt >= intervalMs) write();
    },
    wait(given) {
      waiting = given ?? undefined;
      stopPulse();
      if (waiting !== undefined) pulse = setInterval(write, intervalMs).unref();
      latest ??= { phase: "read", done: 0, total: 0 };
      write();
    },
    async flush() {
      stopPulse();
      if (!isWritten) write();
      await writing;
    },
  };
}
