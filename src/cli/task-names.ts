import { sourceAnswer, type TargetAnswer, type TaskAnswer, targetAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { CliError } from "./parts.ts";

interface WithTargets {
  readonly targets: readonly { readonly target: string }[];
}

/** The targets of a task as they are now, by their ids; null: it was deleted since. */
export async function targetsOf(
  client: ApiClient,
  { targets }: WithTargets,
): Promise<ReadonlyMap<string, TargetAnswer | null>> {
  const read = targets.map(async ({ target }): Promise<readonly [string, TargetAnswer | null]> => {
    return [target, await unlessGone(() => client.call("GET", `/targets/${encodeURIComponent(target)}`, targetAnswer))];
  });
  return new Map(await Promise.all(read));
}

/** Names of targets by their ids; of one that is gone its id. */
export function namesOf(targets: ReadonlyMap<string, TargetAnswer | null>): ReadonlyMap<string, string> {
  return new Map([...targets].map(([id, target]) => [id, target?.name ?? id]));
}

/** Names of the targets of a task by their ids. */
export async function targetNamesOf(client: ApiClient, task: WithTargets): Promise<ReadonlyMap<string, string>> {
  return namesOf(await targetsOf(client, task));
}

export async function sourceNameOf(client: ApiClient, id: string): Promise<string> {
  const found = await unlessGone(() => client.call("GET", `/sources/${encodeURIComponent(id)}`, sourceAnswer));
  return found?.name ?? id;
}

/** The name of what a task is about: of its source, or of the target that it pushes to; of a person his id. */
export async function nameOf(
  client: ApiClient,
  { source, target, resource }: Pick<TaskAnswer, "source" | "target" | "resource">,
): Promise<string> {
  if (resource !== null) return resource;
  if (source !== null) return sourceNameOf(client, source);
  if (target === null) return "";
  return (await targetNamesOf(client, { targets: [{ target }] })).get(target) ?? target;
}

/** It may have been deleted since: the report goes by its id then. */
async function unlessGone<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}
