import { wait } from "../lib/wait.ts";
import { settingsAnswer, type TaskAnswer, taskAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { CliError, type CliParts } from "./parts.ts";
import { makeProgress, type Progress } from "./progress.ts";
import { plain } from "./text.ts";

/** So many looks at a task there are between two looks at whether everything is paused. */
const looksBetween = 10;

/**
 * Shows the progress of a task until it has ended, and answers how.
 *
 * @throws CliError where it would wait for somebody who lets everything go on
 */
export async function watchTask(client: ApiClient, started: TaskAnswer, parts: CliParts): Promise<TaskAnswer> {
  const progress = makeProgress(parts.stderr);
  let task = started;
  for (let looks = 0; task.state === "queued" || task.state === "running"; looks += 1) {
    if (looks % looksBetween === 0) await ensureNotPaused(client, task, progress);
    show(progress, task);
    await wait(parts.pollMs ?? 500);
    task = await client.call("GET", `/sync-tasks/${encodeURIComponent(task.id)}`, taskAnswer);
  }
  progress.end();
  // What was answered to the call that started it says less than a look at it.
  return task === started ? client.call("GET", `/sync-tasks/${encodeURIComponent(task.id)}`, taskAnswer) : task;
}

async function ensureNotPaused(client: ApiClient, { id, state }: TaskAnswer, progress: Progress): Promise<void> {
  const { paused } = await client.call("GET", "/settings", settingsAnswer);
  if (!paused) return;
  progress.end();
  throw new CliError(
    1,
    `${everythingPaused}.\nTask ${plain(id)} is ${plain(state)}, and goes on by itself once that is over; cancel ${plain(id)} gives it up.`,
  );
}

/** Says on standard error that everything is paused, where it is: for whoever starts a task and goes. */
export async function warnIfPaused(client: ApiClient, { stderr }: Pick<CliParts, "stderr">): Promise<void> {
  const { paused } = await client.call("GET", "/settings", settingsAnswer);
  if (paused) stderr.write(`${everythingPaused}.\n`);
}

/** Why nothing happens, without a full stop. */
export const everythingPaused =
  'Everything is paused: no sync, push or plan goes on until it is let go (PATCH /api/v1/settings {"paused": false})';

function show(progress: Progress, { state, progress: at }: TaskAnswer): void {
  if (at === null) progress.show(state, state);
  else if (at.waiting) progress.show(at.phase, `waits until ${plain(at.waiting.until)}: ${plain(at.waiting.reason)}`);
  else progress.show(at.phase, `${plain(at.phase)} ${at.total > 0 ? `${at.done} of ${at.total}` : at.done}`);
}
