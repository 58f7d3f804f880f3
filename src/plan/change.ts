import type { Json, JsonObject } from "../lib/json.ts";
import type { AttributeDifference } from "../scim/document-diff.ts";
import type { ResourceType } from "../scim/resource.ts";

/** What is done to a resource. Membership is an `update` of the group. */
export type Action = "create" | "adopt" | "update" | "deactivate" | "reactivate" | "delete";

export type ChangeStatus = "planned" | "applied" | "failed" | "skipped" | "held";

/**
 * What was found when a target was read back: we hold a link to it and it is gone (`missing`); it is not as it was given
 * (`drifted`); nothing of ours is linked to it (`unmanaged`).
 */
export type FindingStatus = "missing" | "drifted" | "unmanaged";

/** What a record says was done, or is to be. `keep`: it is not ours, and left alone. `release`: a person let go of it. */
export type RecordAction = Action | "keep" | "release";

export type RecordStatus = ChangeStatus | FindingStatus;

/** A change as it is planned, stored, shown, approved and applied. Plain data. */
export interface PlannedChange {
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly action: Action;
  /** Documents without `id` and `meta`; null where there is none. */
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** The source's value for each attribute path that was mapped. */
  readonly sources: Readonly<Record<string, Json>> | null;
  /** One sentence, written where the difference was found. */
  readonly because: string;
}

/** One attribute of a change, with the source's value that it was made from, where there is one. */
export interface AttributeChange extends AttributeDifference {
  readonly source?: Json;
}

/** Which actions count as a removal for the safeguards. */
export function isRemoval(action: Action): boolean {
  return action === "deactivate" || action === "delete";
}
