import { wait } from "../lib/wait.ts";
import { type TaskAnswer, taskAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { makeProgress, type Progress } from "./progress.ts";
import { plain } from "./text.ts";

/** Shows the progress of a task until it has ended, and answers how. */
export async function watchTask(client: ApiClient, started: TaskAnswer, parts: CliParts): Promise<TaskAnswer> {
  const progress = makeProgress(parts.stderr);
  let task = started;
  while (task.state === "queued" || task.state === "running") {
    show(progress, task);
    await wait(parts.pollMs ?? 500);
    task = await client.call("GET", `/sync-tasks/${encodeURIComponent(task.id)}`, taskAnswer);
  }
  progress.end();
  return task;
}

function show(progress: Progress, { state, progress: at }: TaskAnswer): void {
  if (at === null) progress.show(state, state);
  else progress.show(at.phase, `${plain(at.phase)} ${at.total > 0 ? `${at.done} of ${at.total}` : at.done}`);
}
