import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { createAdaptorServer } from "@hono/node-server";
import { type Config, defaultPublicUrl } from "./config.ts";
import { makeCustomSourceWriting } from "./directory/custom-source.ts";
import { makeDirectoryWriting } from "./directory/write-resources.ts";
import type { EngineThreadAnswer, EngineThreadData, EngineThreadMessage } from "./engine-thread.ts";
import type { AdminParts } from "./http/admin/parts.ts";
import { makeApp } from "./http/app.ts";
import { consentUrl, openState } from "./http/consent/address.ts";
import { callbackCheck } from "./http/hooks/callback-check.ts";
import { answerRefusedByNode } from "./http/refused-by-node.ts";
import { makeCursorKey } from "./http/scim/cursor.ts";
import { keepSecret } from "./lib/keep-secret.ts";
import type { Log } from "./lib/log.ts";
import { type Ask, makeAsker } from "./lib/questions.ts";
import { orStartError } from "./lib/start-error.ts";
import { throttle } from "./lib/throttle.ts";
import { makeMetricsReader } from "./metrics/read-metrics.ts";
import { makeSchemaEditor } from "./schemas/editor.ts";
import { compileVersion } from "./schemas/find-rules.ts";
import { isWritable } from "./schemas/write-file.ts";
import { SourceError } from "./source/source.ts";
import type { TaskError } from "./store/store.ts";
import { type ConsentPage, makeConsentPage } from "./sync/consent-page.ts";
import { endSource } from "./sync/end-source.ts";
import { makeEventKeeper } from "./sync/keep-event.ts";
import { keepSources } from "./sync/keep-sources.ts";
import { linkByHand } from "./sync/link-by-hand.ts";
import {
  type EngineQuestions,
  openParts,
  type Parts,
  programVersion,
  type ReadyConfig,
  readProfileForPeople,
  testTarget,
} from "./wire.ts";

/** A running bridge. */
export interface Bridge {
  /** Where it listens. */
  readonly url: string;
  readonly publicUrl: string;
  readonly adminToken: string;
  /** Files that this start made: keys and tokens that were not given. */
  readonly made: readonly { readonly what: string; readonly file: string }[];
  /** Resolves with what went wrong when the engine ends by itself. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

/** How long a lease lasts when nobody renews it: what a process that ended without a word costs. Milliseconds. */
const defaultLeaseMs = 30_000;

/**
 * Starts the server in this thread and the engine in another.
 *
 * @throws ConfigError, StartError when something outside the program keeps it from starting; nothing runs then
 */
export async function startBridge(
  config: Config,
  log: Log,
  { leaseMs = defaultLeaseMs }: { readonly leaseMs?: number } = {},
): Promise<Bridge> {
  const { ready, made } = await orStartError(
    makeReady(config),
    (reason) => `BRIDGE_DATA_DIR: ${config.dataDir} can't be used: ${reason}`,
  );
  setFlagsFromString(`--heap-growing-percent=${mostGarbage}`);
  const parts = await openParts(ready, log, { watch: true, checkpoints: "elsewhere" });
  // First the port: where another instance has it, this one must not begin to sync.
  let handle: (request: Request, edge: object) => Response | Promise<Response> = () =>
    new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request: Request, edge: object) => handle(request, edge) });
  answerRefusedByNode(server as Server);
  let url: string;
  let engine: EngineThread;
  try {
    server.listen(config.port, config.host);
    await orStartError(
      once(server, "listening"),
      (reason) => `HOST, PORT: can't listen at ${config.host} port ${config.port}: ${reason}`,
    );
    url = defaultPublicUrl(config.host, (server.address() as AddressInfo).port);
    engine = await startEngineThread(ready, { leaseMs, publicUrl: config.publicUrl ?? url });
  } catch (error) {
    server.close();
    await parts.close();
    throw error;
  }
  const publicUrl = config.publicUrl ?? url;
  const writingParts = {
    writer: parts.store,
    catalog: () => parts.schemas.inForce().catalog,
    // Looking for work costs more than many a write: of a hundred in a row the engine hears once.
    onWritten: throttle(engine.nudge, 200),
  };
  const writing = makeDirectoryWriting(writingParts);
  const custom = makeCustomSourceWriting(writingParts);
  const sources = keepSources(parts.edges.openSource, (error) =>
    log.warn({ err: error }, "a source could not be closed"),
  );
  const keepEvent = makeEventKeeper({
    store: parts.store,
    clock: Date.now,
    // Of a burst the engine hears a few times; it looks at all that has come until then.
    onMarked: throttle(engine.nudge, 25),
  });
  const consentPage = makeConsentPage(sources.borrow);
  const app = makeApp({
    admin: { ...adminParts(parts, ready, publicUrl, engine, leaseMs, consentPage), writing, custom },
    scim: {
      directory: parts.store,
      writing,
      catalog: () => parts.schemas.inForce().catalog,
      publicUrl,
      authenticate: (hash) => parts.store.findClientByTokenHash(hash),
      cursorKey: makeCursorKey(ready.encryptionKey),
      onAnswered: parts.metrics.scimAnswered,
      log,
    },
    callbacks: {
      store: parts.store,
      openDoor: parts.edges.openDoor,
      keepEvent,
      log,
    },
    suites: {
      store: parts.store,
      openSuiteDoor: parts.edges.openSuiteDoor,
      keepEvent,
      nudge: throttle(engine.nudge, 25),
      clock: Date.now,
      log,
    },
    consent: {
      store: parts.store,
      page: consentPage,
      onMarked: engine.nudge,
      publicUrl,
      clock: Date.now,
      log,
    },
    isReady: () => parts.store.ping(),
    metrics: {
      read: makeMetricsReader(parts.metrics, programVersion(), () =>
        engine.ask("metrics", null, new AbortController().signal),
      ),
      token: async () => (await parts.store.readSettings()).metricsToken,
    },
  });
  handle = (request, edge) => app.fetch(request, edge);
  return {
    url,
    publicUrl,
    adminToken: ready.adminToken,
    made,
    failed: engine.failed,
    async close() {
      // New requests are refused, those under way get a moment; then connections that only wait are cut.
      const closed = new Promise((resolve) => server.close(resolve));
      const cut = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), 5000);
      if ("closeIdleConnections" in server) server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
      await engine.stop();
      await sources.close();
      await parts.close();
    },
  };
}

/** Keys and tokens that were not given are made once and kept in the data directory. */
async function makeReady(config: Config): Promise<{ ready: ReadyConfig; made: Bridge["made"] }> {
  const made: { what: string; file: string }[] = [];
  // Also the database lies there if nothing else was said, whether or not something is to be made.
  if (config.databaseUrl.startsWith("file:")) await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const keep = async (what: string, name: string, make: () => string): Promise<string> => {
    const file = join(config.dataDir, name);
    const { value, created } = await keepSecret(file, make);
    if (created) made.push({ what, file });
    return value;
  };
  const encryptionKey =
    config.encryptionKey ??
    Buffer.from(await keep("encryption key", "encryption.key", () => randomBytes(32).toString("base64")), "base64");
  const adminToken =
    config.adminToken ??
    (await keep("administrator's token", "admin.token", () => randomBytes(32).toString("base64url")));
  return { ready: { ...config, encryptionKey, adminToken }, made };
}

interface EngineThread {
  readonly nudge: () => void;
  readonly ask: Ask<EngineQuestions>;
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/**
 * Left alone, V8 lets this thread's heap become four times of what is in use before it collects, on a machine with much
 * memory: after 10,000 writes, 100 MB of garbage beside 35 MB. In percent of what is in use.
 */
const mostGarbage = 50;

/**
 * Bounds of the engine's heap. It works in batches, whatever the size of a corp, and needs some tens of MB; without bounds V8
 * takes a hundred more on a large machine before it collects.
 */
const engineMemory = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 24 } as const;

async function startEngineThread(
  config: ReadyConfig,
  more: Pick<EngineThreadData, "leaseMs" | "publicUrl">,
): Promise<EngineThread> {
  const data: EngineThreadData = { config, holder: randomUUID(), ...more };
  // The file beside this one, compiled as this one is.
  const file = new URL(import.meta.url.endsWith(".ts") ? "./engine-thread.ts" : "./engine-thread.js", import.meta.url);
  const worker = new Worker(file, { workerData: data, resourceLimits: engineMemory });
  const ended = once(worker, "exit");
  let stopping = false;
  const failed = new Promise<Error>((resolve) => {
    worker.once("error", (error: unknown) => resolve(error instanceof Error ? error : new Error(String(error))));
    worker.once("exit", (code) => {
      if (!stopping) resolve(new Error(`the engine's thread ended with ${code}`));
    });
  });
  const started = await Promise.race([once(worker, "message"), failed]);
  if (started instanceof Error) throw started;
  const tell = (message: EngineThreadMessage): void => worker.postMessage(message);
  const asker = makeAsker<EngineQuestions>(tell);
  worker.on("message", (message: EngineThreadAnswer) => {
    if (message !== "ready") asker.receive(message);
  });
  void failed.then(asker.end);
  return {
    nudge: () => tell("nudge"),
    ask: asker.ask,
    failed,
    async stop() {
      stopping = true;
      tell("stop");
      await ended;
    },
  };
}

function adminParts(
  { store, schemas, edges, log }: Parts,
  config: ReadyConfig,
  publicUrl: string,
  { nudge, ask }: EngineThread,
  leaseMs: number,
  consentPage: ConsentPage,
): Omit<AdminParts, "writing" | "custom"> {
  // A process of its own beside its engine: they must not pass for each other.
  const leases = { store, holder: randomUUID(), durationMs: leaseMs };
  return {
    // A source that is on its way out is gone for people.
    store: {
      ...store,
      listSources: async () =>
        (await store.listSources()).filter((source) => source.settings.leaving?.then !== "delete"),
      findSource: async (idOrName) => {
        const source = await store.findSource(idOrName);
        return source?.settings.leaving?.then === "delete" ? null : source;
      },
    },
    clock: Date.now,
    publicUrl,
    log,
    adminToken: config.adminToken,
    async testSource(draft, signal) {
      try {
        const source = edges.openSource(draft);
        const { id = null, secrets, settings } = draft;
        const notes = {
          consentUrl: id === null ? null : consentUrl(publicUrl, id),
          consentedAmong: async (keys: readonly string[]) =>
            new Set(id === null ? [] : (await store.consentStamps(id, keys)).keys()),
        };
        const { ok, checks } = await source.test(signal, notes).finally(() => source.close());
        const heard = await store.lastEvents(id ?? "");
        const callback = callbackCheck({ id, secrets, ...settings }, publicUrl, heard);
        return { ok: ok && callback.ok, checks: [...checks, callback] };
      } catch (error) {
        // Settings with which nothing can even be asked: the first check says so.
        if (!(error instanceof SourceError)) throw error;
        return { ok: false, checks: [{ name: "credentials", ok: false, detail: error.message }] };
      }
    },
    consentAddress: (row) => consentPage.address(row, consentUrl(publicUrl, row.id), openState),
    async sourceDepartments(draft, signal) {
      try {
        const source = edges.openSource(draft);
        return { departments: await source.departments(signal).finally(() => source.close()) };
      } catch (error) {
        return { error: toTaskError(error) };
      }
    },
    async testProvider(id, signal) {
      try {
        return await edges.desk.test(id, signal);
      } catch (error) {
        const { detail } = toTaskError(error);
        return { ok: false, checks: [{ name: "credentials", ok: false, detail }] };
      }
    },
    async authorizationUrl(suite, request, signal) {
      try {
        return await edges.desk.authUrl(suite, request, signal);
      } catch (error) {
        return { error: toTaskError(error) };
      }
    },
    async testTarget(draft, signal) {
      const catalog = await edges.catalog();
      const ours = [...catalog.extensionsOf("User"), ...catalog.extensionsOf("Group")];
      return testTarget(edges, draft, ours, signal);
    },
    async removeSource(id, people, requestedBy) {
      const task = await endSource(store, id, people, "delete", Date.now(), requestedBy);
      nudge();
      return task;
    },
    async disableSource(id, people, requestedBy) {
      const task = await endSource(store, id, people, "disable", Date.now(), requestedBy);
      nudge();
      return task;
    },
    forgetLinks: (targetId) => store.forgetLinks(targetId),
    linkByHand: (target, decision, signal) => linkByHand({ ...edges, store, leases }, target, decision, signal),
    schemas: {
      inForce: schemas.inForce,
      refresh: schemas.refresh,
      editor: makeSchemaEditor({ registry: schemas, store }),
      compileVersion: (mapping) => compileVersion({ compile: schemas.compile, store }, mapping),
      isWritable: (kind) => isWritable(schemas.directory, kind),
    },
    measureImpact: (question, signal) => ask("impact", question, signal),
    previewOfSource: (question, signal) => ask("preview", question, signal),
    previewEnd: (question, signal) => ask("end", question, signal),
    catalog: () => schemas.inForce().catalog,
    knownMappings: () => [...schemas.inForce().mappings.keys()],
    knownProfiles: () => schemas.profiles(),
    readProfile: (name) => readProfileForPeople(edges, name),
    nudge,
    allowUrl: edges.refuseUrl,
    sendWebhook: edges.sendWebhook,
  };
}

/** What a source, or a provider, refused. Anything else is thrown. */
function toTaskError(error: unknown): TaskError {
  if (!(error instanceof SourceError)) throw error;
  const { code, message, errcode } = error;
  return { code, detail: message, ...(errcode === null ? {} : { errcode }) };
}
