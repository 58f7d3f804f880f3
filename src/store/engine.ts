import type { Action, ChangeStatus, PlannedChange, RecordAction, RecordStatus } from "../plan/change.ts";
import type { ResolvedFilter } from "../scim/resolve-filter.ts";
import type { Member, ResourceType } from "../scim/resource.ts";
import type { RecordKind, SourceScope, Visibility } from "../source/source.ts";
import type { CompiledRule, GroupRule } from "./directory-writing.ts";
import type { KeptBasis } from "./kept-store.ts";
import type { Lease } from "./lease-store.ts";
import type { OpenChange } from "./spare-planned.ts";
import type {
  Drift,
  Matching,
  ReadCounts,
  TargetRow,
  TaskCounts,
  TaskError,
  TaskHold,
  TaskMapping,
  TaskPlan,
  TaskRequests,
  TaskRow,
  TaskState,
  TaskTargetResult,
} from "./store.ts";
import type { NameHolder } from "./taken-names.ts";
import type { RaisedEvent } from "./webhook-store.ts";

export { type Lease, LeaseLostError, type LeaseStore } from "./lease-store.ts";

// What the engine (sync/) asks of the store. Every write proves in its own transaction that its lease still holds.

/** A record as it was read, ready to be compared with what was read before. JSON as text. */
export interface ReadRecord {
  readonly key: string;
  readonly raw: string;
  readonly relations: string;
  readonly hash: string;
  readonly fingerprint: string;
}

export interface StoredRecord {
  readonly seq: number;
  readonly key: string;
  readonly raw: string;
  readonly relations: string;
  readonly fingerprint: string;
  readonly resourceId: string;
}

/** A record without what the source says of it besides: a tag's own content names all its people once more. */
export type RecordRelations = Pick<StoredRecord, "seq" | "key" | "relations" | "resourceId">;

/** A resource as the plan compares it. */
export interface CurrentResource {
  readonly id: string;
  readonly type: ResourceType;
  readonly key: string;
  readonly version: number;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly active: boolean;
  readonly document: string;
  readonly departed: boolean;
  readonly deleted: boolean;
  /** What its document was made with; null for who has left. */
  readonly mappingVersion: string | null;
  /** Of the record that its document was made from; null for who has left. */
  readonly fingerprint: string | null;
}

export interface DirtyRecord {
  readonly record: StoredRecord;
  readonly current: CurrentResource | null;
}

/** What the last complete read could see, and what was asked for then: the measure of a shrunken visibility. */
export interface ReadBaseline {
  readonly visibility: Visibility;
  readonly scope: SourceScope;
}

/** The cache of a source: what it said when it was last read. */
export interface RecordStore {
  /** Saves the records that are new or changed; answers the `seq` of each, in order, and how many were written. */
  saveRecords(
    lease: Lease,
    sourceId: string,
    kind: RecordKind,
    records: readonly ReadRecord[],
  ): Promise<{ readonly seqs: readonly number[]; readonly written: number }>;
  /** A page of records in order of `seq`. */
  listSourceRecords(
    sourceId: string,
    kind: RecordKind,
    after: number,
    limit: number,
  ): Promise<readonly { readonly seq: number; readonly key: string; readonly resourceId: string }[]>;
  /** `seq` of the records with these keys; those that are not known are missing. */
  seqsOf(sourceId: string, kind: RecordKind, keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * A page of the records whose resource is not in the directory as this content and this mapping make it.
   * `seqs`: only these of them.
   */
  listDirty(
    sourceId: string,
    kind: RecordKind,
    mappingVersion: string,
    after: number,
    limit: number,
    seqs?: readonly number[],
  ): Promise<readonly DirtyRecord[]>;
  /** A page of all records with their contents. */
  readSourceRecords(sourceId: string, kind: RecordKind, after: number, limit: number): Promise<readonly StoredRecord[]>;
  /** The same without their contents, where only relations are asked for. */
  readRelations(sourceId: string, kind: RecordKind, after: number, limit: number): Promise<readonly RecordRelations[]>;
  /** Ids of the resources behind these keys; those that are not known are missing. */
  resolveKeys(sourceId: string, kind: RecordKind, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  readBaseline(sourceId: string): Promise<ReadBaseline | null>;
  saveBaseline(lease: Lease, sourceId: string, baseline: ReadBaseline): Promise<void>;
  /** Fields of a person that the credential was never shown at the last read; null before the first. */
  readUnseenFields(sourceId: string): Promise<readonly string[] | null>;
  saveUnseenFields(lease: Lease, sourceId: string, fields: readonly string[]): Promise<void>;
  /** The record of a kind by its key. */
  findRecord(sourceId: string, kind: RecordKind, key: string): Promise<StoredRecord | null>;
}

/** A change of our own directory, with what applying it needs beyond what is shown. */
export interface DirectoryChange extends PlannedChange {
  readonly kind: RecordKind;
  readonly key: string;
  readonly status: ChangeStatus;
  readonly error: string | null;
  readonly baseVersion: number;
  /** Where the state came from; null for a removal, so that a return is looked at again. */
  readonly fingerprint: string | null;
  readonly mappingVersion: string | null;
  readonly managerKey: string | null;
  /** True when another mapping than before gives it another userName, externalId or active. */
  readonly changesIdentity: boolean;
  /** Attributes that were left out, because their value does not fit: the rule's pointer and why. */
  readonly warnings?: readonly string[];
  /** Of a removal: the source still has the record, only the mapping makes nothing of it any more. */
  readonly keepsRecord?: boolean;
  /** Of an undo: applied it is kept, by this. */
  readonly kept?: KeptBasis;
}

/** One edge that a group gains or loses, under the change of that group. */
export interface MemberChange {
  readonly groupId: string;
  readonly op: "add" | "remove";
  readonly memberId: string;
  readonly memberType: ResourceType;
}

/** A group, for the change rows that hold its membership. */
export interface GroupLabel {
  readonly id: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
}

/** Whose people of a source are protected in our own directory. */
export interface ProtectedSource {
  readonly sourceId: string;
  readonly filter: ResolvedFilter;
}

export interface RemovalCounts {
  readonly users: number;
  readonly groups: number;
}

/** A group's planned loss of members, for the guard. */
export interface MemberLoss {
  readonly changeSeq: number;
  readonly groupId: string;
  readonly displayName: string | null;
  /** How many come with the same change. */
  readonly added: number;
  readonly removed: number;
  readonly total: number;
}

/** Our own directory: planned, guarded, applied. */
export interface DirectoryStore {
  readCurrent(ids: readonly string[]): Promise<readonly CurrentResource[]>;
  /** Who holds these folded userNames now. */
  userNameHolders(folded: readonly string[]): Promise<ReadonlyMap<string, NameHolder>>;
  /** The edges that these resources have in groups of this kind of this source. */
  edgesOf(
    sourceId: string,
    kind: RecordKind,
    memberIds: readonly string[],
  ): Promise<readonly { readonly groupId: string; readonly memberId: string }[]>;
  /** The edges that these resources have in any group. */
  edgesAnywhere(
    memberIds: readonly string[],
  ): Promise<readonly { readonly groupId: string; readonly memberId: string }[]>;
  /** Resources of a kind that are there, in order of their ids: of a source that is kept here, and so has no records. */
  listPresent(sourceId: string, kind: RecordKind, after: string, limit: number): Promise<readonly CurrentResource[]>;
  membersOfGroup(groupId: string): Promise<readonly Member[]>;
  countOfSource(
    sourceId: string,
  ): Promise<{ readonly users: number; readonly activeUsers: number; readonly groups: number }>;

  /** Drops what an attempt that was cut off had planned and not applied. */
  forgetPlanned(lease: Lease, taskId: string): Promise<void>;
  addChanges(lease: Lease, taskId: string, changes: readonly DirectoryChange[]): Promise<void>;
  /** Adds edges to the groups' changes; a group without a change gets one. `leavers`: a change of their own. */
  addMemberChanges(
    lease: Lease,
    taskId: string,
    edges: readonly MemberChange[],
    options: { readonly leavers: boolean; readonly because: string },
  ): Promise<void>;
  /** Counts the edges of each change, once all are there. */
  countMemberChanges(lease: Lease, taskId: string): Promise<void>;
  /** Those of these resources that this task is to make or change: they will be there. Before departures are planned. */
  plannedArrivals(taskId: string, ids: readonly string[]): Promise<readonly string[]>;
  /** What a task changed in our own directory, and the groups that it is in now. */
  touchedBy(taskId: string): Promise<readonly string[]>;
  plannedRemovals(taskId: string): Promise<RemovalCounts>;
  /** Removals that a task left out of its plan, because the resources are protected. */
  countKept(taskId: string): Promise<RemovalCounts>;
  plannedMemberLosses(taskId: string, moreThan: number): Promise<readonly MemberLoss[]>;
  /** Planned changes by which the mapping makes a resource known otherwise, or switches it on or off. */
  plannedIdentityChanges(taskId: string): Promise<RemovalCounts>;
  /** Removals in the window, by other tasks. `scope` is `source:{id}` or `target:{id}`, of names with `:identity` behind. */
  recentRemovals(scope: string, since: number, sourceId?: string): Promise<RemovalCounts>;
  /**
   * How many tasks have taken out of each of these groups since, in the directory or at a target: without anybody's approval,
   * and they neither left altogether nor are in it again. Groups that lost nobody are left out.
   */
  recentMemberLosses(
    targetId: string | null,
    ids: readonly string[],
    since: number,
  ): Promise<ReadonlyMap<string, number>>;
  /** Sets the planned removals aside; how many groups, of other types, are not deleted for the members that stay so. */
  holdRemovals(lease: Lease, taskId: string, types: readonly ResourceType[]): Promise<number>;
  /** Sets the planned changes of identity aside; how many groups are not deleted for that. */
  holdIdentityChanges(lease: Lease, taskId: string, types: readonly ResourceType[]): Promise<number>;
  holdMemberRemovals(lease: Lease, changeSeqs: readonly number[]): Promise<number>;
  /**
   * Of a plan of the structure alone: leaves the departments that are to go, and have people in them whose removal an earlier
   * task of the source holds, until that is decided. Before the plan is guarded.
   */
  leaveToHeld(lease: Lease, taskId: string, sourceId: string): Promise<void>;
  /** Removals that were held at a target and approved: forgotten after the push that carried them out. */
  forgetReleased(lease: Lease, targetId: string, sourceIds: readonly string[]): Promise<void>;

  /** What a task has planned and not applied, in its order; memberships apart. */
  openChanges(taskId: string, page: { readonly after: number; readonly limit: number }): Promise<readonly OpenChange[]>;
  /** Members whom a task is still to take out of a group, other than for having left, in order of their ids. */
  openRemovals(taskId: string, page: { readonly after: string; readonly limit: number }): Promise<readonly string[]>;
  /** Leaves planned changes out, with the reason. Members of a group come and go all the same. */
  skipChanges(lease: Lease, changes: readonly { readonly seq: number; readonly error: string }[]): Promise<void>;
  /** Leaves out that these members are taken out of groups; the next task looks at them again. */
  keepMembers(lease: Lease, taskId: string, memberIds: readonly string[]): Promise<void>;

  /** Applies the next planned changes in one transaction; how many there were. */
  applyNext(lease: Lease, taskId: string, sourceId: string, limit: number): Promise<number>;
  /** Applies the memberships of the next groups; how many groups there were. */
  applyMembers(lease: Lease, taskId: string, options: { readonly leavers: boolean }, limit: number): Promise<number>;
  logRemovals(lease: Lease, scope: string, taskId: string, sourceId?: string): Promise<void>;
  /** The same for changes of identity, under `{scope}:identity`. */
  logIdentityChanges(lease: Lease, scope: string, taskId: string): Promise<void>;
  /** Remembers that these resources are as their records want them, for {@link applyMarks}. */
  markSame(
    lease: Lease,
    taskId: string,
    marks: readonly { readonly id: string; readonly fingerprint: string }[],
    mappingVersion: string,
  ): Promise<void>;
  /** Notes it on the resources: last of all, once their memberships are there too. */
  applyMarks(lease: Lease, taskId: string): Promise<void>;
  /** Forgets records that never became resources. */
  forgetRecords(lease: Lease, sourceId: string, kind: RecordKind, keys: readonly string[]): Promise<void>;
  /** Deletes leavers from our own directory once their time is over; their ids stay taken. */
  deleteLeavers(before: number, protectedThere?: readonly ProtectedSource[]): Promise<number>;
}

/** Dynamic groups, for the syncs: what follows from what they changed. */
export interface GroupRuleStore {
  listGroupRules(): Promise<readonly { readonly groupId: string; readonly rule: GroupRule }[]>;
  /** The directory's latest time: as long as it is the same nothing has changed there. */
  directoryTime(): Promise<number>;
  /** Who has to come and go for a group to hold whom its rule finds; only users come and go. */
  ruleDelta(rule: CompiledRule): Promise<{ readonly add: readonly string[]; readonly remove: readonly string[] }>;
}

/** What the targets have not heard of yet of what SCIM clients and administrators wrote. Times are the directory's. */
export interface DirectoryChangeStore {
  /** The latest change by source, and of the user groups. */
  directoryChanges(): Promise<ReadonlyMap<string, number>>;
  /** Syncs changed user groups, of which targets without the source of that sync have to hear. */
  noteUserGroups(): Promise<void>;
  /** Up to which change each target has been pushed to. */
  pushedChanges(): Promise<ReadonlyMap<string, number>>;
  /** The target heard of all changes up to here; unless its settings are others since, and ask for another push. */
  notePushedChange(target: Pick<TargetRow, "id" | "updatedAt">, at: number): Promise<void>;
}

export type { Action };

/** What the engine does with tasks beyond what the API does. */
/** Changes of a task that came to the same. */
export interface ChangeTally {
  /** Null: our own directory. */
  readonly targetId: string | null;
  readonly resourceType: ResourceType;
  readonly action: RecordAction;
  readonly status: RecordStatus;
  readonly count: number;
}

export interface EngineTaskStore {
  /** Moves a source's next run, unless another process did. */
  postponeSource(id: string, from: number | null, to: number | null): Promise<boolean>;
  /** Queued and running tasks, oldest first. */
  openTasks(): Promise<readonly TaskRow[]>;
  /** False when the task was cancelled meanwhile. */
  startTask(id: string): Promise<boolean>;
  /** Notes how far a running task is. False when it is not running any more: it was cancelled. */
  noteTask(
    id: string,
    note: {
      readonly progress?: TaskRow["progress"];
      readonly stage?: "plan" | "apply" | "push";
      readonly counts?: TaskCounts;
      readonly targets?: readonly TaskTargetResult[];
      readonly error?: TaskError | null;
      readonly hold?: TaskHold | null;
      readonly mapping?: TaskMapping;
      readonly drift?: Drift;
      readonly requests?: TaskRequests;
    },
  ): Promise<boolean>;
  /** False when it was cancelled before. */
  finishTask(
    id: string,
    result: {
      readonly state: TaskState;
      readonly counts: TaskCounts;
      readonly targets: readonly TaskTargetResult[];
      readonly error: TaskError | null;
      readonly hold: TaskHold | null;
      readonly matching?: Matching;
      readonly plan?: TaskPlan;
      /** The source was read whole and brought into the directory. */
      readonly isSynced?: boolean;
      /** Written in the same transaction. */
      readonly events?: readonly RaisedEvent[];
    },
  ): Promise<boolean>;
  /**
   * A newer task of the same source replaces what a sync holds; what an undo holds stays. With `people` false it looked at
   * departments alone, and nothing else will look at people by itself: what is held of those stays too.
   */
  replaceHeld(sourceId: string, byTaskId: string, options?: { readonly people: boolean }): Promise<void>;
  /** The same for pushes of one target that were asked for by themselves. */
  replaceHeldPush(targetId: string, byTaskId: string): Promise<void>;
  /**
   * An earlier push of the target that waits for a person, and holds there just what this task does: answers its id, and
   * forgets what this task holds. Null when there is none; nothing is changed then.
   */
  keepHeldPush(lease: Lease, targetId: string, byTaskId: string): Promise<string | null>;
  expireHeld(before: number): Promise<void>;
  /** Counts of one side of a task; `targetId` null is our own directory. */
  countTask(id: string, targetId: string | null, read: ReadCounts): Promise<TaskCounts>;
  /** How many of a task's changes came to what. */
  tallyTask(id: string): Promise<readonly ChangeTally[]>;
  /** Deletes records that are older than their time, few at a time. Rejects with the signal's reason. */
  pruneRecords(before: number, signal?: AbortSignal): Promise<void>;
}

export type * from "./push-store.ts";
export type * from "./verify-store.ts";
