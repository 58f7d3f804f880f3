import type { FindingStatus, RecordAction } from "../plan/change.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { Lease } from "./engine.ts";
import type { PendingResource, PushScope } from "./push-store.ts";
import type { Drift, VerifyReason } from "./store.ts";

// What reading a target back asks of the store. What was seen there is noted in a table, so that neither side has to be in
// memory; what was found is noted with it, so that an attempt that was cut off is gone on with.

/** A resource that a target holds, as we know it. */
export interface LinkedResource extends PendingResource {
  readonly remoteId: string;
  /** In the directory and in the target's scope. Who is not has only to be inactive there. */
  readonly isWanted: boolean;
  /** A push has something of it still to bring. */
  readonly isPending: boolean;
  /** Whether the target was last given it as active. */
  readonly isGivenActive: boolean;
}

/** Something that was seen at a target. */
export interface SeenRemote {
  readonly remoteId: string;
  readonly externalId: string | null;
  /** `other`: linked to a resource that is not looked at now. */
  readonly state: "linked" | "other" | "unmanaged";
}

/** One thing that was found there, for a record. */
export interface Finding {
  /** Null for an account that is nobody's here. */
  readonly resourceId: string | null;
  readonly resourceType: ResourceType;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly remoteId: string;
  readonly action: RecordAction;
  readonly status: FindingStatus | "skipped";
  /** Of what is left as it is on purpose: why. */
  readonly error?: string;
  readonly because: string;
  /** JSON: what the target holds of what is ours to say, and what it was given. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What a link is to say of the target instead: what it really holds. */
export interface LinkCorrection {
  readonly resourceId: string;
  /** JSON. */
  readonly held: string;
  readonly active: boolean;
  /** The version that the link says it was given; 0: the next push compares all of it. */
  readonly version: number;
}

/** A value by which something is found at first contact. */
export interface RemoteMatch {
  readonly attribute: string;
  readonly value: string;
  readonly remoteId: string;
}

/** A member that a target was given in a group, by our ledger. */
export interface LedgerMember {
  readonly memberId: string;
  readonly memberType: ResourceType;
  readonly remoteId: string;
  /** Still in the group here. */
  readonly isMember: boolean;
}

/** Something at the target that may be the one that is looked for. */
export interface MatchCandidate {
  readonly value: string;
  readonly remoteId: string;
  readonly externalId: string | null;
  /** Another resource that would adopt it. */
  readonly claimedBy: string | null;
}

/** A resource of the directory, and the account that it is linked to at a target, if any. */
export interface LinkedOne {
  readonly id: string;
  readonly type: ResourceType;
  readonly sourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly document: string;
  readonly remoteId: string | null;
  readonly held: string | null;
}

/** An account that a person chose, as it was read: `held` is JSON. */
export interface ChosenAccount {
  readonly remoteId: string;
  readonly held: string;
  readonly active: boolean;
}

/** What a person decides about links. */
export interface LinkDecisionStore {
  /** Null where the directory has no such resource. */
  linkedOne(targetId: string, resourceId: string): Promise<LinkedOne | null>;
  /**
   * Links a resource to an account, or to none (`null`), with a record of it. One write. The next push compares the account
   * with what it should hold.
   */
  decideLink(
    lease: Lease,
    targetId: string,
    resource: LinkedOne,
    account: ChosenAccount | null,
    requestedBy?: string | null,
  ): Promise<void>;
}

/** Reading a target back, under its lease. */
export interface VerifyStore {
  /** Forgets what other tasks saw at a target. */
  forgetSeen(lease: Lease, targetId: string, exceptTaskId: string): Promise<void>;
  /** Those of these ids that have not been noted as seen. */
  notSeen(targetId: string, type: ResourceType, remoteIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** In one write: what was seen, what is wrong with it, what links are to say instead, and what may be adopted of it. */
  saveSeen(
    lease: Lease,
    taskId: string,
    targetId: string,
    type: ResourceType,
    page: {
      readonly seen: readonly SeenRemote[];
      readonly findings?: readonly Finding[];
      readonly corrections?: readonly LinkCorrection[];
      /** Resources whose account is gone, and that need none. */
      readonly letGo?: readonly string[];
      readonly matches?: readonly RemoteMatch[];
    },
  ): Promise<void>;
  /** Of these resources those that a target holds. */
  linkedResources(
    scope: PushScope,
    type: ResourceType,
    resourceIds: readonly string[],
  ): Promise<readonly LinkedResource[]>;
  /** A page, in order of id, of what we hold a link to and what has not been seen, nor found missing, by this task. */
  linksNotSeen(
    scope: PushScope,
    taskId: string,
    type: ResourceType,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly LinkedResource[]>;
  /** A page, in order of id, of groups that are to be at the target and were seen there. */
  groupsSeen(
    scope: PushScope,
    page: { readonly after: string; readonly limit: number; readonly onlyWithMembers?: true },
  ): Promise<readonly LinkedResource[]>;
  /** A page, in order of id, of what a group was given, as far as those were seen at the target and nothing is in doubt. */
  ledgerMembers(
    targetId: string,
    groupId: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly LedgerMember[]>;
  /** Who of ours these members of a group are. */
  membersByRemoteId(
    targetId: string,
    groupId: string,
    remoteIds: readonly string[],
  ): Promise<readonly (LedgerMember & { readonly isUnsure: boolean })[]>;
  /** The ledger says from now on what the target showed: the next push compares the group with that. */
  correctMembers(
    lease: Lease,
    targetId: string,
    groupId: string,
    members: { readonly gone: readonly string[]; readonly there: readonly string[] },
  ): Promise<void>;
  /** Lets go of the accounts that a task found missing: the next push makes them again, with their memberships. */
  unlinkMissing(lease: Lease, taskId: string, targetId: string): Promise<void>;
  /** Adds up what a task has seen and found; `members` and `pending` are not known here. */
  countFindings(
    taskId: string,
    targetId: string,
  ): Promise<
    Pick<Drift, "users" | "groups"> & { readonly members: { readonly missing: number; readonly extra: number } }
  >;
  /** What has to be verified before it is pushed to; null: nothing any more. */
  noteVerifyFirst(lease: Lease, targetId: string, reason: VerifyReason | null): Promise<void>;
  /** Moves the time of the last verify on, unless another process did. */
  noteVerifyStarted(targetId: string, from: number | null, to: number): Promise<boolean>;

  /** What was listed with one of these values of an attribute. */
  matchCandidates(
    targetId: string,
    type: ResourceType,
    attribute: string,
    values: readonly string[],
  ): Promise<readonly MatchCandidate[]>;
  /** Notes who would adopt what. */
  claimSeen(
    lease: Lease,
    targetId: string,
    type: ResourceType,
    claims: readonly { readonly remoteId: string; readonly resourceId: string }[],
  ): Promise<void>;
  /** Forgets the records of a task at a target: an attempt that was cut off is made again. */
  forgetRecordsOf(lease: Lease, taskId: string, targetId: string): Promise<void>;
}
