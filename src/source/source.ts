import type { TestResult } from "../lib/check.ts";
import type { JsonObject } from "../lib/json.ts";

/** What a source holds: people, the units they belong to, and labels given to both. */
export type RecordKind = "user" | "department" | "tag";

/**
 * A person as the source describes him.
 * `raw` is the source's own object, untouched: it is what mapping files read.
 */
export interface SourceUser {
  readonly kind: "user";
  /** Identity within the source; folded where the source ignores case. */
  readonly key: string;
  readonly raw: JsonObject;
  /** Keys of the departments that he belongs to directly. */
  readonly departments: readonly string[];
  /** Key of the main department, if the source names one. */
  readonly mainDepartment: string | null;
  /** Keys of his direct leaders, first one first. */
  readonly managers: readonly string[];
}

export interface SourceDepartment {
  readonly kind: "department";
  readonly key: string;
  readonly raw: JsonObject;
  readonly name: string;
  /** Key of the parent as the source names it; the parent itself may be out of sight. Null for the root. */
  readonly parent: string | null;
  /** Those who lead it, first one first, each as the source spells his identity: what a rule may give as a manager. */
  readonly leaders: readonly string[];
}

export interface SourceTag {
  readonly kind: "tag";
  readonly key: string;
  readonly raw: JsonObject;
  readonly name: string;
  /** Keys of the users and departments that carry the tag. */
  readonly users: readonly string[];
  readonly departments: readonly string[];
}

export type SourceRecord = SourceUser | SourceDepartment | SourceTag;

/** Which part of the source the administrator wants. A department stands for its whole subtree. */
export type SourceScope =
  | { readonly mode: "all" }
  | { readonly mode: "partial"; readonly departments: readonly number[] };

/** A part of the source that could not be read, in words for an administrator. */
export interface ReadProblem {
  /** `wecom.department-unreadable` and the like: matched by code, never by text. */
  readonly code: string;
  /** What happened, to which record (its id), and what to do. No secrets, no personal data. */
  readonly detail: string;
  readonly errcode: number | null;
  /** Set where tags are among what could not be read: one that did not come in this read is as it was last. */
  readonly unread?: "tags";
}

/**
 * What the credentials could see in this read. When it is smaller than at the last good read, an absence is not
 * evidence of a departure (a shrunken visibility scope looks like mass departure).
 */
export interface Visibility {
  /** Keys of the departments that have no visible parent. */
  readonly roots: readonly string[];
  /** What the source itself says about the scope of the credential; null where it could not be asked. */
  readonly granted: {
    readonly departments: readonly string[];
    readonly users: readonly string[];
    readonly tags: readonly string[];
  } | null;
}

/**
 * A read, as it arrives, in this order: `departments` exactly once and first, then all `tags`, then all `users`, then
 * `end` exactly once; `progress` and `problem` come in between, a problem with tags before the first users. So whoever
 * takes the events knows of a person, as he arrives, his departments and the tags that he carries. The same user may
 * arrive more than once (he belongs to several departments).
 */
export type ReadEvent =
  | { readonly type: "departments"; readonly records: readonly SourceDepartment[] }
  | { readonly type: "users"; readonly records: readonly SourceUser[] }
  | { readonly type: "tags"; readonly records: readonly SourceTag[] }
  /**
   * All people of a part have come, those with these keys; a source that reads no parts gives none. `unseenFields`: as at the
   * end, so far.
   */
  | {
      readonly type: "part";
      readonly key: string;
      readonly users: readonly string[];
      readonly unseenFields: readonly string[];
    }
  /** Progress of the member reading, in departments. */
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "problem"; readonly problem: ReadProblem }
  | {
      readonly type: "end";
      /** True when every part was read. Only then may an absence mean a departure. */
      readonly complete: boolean;
      readonly visibility: Visibility;
      /** Fields of a user that this credential was never shown in this read for anybody: unknown, not cleared. */
      readonly unseenFields: readonly string[];
      /** Everybody came in one export: should it leave people out, nothing in it says so. */
      readonly isExported?: boolean | undefined;
    };

export interface ReadOptions {
  readonly scope: SourceScope;
  /** False: departments (and tags without their members) only. */
  readonly users: boolean;
  /**
   * Which of these keys are of people who have, or had, given fields of their own. That the credential is shown a field of
   * such a person does not mean that it is shown it of others. Absent: nobody.
   */
  readonly consentedAmong?: ((keys: readonly string[]) => Promise<ReadonlySet<string>>) | undefined;
  /** `unseenFields` of the last read of people; null or absent: there was none. */
  readonly unseenBefore?: readonly string[] | null | undefined;
  /** Keys of parts that need not be read, having been read just before; asked when departments and tags have come. */
  readonly done?: (() => Promise<ReadonlySet<string>>) | undefined;
  readonly signal: AbortSignal;
}

/** Hears of the requests that a source makes, for whoever wants to know what a read costs and what it waits for. */
export interface SourceMeter {
  /**
   * A request goes out.
   *
   * @param left how many more of the kind the source takes in this hour, as far as is known
   */
  called(api: string, left: number): void;
  /** The request repeats one that brought nothing. */
  retried(api: string): void;
  /**
   * A request has to wait: `pace` for our own limits, `limit` because the source has refused it for now.
   *
   * @param until milliseconds since the epoch
   * @returns to be called when it waits no more
   */
  waits(api: string, why: "pace" | "limit", until: number): () => void;
  /** A request has waited, however short. Milliseconds. */
  waited(api: string, ms: number): void;
  /** In which way everybody is read, and why that one, in words for an administrator. */
  reads(way: string, because: string): void;
}

/** For what a source is opened. */
export interface SourceUse {
  readonly meter?: SourceMeter | undefined;
  /** For a look at a few people, which is not to wait behind a read of everybody. */
  readonly urgent?: boolean | undefined;
}

/** A department for choosing a scope. */
export interface DepartmentNode {
  readonly id: number;
  readonly name: string;
  readonly parentId: number | null;
}

/** What a second look found. Whoever is in neither list is not there. */
export interface SecondLook {
  readonly found: readonly SourceUser[];
  /** Keys of which the source would not say whether they are there: nothing may be concluded. */
  readonly unclear: readonly string[];
}

/**
 * Who and what is there, by ids alone, as far as a credential can list them that sees more than {@link Source.read}.
 * `inScope`: it lies in what the administrator chose.
 */
export type IdEvent =
  | {
      readonly type: "departments";
      readonly entries: readonly { readonly key: string; readonly inScope: boolean }[];
    }
  /** A person has an entry for each of his departments. */
  | {
      readonly type: "users";
      readonly entries: readonly { readonly key: string; readonly department: string; readonly inScope: boolean }[];
    };

/** A list of all ids. It says who exists, and nothing else about anybody. */
export interface IdList {
  /** What it is called in sentences for an administrator. */
  readonly name: string;
  /** Streams it. Throws a {@link SourceError} when it did not come whole, or is empty: then it says nothing. */
  read(options: ReadOptions): AsyncIterable<IdEvent>;
  /** Whether the list may leave this person out although he is there. */
  mayOmit(user: Pick<SourceUser, "raw">): boolean;
}

/** What came of a person's visit to the source's page. */
export type ConsentAnswer =
  | {
      readonly key: string;
      /** As the source spells it. */
      readonly userid: string;
      /** The fields that he has given, with their values, as the source sends them. */
      readonly values: JsonObject;
    }
  | {
      /**
       * `code`: it was used, or is too old. `domain`: the source does not trust the address that people come back to. The
       * others say who came: nobody of this source, somebody of another organisation, somebody whom the credential can't see.
       */
      readonly refused: "code" | "domain" | "outsider" | "other-organization" | "out-of-scope";
    };

/** Where people give fields of theirs that the credential is not shown, by agreeing on a page of the source. */
export interface ConsentDoor {
  /** The fields that can be given so, as the source calls them. */
  readonly fields: readonly string[];
  /** The address of that page. From there a browser comes back to `redirectUri`, with `code` and `state` in its query. */
  address(redirectUri: string, state: string): string;
  /** Takes a code: who came back with it, and what he has given. Throws a {@link SourceError}. */
  receive(code: string, signal: AbortSignal): Promise<ConsentAnswer>;
}

/** What a connection test can say more precisely when it is told. */
export interface TestNotes {
  /** Address of the page on which people agree to give fields of theirs; null: it is not known yet. */
  readonly consentUrl?: string | null;
  readonly consentedAmong?: ReadOptions["consentedAmong"];
}

/** A directory that can be read. */
export interface Source {
  /** Streams the directory. Throws a {@link SourceError} when there is no usable read at all (no token, no tree). */
  read(options: ReadOptions): AsyncIterable<ReadEvent>;
  /**
   * Looks once more at people that a read did not find. Somebody who moves between two departments while they are read
   * is in neither answer, and has not left. Throws a {@link SourceError}.
   */
  lookAgain(keys: readonly string[], signal: AbortSignal): Promise<SecondLook>;
  /** Decides who exists, where it is there; without it an absence has to be judged by what the credentials see. */
  readonly idList?: IdList | undefined;
  /**
   * Where in a person's own object stands what no two people have at a time, as mapping files write paths: by these a human
   * being is known again under another key. The source's settings may name others.
   */
  readonly personalFields?: readonly string[] | undefined;
  /** Never throws for what the source answers: that is in the checks. */
  test(signal: AbortSignal, notes?: TestNotes): Promise<TestResult>;
  /** The department tree, read now. Throws a {@link SourceError}. */
  departments(signal: AbortSignal): Promise<readonly DepartmentNode[]>;
  /** Absent where its settings do not suffice for it. */
  readonly consent?: ConsentDoor | undefined;
  close(): Promise<void>;
}

/** What an event says is to be looked at again. */
export interface EventSubject {
  /** `everything`: it is not known what; its key is empty. */
  readonly kind: RecordKind | "everything";
  readonly key: string;
  /** The event says that it is no more. That alone is no departure: a read has to find the same. */
  readonly isGone?: boolean;
}

/** An event of a source. It says what to look at again, and is believed in nothing else. */
export interface SourceEvent {
  /** What kind of event it is, in one of a few words: for the log. */
  readonly name: string;
  /** Empty: it concerns nothing that is read. */
  readonly subjects: readonly EventSubject[];
  /** It says that whoever had the key `from` has the key `to` now. A read has to find the same. */
  readonly renamed?: { readonly from: string; readonly to: string };
  /** Of its whole content: equal for an event that is sent once more. */
  readonly digest: string;
}

/** What stands in the query of a message that a source sends. */
export interface EventQuery {
  readonly msg_signature?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly nonce?: string | undefined;
  readonly echostr?: string | undefined;
}

/** What was in a message, or why it was not opened: in words without anything that it said. */
export type Opened<T> =
  | { readonly value: T }
  | { readonly refused: "unverifiable" | "malformed"; readonly why: string };

/** Where a source sends its events to: opens them, and nothing else. */
export interface EventDoor {
  /** When the address is entered at the source, it asks for the text that it encrypted. */
  verify(query: EventQuery): Opened<string>;
  receive(query: EventQuery, body: string): Opened<SourceEvent>;
}

/** No usable read: keep what we hold, plan nothing, try later. */
export class SourceError extends Error {
  readonly code: string;
  readonly errcode: number | null;
  /** True when trying again later, without a person's help, may work. */
  readonly retryable: boolean;

  constructor(
    code: string,
    detail: string,
    options: { errcode?: number | null; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "SourceError";
    this.code = code;
    this.errcode = options.errcode ?? null;
    this.retryable = options.retryable ?? false;
  }
}

export type * from "./authorizations.ts";
