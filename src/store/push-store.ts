import type { RecordAction, RecordStatus } from "../plan/change.ts";
import type { ResolvedFilter } from "../scim/resolve-filter.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { DirectoryStore, Lease, RemovalCounts } from "./engine.ts";

// What pushing to a target asks of the store.

/** Filters, as texts, by which resources are protected; null: none of that type is. */
export type Protectors = Readonly<Record<ResourceType, string | null>>;

/** What was kept from a protected account. */
export interface Withheld {
  readonly by: string;
  /** Null: only that it is protected is noted. */
  readonly action: "update" | "deactivate" | "delete" | null;
  /** `resource.version` that it was kept at. */
  readonly version: number;
}

/** Which resources a target is to hold. */
export interface PushScope {
  readonly targetId: string;
  readonly sourceIds: readonly string[];
  /** Whose groups; absent: of the same sources. */
  readonly groupSourceIds?: readonly string[];
  /** The types that are provisioned there. */
  readonly types: readonly ResourceType[];
  readonly userFilter: ResolvedFilter | null;
  readonly groupFilter: ResolvedFilter | null;
  /** When this push began: what it has dealt with once is not taken up again. */
  readonly startedAt: number;
  /** Also what failed before and waits for its next try. */
  readonly retryAll: boolean;
  /** The target knows no inactive accounts: who is not to be active is not to be there. */
  readonly removesInactive?: boolean;
  /** False: who is not to be active is not made there; who is there stays. Absent: he is made inactive. */
  readonly makesInactive?: boolean;
  /** Departed people are deleted there when they left before this time; null: only deactivated. */
  readonly deleteDepartedBefore: number | null;
  /** The filters, as texts, by which accounts are protected there; null: none of that type. Absent: none at all. */
  readonly protectedBy?: Protectors;
  /** The id of the one person whom this push is about, with his memberships; absent: everybody. */
  readonly only?: string;
  /** Ids of the resources that this push is about, groups with all their members; absent: all. */
  readonly among?: readonly string[];
}

/** A resource that a target does not hold as it is, with what it was last given. */
export interface PendingResource {
  readonly id: string;
  readonly type: ResourceType;
  readonly sourceId: string;
  readonly version: number;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly userName: string | null;
  readonly document: string;
  readonly departed: boolean;
  readonly managerId: string | null;
  /** The manager's id at the target; null while he has none there. */
  readonly managerRemoteId: string | null;
  readonly remoteId: string | null;
  readonly held: string | null;
  readonly attempts: number;
  /** A create or an update may have been sent already. */
  readonly intended: boolean;
  /** Nothing of ours changed since it was given this version: the target's own rules did, or what it knows. */
  readonly lookAgain: boolean;
  /**
   * It was given under other rules, or when the target knew other attributes, and no change of what it is known by was
   * judged in the directory since.
   */
  readonly otherRules: boolean;
  /** The version that it was given, as the link notes it; below zero: to be compared again. */
  readonly givenVersion: number;
  /** The filter by which it was found to be protected there; null: it was not. */
  readonly protectedBy: string | null;
  /** Deleted from the directory for good: nothing is known of it any more. */
  readonly emptied: boolean;
}

/** A page of members that a group lacks, or has too many, in order of their ids. People who are paused are in none. */
export interface DeltaPage {
  readonly after: string;
  readonly limit: number;
  /** Only this member. */
  readonly only?: string;
  /** The group is to go, and is kept for the protected people in it: whoever is in it is too many. */
  readonly isLeaving?: boolean;
}

export interface PendingGroup {
  readonly id: string;
  readonly remoteId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly membersVersion: number;
  /** It is to go, and is kept for the protected people in it; all others leave it. */
  readonly isLeaving?: boolean;
  /** The bridge made it there, and has not been through with its members yet. */
  readonly isBeingMade?: boolean;
}

/**
 * What never failed at the target; what failed, and is due for its next try; what failed and waits for it.
 */
export type PendingTurn = "untried" | "due" | "waiting";

/** A page of what is pending, in order of id. */
export interface TurnPage {
  readonly after: string;
  readonly limit: number;
  /** Absent: whatever became of it before. */
  readonly turn?: PendingTurn;
}

/** A page of updates in order of id. */
export interface UpdatePage extends TurnPage {
  /** Only what was given under other rules, or when the target knew other attributes. */
  readonly lookAgain?: true;
}

/** A page of removals in order of id. */
export interface RemovalPage extends UpdatePage {
  /** Absent: all; true: those that somebody approved; false: the others. */
  readonly approved?: boolean;
}

export interface MemberDelta {
  readonly memberId: string;
  readonly memberType: ResourceType;
  /** Null when the member has no id at the target (any more). */
  readonly remoteId: string | null;
  /** Of a removal: the member is gone altogether, and not only from this group. */
  readonly gone: boolean;
  /** Of a removal: somebody approved it, or the removal of the member. */
  readonly approved: boolean;
}

/** What is known of a resource, to judge whether it is protected at a target. */
export interface Judged extends Pick<PendingResource, "type" | "version" | "protectedBy" | "emptied" | "held"> {
  readonly document: string;
}

/** A member that a target was given and has an id of. */
export interface GivenMember {
  readonly memberId: string;
  readonly memberType: ResourceType;
  readonly remoteId: string;
}

/** What came of one change at a target: a record, and the new state of the link. */
export interface PushOutcome {
  readonly resourceId: string;
  readonly resourceType: ResourceType;
  readonly externalId: string | null;
  readonly displayName: string | null;
  /** Null: no record, only the link is brought up to date. */
  readonly record: {
    readonly action: RecordAction;
    readonly status: RecordStatus;
    readonly error: string | null;
    readonly because: string;
    readonly before: string | null;
    readonly after: string | null;
    /** The account that it is about, where the link does not say. */
    readonly remoteId?: string;
    /** The rules of the target make it known by another name. */
    readonly changesIdentity?: boolean;
  } | null;
  /** Null: the link stays as it is. */
  readonly link:
    | {
        readonly state: "linked";
        readonly remoteId: string;
        readonly version: number;
        readonly active: boolean;
        readonly lacksManager: boolean;
        readonly held: string;
        /** It is protected: linked, and left as it is. */
        readonly withheld?: Withheld;
        /** Found there, and made by us all the same: the answer to its create was lost. */
        readonly isOurMaking?: true;
      }
    /** It is protected: the link stays as it is, and says what was kept from it. */
    | { readonly state: "withheld"; readonly withheld: Withheld }
    | { readonly state: "failed"; readonly error: string; readonly attempts: number; readonly nextTryAt: number }
    /** Not there any more; `again` lets this push make it anew. */
    | { readonly state: "unlinked"; readonly again: boolean }
    | null;
}

/** Whom an account of a target belongs to. */
export interface LinkHolder {
  readonly resourceId: string;
  readonly resourceType: ResourceType;
  /** Deleted here for good: whoever comes with the same name may have the account. */
  readonly isGone: boolean;
  readonly sourceName: string;
  /** What the target was given of him, as JSON; of who is gone without the values. Null: nothing. */
  readonly held: string | null;
}

/** What each target holds of our directory, and what it lacks. */
export interface PushStore
  extends Pick<DirectoryStore, "recentRemovals" | "recentMemberLosses" | "logRemovals" | "logIdentityChanges"> {
  /** Null before the first contact. */
  contactedAt(targetId: string): Promise<number | null>;
  saveRemoteMatches(
    lease: Lease,
    targetId: string,
    type: ResourceType,
    matches: readonly { readonly attribute: string; readonly value: string; readonly remoteId: string }[],
  ): Promise<void>;
  noteContact(lease: Lease, targetId: string): Promise<void>;
  /**
   * Those of these sources for which the target has not been looked through yet. The user groups, which are always there,
   * are among them only while there is one that the target has not.
   */
  newSources(targetId: string, sourceIds: readonly string[]): Promise<readonly string[]>;
  /** Those of these sources for which the target has been looked through. */
  metSources(targetId: string, sourceIds: readonly string[]): Promise<readonly string[]>;
  /** The target has been looked through for these sources: what it held of theirs is linked. */
  noteSources(lease: Lease, targetId: string, sourceIds: readonly string[]): Promise<void>;
  forgetRemoteMatches(lease: Lease, targetId: string): Promise<void>;
  /** Remote ids that matched a value at first contact. */
  remoteMatches(targetId: string, type: ResourceType, attribute: string, value: string): Promise<readonly string[]>;
  hasRemoteMatches(targetId: string): Promise<boolean>;
  /** Which resources these remote ids are linked to. */
  linkedTo(targetId: string, remoteIds: readonly string[]): Promise<ReadonlyMap<string, LinkHolder>>;

  /**
   * Notes the version of the rules that this target is brought up to from now on, and makes all that it was given pending,
   * to be compared again. One write: a crash leaves both or neither.
   */
  noteRules(lease: Lease, targetId: string, rulesVersion: string | null): Promise<void>;
  /** Notes which extension attributes a target knows, as a hash. With `lookAgain` all that it was given is pending, as above. */
  noteVocabulary(
    lease: Lease,
    targetId: string,
    vocabulary: string,
    options: { readonly lookAgain: boolean },
  ): Promise<void>;

  /** `onlyReady`: users whose manager, if they have one, is at the target already. */
  pendingCreates(
    scope: PushScope,
    type: ResourceType,
    page: TurnPage & { readonly onlyReady: boolean },
  ): Promise<readonly PendingResource[]>;
  /** Whether anything at this target failed, and has not been brought there since. */
  hasFailed(targetId: string): Promise<boolean>;
  pendingUpdates(scope: PushScope, type: ResourceType, page: UpdatePage): Promise<readonly PendingResource[]>;
  /** Users who had to give up their names here, and have them at the target: others are to have those. */
  pendingFormerNames(scope: PushScope, page: TurnPage): Promise<readonly PendingResource[]>;
  /** Users that are active at the target and must not be any more. */
  pendingDeactivations(scope: PushScope, page: RemovalPage): Promise<readonly PendingResource[]>;
  pendingDeletes(scope: PushScope, type: ResourceType, page: RemovalPage): Promise<readonly PendingResource[]>;
  /** Those of these people, or groups, that are to be deactivated or deleted there, approved or not unless said otherwise. */
  removalsAmong(
    scope: PushScope,
    resourceIds: readonly string[],
    options?: Pick<RemovalPage, "approved"> & { readonly type?: ResourceType },
  ): Promise<ReadonlySet<string>>;
  /** How many removals wait that nobody has approved, and of how many. */
  countPendingRemovals(scope: PushScope): Promise<{ readonly pending: RemovalCounts; readonly total: RemovalCounts }>;
  /** How many resources of the directory the target holds; who has left is not among them. */
  countLinked(scope: PushScope): Promise<RemovalCounts>;
  /** Drops what an attempt of this task that was cut off had held at this target: it is judged anew. */
  forgetHeld(lease: Lease, taskId: string, targetId: string): Promise<void>;
  /** Of these resources the documents, as they were shown, with which somebody let them be known by another name. */
  approvedRenames(targetId: string, resourceIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Those of these resources that the target holds, and people only as long as they are active there. */
  heldAmong(targetId: string, resourceIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** How many resources wait in all, those that failed included. */
  countPending(scope: PushScope): Promise<number>;
  /**
   * How many are not there as they should be because something failed: in this push, or before it. What was written while
   * it ran is not among them.
   */
  countFailed(scope: PushScope): Promise<{ readonly now: number; readonly before: number }>;

  /**
   * Notes the filters of protected accounts that links are judged by from now on. Where they are others, what was kept from
   * accounts by the former ones is judged anew, and so is who is in their groups.
   */
  noteProtection(lease: Lease, targetId: string, protectedBy: Protectors): Promise<void>;
  /** What is known of these resources, to judge whether they are protected at a target. */
  judged(targetId: string, resourceIds: readonly string[]): Promise<ReadonlyMap<string, Judged>>;
  /** Notes that a protected group keeps the members that it has there, up to this version: they are not pending any more. */
  withholdMembers(
    lease: Lease,
    targetId: string,
    groupId: string,
    kept: { readonly by: string; readonly membersVersion: number },
  ): Promise<void>;
  /** Forgets what was kept from an account, so that it is said again. */
  forgetWithheld(lease: Lease, targetId: string, resourceId: string): Promise<void>;

  /** Before requests are sent: whoever goes on after a crash looks at the target first. */
  intend(lease: Lease, targetId: string, resourceIds: readonly string[]): Promise<void>;
  /** The same for members of a group. */
  intendMembers(lease: Lease, targetId: string, groupId: string, memberIds: readonly string[]): Promise<void>;
  saveOutcomes(lease: Lease, taskId: string, targetId: string, outcomes: readonly PushOutcome[]): Promise<void>;

  pendingGroups(scope: PushScope, page: TurnPage): Promise<readonly PendingGroup[]>;
  /** Members that the target's group lacks (`add`) or has too many (`remove`). */
  memberDelta(
    targetId: string,
    groupId: string,
    op: "add" | "remove",
    page: DeltaPage,
  ): Promise<readonly MemberDelta[]>;
  /** Members that would leave a group without having left the company or being approved to, and how many it has. */
  memberLoss(targetId: string, groupId: string): Promise<{ readonly removed: number; readonly total: number }>;
  /** Members that a target's group was given for certain, by the ledger, in order of id. */
  givenMembers(
    targetId: string,
    groupId: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly GivenMember[]>;
  /** These are in the group for certain, and no change of it. */
  settleMembers(lease: Lease, targetId: string, groupId: string, memberIds: readonly string[]): Promise<void>;
  saveMembers(
    lease: Lease,
    taskId: string,
    targetId: string,
    group: PendingGroup,
    op: "add" | "remove",
    members: readonly MemberDelta[],
    /** `because`: why, where it is not that the members changed; such a record is about nothing else. */
    outcome: { readonly status: RecordStatus; readonly error: string | null; readonly because?: string },
  ): Promise<void>;
  /**
   * Notes how far a group's memberships are. It lacks members where the push says so, and where the ledger does: somebody
   * may have turned out to be lost at the target while the group was worked on.
   */
  finishMembers(
    lease: Lease,
    targetId: string,
    groupId: string,
    result: {
      readonly membersVersion: number;
      readonly lacksMembers: boolean;
      /** True for a target that takes no groups as members: those are not lacking. */
      readonly usersOnly?: boolean;
    },
  ): Promise<void>;
  failMembers(
    lease: Lease,
    targetId: string,
    groupId: string,
    failure: { readonly error: string; readonly nextTryAt: number },
  ): Promise<void>;
  /** Whether targets still have people or groups of this source in groups of others: without their ids nobody can take them out. */
  areMembersGiven(sourceId: string): Promise<boolean>;
  /** Forgets everything that was given to a target, as if it had never been met. */
  forgetLinks(targetId: string): Promise<void>;
  /** What was due and is not pending any more (somebody left before he was made there) needs no other try. */
  forgetStaleRetries(lease: Lease, scope: PushScope): Promise<void>;
  /** Whether anything of these sources that failed at this target is due for another try. */
  hasDueRetries(targetId: string, sourceIds: readonly string[], now: number): Promise<boolean>;
}
