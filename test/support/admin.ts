import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { makeCustomSourceWriting } from "../../src/directory/custom-source.ts";
import { makeDirectoryWriting } from "../../src/directory/write-resources.ts";
import { makeAdminApp } from "../../src/http/admin/app.ts";
import type { AdminParts } from "../../src/http/admin/parts.ts";
import { makeCipher } from "../../src/lib/cipher.ts";
import { makeLog } from "../../src/lib/log.ts";
import { makeSchemaEditor } from "../../src/schemas/editor.ts";
import { compileVersion } from "../../src/schemas/find-rules.ts";
import { mappingInForce } from "../../src/schemas/in-force.ts";
import { openRegistry } from "../../src/schemas/registry.ts";
import { isWritable } from "../../src/schemas/write-file.ts";
import type { Database } from "../../src/store/database.ts";
import { type FullStore, makeStore, openDatabase } from "../../src/store/open-store.ts";
import { previewOfSource } from "../../src/sync/preview.ts";
import { readTargetProfile } from "../../src/target/read-profile.ts";
import { previewEndOf, readProfileForPeople } from "../../src/wire.ts";
import { postWebhook } from "./post-webhook.ts";

const repositorySchemas = fileURLToPath(new URL("../../schemas", import.meta.url));

/** The management API on an SQLite database in memory. What it calls outside of itself is recorded. */
export interface AdminFixture {
  /** What the app was made of. */
  readonly parts: AdminParts;
  readonly store: FullStore;
  /** For what only the engine writes. */
  readonly database: Database;
  readonly app: ReturnType<typeof makeAdminApp>;
  /** Calls of the handed-in functions, in order. */
  readonly calls: readonly (readonly unknown[])[];
  readonly logLines: readonly string[];
  readonly clock: { now: number };
  readonly adminToken: string;
  /** A request with the admin token; `body` goes as JSON. */
  request(method: string, path: string, body?: unknown): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; null when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  readonly body: any;
}

/** @param schemasDir the editable files: a test that changes them has a copy of its own */
export async function makeAdminFixture(
  overrides: Partial<AdminParts> = {},
  schemasDir = repositorySchemas,
): Promise<AdminFixture> {
  const clock = { now: Date.parse("2026-03-01T08:00:00.000Z") };
  const database = await openDatabase("file::memory:");
  const store = makeStore(database, makeCipher(randomBytes(32)), () => clock.now);
  const calls: (readonly unknown[])[] = [];
  const logLines: string[] = [];
  const adminToken = "admin-token-0123456789";
  const record =
    <T>(name: string, result: T) =>
    async (...args: readonly unknown[]): Promise<T> => {
      calls.push([name, ...args.filter((arg) => !(arg instanceof AbortSignal))]);
      return result;
    };
  const log = makeLog("debug", { write: (line) => logLines.push(line) });
  const registry = await openRegistry({ directory: schemasDir, store, log, watch: false });
  const parts: AdminParts = {
    schemas: {
      inForce: registry.inForce,
      refresh: registry.refresh,
      editor: makeSchemaEditor({ registry, store }),
      compileVersion: (mapping) => compileVersion({ compile: registry.compile, store }, mapping),
      isWritable: (kind) => isWritable(schemasDir, kind),
    },
    measureImpact: record("measureImpact", []),
    previewOfSource: (question) => {
      const mappingOf = async (name: string, text: string | null, extensions: Readonly<Record<string, string>>) =>
        text === null
          ? mappingInForce(registry.inForce(), name).mapping
          : (await makeSchemaEditor({ registry, store }).compileMapping(name, text, extensions)).program;
      calls.push(["previewOfSource", question]);
      return previewOfSource({ store, mappingOf }, question);
    },
    previewEnd: async (question, signal) => {
      calls.push(["previewEnd", question]);
      const readProfile = (name: string) => readTargetProfile(schemasDir, name);
      const of = { store: (overrides.store ?? store) as FullStore, catalog: async () => registry.inForce().catalog };
      return previewEndOf({ ...of, readProfile }, question, signal);
    },
    store,
    writing: makeDirectoryWriting({ writer: store, catalog: () => registry.inForce().catalog }),
    custom: makeCustomSourceWriting({ writer: store, catalog: () => registry.inForce().catalog }),
    clock: () => clock.now,
    publicUrl: "http://bridge.test",
    log,
    adminToken,
    consentAddress: async ({ id }) => `https://wecom.example.com/connect/oauth2/authorize?redirect_uri=${id}`,
    testSource: record("testSource", { ok: true, checks: [{ name: "credentials", ok: true, detail: "a token" }] }),
    sourceDepartments: record("sourceDepartments", { departments: [{ id: 1, name: "总部", parentId: null }] }),
    testProvider: record("testProvider", { ok: true, checks: [] }),
    authorizationUrl: record("authorizationUrl", {
      url: "https://open.work.weixin.qq.com/3rdapp/customized?k=1",
      expiresAt: 0,
    }),
    testTarget: record("testTarget", { ok: false, checks: [{ name: "reachable", ok: false, detail: "no answer" }] }),
    removeSource: async (id, people) => {
      calls.push(["removeSource", id, people]);
      await store.deleteSource(id);
      return null;
    },
    disableSource: async (id, people) => {
      calls.push(["disableSource", id, people]);
      return null;
    },
    forgetLinks: record("forgetLinks", undefined),
    linkByHand: record("linkByHand", { refused: "busy", detail: "nothing is linked here" } as const),
    catalog: () => registry.inForce().catalog,
    knownMappings: () => ["wecom", "wecom-plain"],
    knownProfiles: () => registry.profiles(),
    readProfile: (name) => readProfileForPeople({ readProfile: (each) => readTargetProfile(schemasDir, each) }, name),
    nudge: () => calls.push(["nudge"]),
    sendWebhook: postWebhook,
    ...overrides,
  };
  const app = makeAdminApp(parts);
  return {
    parts,
    store,
    database,
    app,
    calls,
    logLines,
    clock,
    adminToken,
    async request(method, path, body) {
      const response = await app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${adminToken}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = /^application\/(.+\+)?json\b/.test(response.headers.get("content-type") ?? "");
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
    },
  };
}

/** Secrets that no answer and no log line may hold. */
export const planted = {
  corpSecret: "planted-corp-secret",
  contactsSecret: "planted-contacts-secret",
  callbackToken: "plantedtoken",
  encodingAesKey: "plantedAesKeyplantedAesKeyplantedAesKeyplan",
  targetToken: "planted-target-token",
};

export const wecomSource = (name: string, more: object = {}) => ({
  name,
  type: "wecom",
  wecom: { corpId: "ww0123456789abcdef", corpSecret: planted.corpSecret },
  ...more,
});

export const bearerTarget = (name: string, more: object = {}) => ({
  name,
  baseUrl: "https://app.example.com/scim/v2",
  auth: { type: "bearer", token: planted.targetToken },
  sources: [],
  ...more,
});
