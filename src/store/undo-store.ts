import type { ResourceType } from "../scim/resource.ts";
import type { CurrentResource, Lease } from "./engine.ts";
import type { KeptBasis } from "./kept-store.ts";

// What a task did, resource by resource, as its undo looks at it.

/** What a task did to one membership of a resource. */
export interface UndoEdge {
  readonly groupId: string;
  readonly op: "add" | "remove";
  /** Whether the resource is in the group now. */
  readonly isThere: boolean;
  /** Whether the group is there now. */
  readonly hasGroup: boolean;
}

/** What a task did to the document of a resource, first to last. JSON as text. */
export interface UndoDocument {
  /** Null: it was made. */
  readonly before: string | null;
  readonly after: string;
  /** True: a person left, or a group was deleted. */
  readonly departed: boolean;
  /** Of a group that was deleted: whether it was written down who was in it. */
  readonly hasMembers: boolean;
  /** What the task made it from; null: it left, or is to be looked at each time. */
  readonly madeFrom: KeptBasis | null;
  /** Of what departed: the source still had the record, the mapping made nothing of it any more. */
  readonly keepsRecord: boolean;
}

/** What a task did to one resource, and how that resource is now. */
export interface UndoUnit {
  readonly resourceId: string;
  readonly resourceType: ResourceType;
  readonly kind: "user" | "department" | "tag";
  readonly current: CurrentResource;
  /** Null: nothing but memberships. */
  readonly document: UndoDocument | null;
  /** Without dynamic groups, which follow by themselves. */
  readonly edges: readonly UndoEdge[];
  /** The groups that it is in now, dynamic ones aside. */
  readonly groupIds: readonly string[];
  /** Fingerprint of what the source said of it at its last read, brought here or not; null: it has no record of it. */
  readonly said: string | null;
  /** Set while an undo keeps it as it is. */
  readonly kept: KeptBasis | null;
  /** The task that changed it next; null: none did, by a record that is kept. */
  readonly laterTask: string | null;
}

/** What an undo is planned from. */
export interface UndoStore {
  /** Puts together what a task did in the directory. To be ended by {@link endUndo}; anew it begins from nothing. */
  beginUndo(lease: Lease, taskId: string, undoes: string): Promise<void>;
  /** A page of it, in order of ids. */
  undoUnits(
    task: { readonly id: string; readonly undoes: string },
    type: ResourceType,
    after: string,
  ): Promise<{ readonly units: readonly UndoUnit[]; readonly after: string | null }>;
  endUndo(lease: Lease, taskId: string): Promise<void>;
}

/** What can be said of a task before its undo is planned. */
export interface UndoReader {
  /** How many people and groups it changed in the directory, by what is kept of it. */
  countUndoable(taskId: string): Promise<number>;
  /** The newest task that takes it back, other than a plan and one that failed or was cancelled; null: none does. */
  findUndo(taskId: string): Promise<string | null>;
}
