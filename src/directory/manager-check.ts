import type { JsonObject } from "../lib/json.ts";
import { managerOf } from "../scim/document.ts";
import { ScimError } from "../scim/scim-error.ts";
import type { DirectoryWrite } from "../store/store.ts";
import type { Writer } from "./writing.ts";

/** A User before and after a write. */
export interface ManagedUser {
  /** Null for one who is not there yet. */
  readonly id: string | null;
  /** Null for one who is not there yet. */
  readonly before: JsonObject | null;
  readonly after: JsonObject;
}

/**
 * RFC 7643 §4.3: `manager.value` is the id of a User. Two people may be each other's manager: WeCom has it too.
 *
 * @throws {ScimError} 400 invalidValue for an id that is no User's, or of one whom the writer does not see, and for the
 * person's own
 */
export async function checkManager(write: DirectoryWrite, user: ManagedUser, { sources }: Writer): Promise<void> {
  const value = managerOf(user.after);
  // One who has been taken away since is no reason to refuse another change.
  if (value === null || (user.before !== null && managerOf(user.before) === value)) return;
  if (value === user.id) throw refusal("nobody is his own manager");
  const found = await write.lookUp([value], sources);
  if (found.get(value)?.type !== "User") throw refusal("this is the id of no User here");
}

function refusal(rule: string): ScimError {
  return new ScimError(400, "invalidValue", `manager.value: ${rule}`);
}
