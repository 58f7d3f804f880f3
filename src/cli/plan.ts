import { type Command, Option } from "commander";
import {
  type PlannedRequestAnswer,
  plannedRequestsAnswer,
  type TaskAnswer,
  taskAnswer,
  tasksAnswer,
} from "./answers.ts";
import { type ApiClient, makeApiClient } from "./api-client.ts";
import { reportEnded } from "./ended-report.ts";
import { CliError, type CliParts } from "./parts.ts";
import { isGood, isPending, outcomeOf } from "./plan-outcome.ts";
import { reportPlan, reportRequest } from "./plan-report.ts";
import { nameOf, namesOf, targetsOf } from "./task-names.ts";
import { firstFailures } from "./task-records.ts";
import { watchTask } from "./watch-task.ts";

interface PlanOptions {
  readonly source?: string;
  readonly target?: string;
  readonly requests: boolean;
  readonly detailedExitcode: boolean;
  readonly apply?: string;
  readonly digest?: string;
  readonly json: boolean;
}

/** `plan`: shows what would be done, and with `--apply` does what a plan has shown. */
export function addPlan(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const others = ["source", "target", "requests", "detailedExitcode"];
  program
    .command("plan")
    .description("shows what a sync or a push would change, here and at each target; nothing is written")
    .addOption(new Option("--source <source>", "a source with its targets: name or id").conflicts("target"))
    .option("--target <target>", "what is pending at a target: name or id")
    .option("--requests", "shows the requests that would be sent", false)
    .option("--detailed-exitcode", "ends with 0 for nothing to do, 1 for an error, 2 for changes or what waits", false)
    .addOption(
      new Option("--apply <plan>", "applies a plan, by its id, if it would still come out the same").conflicts(others),
    )
    .option("--digest <digest>", "with --apply: the plan has to have this digest")
    .option("--json", "prints JSON", false)
    .action(async (options: PlanOptions) => {
      if (options.digest !== undefined && options.apply === undefined) {
        throw new CliError(2, "--digest goes with --apply");
      }
      end(
        options.apply === undefined ? await makePlans(parts, options) : await applyPlan(parts, options.apply, options),
      );
    });
}

async function makePlans(parts: CliParts, options: PlanOptions): Promise<number> {
  const client = makeApiClient(parts);
  const started = await startPlans(client, options);
  const ended: (TaskAnswer & { requests?: readonly PlannedRequestAnswer[] })[] = [];
  for (const task of started) {
    // Of a source a sync may be under way already, and the answer is that one.
    if (task.mode !== "plan") {
      throw new CliError(1, `A task with mode ${task.mode} is under way (${task.id}): plan once it has ended.`);
    }
    const plan = await watchTask(client, task, parts);
    if (options.json) {
      const requests = options.requests ? await allRequests(client, plan.id) : undefined;
      ended.push({ ...plan, ...(requests && { requests }) });
      continue;
    }
    ended.push(plan);
    const targets = await targetsOf(client, plan);
    const failures = await firstFailures(client, plan);
    parts.stdout.write(reportPlan(await nameOf(client, plan), plan, { targets, failures }));
    if (!options.requests) continue;
    const names = namesOf(targets);
    for await (const request of requestsOf(client, plan.id)) parts.stdout.write(reportRequest(request, names));
  }
  if (options.json) parts.stdout.write(`${JSON.stringify({ plans: ended }, null, 2)}\n`);
  else if (ended.length === 0)
    parts.stdout.write("There is nothing to plan: no enabled source, and no enabled target.\n");
  return exitCodeOf(ended, options);
}

/** 1 where a plan could not be made, or not of everything; what it would do decides only where somebody asks for that. */
function exitCodeOf(plans: readonly TaskAnswer[], { detailedExitcode }: PlanOptions): number {
  const outcomes = plans.map((plan) => (plan.state === "succeeded" ? outcomeOf(plan, new Map()) : null));
  if (outcomes.some((each) => each === null || !isGood(each))) return 1;
  return detailedExitcode && outcomes.some((each) => each !== null && isPending(each)) ? 2 : 0;
}

async function startPlans(client: ApiClient, { source, target }: PlanOptions): Promise<readonly TaskAnswer[]> {
  if (source !== undefined) {
    const path = `/sources/${encodeURIComponent(source)}/sync-tasks`;
    return [await client.call("POST", path, taskAnswer, { mode: "plan" })];
  }
  if (target !== undefined)
    return [await client.call("POST", `/targets/${encodeURIComponent(target)}/plan`, taskAnswer)];
  return (await client.call("POST", "/plans", tasksAnswer)).items;
}

async function applyPlan(parts: CliParts, id: string, { digest, json }: PlanOptions): Promise<number> {
  const client = makeApiClient(parts);
  const body = digest === undefined ? {} : { digest };
  const started = await client.call("POST", `/sync-tasks/${encodeURIComponent(id)}/apply`, taskAnswer, body);
  const task = await watchTask(client, started, parts);
  if (json) parts.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
  else parts.stdout.write(await reportEnded(client, task));
  return task.state === "succeeded" ? 0 : 1;
}

async function allRequests(client: ApiClient, id: string): Promise<readonly PlannedRequestAnswer[]> {
  const all: PlannedRequestAnswer[] = [];
  for await (const request of requestsOf(client, id)) all.push(request);
  return all;
}

async function* requestsOf(client: ApiClient, id: string): AsyncGenerator<PlannedRequestAnswer> {
  for (let cursor = ""; ; ) {
    const path = `/sync-tasks/${encodeURIComponent(id)}/requests?limit=500${cursor}`;
    const page = await client.call("GET", path, plannedRequestsAnswer);
    yield* page.items;
    if (page.nextCursor === null) return;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}
