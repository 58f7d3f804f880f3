import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  fixture = await makeAdminFixture();
});

afterEach(() => fixture.store.close());

describe("authentication", () => {
  it.each([undefined, "Bearer wrong-token", "Basic YWRtaW46eA==", "Bearer ", "Bearer admin-token-0123456789x"])(
    "answers 401 with a challenge to %s, before it looks at anything else",
    async (authorization) => {
      for (const path of ["/api/v1/sources", "/api/v1/nothing"]) {
        const response = await fixture.app.request(path, authorization ? { headers: { authorization } } : {});
        expect(response.status).toBe(401);
        expect(response.headers.get("content-type")).toBe("application/problem+json");
        expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
        expect(await response.json()).toMatchObject({ status: 401, title: expect.any(String) });
      }
    },
  );

  it("takes the scheme in any case", async () => {
    const headers = { authorization: `bearer ${fixture.adminToken}` };
    expect((await fixture.app.request("/api/v1/sources", { headers })).status).toBe(200);
  });
});

const wrongType = "The body has to be sent with Content-Type: application/json.";

describe("errors", () => {
  it("answers 400 with the place to a body at which zod throws", async () => {
    const name = { length: { toString: "" } };
    const details: string[] = [];
    for (const [method, path] of [
      ["POST", "/api/v1/sources"],
      ["POST", "/api/v1/targets"],
      ["PATCH", "/api/v1/settings"],
      ["POST", "/api/v1/configuration/compare"],
    ] as const) {
      const answer = await request(method, path, { ...wecomSource("a"), name, baseUrl: name, sources: name });
      expect(answer.status, path).toBe(400);
      details.push(answer.body.detail);
    }
    expect(details.join("\n")).toMatch(/\/length: cannot be an object here/);
  });

  it.each([
    ["no JSON", '{\n "name": "wang" x', "application/json", "The body is not JSON: look at line 2, column 17."],
    ["nothing", "", "application/json", "The body is not JSON: it is empty."],
    ["JSON under another name", "{}", "text/plain", wrongType],
    ["a form", "name=x", "application/x-www-form-urlencoded", wrongType],
  ])("answers 400 to a body that is %s, and says which of these it is", async (_, body, contentType, detail) => {
    const headers = { authorization: `Bearer ${fixture.adminToken}`, "content-type": contentType };
    const response = await fixture.app.request("/api/v1/sources", { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = (await response.json()) as { readonly detail: string; readonly errors?: unknown };
    expect(problem.detail).toBe(detail);
    if (body.startsWith("{\n")) {
      expect(problem.errors).toEqual([{ pointer: "", detail: "is not JSON", line: 2, column: 17 }]);
    }
  });

  it.each([[[]], ["text"], [null], [7]])("answers 400 to %j in place of an object", async (body) => {
    await request("POST", "/api/v1/sources", wecomSource("corp"));
    expect((await request("POST", "/api/v1/sources", JSON.stringify(body))).status).toBe(400);
    expect((await request("PATCH", "/api/v1/sources/corp", JSON.stringify(body))).status).toBe(400);
  });

  it("answers 400 to a body that is no UTF-8: it would be stored with other characters", async () => {
    const gbk = Buffer.concat([Buffer.from('{ "name": "'), Buffer.of(0xb9, 0xa4), Buffer.from('" }')]);
    for (const [method, path] of [
      ["POST", "/api/v1/sources"],
      ["PATCH", "/api/v1/settings"],
      ["POST", "/api/v1/mappings/wecom/preview"],
    ] as const) {
      const answer = await fixture.app.request(path, {
        method,
        headers: { authorization: `Bearer ${fixture.adminToken}`, "content-type": "application/json" },
        body: gbk,
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { detail: expect.stringContaining("no UTF-8") },
      ]);
    }
  });

  it("answers 413 to a body that is too large", async () => {
    const answer = await request(
      "POST",
      "/api/v1/sources",
      wecomSource("corp", { description: "x".repeat(1_100_000) }),
    );
    expect([answer.status, answer.body.status]).toEqual([413, 413]);
  });

  it("answers 404 to a path and a method that are not there", async () => {
    expect((await request("GET", "/api/v1/nothing")).status).toBe(404);
    expect((await request("PUT", "/api/v1/sources")).body.detail).toBe("There is nothing at PUT /api/v1/sources.");
  });

  it("says nothing of an unexpected failure but where to look, and logs it under that id", async () => {
    const { store } = fixture;
    const broken = { ...store, listSources: () => Promise.reject(new Error("disk I/O error")) };
    const other = await makeAdminFixture({ store: broken });
    const answer = await other.request("GET", "/api/v1/sources");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("disk");
    const requestId = answer.headers.get("x-request-id") ?? "none";
    expect(answer.body.detail).toContain(requestId);
    expect(other.logLines.some((line) => line.includes(requestId) && line.includes("disk I/O error"))).toBe(true);
    await other.store.close();
  });
});

describe("every answer", () => {
  it("is not to be stored, framed or sniffed, and carries the id of its log line", async () => {
    for (const path of ["/api/v1/sources", "/api/v1/nothing", "/api/docs"]) {
      const { headers } = await request("GET", path);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(fixture.logLines.join()).toContain(headers.get("x-request-id"));
    }
  });

  it("keeps a sensible request id that a proxy set, and no other", async () => {
    const ask = async (id: string) =>
      (await fixture.app.request("/api/docs", { headers: { "x-request-id": id } })).headers.get("x-request-id");
    expect(await ask("proxy-id-12345")).toBe("proxy-id-12345");
    expect(await ask("forged id; x=1")).not.toContain("forged");
  });

  it("leaves query strings and secrets out of the log", async () => {
    await request("POST", "/api/v1/sources", wecomSource("corp"));
    await request("GET", "/api/v1/sources?cursor=somebody%40example.com");
    expect(fixture.logLines.length).toBeGreaterThan(1);
    expect(fixture.logLines.join()).not.toContain("somebody");
    expect(fixture.logLines.join()).not.toContain(planted.corpSecret);
    expect(fixture.logLines.join()).not.toContain(fixture.adminToken);
  });
});

describe("the OpenAPI document", () => {
  const methods = new Set(["GET", "POST", "PATCH", "PUT", "DELETE"]);

  it("is public and describes every route that there is", async () => {
    const response = await fixture.app.request("/api/v1/openapi.json");
    expect(response.status).toBe(200);
    const document = JSON.parse(await response.text());
    expect(document.openapi).toBe("3.1.0");
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = fixture.app.routes
      .filter(({ method, path }) => methods.has(method) && !["/api/v1/openapi.json", "/api/docs"].includes(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect([...new Set(described)].sort()).toEqual([...new Set(routes)].sort());
    expect(described.length).toBeGreaterThan(25);
  });

  it("is whole: references lead somewhere, ids are unique, path parameters are declared", async () => {
    const text = await (await fixture.app.request("/api/v1/openapi.json")).text();
    const document = JSON.parse(text);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    const ids: string[] = [];
    for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const operation of Object.values(item)) {
        ids.push(operation.operationId);
        expect(Object.keys(operation.responses)).toContain("401");
        const declared = (operation.parameters ?? []).filter((each) => each.in === "path").map((each) => each.name);
        expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.components.securitySchemes.admin).toEqual({ type: "http", scheme: "bearer" });
    expect(document.security).toEqual([{ admin: [] }, { session: [] }]);
  });

  it("shows as a page that loads and runs nothing", async () => {
    const response = await fixture.app.request("/api/docs");
    const html = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(html).toContain("/api/v1/sources/{id}/sync-tasks");
    expect(html).not.toMatch(/<script|<link|<img|https?:\/\/(?!json-schema|bridge\.test)[^<"]*\.(js|css)/);
  });

  interface Operation {
    readonly operationId: string;
    readonly parameters?: readonly { readonly in: string; readonly name: string }[];
    readonly responses: object;
  }
});
