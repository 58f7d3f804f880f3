import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Config, ConfigError } from "./config.ts";
import { type AddressPolicy, parseAddressPolicy } from "./lib/address.ts";
import type { TestResult } from "./lib/check.ts";
import { makeCipher } from "./lib/cipher.ts";
import { keepNumbers } from "./lib/keep-numbers.ts";
import type { Log } from "./lib/log.ts";
import { programVersion } from "./lib/program-version.ts";
import type { Answers } from "./lib/questions.ts";
import { mergeSecrets } from "./lib/secrets.ts";
import { orStartError } from "./lib/start-error.ts";
import { type CheckedFile, checkFiles, type FileToCheck } from "./mapping/check-files.ts";
import type { MappingProgram } from "./mapping/program.ts";
import { type Metrics, makeMetrics, type ThreadMetrics } from "./metrics/metrics.ts";
import { makeGaugeReader } from "./metrics/read-gauges.ts";
import { makeEngineThreadMetrics } from "./metrics/thread-metrics.ts";
import { makeSchemaEditor } from "./schemas/editor.ts";
import { mappingInForce } from "./schemas/in-force.ts";
import { openRegistry, type SchemaRegistry } from "./schemas/registry.ts";
import type { EventDoor, ProviderDesk, Source, SourceUse, SuiteDoor } from "./source/source.ts";
import { makeEventDoor } from "./source/wecom/callback/door.ts";
import { CallBook } from "./source/wecom/corp-calls.ts";
import { makeProviderDesk, type WecomDesk } from "./source/wecom/suite/desk.ts";
import { suiteDoorOf } from "./source/wecom/suite/kept.ts";
import { makeWecomSource } from "./source/wecom/wecom-source.ts";
import { type FullStore, openStore } from "./store/open-store.ts";
import type { ProviderRow, SourceDoor, SourceRow, TargetRow } from "./store/store.ts";
import { type Engine, startEngine } from "./sync/engine.ts";
import type { ImpactQuestion, SourceImpact } from "./sync/impact/impact.ts";
import { measureSources } from "./sync/impact/measure-sources.ts";
import { type PreviewParts, type PreviewQuestion, previewOfSource, type StoredPreview } from "./sync/preview.ts";
import { type EndAnswer, type EndQuestion, previewEnd } from "./sync/preview-end.ts";
import type { EngineEdges } from "./sync/run-task.ts";
import type { SendWebhook } from "./sync/webhooks/deliver.ts";
import { makeTarget, type TargetOptions } from "./target/open-target.ts";
import { factDescriptions, parseTargetProfile, type TargetProfile, TargetProfileError } from "./target/profile.ts";
import { profileChecks } from "./target/profile-checks.ts";
import { readTargetProfile } from "./target/read-profile.ts";
import { makeHttpExchange } from "./target/scim/http-exchange.ts";
import { retryAfterMs } from "./target/scim/retry-after.ts";
import { type Target, TargetError, type TargetLanguage, type WriteNotes } from "./target/target.ts";

/** A configuration in which nothing is left to be made: keys and tokens are known. */
export interface ReadyConfig extends Config {
  readonly adminToken: string;
  readonly encryptionKey: Buffer;
}

/** What the server and the engine have in common, each in its own thread with its own connection. */
export interface Parts {
  readonly store: FullStore;
  readonly schemas: SchemaRegistry;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly edges: Edges;
  close(): Promise<void>;
}

export interface Edges extends EngineEdges {
  readonly openSource: (source: Pick<SourceRow, "settings" | "secrets">, use?: SourceUse) => Source;
  /** What opens the messages to an address of a source; null where no token and key are set for it. */
  readonly openDoor: (source: Pick<SourceRow, "settings" | "secrets">, door: SourceDoor) => EventDoor | null;
  /** What is asked for in the name of service providers. */
  readonly desk: ProviderDesk;
  /** What opens the messages to the address of a provider. */
  readonly openSuiteDoor: (provider: Pick<ProviderRow, "settings" | "secrets">) => SuiteDoor;
  readonly openTarget: (target: Pick<TargetRow, "name" | "settings" | "secrets">, notes?: WriteNotes) => Opened;
  readonly sendWebhook: SendWebhook;
  /** A target profile as it is read now. @throws {TargetError} `profile` when it cannot be used */
  readonly readProfile: (name: string) => TargetProfile;
  /** Why an address that an administrator entered may not be called; null when it may. */
  readonly refuseUrl: (url: string) => string | null;
}

interface Opened {
  readonly profile: TargetProfile;
  readonly target: Target;
  readonly language: TargetLanguage;
}

/** Opens the database and the schema files, and chooses the concrete sources and targets. */
export async function openParts(
  config: ReadyConfig,
  log: Log,
  {
    watch,
    checkpoints,
  }: {
    /** Follow changes of the schema files, and log what is wrong with them. */
    readonly watch: boolean;
    readonly checkpoints: "engine" | "elsewhere";
  },
): Promise<Parts> {
  checkSchemasDir(config);
  const store = await orStartError(
    openStore(config.databaseUrl, { cipher: makeCipher(config.encryptionKey), checkpoints }),
    (reason) => `DATABASE_URL: the database can't be used: ${reason}`,
  );
  const schemas = await openSchemas(config, store, log, watch).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const metrics = makeMetrics();
  const edges = makeEdges(config, schemas, store, log, metrics, callsOf[checkpoints]);
  return {
    store,
    schemas,
    log,
    metrics,
    edges,
    async close() {
      await edges.desk.close();
      await schemas.close();
      await store.close();
    },
  };
}

function checkSchemasDir({ schemasDir }: ReadyConfig): void {
  if (existsSync(join(schemasDir, "mappings"))) return;
  throw new ConfigError([
    `BRIDGE_SCHEMAS_DIR: got "${schemasDir}", expected the directory that holds mappings, extensions and targets`,
  ]);
}

function openSchemas(config: ReadyConfig, store: FullStore, log: Log, watch: boolean): Promise<SchemaRegistry> {
  return orStartError(
    openRegistry({ directory: config.schemasDir, store, log, watch }),
    (reason) => `BRIDGE_SCHEMAS_DIR: the schema files in ${config.schemasDir} can't be used: ${reason}`,
  );
}

/** How each thread calls WeCom, both together below its limits. The engine waits for an hour's limit, a person would not. */
const callsOf = {
  engine: { shares: { bulk: 0.75, urgent: 0.1 }, maxLimitWaitMs: 62 * 60_000 },
  elsewhere: { shares: { bulk: 0.025, urgent: 0.025 }, maxLimitWaitMs: 70_000 },
} as const;

function makeEdges(
  config: ReadyConfig,
  schemas: SchemaRegistry,
  store: FullStore,
  log: Log,
  metrics: Metrics,
  { shares, maxLimitWaitMs }: (typeof callsOf)[keyof typeof callsOf],
): Edges {
  const allowAddress = parseAddressPolicy(String(config.allowPrivateAddresses));
  const calls = new CallBook(shares);
  const desk = makeProviderDesk({ kept: store, allowAddress, log, calls });
  const opened = { allowAddress, log, desk, calls, maxLimitWaitMs, exportDirectory: config.dataDir };
  return {
    openSource: (source, use = {}) => openSource(source, { ...opened, ...use }),
    openDoor,
    openSuiteDoor: suiteDoorOf,
    desk,
    openTarget: (target, notes) => openTarget(target, notes, config.schemasDir, allowAddress, metrics),
    sendWebhook: makeWebhookSender(allowAddress),
    loadMapping: async (name) => mappingInForce(await schemas.refresh(), name),
    catalog: async () => (await schemas.refresh()).catalog,
    readProfile: (name) => readTargetProfile(config.schemasDir, name),
    refuseUrl: (url) => refuseUrl(url, allowAddress),
  };
}

interface OpenedFor extends SourceUse {
  readonly allowAddress: AddressPolicy;
  readonly log: Log;
  readonly desk: WecomDesk;
  readonly calls: CallBook;
  readonly maxLimitWaitMs: number;
  readonly exportDirectory: string;
}

function openSource(
  { settings, secrets }: Pick<SourceRow, "settings" | "secrets">,
  { maxLimitWaitMs, desk, ...use }: OpenedFor,
): Source {
  if (settings.wecom === undefined) throw new Error("this kind of source is not read from anywhere");
  const { authorizeBaseUrl, authorization, reading = "auto", ...wecom } = settings.wecom;
  return makeWecomSource({
    ...wecom,
    ...{ authorizeBaseUrl, reading },
    // With credentials in it, all of it is a secret.
    proxy: secrets["/wecom/proxy"] ?? wecom.proxy,
    // What is marked stays marked: a look at a few people need not last.
    limits: { ...wecom.limits, ...(use.urgent === true ? {} : { maxLimitWaitMs }) },
    corpSecret: secrets["/wecom/corpSecret"],
    authorized: authorization === undefined ? undefined : desk.accessOf(authorization),
    contactsSecret: secrets["/wecom/contactsSecret"],
    ...use,
  });
}

/** Opens the messages to an address of a source; null where no token and key are set for it. */
export function openDoor(
  { settings, secrets }: Pick<SourceRow, "settings" | "secrets">,
  door: SourceDoor,
): EventDoor | null {
  const at = door === "app" ? "/wecom/appCallback" : "/wecom/callback";
  const { [`${at}/token`]: token, [`${at}/encodingAesKey`]: encodingAesKey } = secrets;
  if (settings.wecom === undefined || token === undefined || encodingAesKey === undefined) return null;
  return makeEventDoor({ token, encodingAesKey, corpId: settings.wecom.corpId });
}

function openTarget(
  { name, settings, secrets }: Pick<TargetRow, "name" | "settings" | "secrets">,
  notes: WriteNotes | undefined,
  schemasDir: string,
  allowAddress: AddressPolicy,
  metrics: Metrics,
): Opened {
  const profile = readTargetProfile(schemasDir, settings.profile);
  // The form has checked that each kind of credentials has its secrets, which lie apart from the settings.
  const { auth, query, api } = mergeSecrets({ auth: settings.auth, api: settings.api }, secrets) as Pick<
    TargetOptions,
    "auth" | "query" | "api"
  >;
  const opened = makeTarget({
    baseUrl: settings.baseUrl,
    auth,
    api,
    profile,
    constants: settings.constants,
    version: programVersion(),
    concurrency: settings.limits.concurrency,
    requestsPerSecond: settings.limits.requestsPerSecond,
    query,
    ca: settings.ca,
    proxy: settings.proxy,
    allowAddress,
    onExchange: (status, seconds) => metrics.exchanged(name, status, seconds),
    notes,
  });
  return { profile, ...opened };
}

/** Webhooks go through the same guard of addresses as requests to targets. Of an answer its body is not read. */
function makeWebhookSender(allowAddress: AddressPolicy): SendWebhook {
  return async ({ url, headers, body }, signal) => {
    const http = makeHttpExchange({ concurrency: 1, timeoutMs: 15_000, maxAnswerBytes: 0, allowAddress });
    try {
      const agent = { "user-agent": `wecom-scim-bridge/${programVersion()}` };
      const { status, headers: answered } = await http.send(
        { method: "POST", url: new URL(url), headers: { ...headers, ...agent }, body },
        signal,
      );
      return { status, retryAfterMs: retryAfterMs(answered.get("retry-after"), Date.now()) };
    } finally {
      await http.close();
    }
  };
}

/** Tries a target out; a profile that cannot be used is the first thing that fails. */
export async function testTarget(
  edges: Pick<Edges, "openTarget">,
  draft: Pick<TargetRow, "name" | "settings" | "secrets">,
  ours: Parameters<Target["test"]>[1],
  signal: AbortSignal,
): Promise<TestResult> {
  try {
    const { target, profile } = edges.openTarget(draft);
    const { ok, checks } = await target.test(signal, ours).finally(() => target.close());
    return { ok, checks: [...checks, ...profileChecks(profile, draft.settings)] };
  } catch (error) {
    if (!(error instanceof TargetError && error.code === "profile")) throw error;
    return { ok: false, checks: [{ name: "profile", ok: false, detail: error.message }] };
  }
}

/** A target profile for people: or why it can't be used. */
export type ProfileReading =
  | { readonly profile: TargetProfile & { readonly meanings: ReadonlyMap<string, string> } }
  | { readonly problem: string };

/** A target profile, with what each of its facts means. */
export function readProfileForPeople({ readProfile }: Pick<Edges, "readProfile">, name: string): ProfileReading {
  try {
    return { profile: { ...readProfile(name), meanings: factDescriptions() } };
  } catch (error) {
    if (!(error instanceof TargetError && error.code === "profile")) throw error;
    return { problem: error.message };
  }
}

/** An address that is written out is judged at once; names are judged when they are connected to. */
function refuseUrl(url: string, allowAddress: AddressPolicy): string | null {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const isLocalName = host === "localhost" || host.endsWith(".localhost");
  const address = isLocalName ? "127.0.0.1" : host;
  if (!/^[0-9.]+$|:/.test(address) || allowAddress(address)) return null;
  return "is a loopback, private or link-local address; BRIDGE_ALLOW_PRIVATE_ADDRESSES can allow it";
}

/** What the engine's thread is asked: what takes long for a large corp. */
export type EngineQuestions = {
  readonly impact: { readonly question: ImpactQuestion; readonly answer: readonly SourceImpact[] };
  readonly preview: { readonly question: PreviewQuestion; readonly answer: StoredPreview | null };
  readonly end: { readonly question: EndQuestion; readonly answer: EndAnswer | null };
  readonly metrics: { readonly question: null; readonly answer: ThreadMetrics };
};

/** Answers them. Reads only. */
export function answerQuestions(parts: Parts): Answers<EngineQuestions> {
  const { store, schemas, metrics } = parts;
  const readGauges = makeGaugeReader(store, Date.now);
  const ofThread = makeEngineThreadMetrics();
  const editor = makeSchemaEditor({ registry: schemas, store });
  const mappingOf: PreviewParts["mappingOf"] = async (name, text, extensions) =>
    text === null
      ? mappingInForce(await schemas.refresh(), name).mapping
      : (await editor.compileMapping(name, text, extensions)).program;
  return {
    impact: async ({ name, text, extensions, sources }, signal) =>
      measureImpact(parts, await mappingOf(name, text, extensions), sources, signal),
    preview: (question) => previewOfSource({ store, mappingOf }, question),
    end: (question, signal) => previewEndOf({ ...parts.edges, store }, question, signal),
    metrics: async () => {
      metrics.setGauges(await readGauges());
      return [...(await metrics.read()), ...(await ofThread.read())];
    },
  };
}

/** Says what the end of a source would take away. */
export async function previewEndOf(
  { store, catalog, readProfile }: Pick<Edges, "catalog" | "readProfile"> & { readonly store: FullStore },
  question: EndQuestion,
  signal: AbortSignal,
): Promise<EndAnswer | null> {
  const removesInactive = ({ settings }: TargetRow): boolean => {
    const reading = readProfileForPeople({ readProfile }, settings.profile);
    // Of a profile that cannot be read the worse is told.
    if ("problem" in reading) return true;
    const { deactivate, api } = reading.profile.facts;
    return deactivate.value === "delete" && !(settings.api !== undefined && switchesOff(api?.value));
  };
  return previewEnd({ store, catalog: await catalog(), removesInactive, signal }, question);
}

/** Whether the product's own API, as the profile's fact says, makes accounts inactive where its SCIM can't. */
function switchesOff(api: unknown): boolean {
  const { attributes = {} } = (api ?? {}) as { readonly attributes?: Readonly<Record<string, unknown>> };
  return Object.hasOwn(attributes, "active");
}

/** Counts what a mapping would change of some sources, and at their targets. */
function measureImpact(
  { store, schemas, edges }: Parts,
  program: MappingProgram,
  sources: readonly string[],
  signal: AbortSignal,
): Promise<readonly SourceImpact[]> {
  const { mappings, catalog } = schemas.inForce();
  const currentOf = (mapping: string) => mappings.get(mapping)?.program ?? null;
  return measureSources({ ...edges, store, catalog, currentOf, clock: Date.now, signal }, program, sources);
}

/** Starts the engine on parts of its own. */
export function wireEngine(
  { store, edges, log, metrics }: Parts,
  {
    holder,
    leaseMs,
    publicUrl,
    dataDir,
  }: { readonly holder: string; readonly leaseMs: number; readonly publicUrl: string; readonly dataDir: string },
): Engine {
  const marks = keepNumbers(join(dataDir, "pushed.json"), {
    onError: (error) => log.warn({ err: error }, "what was pushed is not kept: a restored database goes unnoticed"),
  });
  return startEngine({
    ...edges,
    store,
    marks,
    leases: { store, holder, durationMs: leaseMs },
    clock: Date.now,
    log,
    observer: metrics.observer,
    publicUrl,
  });
}

/** Checks mapping files, extension schemas and target profiles as the server would on reading them. */
export function checkSchemaFiles(files: readonly FileToCheck[]): readonly CheckedFile[] {
  return checkFiles(files, (profile) => {
    try {
      parseTargetProfile(profile);
      return [];
    } catch (error) {
      if (!(error instanceof TargetProfileError)) throw error;
      return error.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    }
  });
}

export { programVersion };
