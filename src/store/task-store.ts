import type { Action, AttributeChange, ChangeStatus } from "../plan/change.ts";
import type { ResourceType } from "../scim/resource.ts";

// Sync tasks and their records, as people look at them.

export type TaskState = "queued" | "running" | "held" | "succeeded" | "partial" | "failed" | "cancelled";
export type TaskTrigger = "manual" | "schedule" | "callback" | "startup";
export type TaskMode = "apply" | "plan";

export interface UserCounts {
  readonly read: number;
  readonly created: number;
  readonly adopted: number;
  readonly updated: number;
  readonly deactivated: number;
  readonly reactivated: number;
  readonly deleted: number;
  readonly unchanged: number;
  readonly failed: number;
}

/** Groups have no `deactivated` and `reactivated`. */
export type GroupCounts = Omit<UserCounts, "deactivated" | "reactivated">;

export interface TaskCounts {
  readonly users: UserCounts;
  readonly groups: GroupCounts;
}

export interface TaskError {
  readonly code: string;
  readonly detail: string;
  readonly errcode?: number;
}

export interface TaskHold {
  readonly reason: string;
  readonly removals: { readonly users: number; readonly groups: number; readonly members: number };
  /**
   * Resources that another mapping would make known by another name (userName, externalId) or switch on, and those that
   * other rules of a target would make known by another name there.
   */
  readonly identities?: { readonly users: number; readonly groups: number };
  readonly expiresAt: number;
}

export interface TaskTargetResult {
  /** The target's id. */
  readonly target: string;
  readonly state: "succeeded" | "partial" | "failed" | "held" | "running" | "queued";
  readonly counts: TaskCounts;
  readonly error: TaskError | null;
}

/** Which version of which mapping a task mapped with. */
export interface TaskMapping {
  readonly name: string;
  readonly version: number;
  /** Why the file as it lies there now was not used; null when it was. */
  readonly problem: string | null;
}

export interface TaskRow {
  readonly id: string;
  /** Null for a push of one target's pending resources. */
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly trigger: TaskTrigger;
  readonly mode: TaskMode;
  readonly state: TaskState;
  /** True once somebody approved what was held. */
  readonly approved: boolean;
  readonly progress: {
    readonly phase: "read" | "map" | "store" | "push";
    readonly done: number;
    readonly total: number;
  } | null;
  readonly counts: TaskCounts;
  readonly targets: readonly TaskTargetResult[];
  readonly error: TaskError | null;
  readonly hold: TaskHold | null;
  /** Null while it has not come to mapping. */
  readonly mapping: TaskMapping | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** What a record shows of its task. */
export interface RecordTask {
  readonly trigger: TaskTrigger | null;
  /** Which version of which mapping it mapped with; null where nothing was mapped. */
  readonly mapping: Pick<TaskMapping, "name" | "version"> | null;
}

export interface RecordView extends RecordTask {
  readonly id: string;
  /** When it was planned, or at a target when it was done. Unix milliseconds. */
  readonly at: number;
  /** The task's id. */
  readonly task: string;
  /** Id of the source that the resource belongs to, or `user-groups`. */
  readonly source: string | null;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  /** Null is the bridge's own directory. */
  readonly target: string | null;
  readonly action: Action;
  readonly status: ChangeStatus;
  readonly error: string | null;
  readonly because: string;
  /** Attributes that were left out of it, because their value does not fit. */
  readonly warnings: readonly string[];
  readonly changes: readonly (AttributeChange | MembersChange)[];
}

/** Membership in a record: at most the first hundred of each, with the numbers of all. */
export interface MembersChange {
  readonly attribute: "members";
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly addedCount: number;
  readonly removedCount: number;
}

export interface RecordQuery {
  readonly target?: string | null;
  readonly resourceType?: ResourceType;
  readonly action?: Action;
  readonly status?: ChangeStatus;
  /** Part of the display name or external id. */
  readonly q?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Records of all tasks. */
export interface RecordSearch extends Omit<RecordQuery, "q"> {
  /** Of one of these, or of whoever had this externalId then: somebody who was deleted since is found only by that. */
  readonly who?: { readonly resourceIds: readonly string[]; readonly externalId?: string };
  readonly externalId?: string;
  /** Id of a source, or `user-groups`. */
  readonly source?: string;
  /** From this time on. */
  readonly since?: number;
  /** Before this time. */
  readonly until?: number;
}

/** One edge of a group that a record adds or removes. */
export interface RecordMember {
  readonly op: "add" | "remove";
  readonly resourceId: string;
  readonly displayName: string | null;
}

/** Records as people look at them. */
export interface RecordReader {
  /** Of one task, in the order in which they came. */
  listRecords(taskId: string, query: RecordQuery): Promise<Page<RecordView>>;
  /** Of all tasks, newest first. */
  searchRecords(query: RecordSearch): Promise<Page<RecordView>>;
  /** Ids of whoever is called exactly so: by id, userName or externalId. */
  findPeople(person: string): Promise<readonly string[]>;
  /** Ids of at most `limit` people and groups that have this in displayName, userName or externalId now. */
  findSome(q: string, limit: number): Promise<readonly string[]>;
  /** Null when the task has no such record. */
  listRecordMembers(
    taskId: string,
    recordId: string,
    query: { readonly cursor?: string; readonly limit: number },
  ): Promise<Page<RecordMember> | null>;
}

export interface TaskStore {
  /**
   * Queues a sync of a source, or answers the one that is already queued or running (`created: false`).
   * One conditional write: two callers at once get the same task.
   */
  queueTask(task: {
    readonly sourceId: string | null;
    readonly targetId: string | null;
    readonly trigger: TaskTrigger;
    readonly mode: TaskMode;
  }): Promise<{ readonly task: TaskRow; readonly created: boolean }>;
  findTask(id: string): Promise<TaskRow | null>;
  /** Newest first. */
  listTasks(query: {
    readonly source?: string;
    readonly state?: TaskState;
    readonly cursor?: string;
    readonly limit: number;
  }): Promise<Page<TaskRow>>;
  /**
   * Held to queued, for the engine to carry out. False when the task is not held any more. Throws {@link HoldMovedError}
   * when what is held was changed since, {@link NotHeldError} when not all of `changes` are held by the task.
   */
  approveTask(id: string, changes: readonly string[] | null): Promise<boolean>;
  /** Queued, running or held to cancelled. False when it has ended already. */
  cancelTask(id: string): Promise<boolean>;
}
