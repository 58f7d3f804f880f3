import { sourceAnswer, targetAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { CliError } from "./parts.ts";

/** Names of the targets of a task by their ids. */
export async function targetNamesOf(
  client: ApiClient,
  { targets }: { readonly targets: readonly { readonly target: string }[] },
): Promise<ReadonlyMap<string, string>> {
  const named = targets.map(async ({ target }): Promise<readonly [string, string]> => {
    const found = await unlessGone(() => client.call("GET", `/targets/${encodeURIComponent(target)}`, targetAnswer));
    return [target, found?.name ?? target];
  });
  return new Map(await Promise.all(named));
}

export async function sourceNameOf(client: ApiClient, id: string): Promise<string> {
  const found = await unlessGone(() => client.call("GET", `/sources/${encodeURIComponent(id)}`, sourceAnswer));
  return found?.name ?? id;
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
