import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Corp } from "./corp.ts";
import { peakRssMb, processorMs, type Running, startProgram } from "./process.ts";
import type { BenchTarget } from "./target.ts";

/** What a task came to, and how long it took. Milliseconds. */
export interface TaskResult {
  readonly id: string;
  readonly state: string;
  /** From its start to its end, as the bridge noted them. */
  readonly ms: number;
  /** Processor time that the whole process used meanwhile: of two cores it can be more than `ms`. */
  readonly processorMs: number;
  /** When each phase was first seen, after the start. */
  readonly phases: readonly { readonly phase: string; readonly atMs: number }[];
  readonly error: string | null;
}

/** The bridge in a process of its own, driven through its management API. */
export interface BenchBridge {
  readonly url: string;
  readonly databaseFile: string;
  readonly pid: number;
  /** One that syncs when it is told to; with `callback` also when events come. */
  createSource(
    corp: Corp,
    options?: { readonly callback?: CallbackSettings; readonly contactsSecret?: string },
  ): Promise<string>;
  createTarget(
    target: BenchTarget,
    sourceId: string,
    settings: { readonly groups: boolean; readonly userGroups?: boolean; readonly concurrency: number },
  ): Promise<string>;
  createUserGroup(group: { readonly displayName: string; readonly memberFilter: string }): Promise<void>;
  createScimClient(access?: "read" | "write"): Promise<string>;
  /** A source that is kept in the bridge, which a SCIM client writes people to. */
  createCustomSource(): Promise<void>;
  sync(sourceId: string): Promise<TaskResult>;
  push(targetId: string): Promise<TaskResult>;
  /** Asks what the default mapping would change if everybody's title came from his alias. */
  impact(): Promise<{ readonly ms: number; readonly processorMs: number; readonly users: number }>;
  /** Records of a task at its targets: resources that changed, and groups that got members plus groups that lost some. */
  pushedRecords(taskId: string): Promise<{ readonly resources: number; readonly memberships: number }>;
  /** MB. */
  peakRss(): number;
  /** Stops it and starts it anew on the same data: then `peakRss` is what serving takes. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface CallbackSettings {
  readonly token: string;
  readonly encodingAesKey: string;
}

interface Task {
  readonly id: string;
  readonly state: string;
  readonly progress: { readonly phase: string } | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
}

interface Impact {
  readonly sources: readonly { readonly users: { readonly updated: number; readonly unchanged: number } }[];
}

interface Page {
  readonly records: readonly { readonly target: string | null; readonly changes: readonly AttributeChange[] }[];
  readonly nextCursor: string | null;
}

/** Of `members` it has `added` and `removed`, each left out or empty where there is none. */
interface AttributeChange {
  readonly attribute: string;
  readonly added?: readonly unknown[];
  readonly removed?: readonly unknown[];
}

/** Calls in flight at WeCom, and a second: the most that the form allows. */
export const wecomLimits = { requestsPerSecond: 150, concurrency: 50 } as const;

/** What `npm start` gives to Node itself. */
function startOptions(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    scripts: { start: string };
  };
  return scripts.start.split(" ").filter((word) => word.startsWith("--"));
}

/** @param nodeOptions such as `--cpu-prof`, besides those of `npm start` */
export async function startBridge(dist: string, nodeOptions: readonly string[] = []): Promise<BenchBridge> {
  const dataDir = await mkdtemp(join(tmpdir(), "bridge-bench-"));
  const token = "bench-admin-token-0000";
  const start = () =>
    startProgram([...startOptions(), ...nodeOptions, `${dist}/main.js`, "serve"], {
      env: {
        PORT: "0",
        BRIDGE_DATA_DIR: dataDir,
        BRIDGE_ADMIN_TOKEN: token,
        BRIDGE_ALLOW_PRIVATE_ADDRESSES: "true",
        BRIDGE_LOG_LEVEL: "error",
        BRIDGE_SCHEMAS_DIR: resolve(dist, "../schemas"),
      },
      says: "stderr",
      when: /listens at/,
    });
  const urlOf = (running: Running): string => /http:\S+/.exec(running.ready)?.[0] ?? "";
  let process = await start();
  let url = urlOf(process);
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };

  const follow = async (first: Task): Promise<TaskResult> => {
    const phases: { phase: string; at: number }[] = [];
    const before = processorMs(process.pid);
    let task = first;
    while (task.state === "queued" || task.state === "running") {
      await wait(50);
      task = await call<Task>("GET", `/sync-tasks/${task.id}`);
      const phase = task.progress?.phase;
      if (phase !== undefined && phase !== phases.at(-1)?.phase) phases.push({ phase, at: Date.now() });
    }
    const startedAt = Date.parse(task.startedAt ?? "");
    return {
      id: task.id,
      state: task.state,
      ms: Date.parse(task.finishedAt ?? "") - startedAt,
      processorMs: processorMs(process.pid) - before,
      phases: phases.map(({ phase, at }) => ({ phase, atMs: at - startedAt })),
      error: task.error === null ? null : `${task.error.code}: ${task.error.detail}`,
    };
  };

  let targets = 0;
  return {
    get url() {
      return url;
    },
    databaseFile: join(dataDir, "bridge.db"),
    get pid() {
      return process.pid;
    },
    async createSource({ corpId, appSecret, agentId, url: apiBaseUrl }, events) {
      const wecom = {
        corpId,
        corpSecret: appSecret,
        agentId,
        apiBaseUrl,
        limits: wecomLimits,
        reading: "departments",
        ...events,
      };
      const sync = events?.callback === undefined ? { automatic: false } : { automatic: true, intervalHours: 24 };
      const source = { name: "bench", type: "wecom", wecom, sync };
      return (await call<{ id: string }>("POST", "/sources", source)).id;
    },
    async createUserGroup(group) {
      await call("POST", "/user-groups", group);
    },
    async createTarget(target, sourceId, { groups, userGroups = false, concurrency }) {
      targets += 1;
      const settings = {
        name: `bench-${targets}`,
        baseUrl: target.url,
        auth: { type: "bearer", token: target.token },
        profile: "generic",
        sources: [sourceId],
        // Who leaves is gone, so that the two directories can be compared whole.
        provision: { users: true, groups, userGroups, onRemoval: "delete" },
        limits: { concurrency },
      };
      return (await call<{ id: string }>("POST", "/targets", settings)).id;
    },
    createScimClient: async (access = "read") =>
      (await call<{ token: string }>("POST", "/scim-clients", { name: `bench-${access}`, access, sources: "all" }))
        .token,
    async createCustomSource() {
      await call("POST", "/sources", { name: "bench-custom", type: "custom" });
    },
    sync: async (sourceId) => follow(await call<Task>("POST", `/sources/${sourceId}/sync-tasks`, { mode: "apply" })),
    push: async (targetId) => follow(await call<Task>("POST", `/targets/${targetId}/push`)),
    async impact() {
      const { content } = await call<{ content: { user: Record<string, unknown> } }>("GET", "/mappings/wecom");
      const mapping = { ...content, user: { ...content.user, title: { from: "alias" } } };
      const before = processorMs(process.pid);
      const startedAt = performance.now();
      const { sources } = await call<Impact>("POST", "/mappings/wecom/impact", { mapping });
      const ms = performance.now() - startedAt;
      const users = sources.reduce((sum, each) => sum + each.users.updated + each.users.unchanged, 0);
      return { ms, processorMs: processorMs(process.pid) - before, users };
    },
    async pushedRecords(taskId) {
      let resources = 0;
      let memberships = 0;
      for (let cursor = ""; ; ) {
        const page = await call<Page>("GET", `/sync-tasks/${taskId}/records?limit=500${cursor}`);
        for (const { target, changes } of page.records) {
          if (target === null) continue;
          for (const { added = [], removed = [] } of changes) {
            if (added.length > 0) memberships += 1;
            if (removed.length > 0) memberships += 1;
          }
          if (changes.some(({ attribute }) => attribute !== "members")) resources += 1;
        }
        if (page.nextCursor === null) return { resources, memberships };
        cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
      }
    },
    peakRss: () => peakRssMb(process.pid),
    async restart() {
      await process.stop();
      process = await start();
      url = urlOf(process);
    },
    async stop() {
      await process.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
