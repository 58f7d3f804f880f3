import { batchesOf } from "../../lib/batches.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { type PatchOperation, TargetError } from "../../target/target.ts";
import type { PushParts } from "./push-parts.ts";

/** One PATCH, or several where the target takes only so many operations in one. */
export async function sendPatch(
  { target, capabilities, attempts, signal }: PushParts,
  type: ResourceType,
  remoteId: string,
  operations: readonly PatchOperation[],
): Promise<void> {
  const most = capabilities.operationsPerPatch === 0 ? operations.length : capabilities.operationsPerPatch;
  for (const some of batchesOf(operations, most)) {
    await attempts.run(() => target.modify(type, remoteId, some, signal));
  }
}

/** @throws {TargetError} `refused` where a change can go neither by PATCH nor by PUT */
export function ensurePut({ capabilities }: PushParts): void {
  if (capabilities.put) return;
  throw new TargetError(
    "refused",
    "the target takes no PATCH, and its profile says that PUT must not be used there: make this change there by other means",
  );
}

export function goneError(what: string): TargetError {
  return new TargetError("missing", `the target does not have ${what} any more`, { status: 404 });
}
