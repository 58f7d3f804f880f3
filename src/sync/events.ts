import type { JsonObject } from "../lib/json.ts";
import type {
  EventType,
  RaisedEvent,
  SourceRow,
  TargetRow,
  TaskCounts,
  TaskError,
  TaskHold,
  TaskRow,
  TaskState,
  TaskTargetResult,
} from "../store/store.ts";

// What webhooks are told. Ids, counts, names of sources and targets, links: nothing of a person. Texts of errors name
// records, so that only their codes go out; a link leads to the rest.

/** What is named in an event. */
export type Named = Pick<SourceRow | TargetRow, "id" | "name">;

/** How a task ended. */
export interface TaskEnd {
  readonly task: Pick<TaskRow, "id" | "trigger" | "mode">;
  readonly state: TaskState;
  readonly source: Named | null;
  /** Of a push to one target. */
  readonly target: Named | null;
  readonly counts: TaskCounts;
  readonly targets: readonly (TaskTargetResult & { readonly name: string })[];
  readonly error: TaskError | null;
  readonly hold: TaskHold | null;
}

/** @param publicUrl how others reach the bridge; null: links are paths */
export function taskEvent(end: TaskEnd, publicUrl: string | null): RaisedEvent {
  const { task, state, source, target, counts, targets, error, hold } = end;
  const link = apiLink(publicUrl, `/sync-tasks/${task.id}`);
  const data = {
    task: task.id,
    ...{ source: source && named(source), target: target && named(target) },
    ...{ trigger: task.trigger, mode: task.mode, state, counts },
    targets: targets.map((each) => ({
      ...{ id: each.target, name: each.name, state: each.state, counts: each.counts },
      error: each.error && { code: each.error.code },
    })),
    error: error && { code: error.code },
    hold: hold && {
      removals: hold.removals,
      identities: hold.identities ?? null,
      expiresAt: new Date(hold.expiresAt).toISOString(),
    },
    links: { task: link, records: `${link}/records` },
  };
  return { type: state === "held" ? "task.held" : "task.finished", data: plain(data) };
}

/** Of a target, or of a source, that got out of order or is in order again. */
export function subjectEvent(
  type: Exclude<EventType, "task.finished" | "task.held">,
  subject: Named,
  details: JsonObject,
  publicUrl: string | null,
): RaisedEvent {
  const kind = type.startsWith("target.") ? "target" : "source";
  const link = apiLink(publicUrl, `/${kind}s/${subject.id}`);
  return { type, data: plain({ [kind]: named(subject), ...details, links: { [kind]: link } }) };
}

function named({ id, name }: Named): { readonly id: string; readonly name: string } {
  return { id, name };
}

function apiLink(publicUrl: string | null, path: string): string {
  return `${publicUrl ?? ""}/api/v1${path}`;
}

function plain(data: object): JsonObject {
  return JSON.parse(JSON.stringify(data)) as JsonObject;
}
