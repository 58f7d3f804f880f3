import type { JsonObject } from "../../lib/json.ts";
import type { PendingResource } from "../../store/store.ts";
import { findMatch } from "./find-match.ts";
import type { PushParts } from "./push-parts.ts";

/** What has become of a resource that the target answered 404 for. */
export type Loss =
  /** It is there all the same: proxies and servers that start up answer 404 too. */
  | { readonly kind: "there" }
  /** The id that the target once gave for it was not its own. */
  | { readonly kind: "elsewhere"; readonly remoteId: string }
  /** The same, and what that account shows protects it. */
  | { readonly kind: "protected" }
  | { readonly kind: "gone" };

/**
 * A 404 is not believed at once: of somebody who is to be switched off it would leave an account that nobody looks at
 * any more.
 *
 * @param document what the target was given of it, to be looked for by
 * @throws {TargetError} when the target can't be asked
 */
export async function confirmLoss(parts: PushParts, resource: PendingResource, document: JsonObject): Promise<Loss> {
  const { target, attempts, signal } = parts;
  const { type, id, remoteId } = resource;
  if ((await attempts.run(() => target.read(type, remoteId ?? "", signal))) !== null) return { kind: "there" };
  const match = await findMatch(parts, type, id, document, "doubt");
  if (match.kind !== "one" || match.remote.id === remoteId) return { kind: "gone" };
  if (parts.protection.fits(type, [match.remote.document])) return { kind: "protected" };
  return { kind: "elsewhere", remoteId: match.remote.id };
}
