import type { AttributeChange, RecordAction, RecordStatus } from "../plan/change.ts";
import type { ResourceType } from "../scim/resource.ts";

// Sync tasks and their records, as people look at them.

export type TaskState = "queued" | "running" | "held" | "succeeded" | "partial" | "failed" | "cancelled";
export type TaskTrigger = "manual" | "schedule" | "callback" | "startup";
/**
 * `verify` reads a target back, `match` says what a first push would adopt there, `link` is a person's decision about one
 * account.
 */
export type TaskMode = "apply" | "plan" | "verify" | "match" | "link";

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
  /** Of a source with a list of all ids: there, and not seen by the read; they stay as they are. */
  readonly outOfSight?: number;
}

/** What a read brought. */
export interface ReadCounts {
  readonly users: number;
  readonly groups: number;
  /** Where a list of all ids tells. */
  readonly outOfSight?: { readonly users: number; readonly groups: number };
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
  /** `paused`: an administrator keeps all changes of it back. */
  readonly state: "succeeded" | "partial" | "failed" | "held" | "running" | "queued" | "paused";
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

/** The requests of a task to its source. */
export interface TaskRequests {
  readonly made: number;
  /** How many of them repeated one that had brought nothing. */
  readonly retried: number;
  /** How long requests waited for a limit, ours or the source's, one beside the other. Milliseconds. */
  readonly waitedMs: number;
  readonly byApi: readonly {
    /** As the source names it: `user/list`. */
    readonly api: string;
    readonly made: number;
    readonly retried: number;
    readonly waitedMs: number;
    /** What the source would still have taken in that hour when it was asked last, as far as this process counts. */
    readonly leftThisHour: number;
  }[];
  /** In which way everybody was read, and why; null where it did not come to that. */
  readonly reading: { readonly way: string; readonly because: string } | null;
}

/** What a verify found of one type. */
export interface DriftCounts {
  /** Resources that we hold a link to. */
  readonly checked: number;
  /** Gone from the target. */
  readonly missing: number;
  /** Not as they were given. */
  readonly drifted: number;
  /** There, and linked to nothing of ours; null where the target would not list what it holds. */
  readonly unmanaged: number | null;
  /** Not brought there yet: no drift. */
  readonly pending: number;
}

/** What a verify found at a target. */
export interface Drift {
  readonly users: DriftCounts;
  readonly groups: DriftCounts;
  /**
   * Memberships in our groups that are gone (`missing`), that we did not give (`extra`), and those of accounts that are
   * nobody's here (`unmanaged`). Null: the target does not show the members of its groups.
   */
  readonly members: { readonly missing: number; readonly extra: number; readonly unmanaged: number } | null;
}

/** What a first push would do with resources of one type. */
export interface MatchCounts {
  /** Accounts that the target holds. */
  readonly listed: number;
  /** How many would be adopted, by the attribute that they are found by. */
  readonly adopted: Readonly<Record<string, number>>;
  readonly created: number;
  /** Left to a person: their records say why. */
  readonly ambiguous: number;
}

export interface Matching {
  readonly users: MatchCounts;
  readonly groups: MatchCounts;
}

/** What a plan was made on. Times and numbers are only compared. */
export interface PlanBasis {
  /** When the settings of the source were last changed; null for a plan of one target. */
  readonly source: number | null;
  readonly mapping: Pick<TaskMapping, "name" | "version"> | null;
  /** How often the directory had changed. */
  readonly directory: number;
  /** By target's id: when its settings were last changed, and a text for what it was known to hold. */
  readonly targets: Readonly<Record<string, { readonly settings: number; readonly state: string }>>;
}

/** What came of a plan. */
export interface TaskPlan {
  /** SHA-256 over its changes and requests, as hexadecimal. */
  readonly digest: string;
  readonly changes: number;
  readonly requests: number;
  /** What safeguards would hold; null when everything would go ahead. */
  readonly hold: Omit<TaskHold, "expiresAt"> | null;
  /** False: some target could not be looked at, so that the plan can't be applied. */
  readonly whole: boolean;
  readonly basis: PlanBasis;
}

export interface TaskRow {
  readonly id: string;
  /** Null for a push of one target's pending resources. */
  readonly sourceId: string | null;
  readonly targetId: string | null;
  /**
   * While it is queued or running: it looks at those people alone whom events have marked, and has a place of its own beside
   * the syncs of the source. Else false.
   */
  readonly isPart: boolean;
  /** The one person whom it pushes, to `targetId` or to all targets; null: everybody. */
  readonly resourceId: string | null;
  readonly trigger: TaskTrigger;
  readonly mode: TaskMode;
  readonly state: TaskState;
  /** True once somebody approved what was held. */
  readonly approved: boolean;
  readonly progress: {
    readonly phase: "read" | "map" | "store" | "push";
    readonly done: number;
    readonly total: number;
    /** What it waits for, and until when; absent while it does not wait. */
    readonly waiting?: { readonly reason: string; readonly until: number };
  } | null;
  readonly counts: TaskCounts;
  readonly targets: readonly TaskTargetResult[];
  readonly error: TaskError | null;
  readonly hold: TaskHold | null;
  /** Null while it has not come to mapping. */
  readonly mapping: TaskMapping | null;
  /** Of a verify: what it finds is also put right. */
  readonly repair: boolean;
  /** Of a verify that has come to its end. */
  readonly drift: Drift | null;
  /** Null while it has asked its source for nothing. */
  readonly requests: TaskRequests | null;
  /** Of a preview of matches that has come to its end. */
  readonly matching: Matching | null;
  /** Of a plan that has come to its end. */
  readonly plan: TaskPlan | null;
  /** The plan that it applies. */
  readonly planId: string | null;
  /** Of an undo, planned or applied: the task that it takes back. */
  readonly undoes: string | null;
  /** Name of the administrator who asked for it; null: nobody did, or before it was noted. */
  readonly requestedBy: string | null;
  /** Name of the administrator who approved or cancelled it last, and when; null: nobody. */
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** How far it is: once it is past `plan`, what was planned is carried out. */
  readonly stage: "plan" | "apply" | "push";
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
  /** Null for an account of a target that is nobody's here. */
  readonly resourceId: string | null;
  readonly externalId: string | null;
  readonly displayName: string | null;
  /** Null is the bridge's own directory. */
  readonly target: string | null;
  /** Its id at the target, where it is known. */
  readonly remoteId: string | null;
  readonly action: RecordAction;
  readonly status: RecordStatus;
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
  readonly action?: RecordAction;
  readonly status?: RecordStatus;
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

/** A task to be queued. */
export interface NewTask {
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly trigger: TaskTrigger;
  readonly mode: TaskMode;
  /** Of a verify. */
  readonly repair?: boolean;
  /** The plan that is to be applied. */
  readonly planId?: string | null;
  /** The task that is to be taken back. */
  readonly undoes?: string | null;
  /** Looks only at the people of the source whom events have marked. */
  readonly isPart?: boolean;
  /** Of a push of one person: his id. */
  readonly resourceId?: string;
  /** Name of the administrator who asks. */
  readonly requestedBy?: string | null;
}

export interface TaskStore {
  /**
   * Queues a task, or answers the one of the same source or target that is already queued or running (`created: false`);
   * those that read a target back or plan have a place of their own.
   * One conditional write: two callers at once get the same task.
   */
  queueTask(task: NewTask): Promise<{ readonly task: TaskRow; readonly created: boolean }>;
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
   *
   * @param by name of the administrator who decides
   */
  approveTask(id: string, changes: readonly string[] | null, by?: string | null): Promise<boolean>;
  /** Queued, running or held to cancelled. False when it has ended already. */
  cancelTask(id: string, by?: string | null): Promise<boolean>;
}
