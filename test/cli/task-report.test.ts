import { expect, test } from "vitest";
import type { TaskAnswer } from "../../src/cli/answers.ts";
import { reportTask } from "../../src/cli/task-report.ts";

const counts = { users: { read: 3, unchanged: 3 }, groups: {} } as unknown as TaskAnswer["counts"];

const ended: TaskAnswer = {
  ...{ id: "t", mode: "apply", state: "succeeded", progress: null, counts, targets: [], error: null, hold: null },
  ...{ source: "s", target: null, plan: null, repair: false, drift: null, requests: null, mapping: null },
  ...{ approved: false, requestedBy: null, decidedBy: null, decidedAt: null },
  ...{ resource: null, undoes: null, kept: null, finishedAt: null },
};

test.each([
  [null, ""],
  [
    "extensions/wecom.json: the file is gone",
    "  mapping wecom: version 1 was used; of the files not in force: extensions/wecom.json: the file is gone\n",
  ],
])("a sync says which of its files are not in force (%j)", (problem, line) => {
  const task = { ...ended, mapping: { name: "wecom", version: 1, problem } };
  expect(reportTask("corp", task)).toBe(
    `Sync of corp: succeeded (task t)\n  users:  3 read, 3 unchanged\n  groups: nothing\n${line}`,
  );
});

test("a sync says who asked for it, and who decided about what it held", () => {
  const decided = { ...ended, requestedBy: "alice", decidedBy: "bob", decidedAt: "2026-03-01T08:00:00.000Z" };
  const lines = (task: TaskAnswer) => reportTask("corp", task).trimEnd().split("\n").slice(3);
  expect(lines(decided)).toEqual(["  requested by alice", "  approved by bob at 2026-03-01T08:00:00.000Z"]);
  const cancelled = { ...decided, requestedBy: null, state: "cancelled" };
  expect(lines(cancelled)).toEqual(["  cancelled by bob at 2026-03-01T08:00:00.000Z"]);
});
