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
 * RFC 7643 §4.3: `manager.value` is the id of another User. Two people may be each other's manager: WeCom has it too. An
 * id that is nobody's is taken and kept all the same: the suites by which Entra ID's provisioning and Microsoft's
 * collection judge a service provider send such, and expect to read them.
 *
 * @throws {ScimError} 400 invalidValue for the person's own id, and for that of a Group which the writer sees
 */
export async function checkManager(write: DirectoryWrite, user: ManagedUser, { sources }: Writer): Promise<void> {
  const value = managerOf(user.after);
  // One who has been taken away since is no reason to refuse another change.
  if (value === null || (user.before !== null && managerOf(user.before) === value)) return;
  if (value === user.id) throw refusal("nobody is his own manager");
  const found = await write.lookUp([value], sources);
  if (found.get(value)?.type === "Group") throw refusal("this is the id of a Group");
}

function refusal(rule: string): ScimError {
  return new ScimError(400, "invalidValue", `manager.value: ${rule}`);
}
