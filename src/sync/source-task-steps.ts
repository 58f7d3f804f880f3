import { MappingError } from "../mapping/problem.ts";
import { compileProtection, type Protection, ProtectionError } from "../plan/protection.ts";
import type { SourceError } from "../source/source.ts";
import type { EngineTaskStore, TaskError, TaskHold } from "../store/store.ts";
import { TaskCancelledError } from "./progress.ts";
import type { LoadMapping, SourceTaskParts } from "./run-source-task.ts";
import { settleGroups } from "./settle-groups.ts";

// Steps that all tasks of a source have in common, whatever they bring into the directory.

/** Who is protected in the directory; an error where that cannot be said: then nothing is changed. */
export async function protectionOf({
  row,
  catalog,
}: Pick<SourceTaskParts, "row" | "catalog">): Promise<Protection | { readonly error: TaskError }> {
  try {
    return compileProtection(row.settings.safeguards, await catalog());
  } catch (error) {
    if (!(error instanceof ProtectionError)) throw error;
    const detail = `safeguards.${error.key} of the source ${error.message}; nothing was changed`;
    return { error: { code: "source.protection", detail } };
  }
}

/** The mapping of the source that is in force; an error where there is none. */
export async function loadMapping(
  parts: Pick<SourceTaskParts, "row" | "loadMapping">,
): Promise<Awaited<ReturnType<LoadMapping>> | { readonly error: TaskError }> {
  try {
    return await parts.loadMapping(parts.row.settings.mapping);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    const detail = `the mapping ${parts.row.settings.mapping} cannot be used: ${error.message}`;
    return { error: { code: "mapping.broken", detail } };
  }
}

/**
 * From here on the plan is carried out, also by whoever takes the task up again. What an earlier task holds is replaced;
 * of people only by one that looked at `people`, for no other finds them again.
 *
 * @throws {TaskCancelledError} when somebody cancelled it while it planned: what was planned since is forgotten
 */
export async function beginApplying(
  { store, lease, task, row }: SourceTaskParts,
  note: Parameters<EngineTaskStore["noteTask"]>[1],
  { people = true, isPart = false }: { readonly people?: boolean; readonly isPart?: boolean } = {},
): Promise<void> {
  if (!(await store.noteTask(task.id, { ...note, stage: "apply" }))) {
    await store.forgetPlanned(lease, task.id);
    throw new TaskCancelledError();
  }
  // What looked at some people alone has not found anew what waits of others.
  if (!isPart) await store.replaceHeld(row.id, task.id, { people });
}

/** Dynamic groups follow whatever the task has changed. */
export async function settle({
  store,
  lease,
  task,
  row,
  catalog,
  signal,
  clock,
}: SourceTaskParts): Promise<TaskHold | null> {
  const { safeguards } = row.settings;
  return settleGroups({ store, lease, taskId: task.id, safeguards, catalog: await catalog(), signal, clock });
}

/** No usable read, as the error of a task. */
export function toTaskError(error: SourceError): TaskError {
  return { code: error.code, detail: error.message, ...(error.errcode === null ? {} : { errcode: error.errcode }) };
}
