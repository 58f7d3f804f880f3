import type { PlannedRequestAnswer, TaskAnswer } from "./answers.ts";
import { reportTask } from "./task-report.ts";
import { plain } from "./text.ts";

/** What a plan would do, for a person. */
export function reportPlan(about: string, task: TaskAnswer, names: ReadonlyMap<string, string>): string {
  const { plan } = task;
  if (plan === null) return reportTask(about, task, names);
  const nothing = plan.changes + plan.requests === 0;
  const lines = [
    ...(plan.wouldHold === null ? [] : [`  would be held: ${plan.wouldHold.reason}`]),
    nothing ? "  nothing to do" : `  ${plan.changes} changes, ${plan.requests} requests to targets`,
    ...(nothing || !plan.whole ? [] : [`  to do just this: plan --apply ${task.id} --digest ${plan.digest}`]),
  ];
  return reportTask(about, task, names) + lines.map((line) => `${plain(line)}\n`).join("");
}

/** One request as it would go out: method, path and body. */
export function reportRequest(request: PlannedRequestAnswer, names: ReadonlyMap<string, string>): string {
  const { target, method, path, body, kept, exact } = request;
  const what = `${names.get(target) ?? target}: ${method} ${path}${exact ? "" : "  (not exact: see docs)"}`;
  const text = body === null ? [] : JSON.stringify(body, null, 2).split("\n");
  const rest = kept.length === 0 ? [] : [`  and as the target has it: ${kept.join(", ")}`];
  return [what, ...text.map((line) => `  ${line}`), ...rest].map((line) => `${plain(line)}\n`).join("");
}
