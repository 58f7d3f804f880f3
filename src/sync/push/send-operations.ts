import type { ResourceType } from "../../scim/resource.ts";
import { type PatchOperation, TargetError } from "../../target/target.ts";
import type { PushParts } from "./push-parts.ts";
import { ensurePut, goneError, sendPatch } from "./send-patch.ts";
import { membersThere } from "./whole-group.ts";

/** A resource of ours and its id at the target. */
export interface LinkedResource {
  readonly type: ResourceType;
  readonly id: string;
  readonly remoteId: string;
}

/**
 * Changes a resource at the target, by PATCH where the target takes it. Else by PUT of what the target returns with just
 * these changes made, so that what others wrote there stays.
 *
 * @throws {TargetError} also `refused`, where the product takes neither, or does not let a group be renamed
 */
export async function sendOperations(
  parts: PushParts,
  { type, id, remoteId }: LinkedResource,
  operations: readonly PatchOperation[],
): Promise<void> {
  const { target, language, capabilities, attempts, signal } = parts;
  if (!capabilities.groupRename && type === "Group" && operations.some(({ path }) => path === "displayName")) {
    throw new TargetError("refused", "the product does not let a group be renamed; rename it there by other means");
  }
  if (capabilities.patch) return sendPatch(parts, type, remoteId, operations);
  ensurePut(parts);
  const returned = await attempts.run(() => target.read(type, remoteId, signal));
  if (returned === null) throw goneError("it");
  const body = language.whole(returned.document, operations);
  const members = type === "Group" ? [...(await membersThere(parts, { id }, returned)).values()] : [];
  const whole = members.length === 0 ? body : { ...body, members: language.membersValue(members) };
  const said = language.whole({}, operations);
  await attempts.run(() => target.replace(type, remoteId, whole, signal, said));
}
