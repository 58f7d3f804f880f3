import type { Lease } from "./engine.ts";
import type { Page } from "./task-store.ts";

// Who is the same human being under another key of its source. A key is what the source knows a person by; whoever follows
// a change of it moves the resource to the new key, and everything that goes by ids (links, memberships, managers) stays.

/** What a case is about. */
export type IdentityKind =
  /** A person is gone, another has come who may be the same: is he? */
  | "rename"
  /** Events say that people here have exchanged their keys. */
  | "exchange"
  /** A person who had left is back with everything else about him different: is he the same? */
  | "return";

export type IdentityState =
  | "open"
  /** He is the same. */
  | "accepted"
  /** He is another one. */
  | "declined"
  /** Nobody answered in time: it goes by keys, so that he is another one. */
  | "expired"
  /** What it was about is not so any more. */
  | "withdrawn";

/** Whether somebody is the human being that he seems to be. */
export interface IdentityCase {
  readonly id: string;
  readonly sourceId: string;
  readonly kind: IdentityKind;
  readonly state: IdentityState;
  /** A sync has carried out what was decided. */
  readonly isDone: boolean;
  /** Who was here first. */
  readonly resourceId: string;
  /** Somebody else who is here under the new key: with the answer yes he was made by mistake. Null: nobody is. */
  readonly otherId: string | null;
  /** The key that the resource has, and the one in question; the same where somebody has come back. */
  readonly from: string;
  readonly to: string;
  /** Names of the fields that agree, or (of a return) differ. No values. */
  readonly evidence: readonly string[];
  /** An event of the source said that they are one. */
  readonly isTold: boolean;
  /** The task that asked, or followed it. */
  readonly task: string;
  readonly askedAt: number;
  /** When an open case ends without an answer; null: it waits. */
  readonly expiresAt: number | null;
  readonly decidedAt: number | null;
  /** The administrator who decided; null: nobody. */
  readonly decidedBy: string | null;
}

/** A case with how the person is shown. */
export interface ListedIdentityCase extends IdentityCase {
  readonly externalId: string | null;
  readonly displayName: string | null;
}

export interface IdentityQuery {
  readonly source?: string;
  readonly state?: IdentityState;
  readonly kind?: IdentityKind;
  readonly cursor?: string;
  readonly limit: number;
}

/** Cases for people who decide them. */
export interface IdentityReader {
  /** Newest first. */
  listIdentityCases(query: IdentityQuery): Promise<Page<ListedIdentityCase>>;
  findIdentityCase(id: string): Promise<ListedIdentityCase | null>;
  /** False when it is not open any more. The next sync of the source carries it out. */
  decideIdentityCase(id: string, state: "accepted" | "declined", by: string): Promise<boolean>;
}

/** An event said that whoever had the key `from` has the key `to`. */
export interface ToldRename {
  readonly from: string;
  readonly to: string;
  readonly heardAt: number;
}

/** Who has a key, or had it. */
export interface KeyHolder {
  readonly resourceId: string;
  /** `seq` of the source's record; null: there is none. */
  readonly seq: number | null;
  /** In the directory, and not departed. False where he is only recorded, has departed, or was deleted. */
  readonly isPresent: boolean;
  /** Departed, and shown still. */
  readonly isDeparted: boolean;
}

/** A move of a resource to another key. */
export interface KeyMove {
  readonly sourceId: string;
  readonly taskId: string;
  readonly resourceId: string;
  readonly from: string;
  readonly to: string;
  /** Another one has the former key by now: the record under it is his. */
  readonly isTaken?: boolean;
  /** Tags were read since: they name people by the keys that those have now. */
  readonly tagsAreRead?: boolean;
}

export type NewIdentityCase = Pick<
  IdentityCase,
  "kind" | "resourceId" | "otherId" | "from" | "to" | "evidence" | "isTold" | "expiresAt"
> & { readonly id: string };

/** A person's record, for finding out who he is. */
export interface PersonRecord {
  readonly seq: number;
  readonly key: string;
  readonly raw: string;
  readonly resourceId: string;
}

/** Cases for the syncs of their source. */
export interface IdentityStore {
  toldRenames(sourceId: string): Promise<readonly ToldRename[]>;
  forgetTold(lease: Lease, sourceId: string, from: readonly string[]): Promise<void>;
  /** Who holds these keys; who never held one is missing. */
  keyHolders(sourceId: string, keys: readonly string[]): Promise<ReadonlyMap<string, KeyHolder>>;
  /** Cases that are open, or decided and not carried out. Oldest first. */
  liveCases(sourceId: string): Promise<readonly IdentityCase[]>;
  /**
   * Moves a resource to another key. A record under that key becomes its record. Whoever else holds the key gives it up, and
   * his names with it: he departs, if he has not yet.
   */
  moveKey(lease: Lease, move: KeyMove): Promise<void>;
  /** Notes a move that nobody was asked about: an event told of it. */
  noteFollowed(lease: Lease, move: KeyMove): Promise<void>;
  /** The departed resource of a key gives it up, and his names with it: whoever has the key now is another person. */
  giveUpKey(lease: Lease, of: Omit<KeyMove, "from" | "to"> & { readonly key: string }): Promise<void>;
  /** Looks again at those whose managers are known by these keys. */
  lookAtLed(lease: Lease, sourceId: string, keys: readonly string[]): Promise<void>;
  openCases(lease: Lease, sourceId: string, taskId: string, cases: readonly NewIdentityCase[]): Promise<void>;
  /** Open cases get this state. */
  closeCases(lease: Lease, ids: readonly string[], state: "expired" | "withdrawn"): Promise<void>;
  /** What was decided about these has been carried out. */
  noteDone(lease: Lease, ids: readonly string[]): Promise<void>;
  /** The same for all cases that were followed or accepted and whose resource is by now as its record wants it. */
  noteArrived(lease: Lease, sourceId: string): Promise<void>;
  /** A page of the people whom the source has and the directory never had, in order of `seq`. */
  listNewcomers(sourceId: string, after: number, limit: number): Promise<readonly PersonRecord[]>;
  /** Records by their `seq`. */
  recordsOf(sourceId: string, seqs: readonly number[]): Promise<readonly PersonRecord[]>;
}
