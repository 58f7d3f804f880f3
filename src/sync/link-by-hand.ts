import type { JsonObject } from "../lib/json.ts";
import { isActive } from "../scim/document.ts";
import {
  type LeaseStore,
  type LinkDecisionStore,
  type LinkedOne,
  type PushStore,
  type TargetRow,
  userGroups,
} from "../store/store.ts";
import { TargetError } from "../target/target.ts";
import { type LeaseParts, underLease } from "./lease.ts";
import { holdersOf } from "./push/find-match.ts";
import { knownAttributes } from "./push/known-attributes.ts";
import type { EngineEdges } from "./run-task.ts";

export interface LinkParts extends Pick<EngineEdges, "openTarget"> {
  readonly store: LinkDecisionStore & LeaseStore & Pick<PushStore, "linkedTo">;
  readonly leases: LeaseParts;
}

/** Why a decision was not carried out. */
export interface LinkRefusal {
  readonly refused: "no-resource" | "not-here" | "no-account" | "taken" | "busy" | "target";
  readonly detail: string;
}

/** What a resource is linked to now; null: to nothing. */
export type LinkDecision = { readonly resource: LinkedOne; readonly remoteId: string | null } | LinkRefusal;

/**
 * Links a resource to an account that a person chose, in place of what it was linked to. The account is read, and left as
 * it is: the next push changes what is to be otherwise.
 *
 * @param by name of the administrator
 * @param remoteId null lets go of the account that it is linked to, and touches nothing at the target
 */
export async function linkByHand(
  parts: LinkParts,
  row: TargetRow,
  {
    resourceId,
    remoteId,
    by = null,
  }: { readonly resourceId: string; readonly remoteId: string | null; readonly by?: string | null },
  signal: AbortSignal,
): Promise<LinkDecision> {
  const decision = await underLease(
    parts.leases,
    `target:${row.id}`,
    signal,
    async (lease, inner): Promise<LinkDecision> => {
      const { store } = parts;
      const resource = await store.linkedOne(row.id, resourceId);
      if (resource === null) return refusal("no-resource", "the directory has no such user or group");
      if (resource.remoteId === remoteId) return { resource, remoteId };
      if (remoteId === null) {
        await store.decideLink(lease, row.id, resource, null, by);
        return { resource, remoteId };
      }
      if (![...row.settings.sources, userGroups].includes(resource.sourceId)) {
        return refusal("not-here", "its source does not go to this target");
      }
      const holder = (await holdersOf({ store, row }, resource.type, [remoteId])).get(remoteId);
      if (holder !== undefined) {
        return refusal("taken", `is linked already, to the resource ${holder.resourceId}: let go of that link first`);
      }
      const remote = await readAccount(parts, row, resource, remoteId, inner);
      if ("refused" in remote) return remote;
      const held = knownAttributes(remote.document, JSON.parse(resource.document) as JsonObject);
      const active = resource.type === "Group" || isActive(held);
      await store.decideLink(lease, row.id, resource, { remoteId, held: JSON.stringify(held), active }, by);
      return { resource, remoteId };
    },
  );
  return decision ?? refusal("busy", "the target is being pushed to or read just now: ask again once that has ended");
}

async function readAccount(
  { openTarget }: LinkParts,
  row: TargetRow,
  { type }: LinkedOne,
  remoteId: string,
  signal: AbortSignal,
): Promise<{ readonly document: JsonObject } | LinkRefusal> {
  try {
    const { target } = openTarget(row);
    const found = await target.read(type, remoteId, signal).finally(() => target.close());
    return found ?? refusal("no-account", `the target has no ${type} with this id`);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return refusal("target", error.message);
  }
}

function refusal(refused: LinkRefusal["refused"], detail: string): LinkRefusal {
  return { refused, detail };
}
