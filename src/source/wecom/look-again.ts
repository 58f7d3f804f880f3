import type { SecondLook, SourceUser } from "../source.ts";
import type { WecomApi } from "./api.ts";
import { asCompleted } from "./as-completed.ts";
import { toSourceError, WecomFault } from "./fault.ts";

/**
 * Asks for members one by one with user/get. 60111 is what WeCom says of somebody who has left (or is out of sight: the
 * caller has compared the scope); any other refusal says nothing about him.
 *
 * @throws {SourceError} when the whole source cannot be used any more
 */
export async function lookAgain(
  api: WecomApi,
  keys: readonly string[],
  concurrency: number,
  signal: AbortSignal,
): Promise<SecondLook> {
  const found: SourceUser[] = [];
  const unclear: string[] = [];
  // Each is stopped by its own signal: the caller's is for all of them, and would have a listener for each.
  const look = async (key: string, stop: AbortSignal): Promise<void> => {
    try {
      const member = await api.member(key, stop);
      if (member !== null) found.push(member);
    } catch (error) {
      if (!(error instanceof WecomFault)) throw error;
      if (error.reaction !== "object") throw toSourceError(error);
      unclear.push(key);
    }
  };
  for await (const _ of asCompleted(keys, concurrency, look, signal));
  return { found, unclear };
}
