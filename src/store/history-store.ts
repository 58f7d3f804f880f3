import type { Json } from "../lib/json.ts";
import type { RecordAction } from "../plan/change.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { DirectoryAuthor } from "./directory-writing.ts";
import type { LinkState } from "./store.ts";
import type { RecordTask } from "./task-store.ts";

// Why a value is what it is.

/** The write that a value came with. */
export interface ValueWrite extends RecordTask {
  readonly at: number;
  /** Number of the record: of a sync, or of what clients and administrators did. */
  readonly record: string;
  /** Null: not by a sync. */
  readonly task: string | null;
  readonly action: RecordAction;
  readonly because: string | null;
  readonly before: Json;
  /** What the source said, where the mapping noted it. */
  readonly source?: Json;
  readonly by: "sync" | "client" | "administrator";
  readonly client: DirectoryAuthor | null;
  /** The name that the administrator had; null: another's write, or before it was noted. */
  readonly administrator: string | null;
}

/** What one attribute is, in our own directory or at a target. */
export interface WrittenValue {
  readonly attribute: string;
  /** Id of a target; null is our own directory. */
  readonly target: string | null;
  /** Null: it has none (any more). */
  readonly value: Json;
  /** Whether the target is up to date with our directory; null for our directory. */
  readonly state: LinkState | null;
  /** What the target said when it would not take the resource. */
  readonly error: string | null;
  /** Null: it is older than the records that are kept. */
  readonly write: ValueWrite | null;
}

export interface ResourceValues {
  readonly id: string;
  readonly resourceType: ResourceType;
  readonly kind: "user" | "department" | "tag" | "group";
  readonly sourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly isDeleted: boolean;
  /** By attribute; of each our own directory first. */
  readonly values: readonly WrittenValue[];
}

export interface HistoryReader {
  /**
   * What the attributes of a resource are, each with the write that it came with. Null when there never was such a resource.
   *
   * @param only an attribute, as records name it; a target (null: our own directory)
   */
  readValues(
    id: string,
    only: { readonly attribute?: string; readonly target?: string | null },
  ): Promise<ResourceValues | null>;
}
