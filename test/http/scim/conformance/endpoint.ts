import { beforeEach, expect } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../../../src/lib/json.ts";
import type { SchemaCatalog } from "../../../../src/scim/catalog.ts";
import {
  bulkRequestSchema,
  bulkResponseSchema,
  errorSchema,
  listResponseSchema,
  patchOpSchema,
  searchRequestSchema,
} from "../../../../src/scim/messages.ts";
import { coreGroupSchema, coreUserSchema } from "../../../../src/scim/resource.ts";
import { onEachDatabase, type TestDatabase } from "../../../support/databases.ts";
import { type Answer, base, makeScimServer } from "../scim-server.ts";

/** A SCIM endpoint as a client who may write sees it. Whatever it answers has to be as RFC 7644 has it. */
export interface Endpoint {
  get(path: string, headers?: Headers): Promise<Answer>;
  post(path: string, body: unknown, headers?: Headers): Promise<Answer>;
  put(path: string, body: unknown, headers?: Headers): Promise<Answer>;
  patch(path: string, ...operations: readonly object[]): Promise<Answer>;
  delete(path: string, headers?: Headers): Promise<Answer>;
  /** Anything else. What is neither text nor bytes is sent as JSON; without a media type it is `application/scim+json`. */
  send(method: string, path: string, request?: { body?: unknown; headers?: Headers; token?: string }): Promise<Answer>;
  find(endpoint: "/Users" | "/Groups", filter: string): Promise<readonly JsonObject[]>;
  bulk(operations: readonly unknown[], more?: object): Promise<readonly JsonObject[]>;
  /** Makes a user. A `userName` of its own where none is given. */
  newUser(attributes?: object): Promise<Made>;
  newGroup(attributes?: object): Promise<Made>;
  /** The ids in `members`, in order. */
  membersOf(group: Made): Promise<readonly string[]>;
}

export type Headers = Readonly<Record<string, string>>;

export interface Made {
  readonly id: string;
  /** Relative to the base: `/Users/…`. */
  readonly path: string;
  readonly json: JsonObject;
}

export interface EndpointOptions {
  readonly schemas?: SchemaCatalog;
  /** With the people and groups of scim-server.ts; otherwise nobody is there. */
  readonly hasDirectory?: boolean;
}

/** A suite on each database, with a new endpoint for each test. */
export function onEachEndpoint(
  title: string,
  suite: (scim: Endpoint, at: TestDatabase) => void,
  { schemas, hasDirectory = false }: EndpointOptions = {},
): void {
  onEachDatabase(title, (at) => {
    const client = new WritingClient();
    beforeEach(async () => {
      client.server = await makeScimServer(at.database, { isEmpty: !hasDirectory, ...(schemas ? { schemas } : {}) });
    });
    suite(client, at);
  });
}

class WritingClient implements Endpoint {
  server: Awaited<ReturnType<typeof makeScimServer>> | null = null;
  #made = 0;

  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send("GET", path, { headers });
  }

  post(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send("POST", path, { body, headers });
  }

  put(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send("PUT", path, { body, headers });
  }

  patch(path: string, ...operations: readonly object[]): Promise<Answer> {
    return this.send("PATCH", path, { body: { schemas: [patchOpSchema], Operations: operations } });
  }

  delete(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send("DELETE", path, { headers });
  }

  async send(
    method: string,
    path: string,
    { body, headers = {}, token = "token-write" }: { body?: unknown; headers?: Headers; token?: string } = {},
  ): Promise<Answer> {
    if (this.server === null) throw new Error("there is no server yet");
    const answer = await this.server.ask(path, {
      method,
      token,
      headers: { "content-type": "application/scim+json", ...headers },
      ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
    });
    expectConforming(answer);
    return answer;
  }

  async find(endpoint: "/Users" | "/Groups", filter: string): Promise<readonly JsonObject[]> {
    const answer = await this.get(`${endpoint}?filter=${encodeURIComponent(filter)}`);
    expectStatus(answer, 200);
    expect(answer.json["totalResults"]).toBe(resourcesOf(answer).length);
    return resourcesOf(answer);
  }

  async bulk(operations: readonly unknown[], more: object = {}): Promise<readonly JsonObject[]> {
    const answer = await this.post("/Bulk", { schemas: [bulkRequestSchema], Operations: operations, ...more });
    expectStatus(answer, 200);
    expect(answer.json["schemas"]).toEqual([bulkResponseSchema]);
    return listOf(answer.json, "Operations");
  }

  newUser(attributes: object = {}): Promise<Made> {
    this.#made += 1;
    return this.#make("/Users", { schemas: [coreUserSchema], userName: `somebody.${this.#made}`, ...attributes });
  }

  newGroup(attributes: object = {}): Promise<Made> {
    this.#made += 1;
    return this.#make("/Groups", { schemas: [coreGroupSchema], displayName: `Group ${this.#made}`, ...attributes });
  }

  async membersOf({ path }: Made): Promise<readonly string[]> {
    const answer = await this.get(path);
    expectStatus(answer, 200);
    return listOf(answer.json, "members").map(({ value }) => String(value));
  }

  async #make(endpoint: string, body: object): Promise<Made> {
    const answer = await this.post(endpoint, body);
    expectStatus(answer, 201);
    const id = String(answer.json["id"]);
    return { id, path: `${endpoint}/${id}`, json: answer.json };
  }
}

function isRaw(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" || body instanceof Uint8Array;
}

export function expectStatus(answer: Answer, status: number): void {
  expect(answer.status, answer.text).toBe(status);
}

export function expectError(answer: Answer, status: number, scimType?: string): void {
  expectStatus(answer, status);
  expect(answer.json["scimType"], answer.text).toBe(scimType);
}

export function listOf(json: JsonObject, name: string): readonly JsonObject[] {
  const list: Json | undefined = json[name];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

export function resourcesOf(answer: Answer): readonly JsonObject[] {
  return listOf(answer.json, "Resources");
}

/** A resource without what the server says of it: `id` and `meta`. */
export function withoutMeta({ id: _, meta: __, ...rest }: JsonObject): JsonObject {
  return rest;
}

export function versionOf({ json }: Pick<Answer, "json">): string {
  const { meta } = json;
  return isJsonObject(meta ?? null) ? String((meta as JsonObject)["version"]) : "";
}

export function searchRequest(more: object = {}): object {
  return { schemas: [searchRequestSchema], ...more };
}

/**
 * What is true of every answer: its media type (RFC 7644 §3.8), the shape of an error (§3.12), of a list (§3.4.2) and of
 * a resource (RFC 7643 §3.1), tags and locations that agree, and nothing that is null or empty (RFC 7643 §2.5).
 */
export function expectConforming({ status, headers, text, json }: Answer): void {
  if (status === 204 || status === 304) {
    expect(text).toBe("");
    return;
  }
  expect(status < 500 || status === 501, `${status} ${text}`).toBe(true);
  expect(headers.get("content-type")).toMatch(/^application\/scim\+json(; *charset=utf-8)?$/);
  if (text === "") return;
  if (status >= 300) {
    expect(json["schemas"]).toEqual([errorSchema]);
    expect(json["status"]).toBe(String(status));
    expect(json["detail"]).toEqual(expect.any(String));
    expect(Object.keys(json).every((key) => ["schemas", "status", "scimType", "detail"].includes(key))).toBe(true);
    return;
  }
  expect(json["schemas"]).toEqual(expect.arrayContaining([expect.any(String)]));
  if ((json["schemas"] as readonly Json[])[0] === listResponseSchema) {
    expect(json["totalResults"]).toEqual(expect.any(Number));
    expect(json["itemsPerPage"]).toBe((json["Resources"] as readonly Json[]).length);
    for (const resource of listOf(json, "Resources")) expectResource(resource, {});
    return;
  }
  // What failed inside is hidden there, in an answer that is well.
  for (const result of listOf(json, "Operations")) expect(Number(result["status"])).toBeLessThan(500);
  expectResource(json, { etag: headers.get("etag"), location: headers.get("location") });
}

function expectResource(
  resource: JsonObject,
  { etag = null, location = null }: { readonly etag?: string | null; readonly location?: string | null },
): void {
  const meta = resource["meta"] ?? {};
  const type = isJsonObject(meta) ? meta["resourceType"] : undefined;
  if (!isJsonObject(meta) || (type !== "User" && type !== "Group")) return;
  expect(resource["id"]).toEqual(expect.any(String));
  expect(resource).not.toHaveProperty("password");
  expectNothingEmpty(resource);
  const { location: own, version, created, lastModified } = meta;
  if (own !== undefined) expect(own).toBe(`${base}/${String(type)}s/${String(resource["id"])}`);
  for (const time of [created, lastModified].filter((time) => time !== undefined)) {
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  }
  if (etag !== null && version !== undefined) expect(version).toBe(etag);
  if (location !== null && own !== undefined) expect(own).toBe(location);
}

function expectNothingEmpty(value: Json): void {
  expect(value).not.toBeNull();
  if (Array.isArray(value)) expect(value).not.toEqual([]);
  if (typeof value === "object" && value !== null) for (const item of Object.values(value)) expectNothingEmpty(item);
}
