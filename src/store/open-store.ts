import type { Cipher } from "../lib/cipher.ts";
import { makeSessionStore } from "./admin-sessions.ts";
import { makeAdministratorStore } from "./administrators.ts";
import { makeAuditStore } from "./audit.ts";
import { makeAuthorizationWork } from "./authorization-work.ts";
import { makeAuthorizationStore } from "./authorizations.ts";
import { makeScimClientStore } from "./clients.ts";
import type { ConsentStore, ConsentVisitStore } from "./consent-store.ts";
import { makeConsentVisitStore } from "./consent-visits.ts";
import { makeConsentStore } from "./consents.ts";
import type { Database } from "./database.ts";
import { makeDirectoryStore } from "./directory.ts";
import { makeDirectoryChanges } from "./directory-changes.ts";
import { makeDirectoryReader } from "./directory-reader.ts";
import { makeDirectoryRecords } from "./directory-records.ts";
import { makeDirectoryWriter } from "./directory-writer.ts";
import { makeEndPreviewStore } from "./end-preview.ts";
import type {
  DirectoryChangeStore,
  DirectoryStore,
  EngineTaskStore,
  GroupRuleStore,
  LeaseStore,
  LinkDecisionStore,
  PushStore,
  RecordStore,
  VerifyStore,
} from "./engine.ts";
import { makeEventStore } from "./events.ts";
import { makeGaugeStore } from "./gauges.ts";
import { makeGroupReader } from "./group-reader.ts";
import { makeGroupRules } from "./group-rules.ts";
import { makeIdentityCases } from "./identity-cases.ts";
import { makeIdentityKeys } from "./identity-keys.ts";
import type { IdentityStore } from "./identity-store.ts";
import { makeKeptStore } from "./kept.ts";
import type { KeptStore } from "./kept-store.ts";
import { makeLeaseStore } from "./leases.ts";
import { makeLinkDecisions } from "./link-decisions.ts";
import type { MarkStore } from "./mark-store.ts";
import { makeMarkStore } from "./marks.ts";
import { makeOrganisationReader } from "./organisation.ts";
import { makePauseStore } from "./pauses.ts";
import type { PlanReader, PlanStore } from "./plan-store.ts";
import { makePlanStore } from "./plans.ts";
import type { AuthorizationStore, AuthorizationWorkStore, ProviderStore } from "./provider-store.ts";
import { makeProviderStore } from "./providers.ts";
import { makePushStore } from "./push.ts";
import { makeQuarantineStore } from "./quarantines.ts";
import { makeReadPartStore, type ReadPartStore } from "./read-parts.ts";
import { makeRecordStore } from "./records.ts";
import { makeRecordViews } from "./records-view.ts";
import { makeSchemaVersionStore } from "./schema-versions.ts";
import { makeSettingStore } from "./settings.ts";
import { makeSourceStore } from "./sources.ts";
import type { Checkpoints } from "./sqlite/checkpoints.ts";
import { openSqlite } from "./sqlite/open.ts";
import type { EventStore, GaugeStore, Store } from "./store.ts";
import { makeSummaryStore } from "./summaries.ts";
import { makeTargetStore } from "./targets.ts";
import { makeTaskStore } from "./tasks.ts";
import type { UndoStore } from "./undo-store.ts";
import { makeUndoStore } from "./undo-units.ts";
import { makeValueHistory } from "./value-history.ts";
import { makeVerifyStore } from "./verify.ts";
import { makeWebhookStore } from "./webhooks.ts";

/** Everything that the program keeps, for the API, the SCIM endpoint and the engine. */
export type FullStore = Store &
  LeaseStore &
  RecordStore &
  DirectoryStore &
  GroupRuleStore &
  DirectoryChangeStore &
  PushStore &
  VerifyStore &
  PlanStore &
  PlanReader &
  LinkDecisionStore &
  KeptStore &
  IdentityStore &
  UndoStore &
  EventStore &
  MarkStore &
  ConsentStore &
  ConsentVisitStore &
  ProviderStore &
  AuthorizationStore &
  AuthorizationWorkStore &
  ReadPartStore &
  GaugeStore &
  EngineTaskStore;

export interface StoreOptions {
  readonly cipher: Cipher;
  readonly clock?: () => number;
  /** Of SQLite; `here` if absent. */
  readonly checkpoints?: Checkpoints;
}

/**
 * Opens a database and brings its tables up to date.
 *
 * @param url `file:…` for SQLite (a path, absolute or from the working directory), `postgres://…` for PostgreSQL
 * @throws {WrongKeyError} when its secrets were encrypted with another key
 */
export async function openStore(
  url: string,
  { cipher, clock = Date.now, ...options }: StoreOptions,
): Promise<FullStore> {
  const database = await openDatabase(url, options);
  const store = makeStore(database, cipher, clock);
  try {
    // Another key than the one that the secrets lie under: better known now than at the first sync.
    await Promise.all([store.listSources(), store.listTargets(), store.readSettings()]);
  } catch (error) {
    await database.close();
    throw error;
  }
  return store;
}

export async function openDatabase(url: string, options: Pick<StoreOptions, "checkpoints"> = {}): Promise<Database> {
  if (!/^postgres(ql)?:/.test(url)) return openSqlite(url.replace(/^file:(\/\/)?/, ""), options);
  // 10 MB in each thread, which SQLite does without.
  const { openPostgres } = await import("./postgres/open.ts");
  return openPostgres(url);
}

export function makeStore(database: Database, cipher: Cipher, clock: () => number): FullStore {
  const records = makeRecordStore(database);
  const directory = makeDirectoryStore(database, clock);
  const tasks = makeTaskStore(database, clock);
  return {
    ...makeSourceStore(database, cipher, clock),
    ...makeTargetStore(database, cipher, clock),
    ...makePauseStore(database, clock),
    ...makeQuarantineStore(database, clock),
    ...makeEndPreviewStore(database),
    ...makeScimClientStore(database, clock),
    ...makeAdministratorStore(database, clock),
    ...makeSessionStore(database, clock),
    ...makeAuditStore(database, clock),
    ...makeSettingStore(database, cipher),
    ...makeLeaseStore(database, clock),
    ...makeDirectoryReader(database),
    ...makeDirectoryWriter(database, clock),
    ...makeGroupRules(database),
    ...makeGroupReader(database),
    ...makeOrganisationReader(database),
    ...makeDirectoryChanges(database),
    ...makeDirectoryRecords(database),
    ...makeRecordViews(database),
    ...makeValueHistory(database),
    ...makeWebhookStore(database, cipher, clock),
    ...makeEventStore(database, cipher, clock),
    ...makeMarkStore(database, clock),
    ...makeConsentStore(database, cipher, clock),
    ...makeConsentVisitStore(database, clock),
    ...makeProviderStore(database, cipher, clock),
    ...makeAuthorizationStore(database, cipher, clock),
    ...makeAuthorizationWork(database, cipher, clock),
    ...makeReadPartStore(database, clock),
    ...makeGaugeStore(database),
    ...makeSchemaVersionStore(database, clock),
    ...makeSummaryStore(database, tasks.listTasks, directory.countOfSource),
    ...makePushStore(database, clock),
    ...makeVerifyStore(database, clock),
    ...makeLinkDecisions(database, clock),
    ...makeKeptStore(database),
    ...makeIdentityCases(database, clock),
    ...makeIdentityKeys(database, cipher, clock),
    ...makeUndoStore(database),
    ...makePlanStore(database, { makeStore: (copy) => makeStore(copy, cipher, clock), clock }),
    ...records,
    ...directory,
    ...tasks,
    async ping() {
      await database.db.selectFrom("setting").select("key").limit(1).execute();
    },
    close: () => database.close(),
  };
}
