import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { expectedDirectory } from "../../src/demo/expected.ts";
import { compareDirectories, type HeldResource, heldDirectory } from "../../src/demo/held.ts";
import { makeCipher } from "../../src/lib/cipher.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { keepNumbers } from "../../src/lib/keep-numbers.ts";
import { makeLog } from "../../src/lib/log.ts";
import { mappingInForce } from "../../src/schemas/in-force.ts";
import { openRegistry } from "../../src/schemas/registry.ts";
import {
  type ScimSimulator,
  type ScimSimulatorOptions,
  startScimSimulator,
} from "../../src/simulator/scim/scim-simulator.ts";
import type { Control } from "../../src/simulator/wecom/control.ts";
import {
  startWecomSimulator,
  type WecomSimulator,
  type WecomSimulatorOptions,
} from "../../src/simulator/wecom/wecom.ts";
import type { Source, SourceUse } from "../../src/source/source.ts";
import { makeProviderDesk } from "../../src/source/wecom/suite/desk.ts";
import { makeWecomSource } from "../../src/source/wecom/wecom-source.ts";
import type { Database } from "../../src/store/database.ts";
import { type FullStore, makeStore, openDatabase } from "../../src/store/open-store.ts";
import type {
  RecordQuery,
  RecordView,
  Safeguards,
  SourceRow,
  SourceSettings,
  TargetRow,
  TargetSettings,
  TaskMode,
  TaskRow,
  TaskTrigger,
} from "../../src/store/store.ts";
import { type Engine, startEngine } from "../../src/sync/engine.ts";
import { noObserver } from "../../src/sync/observer.ts";
import type { EngineEdges } from "../../src/sync/run-task.ts";
import { makeTarget, type TargetOptions } from "../../src/target/open-target.ts";
import { readTargetProfile } from "../../src/target/read-profile.ts";
import type { WriteNotes } from "../../src/target/target.ts";
import { FakeClock } from "../source/wecom/fake-clock.ts";
import { postWebhook } from "./post-webhook.ts";

export const defaultSafeguards: Safeguards = {
  maxRemovals: { floor: 5, percent: 10, count: 500 },
  maxMemberRemovals: { floor: 20, percent: 50 },
  windowHours: 24,
};

/** Safeguards that never hold anything, for tests about something else. */
export const noSafeguards: Safeguards = {
  maxRemovals: { floor: 1_000_000, percent: 100, count: 1_000_000 },
  maxMemberRemovals: { floor: 1_000_000, percent: 100 },
  windowHours: 24,
};

export interface EngineFixtureOptions {
  /** The simulated corp. Default: 60 members in 12 departments, without awkward cases, seed 1. */
  readonly corp?: WecomSimulatorOptions;
  readonly target?: ScimSimulatorOptions;
  readonly source?: Partial<SourceSettings>;
  /** The source knows the AgentId, and with it the app's visible scope. Default true. */
  readonly agentId?: boolean;
  /** The source has the contacts secret as well, and with it the list of all ids. Default false. */
  readonly contacts?: boolean;
  readonly targetSettings?: Partial<TargetSettings>;
  /** For one exchange with a target. Default 10 s. */
  readonly timeoutMs?: number;
  /** Pauses between tries at a target take no time. */
  readonly impatient?: true;
  /** `file::memory:` unless said otherwise. */
  readonly databaseUrl?: string;
  /** False: no target. Default true. */
  readonly withTarget?: boolean;
  /** A WeCom that is no simulator: a source made by the test. */
  readonly openSource?: (row: SourceRow, use: SourceUse) => Source;
}

/** A target with its row in the store. */
export interface TargetFixture {
  readonly simulator: ScimSimulator;
  readonly row: TargetRow;
  readonly control: ScimSimulator["control"];
}

/** The engine in this process, with a simulated WeCom and simulated targets over real HTTP. All ends with the test. */
export interface EngineFixture extends TargetFixture {
  readonly wecom: WecomSimulator;
  readonly corp: Control;
  readonly store: FullStore;
  readonly database: Database;
  readonly source: SourceRow;
  readonly logLines: readonly string[];
  /** The schema files that this engine reads: a copy, which the test may change. */
  readonly schemasDir: string;
  /** Edits the mapping file `wecom` as a person with an editor would. */
  edit(change: (mapping: EditableMapping) => void): void;
  /** Opens a target as the engine does. */
  openTarget: EngineEdges["openTarget"];
  /** Moves the engine's clock on; its own waiting is not shortened by that. */
  advance(ms: number): void;
  now(): number;
  engine(): Engine;
  /** Ends the engine, and starts another one: what a restart is. */
  stop(): Promise<void>;
  start(): void;
  /** Queues a sync and waits for its end. */
  sync(options?: { trigger?: TaskTrigger; mode?: TaskMode; source?: SourceRow }): Promise<TaskRow>;
  /** Queues a push of what is pending at a target and waits for its end. */
  push(target?: TargetRow): Promise<TaskRow>;
  /** Reads the target back and waits for the end. */
  readBack(options?: { readonly repair?: boolean; readonly mode?: "verify" | "match" }): Promise<TaskRow>;
  /** Waits until a task is neither queued nor running. */
  ended(task: TaskRow): Promise<TaskRow>;
  approve(task: TaskRow, changes?: readonly string[]): Promise<TaskRow>;
  records(task: TaskRow, query?: Partial<RecordQuery>): Promise<readonly RecordView[]>;
  addTarget(settings?: Partial<TargetSettings>, options?: ScimSimulatorOptions): Promise<TargetFixture>;
  addSource(name: string, corp: WecomSimulatorOptions, settings?: Partial<SourceSettings>): Promise<SourceFixture>;
  patchSource(change: Partial<SourceSettings>): Promise<void>;
  patchTarget(change: Partial<TargetSettings>): Promise<void>;
  /** What differs between WeCom's truth and a target, in sentences; nothing when all is right. */
  differences(target?: TargetFixture): readonly string[];
  /** Asserts that our directory and the target hold exactly what WeCom says, nobody twice, no rule of SCIM broken. */
  verify(target?: TargetFixture): Promise<void>;
}

/** A JSON file that is changed freely. */
// biome-ignore lint/suspicious/noExplicitAny: whatever a test does to it is what it tests
export type EditableMapping = any;

export interface SourceFixture {
  readonly wecom: WecomSimulator;
  readonly row: SourceRow;
}

const repositorySchemas = fileURLToPath(new URL("../../schemas", import.meta.url));

export async function startEngineFixture(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const cleanup: (() => Promise<unknown> | unknown)[] = [];
  onTestFinished(async () => {
    for (const end of cleanup.reverse()) await end();
  }, 60_000);

  const schemasDir = mkdtempSync(join(tmpdir(), "bridge-schemas-"));
  cpSync(repositorySchemas, schemasDir, { recursive: true });
  cleanup.push(() => rmSync(schemasDir, { recursive: true, force: true }));

  const logLines: string[] = [];
  const log = makeLog("info", { write: (line) => logLines.push(line) });
  let offset = 0;
  const clock = (): number => Date.now() + offset;
  const dataDir = mkdtempSync(join(tmpdir(), "bridge-data-"));
  cleanup.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const database = await openDatabase(options.databaseUrl ?? "file::memory:");
  const store = makeStore(database, makeCipher(randomBytes(32)), clock);
  cleanup.push(() => store.close());
  const schemas = await openRegistry({
    ...{ directory: schemasDir, store, log, watch: false },
    // The clock of the store is moved on, that of the files is not.
    startedAt: Number.POSITIVE_INFINITY,
  });
  cleanup.push(() => schemas.close());

  const wecom = await startWecomSimulator({
    shape: { members: 60, departments: 12, seed: 1, quirks: false },
    ...options.corp,
  });
  cleanup.push(() => wecom.close());
  const makeSource = (name: string, corp: WecomSimulator, settings: Partial<SourceSettings> = {}): Promise<SourceRow> =>
    store.createSource({
      name,
      type: "wecom",
      status: "enabled",
      nextRunAt: null,
      secrets: {
        "/wecom/corpSecret": corp.appSecret,
        ...(options.contacts === true && { "/wecom/contactsSecret": corp.contactsSecret }),
      },
      settings: {
        wecom: {
          corpId: corp.corpId,
          apiBaseUrl: corp.url,
          ...(options.agentId === false ? {} : { agentId: corp.agentId }),
        },
        sync: { automatic: true, users: true, intervalHours: 1 },
        scope: { mode: "all" },
        mapping: "wecom",
        safeguards: defaultSafeguards,
        ...settings,
      },
    });
  const source = await makeSource("corp", wecom, options.source);

  const addTarget = async (
    settings: Partial<TargetSettings> = {},
    simulatorOptions: ScimSimulatorOptions = {},
  ): Promise<TargetFixture> => {
    const simulator = await startScimSimulator({ log: true, ...simulatorOptions });
    cleanup.push(() => simulator.close());
    const row = await store.createTarget({
      name: `target-${simulator.url}`,
      status: "enabled",
      secrets: { "/auth/token": simulator.token },
      settings: targetSettings(simulator.url, [source.id], settings),
    });
    return { simulator, row, control: simulator.control };
  };
  const main =
    options.withTarget === false
      ? {
          simulator: null as unknown as ScimSimulator,
          row: null as unknown as TargetRow,
          control: null as unknown as ScimSimulator["control"],
        }
      : await addTarget(options.targetSettings, options.target);

  const edges = {
    openSource: (row: SourceRow, use: SourceUse = {}): Source => {
      if (options.openSource) return options.openSource(row, use);
      if (row.settings.wecom === undefined) throw new Error("no such kind of source");
      const { corpId, agentId, apiBaseUrl } = row.settings.wecom;
      const contactsSecret = row.secrets["/wecom/contactsSecret"];
      // A clock that jumps: pauses between tries cost no time.
      const parts = { corpId, agentId, apiBaseUrl, contactsSecret, clock: new FakeClock(), log, ...use };
      return makeWecomSource({ ...parts, corpSecret: row.secrets["/wecom/corpSecret"] ?? "" });
    },
    openTarget: (row: TargetRow, notes?: WriteNotes) => {
      const profile = readTargetProfile(schemasDir, row.settings.profile);
      return makeTarget({
        baseUrl: row.settings.baseUrl,
        auth: { type: "bearer", token: row.secrets["/auth/token"] ?? "" },
        api: row.settings.api as TargetOptions["api"],
        constants: row.settings.constants,
        profile,
        version: "0.0.0",
        concurrency: row.settings.limits.concurrency,
        timeoutMs: options.timeoutMs ?? 10_000,
        notes,
      });
    },
    loadMapping: async (name: string) => mappingInForce(await schemas.refresh(), name),
    catalog: async () => (await schemas.refresh()).catalog,
  };

  let engine: Engine | null = null;
  let starts = 0;
  const start = (): void => {
    starts += 1;
    const leases = { store, holder: `engine ${starts}`, durationMs: 30_000 };
    const marks = keepNumbers(join(dataDir, "pushed.json"), { onError: (error) => log.error({ err: error }, "marks") });
    engine = startEngine({
      ...{ ...edges, store, leases, marks, clock, log, tickMs: 50 },
      ...{ observer: noObserver, publicUrl: "https://bridge.test", sendWebhook: postWebhook },
      // Here sources have secrets: nothing is asked for in a provider's name.
      desk: makeProviderDesk({ kept: store, log }),
      ...(options.impatient && { pause: async () => {} }),
    });
  };
  const stop = async (): Promise<void> => {
    const ending = engine;
    engine = null;
    await ending?.stop();
  };
  cleanup.push(stop);
  start();

  const ended = async (task: TaskRow): Promise<TaskRow> => {
    for (;;) {
      const now = await store.findTask(task.id);
      if (now === null) return { ...task, state: "succeeded" };
      if (now.state !== "queued" && now.state !== "running") return now;
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  const run = async (queued: Promise<{ readonly task: TaskRow }>): Promise<TaskRow> => {
    const { task } = await queued;
    engine?.nudge();
    return ended(task);
  };

  const fixture: EngineFixture = {
    ...main,
    wecom,
    corp: wecom.control,
    store,
    database,
    source,
    logLines,
    schemasDir,
    edit(change) {
      const file = join(schemasDir, "mappings", "wecom.json");
      const mapping = JSON.parse(readFileSync(file, "utf8"));
      change(mapping);
      writeFileSync(file, JSON.stringify(mapping, null, 2));
    },
    openTarget: edges.openTarget,
    advance: (ms) => {
      offset += ms;
    },
    now: clock,
    engine: () => {
      if (engine === null) throw new Error("the engine does not run");
      return engine;
    },
    stop,
    start,
    sync: ({ trigger = "manual", mode = "apply", source: row = source } = {}) =>
      run(store.queueTask({ sourceId: row.id, targetId: null, trigger, mode })),
    push: (row = main.row) =>
      run(store.queueTask({ sourceId: null, targetId: row.id, trigger: "manual", mode: "apply" })),
    readBack: ({ repair = false, mode = "verify" } = {}) =>
      run(store.queueTask({ sourceId: null, targetId: main.row.id, trigger: "manual", mode, repair })),
    ended,
    async approve(task, changes) {
      expect(await store.approveTask(task.id, changes ?? null)).toBe(true);
      engine?.nudge();
      return ended(task);
    },
    async records(task, query = {}) {
      return (await store.listRecords(task.id, { limit: 1000, ...query })).items;
    },
    addTarget,
    async addSource(name, corpOptions, settings) {
      const other = await startWecomSimulator({
        shape: { members: 60, departments: 12, seed: 1, quirks: false },
        ...corpOptions,
      });
      cleanup.push(() => other.close());
      return { wecom: other, row: await makeSource(name, other, settings) };
    },
    async patchSource(change) {
      const row = await store.findSource(source.id);
      if (row === null) throw new Error("the source is gone");
      await store.updateSource(source.id, { settings: { ...row.settings, ...change } });
    },
    async patchTarget(change) {
      const row = await store.findTarget(main.row.id);
      if (row === null) throw new Error("the target is gone");
      await store.updateTarget(main.row.id, { settings: { ...row.settings, ...change } });
    },
    differences(target = main) {
      const { users, groups } = target.control.dump();
      return differencesOf(wecom.control, users, groups);
    },
    async verify(target = main) {
      const { users, groups } = target.control.dump();
      expect(differencesOf(wecom.control, users, groups)).toEqual([]);
      expect(target.control.violations()).toEqual([]);
      const own = await ownDirectory(store, source.id);
      expect(differencesOf(wecom.control, own.users, own.groups)).toEqual([]);
    },
  };
  return fixture;
}

export function targetSettings(
  baseUrl: string,
  sources: readonly string[],
  settings: Partial<TargetSettings> = {},
): TargetSettings {
  return {
    baseUrl,
    auth: { type: "bearer" },
    profile: "generic",
    sources,
    provision: { users: true, groups: true, userGroups: true, onRemoval: "deactivate" },
    scope: {},
    match: { users: ["externalId", "userName"], groups: ["externalId", "displayName"] },
    limits: { concurrency: 8, requestsPerSecond: 0 },
    safeguards: defaultSafeguards,
    ...settings,
  };
}

/** Our own directory in the shape of a target's dump. */
export async function ownDirectory(
  store: FullStore,
  sourceId: string,
): Promise<{ readonly users: readonly HeldResource[]; readonly groups: readonly HeldResource[] }> {
  const read = async (type: "User" | "Group"): Promise<readonly HeldResource[]> => {
    const query = { type, sources: [sourceId], filter: null, startIndex: 1, count: 100_000 };
    const { rows } = await store.queryResources(query);
    const members = await store.membersOf(type === "Group" ? rows.map(({ id }) => id) : [], "all");
    return rows.map(({ id, document }) => ({
      type,
      id,
      resource: JSON.parse(document) as JsonObject,
      members: members.filter(({ groupId }) => groupId === id).map(({ memberId }) => ({ value: memberId })),
    }));
  };
  return { users: await read("User"), groups: await read("Group") };
}

/** Leavers stay, deactivated and in no group; beyond that it must be what WeCom says, once. */
function differencesOf(
  corp: Control,
  users: readonly HeldResource[],
  groups: readonly HeldResource[],
): readonly string[] {
  const expected = expectedDirectory(corp.visibleTruth());
  const left = new Set(
    users
      .filter(({ resource }) => resource["active"] === false && !expected.users.has(String(resource["externalId"])))
      .map(({ id }) => id),
  );
  const sentences: string[] = [];
  const there = users.filter(({ id }) => !left.has(id));
  for (const [what, list] of [["user", there] as const, ["group", groups] as const]) {
    const seen = new Set<string>();
    for (const { id, resource } of list) {
      const key = String(resource["externalId"] ?? `${id} without externalId`);
      if (seen.has(key)) sentences.push(`${what} ${key} is there twice`);
      seen.add(key);
    }
  }
  for (const { resource, members } of groups) {
    for (const { value } of members) {
      if (left.has(value)) sentences.push(`group ${String(resource["externalId"])} still has a leaver`);
    }
  }
  // A leaver may still be named as somebody's manager, by his id.
  const { examples } = compareDirectories(expected, heldDirectory(there, groups), 20);
  return [...sentences, ...examples];
}
