import { schemaFileAnswer, type TaskAnswer, taskAnswer } from "./answers.ts";
import { type ApiClient, ApiRefusal } from "./api-client.ts";
import { countChanges } from "./plan-outcome.ts";
import { plain } from "./text.ts";

// An undo keeps people and groups against what their source says. Whoever forgets that wonders later why nothing comes.

/**
 * What an undo keeps, planned or applied, how that is ended, and whether the mapping that the undone task used would do the
 * same again. Empty for a task that is no undo, or changed nothing.
 */
export async function reportUndo(client: ApiClient, task: TaskAnswer): Promise<string> {
  if (task.undoes === null) return "";
  const { id, mode, kept } = task;
  const planned = countChanges([task.counts]);
  if (mode === "plan" && planned === 0) return "";
  const what =
    mode === "plan"
      ? `What goes back (${several(planned)}, and who comes to a group or leaves one by it) will be kept as it is then`
      : `Kept as this undo left them: ${several(kept ?? 0)}`;
  const undo = mode === "plan" ? "<task that applies this>" : id;
  const lines = [
    `${what}, until the source says something else of them.`,
    `  who they are:  GET /api/v1/kept?task=${undo}`,
    `  to end that:   DELETE /api/v1/sync-tasks/${undo}/kept, or of one: DELETE /api/v1/resources/<id>/kept`,
    ...(await sayMapping(client, task.undoes)),
  ];
  return lines.map((line) => `${plain(line)}\n`).join("");
}

/** Of a sync: that not everything is as its source says; nothing where it is. */
export function sayKept({ kept, source, undoes }: TaskAnswer): readonly string[] {
  if (undoes !== null || source === null || kept === null || kept === 0) return [];
  return [`  kept by an undo, against what the source says: ${several(kept)}: GET /api/v1/kept?source=${source}`];
}

function several(count: number): string {
  return count === 1 ? "1 person or group" : `${count} people and groups`;
}

async function sayMapping(client: ApiClient, undone: string): Promise<readonly string[]> {
  const mapping = await unlessGone(async () => {
    return (await client.call("GET", `/sync-tasks/${encodeURIComponent(undone)}`, taskAnswer)).mapping;
  });
  if (mapping === null) return [];
  const file = await unlessGone(() =>
    client.call("GET", `/mappings/${encodeURIComponent(mapping.name)}`, schemaFileAnswer),
  );
  if (file?.active?.version !== mapping.version) return [];
  return [
    `  Version ${mapping.version} of the mapping ${mapping.name}, which the task used, is still in force, and makes whoever is new or changes.`,
    `  If it is the mistake: mapping versions ${mapping.name}, then mapping rollback ${mapping.name} <version>`,
  ];
}

/** What is not kept any more says nothing. */
async function unlessGone<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return null;
    throw error;
  }
}
