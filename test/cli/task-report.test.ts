import { expect, test } from "vitest";
import type { TaskAnswer } from "../../src/cli/answers.ts";
import { reportTask } from "../../src/cli/task-report.ts";

const counts = { users: { read: 3, unchanged: 3 }, groups: {} } as unknown as TaskAnswer["counts"];

test.each([
  [null, ""],
  [
    "extensions/wecom.json: the file is gone",
    "  mapping wecom: version 1 was used; of the files not in force: extensions/wecom.json: the file is gone\n",
  ],
])("a sync says which of its files are not in force (%j)", (problem, line) => {
  const task: TaskAnswer = {
    ...{ id: "t", mode: "apply", state: "succeeded", progress: null, counts, targets: [], error: null, hold: null },
    mapping: { name: "wecom", version: 1, problem },
    ...{ source: "s", target: null, plan: null, repair: false, drift: null },
    ...{ approved: false, requestedBy: null, decidedBy: null, decidedAt: null },
  };
  expect(reportTask("corp", task)).toBe(
    `Sync of corp: succeeded (task t)\n  users:  3 read, 3 unchanged\n  groups: nothing\n${line}`,
  );
});
