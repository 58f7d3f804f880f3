import type { JsonObject } from "../../lib/json.ts";
import { textOf } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { RemoteResource } from "../../target/target.ts";
import { matchesOf } from "./first-contact.ts";
import type { PushParts } from "./push-parts.ts";
import { membersShown, readGroup } from "./whole-group.ts";

/**
 * Whether a group that was looked for because its create is in doubt, or failed, was made by that create. A protected one is given its
 * members then, and it may give rights to them: so it has to carry our externalId, to have nobody in it yet, and not to have
 * been there at first contact. Without protection nothing depends on it.
 *
 * @throws {TargetError} when it could not be read
 */
export async function isOurMaking(
  parts: PushParts,
  type: ResourceType,
  desired: JsonObject,
  remote: RemoteResource,
): Promise<boolean> {
  const { store, row, protection, capabilities } = parts;
  if (type !== "Group" || protection.by.Group === null || !capabilities.membersRead) return false;
  const ours = textOf(desired, "externalId");
  if (ours === null || textOf(remote.document, "externalId") !== ours) return false;
  for (const { attribute, value } of matchesOf(parts, type, remote)) {
    if ((await store.remoteMatches(row.id, type, attribute, value)).includes(remote.id)) return false;
  }
  return membersShown(await readGroup(parts, { remoteId: remote.id })).length === 0;
}
