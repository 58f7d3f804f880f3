import type { Protection } from "../../plan/protection.ts";
import type { TaskError } from "../../store/store.ts";
import { applyDirectory } from "../apply-directory.ts";
import { guardDirectory } from "../guard-directory.ts";
import { keptVersionOf, mappingVersionOf, sourceContext } from "../mapping-context.ts";
import type { DirectoryResult, SourceTaskParts } from "../run-source-task.ts";
import { joinHolds } from "../settle-groups.ts";
import { beginApplying, loadMapping, settle } from "../source-task-steps.ts";
import { planUndo } from "./plan-undo.ts";

const nothingRead = { users: 0, groups: 0 };

/**
 * Takes a task back in the directory: plans it and, unless only a plan is wanted, guards and applies it. Nothing is read.
 * What is put back is kept from then on, until the source, or the mapping, says something else than what it was made from.
 */
export async function runUndo(
  parts: SourceTaskParts,
  undoes: string,
  protection: Protection,
): Promise<DirectoryResult> {
  const { store, lease, task, row, progress, signal, clock } = parts;
  const loaded = await loadMapping(parts);
  if ("error" in loaded) return unusable(loaded.error);
  const { mapping, version, problem } = loaded;
  await store.noteTask(task.id, { mapping: { name: mapping.name, version, problem } });
  const context = sourceContext(row, (await store.readUnseenFields(row.id)) ?? []);
  const versions = { mappingVersion: mappingVersionOf(mapping, context), keptVersion: keptVersionOf(mapping, context) };
  let looked = 0;
  await planUndo({
    ...{ store, lease, taskId: task.id, sourceId: row.id, undoes, protection, versions },
    onProgress: async (done) => {
      signal.throwIfAborted();
      looked += done;
      progress.set("map", looked, looked);
    },
  }).catch(async (error: unknown) => {
    // As of a sync: half a plan is none.
    if (signal.aborted) await store.forgetPlanned(lease, task.id).catch(() => {});
    throw error;
  });
  if (task.mode === "plan") return { usable: true, read: nothingRead, error: null, hold: null };
  const moved = (await parts.checkPlan?.()) ?? null;
  if (moved !== null) {
    await store.forgetPlanned(lease, task.id);
    return unusable(moved);
  }
  const { safeguards } = row.settings;
  const hold = await guardDirectory({ store, lease, taskId: task.id, sourceId: row.id, safeguards, clock });
  // Where automatic syncs look at people one of them finds again what is held of those.
  const counts = await store.countTask(task.id, null, nothingRead);
  await beginApplying(parts, { counts, hold }, { people: row.settings.sync.users });
  await applyDirectory(parts);
  await keepAcrossFields(parts);
  return { usable: true, read: nothingRead, error: null, hold: joinHolds(hold, await settle(parts)) };
}

/**
 * Who came to a group or left it, and nothing else, is kept by the version that made him: that too is kept whichever fields of people the reads to come see. Left undone, for the
 * undo was cut off, it ends with the first that sees others.
 */
export async function keepAcrossFields(
  parts: Pick<SourceTaskParts, "store" | "lease" | "task" | "row" | "loadMapping">,
): Promise<void> {
  const { store, lease, task, row } = parts;
  const loaded = await loadMapping(parts);
  if ("error" in loaded) return;
  const context = sourceContext(row, (await store.readUnseenFields(row.id)) ?? []);
  const from = mappingVersionOf(loaded.mapping, context);
  await store.renameKeptVersion(lease, task.id, from, keptVersionOf(loaded.mapping, context));
}

function unusable(error: TaskError): DirectoryResult {
  return { usable: false, read: nothingRead, error, hold: null };
}
