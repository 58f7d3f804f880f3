import type { HeldRecordAnswer, PlannedRequestAnswer, TargetAnswer, TaskAnswer } from "./answers.ts";
import { isGood, isPending, outcomeOf, type PlanOutcome } from "./plan-outcome.ts";
import { namesOf } from "./task-names.ts";
import { sayFailed } from "./task-records.ts";
import { reportTask } from "./task-report.ts";
import { counted, plain } from "./text.ts";

/** What is known of a plan besides its task. */
export interface PlanContext {
  /** Its targets as they are now, by their ids. */
  readonly targets: ReadonlyMap<string, TargetAnswer | null>;
  /** The first of the records that failed. */
  readonly failures: readonly HeldRecordAnswer[];
}

/** What a plan would do, and what it could not see, for a person. */
export function reportPlan(about: string, task: TaskAnswer, { targets, failures }: PlanContext): string {
  const names = namesOf(targets);
  const { plan } = task;
  const outcome = outcomeOf(task, targets);
  if (plan === null || outcome === null) return reportTask(about, task, names);
  const nameOf = (id: string): string => names.get(id) ?? id;
  const hasWork = outcome.changes + outcome.requests > 0 || outcome.wouldHold !== null;
  const lines = [
    ...(outcome.wouldHold === null ? [] : [`  would be held: ${outcome.wouldHold}`]),
    ...sayFailed(task, outcome.failed, failures, names),
    ...outcome.tried.map(
      (id) => `  target ${nameOf(id)} is in quarantine; it answered this plan, so that it is tried again at once`,
    ),
    ...(hasWork ? [`  ${counted(outcome.changes, "change")}, ${counted(outcome.requests, "request")} to targets`] : []),
    ...(hasWork && plan.whole ? [`  to do just this: plan --apply ${task.id} --digest ${plan.digest}`] : []),
    ...[...outcome.waiting.keys()].map((id) => sayWaiting(nameOf(id), targets.get(id) ?? null)),
    ...[...outcome.unseen].map(([id, why]) => `  target ${nameOf(id)} could not be looked at: ${why}`),
    ...(isGood(outcome) && !isPending(outcome) ? ["  nothing to do"] : []),
  ];
  return reportTask(about, task, names, headline(task, outcome)) + lines.map((line) => `${plain(line)}\n`).join("");
}

function headline({ state }: TaskAnswer, { failed, unseen }: PlanOutcome): string {
  if (unseen.size > 0) return `${state}, not every target could be looked at`;
  return failed === 0 ? state : `${counted(failed, "record")} failed`;
}

function sayWaiting(name: string, target: TargetAnswer | null): string {
  const pending = (target?.links?.pending ?? 0) + (target?.links?.failed ?? 0);
  const known = pending === 0 ? "" : ` (${pending} known)`;
  return `  target ${name} is paused and was not looked at: what is pending there${known} waits until it is resumed`;
}

/** One request as it would go out: method, path, whom it is about, and body. */
export function reportRequest(request: PlannedRequestAnswer, names: ReadonlyMap<string, string>): string {
  const { target, method, path, body, kept, exact, externalId, displayName } = request;
  const who = [displayName, externalId].filter((each) => each !== null).join(", ");
  const about = `${who === "" ? "" : `  (${who})`}${exact ? "" : "  (not exact: see docs)"}`;
  const text = body === null ? [] : JSON.stringify(body, null, 2).split("\n");
  const rest = kept.length === 0 ? [] : [`  and as the target has it: ${kept.join(", ")}`];
  return [`${names.get(target) ?? target}: ${method} ${path}${about}`, ...text.map((line) => `  ${line}`), ...rest]
    .map((line) => `${plain(line)}\n`)
    .join("");
}
