import type { TaskAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { reportUndo, sayKept } from "./kept-report.ts";
import { nameOf, targetNamesOf } from "./task-names.ts";
import { countFailed, countSkipped, firstFailures, sayFailed, saySkipped } from "./task-records.ts";
import { reportTask } from "./task-report.ts";
import { plain } from "./text.ts";

/**
 * How a task ended, with what its records and its source say of it: what failed first and why, what was skipped, what is
 * kept against the source.
 */
export async function reportEnded(client: ApiClient, task: TaskAnswer): Promise<string> {
  const names = await targetNamesOf(client, task);
  const lines = [
    ...sayFailed(task, countFailed(task), await firstFailures(client, task), names),
    ...saySkipped(task, await countSkipped(client, task)),
    ...sayKept(task),
  ];
  return (
    reportTask(await nameOf(client, task), task, names) +
    lines.map((line) => `${plain(line)}\n`).join("") +
    (await reportUndo(client, task))
  );
}
