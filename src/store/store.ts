import type { Json, JsonObject } from "../lib/json.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { SourceScope } from "../source/source.ts";
import type { AdministratorStore, AuditStore, SessionStore } from "./administrator-store.ts";
import type { DirectoryReader, VisibleSources } from "./directory-reading.ts";
import type { DirectoryRecordReader, DirectoryWriter, GroupReader, OrganisationReader } from "./directory-writing.ts";
import type { EndPreviewStore } from "./end-preview.ts";
import type { HistoryReader } from "./history-store.ts";
import type { IdentityReader } from "./identity-store.ts";
import type { KeptReader } from "./kept-store.ts";
import type { PauseStore } from "./pauses.ts";
import type { Quarantine, QuarantineStore } from "./quarantines.ts";
import type { SchemaVersionStore } from "./schema-version-store.ts";
import type { Page, RecordReader, TaskRow, TaskState, TaskStore } from "./task-store.ts";
import type { UndoReader } from "./undo-store.ts";
import type { WebhookStore } from "./webhook-store.ts";

// Small interfaces: a function asks for the ones it needs. All times are milliseconds since 1970 (UTC).

/** Secrets of a settings object by JSON Pointer (`/wecom/corpSecret`), in plain text in memory, encrypted at rest. */
export type Secrets = Readonly<Record<string, string>>;

export interface Safeguards {
  /** Removals up to `floor` pass; above it they are held when they exceed `percent` of all or `count`. */
  readonly maxRemovals: { readonly floor: number; readonly percent: number; readonly count: number };
  readonly maxMemberRemovals: { readonly floor: number; readonly percent: number };
  readonly windowHours: number;
  /** SCIM filters: who fits is never overwritten, deactivated or deleted. Absent: nobody is protected. */
  readonly protected?: string;
  readonly protectedGroups?: string;
}

/** How it is found out who is the same human being under another key. */
export interface IdentitySettings {
  /** False: nobody is asked. Whoever has another key, and no event that says so, is another person; who is back is the same. */
  readonly ask: boolean;
  /** Paths, as in mapping files, of what no two people have at a time; absent: those that the source names. */
  readonly fields?: readonly string[];
}

export interface SourceSettings {
  readonly description?: string;
  readonly organization?: string;
  readonly namespace?: string;
  readonly wecom?: {
    readonly corpId: string;
    /** What the corp authorised by QR code, in the place of a secret; absent: the source has a secret. */
    readonly authorization?: string;
    readonly agentId?: number;
    readonly apiBaseUrl?: string;
    /** Scheme and host of the page on which people agree; absent: as `apiBaseUrl` says. */
    readonly authorizeBaseUrl?: string;
    readonly proxy?: string;
    /** How everybody is read; absent: `auto`. */
    readonly reading?: "auto" | "departments" | "export";
    /** Our own limits for calls to WeCom. */
    readonly limits?: { readonly requestsPerSecond?: number; readonly concurrency?: number };
  };
  readonly sync: {
    readonly automatic: boolean;
    readonly users: boolean;
    readonly intervalHours: number;
    /** Hours without a good sync after which it is told of; absent: as the settings of the bridge say. */
    readonly alertAfterHours?: number;
    /** Who is the same under another key; absent: people are asked, by what the source says is unique. */
    readonly identity?: IdentitySettings;
  };
  readonly scope: SourceScope;
  readonly mapping: string;
  readonly safeguards: Safeguards;
  /** Why the bridge itself disabled it; absent: an administrator did, or it is not. */
  readonly disabledBecause?: string;
  /** Set once an administrator said that its people go: they leave as if the source had been read empty, unguarded. */
  readonly leaving?: { readonly people: "keep" | "deactivate" | "delete"; readonly then: "disable" | "delete" };
}

export interface SourceRow {
  readonly id: string;
  readonly name: string;
  readonly type: "wecom" | "custom";
  readonly status: "enabled" | "disabled";
  readonly settings: SourceSettings;
  readonly secrets: Secrets;
  /** When an automatic sync is due; null when none is. */
  readonly nextRunAt: number | null;
  /** When it was last read whole and brought into the directory; null: never. */
  readonly syncedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewSource = Pick<SourceRow, "name" | "type" | "status" | "settings" | "secrets" | "nextRunAt">;

/** A source that is on its way out. */
export interface Ending {
  readonly sourceId: string;
  /** The name that it had. */
  readonly name: string;
  readonly people: "keep" | "deactivate" | "delete";
  readonly afterwards: "disable" | "delete";
  /** What its end waited for when it was last tried, in words without names of people; null: it was not tried yet. */
  readonly waitsFor: string | null;
  readonly nextTryAt: number | null;
}

export interface EndingStore {
  listEndings(): Promise<readonly Ending[]>;
  /** Notes what the end of a source waits for, and when it is tried again; nothing if it was enabled meanwhile. */
  noteWaiting(id: string, waitsFor: string | null, nextTryAt: number): Promise<void>;
  /** What was in the way of an end may be gone: each is due at once. */
  tryEndingsAtOnce(): Promise<void>;
  /** The end is through, and the source stays disabled. False where another end was ordered meanwhile, or none is any more. */
  closeEnding(id: string, leaving: NonNullable<SourceSettings["leaving"]>): Promise<boolean>;
}

/** A source that is no more. */
export interface EndedSource {
  readonly id: string;
  readonly name: string;
}

export interface SourceStore extends EndingStore {
  /** Throws {@link NameTakenError}. */
  createSource(source: NewSource): Promise<SourceRow>;
  /** Newest last. Sources that are being deleted are not listed. */
  listSources(): Promise<readonly SourceRow[]>;
  /** By id or by name. */
  findSource(idOrName: string): Promise<SourceRow | null>;
  /** Throws {@link NameTakenError}. */
  updateSource(id: string, change: Partial<NewSource>): Promise<SourceRow>;
  /** Remembers the name of a source that is about to end, under which its tasks and records are found afterwards. */
  noteEnding(id: string, name: string): Promise<void>;
  /** The newest source of this id or former name that has ended, or is about to. */
  findEnded(idOrName: string): Promise<EndedSource | null>;
  endedSources(ids: readonly string[]): Promise<readonly EndedSource[]>;
  /**
   * Removes the source with what was read of it and its resources. What becomes of its people is done before. Its tasks and
   * records stay as long as others do; what it held is held no more.
   *
   * @param ordered the end that this is the last step of; absent: whatever its settings say
   * @returns false where that end is not ordered any more, or another is: then nothing is done
   */
  deleteSource(id: string, ordered?: SourceSettings["leaving"]): Promise<boolean>;
}

export type OnRemoval = "deactivate" | "delete" | { readonly deactivateThenDeleteAfterDays: number };

export type TargetAuth =
  | { readonly type: "bearer" }
  | { readonly type: "basic"; readonly username: string }
  | { readonly type: "oauth2"; readonly tokenUrl: string; readonly clientId: string; readonly scope?: string }
  | { readonly type: "header"; readonly name: string };

export interface TargetSettings {
  readonly baseUrl: string;
  /** Its secrets (`/auth/token`, `/auth/password`, …) lie in `secrets`, and with them `/query/{parameter}`. */
  readonly auth: TargetAuth;
  readonly profile: string;
  /** Ids of the sources whose resources go there. */
  readonly sources: readonly string[];
  readonly provision: {
    readonly users: boolean;
    readonly groups: boolean;
    readonly userGroups: boolean;
    readonly onRemoval: OnRemoval;
  };
  /** SCIM filters; absent: everything. */
  readonly scope: { readonly users?: string; readonly groups?: string };
  readonly match: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** What is not said is as the profile says. */
  readonly limits: { readonly concurrency?: number; readonly requestsPerSecond?: number };
  /** The product's own API beside its SCIM; its secrets lie in `secrets`. Absent: it is not used. */
  readonly api?: {
    readonly baseUrl?: string | undefined;
    /** Absent: as for SCIM. */
    readonly auth?: TargetAuth | undefined;
    /** The attribute that holds WeCom's userid; absent: accounts are not linked to WeCom. */
    readonly userid?: string | undefined;
  };
  /** Values for the constants that the profile names. */
  readonly constants?: Readonly<Record<string, string>>;
  /** Certificates (PEM) of authorities that are trusted besides the public ones. */
  readonly ca?: string;
  /** URL of the HTTP proxy that all calls go through. */
  readonly proxy?: string;
  readonly safeguards: Safeguards;
  /** Rules of its own over our documents, as they were written; absent: it gets what the others get. */
  readonly mapping?: JsonObject;
  /** How often it is read back and compared; absent: only when somebody asks. */
  readonly verify?: { readonly everyHours: number; readonly repair: boolean };
}

/** Why an administrator keeps changes back, and since when. */
export interface Pause {
  readonly reason: string | null;
  readonly since: number;
  readonly by: string;
}

/** Why a target has to be verified before anything is pushed: its address is another, or our database is older than it. */
export type VerifyReason = "moved" | "restored";

export interface TargetRow {
  readonly id: string;
  readonly name: string;
  readonly status: "enabled" | "disabled";
  readonly settings: TargetSettings;
  readonly secrets: Secrets;
  /** The version of its rules that what it holds was last brought up to; null: of none. */
  readonly rulesVersion: string | null;
  /** Hash of the extension attributes that it was last known to know; null before it was asked. */
  readonly vocabulary: string | null;
  /** Null: it may be pushed to. */
  readonly verifyFirst: VerifyReason | null;
  /** When it was last verified, or tried to be; null: never. */
  readonly verifyStartedAt: number | null;
  /** Why all changes of it are kept back; null: they are not. */
  readonly paused: Pause | null;
  /** The filters of protected accounts that its links were last judged by, as JSON; null: none. */
  readonly protection: string | null;
  /** Why it is pushed to by nobody for the time being; null: it is not in quarantine. */
  readonly quarantine: Quarantine | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewTarget = Pick<TargetRow, "name" | "status" | "settings" | "secrets">;

export interface TargetStore {
  /** Throws {@link NameTakenError}. */
  createTarget(target: NewTarget): Promise<TargetRow>;
  listTargets(): Promise<readonly TargetRow[]>;
  findTarget(idOrName: string): Promise<TargetRow | null>;
  /**
   * Another `baseUrl` under links that are there asks for a verify; anything else than before, of a target in quarantine,
   * for a try at once. Throws {@link NameTakenError}.
   */
  updateTarget(id: string, change: Partial<NewTarget>): Promise<TargetRow>;
  /** Forgets the target and its links; at the target itself nothing is touched. */
  deleteTarget(id: string): Promise<void>;
}

export type LinkState = "pending" | "synced" | "failed" | "protected" | "paused";

/** What stands where at a target, for people. */
export interface LinkView {
  readonly resourceId: string;
  readonly resourceType: ResourceType;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly remoteId: string | null;
  readonly state: LinkState;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly nextTryAt: number | null;
  /** Why something is kept from it on purpose; null: nothing is. */
  readonly reason: string | null;
}

export interface LinkViewStore {
  listLinks(
    targetId: string,
    query: { readonly state?: LinkState; readonly cursor?: string; readonly limit: number },
  ): Promise<Page<LinkView>>;
  /** The same of one person or group, at every target. */
  linksOf(resourceId: string): Promise<readonly (LinkView & { readonly targetId: string })[]>;
  countLinks(targetId: string): Promise<Readonly<Record<LinkState, number>>>;
}

export interface ScimClientRow {
  readonly id: string;
  readonly name: string;
  readonly access: "read" | "write";
  /** Ids of sources. */
  readonly sources: VisibleSources;
  /** How many requests a second are answered on average; 0: no limit. */
  readonly requestsPerSecond: number;
  readonly createdAt: number;
}

export interface ScimClientStore {
  /** `tokenHash` is the SHA-256 of the token, base64url. Throws {@link NameTakenError}. */
  createClient(
    client: Omit<ScimClientRow, "id" | "createdAt"> & { readonly tokenHash: string },
  ): Promise<ScimClientRow>;
  /** Null when it is not there (any more). Throws {@link NameTakenError}. */
  updateClient(
    id: string,
    change: Pick<ScimClientRow, "name" | "access" | "sources" | "requestsPerSecond">,
  ): Promise<ScimClientRow | null>;
  listClients(): Promise<readonly ScimClientRow[]>;
  findClient(idOrName: string): Promise<ScimClientRow | null>;
  findClientByTokenHash(tokenHash: string): Promise<ScimClientRow | null>;
  deleteClient(id: string): Promise<void>;
}

export interface Settings {
  readonly maxEnabledSources: number;
  readonly maxCustomSources: number;
  readonly recordRetentionDays: number;
  readonly leaverRetentionDays: number;
  readonly separateApprover: boolean;
  readonly metricsToken: string | null;
  /** Hours without a good sync after which a source is told of; null: 26, or twice its interval. */
  readonly alertAfterHours: number | null;
  readonly paused: boolean;
}

export interface SettingStore {
  readSettings(): Promise<Settings>;
  writeSettings(change: Partial<Settings>): Promise<Settings>;
}

/** Numbers for the list of sources. */
export interface SourceSummary {
  readonly users: number;
  readonly activeUsers: number;
  readonly groups: number;
  readonly lastTask: TaskRow | null;
}

export interface SummaryStore {
  sourceSummary(sourceId: string): Promise<SourceSummary>;
}

export interface GaugeStore {
  /** Tasks that are queued, running or held. */
  countOpenTasks(): Promise<
    readonly {
      readonly sourceId: string | null;
      readonly targetId: string | null;
      readonly state: TaskState;
      readonly count: number;
    }[]
  >;
  /** How many people and groups undos keep against what their source says, by source; of one source or undo, if named. */
  countKeptResources(
    of?: { readonly source: string } | { readonly task: string },
  ): Promise<ReadonlyMap<string, number>>;
}

export interface Store
  extends SourceStore,
    TargetStore,
    PauseStore,
    QuarantineStore,
    EndPreviewStore,
    TaskStore,
    LinkViewStore,
    ScimClientStore,
    SettingStore,
    DirectoryReader,
    DirectoryWriter,
    DirectoryRecordReader,
    RecordReader,
    HistoryReader,
    KeptReader,
    IdentityReader,
    UndoReader,
    GroupReader,
    OrganisationReader,
    SchemaVersionStore,
    WebhookStore,
    AdministratorStore,
    SessionStore,
    AuditStore,
    SummaryStore {
  /** Answers when the database can be reached and its tables are up to date. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type * from "./administrator-store.ts";
export type * from "./consent-store.ts";
export * from "./directory-reading.ts";
export type * from "./directory-writing.ts";
export type * from "./end-preview.ts";
export type * from "./engine.ts";
export { LeaseLostError } from "./engine.ts";
export type * from "./history-store.ts";
export type * from "./identity-store.ts";
export * from "./kept-store.ts";
export type * from "./mark-store.ts";
export type * from "./pauses.ts";
export type * from "./plan-store.ts";
export type * from "./provider-store.ts";
export type { Quarantine, QuarantineStore } from "./quarantines.ts";
export type { ReadPart, ReadPartStore } from "./read-parts.ts";
export type * from "./schema-version-store.ts";
export * from "./store-errors.ts";
export { type NameHolder, nameIsTaken } from "./taken-names.ts";
export type * from "./task-store.ts";
export type * from "./undo-store.ts";
export type * from "./webhook-store.ts";
export { eventTypes } from "./webhook-store.ts";
export type { Json, JsonObject };
