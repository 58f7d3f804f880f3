import type { AuditRecord, AuditSubject, TaskRow } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { isDecisiveField } from "./audit-subject.ts";
import { type AdminCaller, firstAdministrator } from "./caller.ts";
import type { AdminParts } from "./parts.ts";

// `separateApprover`: nobody lets through what he has caused himself. Who caused what a task holds is (a) whoever asked for
// the task, and (b) whoever changed what decides about removals of its source or targets since a day before it was made.

type Store = Pick<
  AdminParts["store"],
  "auditOf" | "findSource" | "listAdministrators" | "listTargets" | "listTasks" | "readSettings"
>;

const dayMs = 86_400_000;

/** Names of the accounts that can approve something, the environment's first. */
export async function enabledAdministrators(store: Pick<Store, "listAdministrators">): Promise<readonly string[]> {
  const accounts = (await store.listAdministrators()).filter(
    ({ disabled, role }) => !disabled && role === "administrator",
  );
  return [firstAdministrator, ...accounts.map(({ name }) => name)];
}

/** @throws ProblemError 409 when the setting is on and the caller has caused what the task holds */
export async function checkSeparateApprover(store: Store, task: TaskRow, caller: AdminCaller): Promise<void> {
  if (!(await store.readSettings()).separateApprover) return;
  const why = await refusalOf(store, task, caller);
  if (why !== null) throw new ProblemError(409, "conflict", why);
}

/** @throws ProblemError 409 where the setting can't be what it is to become */
export async function checkSwitch(
  store: Store,
  { before, after }: { readonly before: boolean; readonly after: boolean },
  caller: AdminCaller,
): Promise<void> {
  if (before === after) return;
  if (after) {
    if ((await enabledAdministrators(store)).length >= 2) return;
    const detail =
      "separateApprover needs two administrators at least: make another account first (POST /administrators).";
    throw new ProblemError(409, "conflict", detail);
  }
  for (const task of await heldTasks(store)) {
    if ((await refusalOf(store, task, caller)) === null) continue;
    const detail = `The task ${task.id} is held, and could be approved by you without this setting only: another administrator has to decide about it, or to switch the setting off.`;
    throw new ProblemError(409, "conflict", detail);
  }
}

/** Why this administrator may not approve it, and who may; null: he may. */
async function refusalOf(store: Store, task: TaskRow, caller: AdminCaller): Promise<string | null> {
  const since = task.createdAt - dayMs;
  const changes = (await store.auditOf(await concerned(store, task), since)).filter(isDecisive);
  const causes = new Map<string, string>(
    changes.flatMap((each) => (each.administrator === null ? [] : [[each.administrator, sayChange(each)]])),
  );
  if (task.requestedBy !== null) causes.set(task.requestedBy, "asked for this task");
  const why = causes.get(caller.name) ?? (await sayMadeBy(store, caller, since, causes));
  if (why === null) return null;
  const may = (await enabledAdministrators(store)).filter((name) => !causes.has(name) && name !== caller.name);
  const who = may.length === 0 ? "at present there is nobody" : may.join(", ");
  return `separateApprover: you ${why}, so another administrator has to approve it. Administrators other than ${[...new Set([...causes.keys(), caller.name])].join(", ")} may: ${who}. Everybody may cancel it.`;
}

/** An account that somebody made, or got into, is no second person; nor is one that such an account made. */
async function sayMadeBy(
  store: Store,
  caller: AdminCaller,
  since: number,
  causes: ReadonlyMap<string, string>,
): Promise<string | null> {
  const known = new Set([caller.name]);
  let subjects: Parameters<Store["auditOf"]>[0] = [{ kind: "administrator", id: caller.id }];
  while (subjects.length > 0) {
    const records = await store.auditOf(subjects, since);
    const makers = [...new Set(records.flatMap(({ administrator }) => administrator ?? []))];
    const by = makers.find((name) => causes.has(name));
    if (by !== undefined) return `have an account that ${by} made or changed within a day, who ${causes.get(by)}`;
    const further = makers.filter((name) => !known.has(name));
    for (const name of further) known.add(name);
    // By name: whoever stood in between may be deleted by now.
    subjects = further.map((name) => ({ kind: "administrator", name }));
  }
  return null;
}

/** What a task is about: its source and the targets that get it, or one target, and the mapping. */
async function concerned(store: Store, task: TaskRow): Promise<readonly Pick<AuditSubject, "kind" | "id">[]> {
  const { sourceId, targetId } = task;
  const source = sourceId === null ? null : await store.findSource(sourceId);
  const targets = (await store.listTargets()).filter(({ id, settings }) =>
    targetId !== null ? id === targetId : sourceId === null || settings.sources.includes(sourceId),
  );
  // What a target holds back may come from the settings of a source that goes there.
  const sources = sourceId === null ? targets.flatMap(({ settings }) => settings.sources) : [sourceId];
  const mappings = new Set([source?.settings.mapping, task.mapping?.name].filter((name) => name !== undefined));
  return [
    ...[...new Set(sources)].map((id) => ({ kind: "source", id })),
    ...targets.map(({ id }) => ({ kind: "target", id })),
    ...[...mappings].map((id) => ({ kind: "mapping", id })),
  ];
}

function isDecisive({ action, subject, fields }: AuditRecord): boolean {
  if (subject?.kind === "mapping") return action.endsWith("/activate");
  // What is tried, and not stored, changes nothing.
  if (!/^(POST|PATCH) \/api\/v1\/(sources|targets)(\/\{id\})?$/.test(action)) return false;
  return fields.some(isDecisiveField);
}

function sayChange({ subject }: AuditRecord): string {
  const name = subject?.name ?? subject?.id;
  if (subject?.kind === "mapping") return `activated the mapping "${name}"`;
  return `changed what the ${subject?.kind} "${name}" removes or holds`;
}

async function heldTasks(store: Store): Promise<readonly TaskRow[]> {
  const tasks: TaskRow[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<Store["listTasks"]>> = await store.listTasks({
      ...{ state: "held", limit: 500 },
      ...(cursor !== null && { cursor }),
    });
    tasks.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null) return tasks;
  }
}
