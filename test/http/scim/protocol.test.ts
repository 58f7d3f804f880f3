import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeScimApp } from "../../../src/http/scim/app.ts";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";
import { errorSchema, listResponseSchema } from "../../../src/scim/messages.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from "../../../src/scim/resource.ts";
import type { Database } from "../../../src/store/database.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { testId } from "../../store/filter-directory.ts";
import { type Answer, base, catalog, clients, extensionUrn, makeScimServer, toAnswer } from "./scim-server.ts";

let database: Database;
let server: Awaited<ReturnType<typeof makeScimServer>>;

beforeAll(async () => {
  database = await openSqlite(":memory:");
  server = await makeScimServer(database);
});
afterAll(() => database.close());

function expectError(answer: Answer, status: number): void {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers.get("content-type")).toContain("application/scim+json");
  expect(answer.json).toMatchObject({ schemas: [errorSchema], status: String(status), detail: expect.any(String) });
}

function resourcesOf({ json }: Answer): readonly JsonObject[] {
  const resources = json["Resources"];
  return Array.isArray(resources) ? resources.filter(isJsonObject) : [];
}

describe("discovery", () => {
  it("R-167 has a schema for every attribute of the service provider configuration", async () => {
    const urn = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
    const { attributes } = (await server.ask(`/Schemas/${urn}`)).json;
    const names = Array.isArray(attributes) ? attributes.filter(isJsonObject).map(({ name }) => name) : [];
    const { schemas: _, meta: __, ...config } = (await server.ask("/ServiceProviderConfig")).json;
    expect(names).toEqual(expect.arrayContaining(Object.keys(config)));
  });

  it("R-046 R-047 R-167 answers one service provider configuration that promises what there is", async () => {
    const { status, json } = await server.ask("/ServiceProviderConfig");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 4194304 },
      filter: { supported: true, maxResults: 1000 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: "index",
        defaultPageSize: 100,
        maxPageSize: 1000,
        cursorTimeout: 3600,
      },
      authenticationSchemes: [{ type: "oauthbearertoken", primary: true }],
      meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
    });
  });

  it("R-048 shows how to authenticate to who has no token, but not to who has a wrong one", async () => {
    expect((await server.app.request("/ServiceProviderConfig")).status).toBe(200);
    expectError(await server.ask("/ServiceProviderConfig", { token: "wrong" }), 401);
    expectError(await toAnswer(await server.app.request("/Schemas")), 401);
  });

  it("R-049 R-053 R-056 T3 T4 T5 lists resource types whose schemas can be read", async () => {
    const types = await server.ask("/ResourceTypes");
    expect(types.json).toMatchObject({ schemas: [listResponseSchema], totalResults: 2, itemsPerPage: 2 });
    expect(resourcesOf(types).map(({ id }) => id)).toEqual(["User", "Group"]);
    for (const type of resourcesOf(types)) {
      const one = await server.ask(`/ResourceTypes/${type["id"]}`);
      expect(one.json).toEqual(type);
      expect((await server.ask(`/Schemas/${type["schema"]}`)).json["id"]).toBe(type["schema"]);
    }
    expect(resourcesOf(types)[0]?.["schemaExtensions"]).toEqual([
      { schema: enterpriseUserSchema, required: false },
      { schema: extensionUrn, required: false },
    ]);
  });

  it("R-054 R-055 T8 T9 T11 lists schemas, each of which can be read by its URN in any case", async () => {
    const schemas = await server.ask("/Schemas");
    const ids = resourcesOf(schemas).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([coreUserSchema, coreGroupSchema, enterpriseUserSchema, extensionUrn]));
    expect(resourcesOf(schemas).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["ResourceType", "ServiceProviderConfig", "Schema"]),
    );
    for (const schema of resourcesOf(schemas)) {
      const one = await server.ask(`/Schemas/${String(schema["id"]).toUpperCase()}`);
      expect(one.json).toEqual(schema);
      expect(schema).toMatchObject({
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        meta: { resourceType: "Schema", location: `${base}/Schemas/${schema["id"]}` },
      });
    }
  });

  it("R-050 T6 T10 T13 answers 404 for what is not there", async () => {
    const id = "7a3d1c52-92d2-4c5b-8f43-0c47f4f5f0f1";
    for (const path of [`/ResourceTypes/${id}`, `/Schemas/${id}`, `/${id}`, "/Users/a/b", "/ResourceTypes/__proto__"]) {
      expectError(await server.ask(path), 404);
    }
  });

  it("R-051 refuses a filter", async () => {
    for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", `/Schemas/${coreUserSchema}`]) {
      expectError(await server.ask(`${path}?filter=id+pr`), 403);
      expect((await server.ask(`${path}?count=1&startIndex=2&attributes=id&sortBy=id`)).json).toEqual(
        (await server.ask(path)).json,
      );
    }
  });

  it("R-052 T2 T7 T12 knows GET alone", async () => {
    for (const path of [
      "/ServiceProviderConfig",
      "/ResourceTypes",
      "/ResourceTypes/User",
      "/Schemas",
      `/Schemas/${coreUserSchema}`,
    ]) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const answer = await server.ask(path, { method });
        expectError(answer, 405);
        expect(answer.headers.get("allow")).toBe("GET, HEAD");
      }
    }
  });
});

describe("authentication", () => {
  it("R-061 TS-18 asks for a bearer token with a SCIM error and WWW-Authenticate", async () => {
    for (const authorization of [
      undefined,
      "Bearer wrong",
      "Bearer",
      "Basic dG9rZW4tYWxsOg==",
      "Bearer token-all x",
      "token-all",
    ]) {
      const headers = authorization === undefined ? undefined : { authorization };
      const answer = await toAnswer(await server.app.request("/Users", headers ? { headers } : {}));
      expectError(answer, 401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
      expect(answer.text).not.toContain("wrong");
    }
    const lower = await server.app.request("/Users", { headers: { authorization: "bearer token-all" } });
    expect(lower.status).toBe(200);
  });

  it("asks for a client once in a burst, and again for one that was refused", async () => {
    const asked: string[] = [];
    let client: (typeof clients)[string] | null = null;
    const app = makeScimApp({
      directory: refusingDirectory,
      writing: refusingWriting,
      catalog: () => catalog,
      publicUrl: "https://bridge.example.com",
      authenticate: async (hash) => {
        asked.push(hash);
        return client;
      },
    });
    const ask = async () => (await app.request("/Schemas", { headers: { authorization: "Bearer t" } })).status;
    expect([await ask(), await ask(), asked.length]).toEqual([401, 401, 2]);
    client = clients["token-all"] ?? null;
    expect([await ask(), await ask(), await ask(), asked.length]).toEqual([200, 200, 200, 3]);
    expect(asked[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe("writing", () => {
  it("refuses to change what comes from a source, and names the source", async () => {
    for (const token of ["token-all", "token-write"]) {
      for (const method of ["PUT", "PATCH", "DELETE"]) {
        const answer = await server.ask(`/Users/${testId(1)}`, {
          method,
          token,
          ...(method === "DELETE" ? {} : { body: "{}" }),
        });
        expectError(answer, 403);
        expect(answer.json["detail"]).toContain("总部-WeCom");
      }
    }
    expect((await server.ask(`/Users/${testId(1)}`)).json).toMatchObject({
      userName: "User.1",
      meta: { version: 'W/"2"' },
    });
  });

  it("R-108 answers 404 for changes of what is not there", async () => {
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      expectError(await server.ask(`/Groups/${testId(999)}`, { method, token: "token-write" }), 404);
    }
  });

  it("lets a reader create nothing, whatever he sends", async () => {
    for (const path of ["/Users", "/Groups"]) {
      expectError(await server.ask(path, { method: "POST", body: "{" }), 403);
    }
  });

  it("R-062 R-151 refuses verbs that are not defined, and /Me", async () => {
    for (const method of ["PUT", "PATCH", "DELETE"]) expectError(await server.ask("/Users", { method }), 405);
    expectError(await server.ask(`/Users/${testId(1)}`, { method: "POST" }), 405);
    expectError(await server.ask("/Users/.search"), 405);
    expectError(await server.ask("/Bulk"), 405);
    for (const method of ["GET", "PATCH"]) expectError(await server.ask("/Me", { method }), 501);
  });

  it("R-059 R-066 refuses bodies that are no JSON, of another type or too large", async () => {
    const search = (body: string | Uint8Array<ArrayBuffer>, type?: string) =>
      server.ask("/Users/.search", {
        method: "POST",
        body,
        headers: type === undefined ? {} : { "content-type": type },
      });
    expectError(await search("{", "application/scim+json"), 400);
    expectError(await search("<x/>", "application/xml"), 415);
    const [head = "", tail = ""] =
      '{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \\"?\\""}'.split("?");
    const gbk = Buffer.concat([Buffer.from(head), Buffer.of(0xb9, 0xa4), Buffer.from(tail)]);
    const unread = await search(new Uint8Array(gbk), "application/scim+json");
    expectError(unread, 400);
    expect(unread.text).toContain("no UTF-8");
    const body = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}';
    for (const type of ["application/json", "application/scim+json; charset=utf-8", "APPLICATION/JSON"]) {
      expect((await search(body, type)).status).toBe(200);
    }
    expectError(await search(`{"filter":"${"x".repeat(1_100_000)}"}`, "application/json"), 413);
  });
});

describe("a failure inside", () => {
  it("R-152 is a SCIM error that tells nothing about the inside", async () => {
    const app = makeScimApp({
      directory: refusingDirectory,
      writing: refusingWriting,
      catalog: () => catalog,
      publicUrl: "https://bridge.example.com",
      authenticate: async () => clients["token-all"] ?? null,
    });
    const answer = await toAnswer(await app.request("/Users", { headers: { authorization: "Bearer t" } }));
    expectError(answer, 500);
    expect(answer.text).not.toContain("disk");
  });
});

const refuse = async (): Promise<never> => {
  throw new Error("the disk is gone");
};
const refusingWriting = { create: refuse, replace: refuse, modify: refuse, remove: refuse };

const refusingDirectory = {
  listResources: refuse,
  queryResources: refuse,
  readResource: refuse,
  membersOf: refuse,
  groupsOf: refuse,
};
