import type { CustomSourceWriting } from "../../directory/custom-source.ts";
import type { DirectoryWriting, GroupEvaluation } from "../../directory/writing.ts";
import type { TestResult } from "../../lib/check.ts";
import type { Log } from "../../lib/log.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import type { SchemaEditor } from "../../schemas/editor.ts";
import type { SchemaRegistry } from "../../schemas/registry.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { ProviderDesk } from "../../source/source.ts";
import type {
  AdministratorStore,
  AuditStore,
  AuthorizationStore,
  ConsentStore,
  DirectoryReader,
  DirectoryRecordReader,
  EngineTaskStore,
  GaugeStore,
  GroupReader,
  GroupRuleStore,
  HistoryReader,
  IdentityReader,
  KeptReader,
  LinkViewStore,
  OrganisationReader,
  PauseStore,
  PlanReader,
  PlanStore,
  ProviderStore,
  PushStore,
  QuarantineStore,
  RecordReader,
  SchemaKind,
  SchemaVersionStore,
  ScimClientStore,
  SessionStore,
  SettingStore,
  SourceRow,
  SourceStore,
  SummaryStore,
  TargetRow,
  TargetStore,
  TaskError,
  TaskStore,
  UndoReader,
  WebhookStore,
} from "../../store/store.ts";
import type { ImpactQuestion, SourceImpact } from "../../sync/impact/impact.ts";
import type { LinkDecision } from "../../sync/link-by-hand.ts";
import type { PreviewQuestion, StoredPreview } from "../../sync/preview.ts";
import type { EndAnswer, EndQuestion } from "../../sync/preview-end.ts";
import type { SendWebhook } from "../../sync/webhooks/deliver.ts";

/** A source that need not be stored yet. */
export type SourceDraft = Pick<SourceRow, "name" | "type" | "settings" | "secrets"> & { readonly id?: string };

/** A target that need not be stored yet. */
export type TargetDraft = Pick<TargetRow, "name" | "settings" | "secrets">;

/** A fact of a target profile, with where it was seen. */
interface ProfileFact<Value = unknown> {
  readonly value: Value;
  readonly evidence: "verified" | "assumed";
  readonly note?: string | undefined;
}

/** A target profile, with what each of its facts means; or why its file can't be used. */
export type ProfileReading =
  | {
      readonly profile: {
        readonly title: string;
        readonly description: string;
        readonly facts: Readonly<Record<string, ProfileFact>> & {
          readonly constants: ProfileFact<Readonly<Record<string, { readonly description: string }>>>;
          readonly concurrency: ProfileFact<number>;
          readonly requestsPerSecond: ProfileFact<number>;
        };
        readonly meanings: ReadonlyMap<string, string>;
      };
    }
  | { readonly problem: string };

/** A department of the source, for choosing a scope. */
export interface Department {
  readonly id: number;
  readonly name: string;
  readonly parentId: number | null;
}

/** The tree as it was read just now, or why it could not be read. */
export type DepartmentsResult = { readonly departments: readonly Department[] } | { readonly error: TaskError };

/** What becomes of the people of a source that goes: `keep` leaves them as they are. */
export type People = "keep" | "deactivate" | "delete";

/** What the management API needs of the rest of the bridge. */
export interface AdminParts {
  readonly store: SourceStore &
    TargetStore &
    PauseStore &
    Pick<QuarantineStore, "tryAtOnce"> &
    TaskStore &
    LinkViewStore &
    ScimClientStore &
    SettingStore &
    SummaryStore &
    Pick<ConsentStore, "countConsents" | "listConsents" | "withdrawConsent"> &
    SchemaVersionStore &
    WebhookStore &
    AdministratorStore &
    SessionStore &
    AuditStore &
    ProviderStore &
    AuthorizationStore &
    GroupReader &
    OrganisationReader &
    Pick<GroupRuleStore, "listGroupRules"> &
    DirectoryRecordReader &
    Pick<PushStore, "contactedAt" | "newSources"> &
    HistoryReader &
    KeptReader &
    IdentityReader &
    UndoReader &
    Pick<GaugeStore, "countKeptResources"> &
    Pick<EngineTaskStore, "countTask"> &
    RecordReader &
    PlanReader &
    Pick<PlanStore, "readPlanBasis"> &
    Pick<DirectoryReader, "readResource" | "listResources" | "groupsOf">;
  /** Writing to the custom source and to user groups. */
  readonly writing: DirectoryWriting & GroupEvaluation;
  /** The people and departments of the custom source. */
  readonly custom: CustomSourceWriting;
  readonly clock: () => number;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  readonly log: Log;
  /** The token of the environment: the first administrator's. */
  readonly adminToken: string;
  readonly testSource: (source: SourceDraft, signal: AbortSignal) => Promise<TestResult>;
  /** Address of the source's own page on which people agree, as it can be sent to anybody; null where its settings do not suffice. */
  readonly consentAddress: (source: SourceRow) => Promise<string | null>;
  readonly sourceDepartments: (source: SourceDraft, signal: AbortSignal) => Promise<DepartmentsResult>;
  readonly testProvider: (id: string, signal: AbortSignal) => Promise<TestResult>;
  /** Where a corp's administrator authorises an app of a provider; what comes back then names `state`. */
  readonly authorizationUrl: (
    ...args: Parameters<ProviderDesk["authUrl"]>
  ) => Promise<Awaited<ReturnType<ProviderDesk["authUrl"]>> | { readonly error: TaskError }>;
  readonly testTarget: (target: TargetDraft, signal: AbortSignal) => Promise<TestResult>;
  /** Deals with the people of a source, then removes it. Resolves when that is safely under way, with the id of its task. */
  readonly removeSource: (id: string, people: People, requestedBy: string) => Promise<string | null>;
  /** Deals with the people of a source that was just set to `disabled`; the id of its task, if that takes one. */
  readonly disableSource: (id: string, people: "keep" | "deactivate", requestedBy: string) => Promise<string | null>;
  /** Forgets what a target was given: it became another server. */
  readonly forgetLinks: (targetId: string) => Promise<void>;
  /** Carries out what a person decided about the account of a resource; `remoteId` null lets go of it. */
  readonly linkByHand: (
    target: TargetRow,
    decision: { readonly resourceId: string; readonly remoteId: string | null; readonly by: string },
    signal: AbortSignal,
  ) => Promise<LinkDecision>;
  /** The files that people edit. */
  readonly schemas: Pick<SchemaRegistry, "inForce" | "refresh"> & {
    readonly editor: SchemaEditor;
    /** A mapping as it was in a version; null where that is not kept, or does not compile any more. */
    readonly compileVersion: (mapping: {
      readonly name: string;
      readonly version: number;
    }) => Promise<MappingProgram | null>;
    /** Whether files of a kind can be written from here. */
    readonly isWritable: (kind: SchemaKind) => Promise<boolean>;
  };
  /** Shows what a mapping makes of a record of a source; null where the source had none when it was last read. */
  readonly previewOfSource: (question: PreviewQuestion, signal: AbortSignal) => Promise<StoredPreview | null>;
  /** Counts what a mapping would change of these sources. Takes a while for large ones; ends early with the signal. */
  readonly measureImpact: (question: ImpactQuestion, signal: AbortSignal) => Promise<readonly SourceImpact[]>;
  /** Says what the end of a source would take away; null where there is no such source. Takes a while for a large one. */
  readonly previewEnd: (question: EndQuestion, signal: AbortSignal) => Promise<EndAnswer | null>;
  /** The schemas in force, which a target's rules are compiled against. */
  readonly catalog: () => SchemaCatalog;
  /** Names of the mappings and target profiles that there are. */
  readonly knownMappings: () => readonly string[];
  readonly knownProfiles: () => readonly string[];
  /** A SCIM client was changed or deleted: what the endpoint remembers of clients is not so any more. */
  readonly forgetClients?: () => void;
  readonly readProfile: (name: string) => ProfileReading;
  /** Wakes the engine: something may be due. */
  readonly nudge: () => void;
  /** Why the bridge may not call an address that an administrator entered, or null when it may. */
  readonly allowUrl?: (url: string) => string | null;
  readonly sendWebhook: SendWebhook;
  /** How long applying a plan waits to hear whether it still holds, in milliseconds; half a minute when absent. */
  readonly planCheckMs?: number;
  /** Largest body in bytes; 1 MiB when absent. */
  readonly maxBodyBytes?: number;
}
