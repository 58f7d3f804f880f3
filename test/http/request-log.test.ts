import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeLineBudget } from "../../src/http/middleware/line-budget.ts";
import { makeScimApp } from "../../src/http/scim/app.ts";
import { makeLog } from "../../src/lib/log.ts";
import type { Database } from "../../src/store/database.ts";
import { openDatabase } from "../../src/store/open-store.ts";
import { testId } from "../store/filter-directory.ts";
import { type AdminFixture, makeAdminFixture } from "../support/admin.ts";
import { clients, makeScimServer } from "./scim/scim-server.ts";

/** Serves an app on a socket as the program does. */
async function serve(app: { fetch(request: Request, edge: object): Response | Promise<Response> }) {
  const server = createAdaptorServer({ fetch: (request: Request, edge: object) => app.fetch(request, edge) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describe("a request to the SCIM endpoint", () => {
  let database: Database;
  let lines: string[];
  let ask: (path: string, init?: RequestInit & { token?: string; level?: string }) => Promise<Response>;
  const logged = () => lines.map((line) => JSON.parse(line));

  beforeEach(async () => {
    database = await openDatabase("file::memory:");
    lines = [];
    const { parts } = await makeScimServer(database);
    const appAt = (level: string) =>
      makeScimApp({ ...parts, log: makeLog(level, { write: (line) => void lines.push(line) }) });
    const apps = new Map<string, ReturnType<typeof appAt>>();
    ask = async (path, { token = "token-write", level = "info", ...init } = {}) => {
      const app = apps.get(level) ?? appAt(level);
      apps.set(level, app);
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${token}`);
      const edge = { incoming: { socket: { remoteAddress: "192.0.2.7" } } };
      return app.request(path, { ...init, headers }, edge);
    };
  });

  afterEach(() => database.close());

  it("has an id in its answer: the client's own if that is a sensible one, else a new one", async () => {
    const idOf = async (path: string, given?: string) =>
      (await ask(path, given === undefined ? {} : { headers: { "x-request-id": given } })).headers.get("x-request-id");
    expect(await idOf(`/Users/${testId(1)}`, "platform-4711")).toBe("platform-4711");
    const made = await Promise.all(["/Users", "/Users/none", "/nothing", "/Me"].map((path) => idOf(path, "a b")));
    for (const id of made) expect(id).toMatch(/^[0-9a-z-]{8,64}$/);
    expect(new Set(made).size).toBe(4);
  });

  it("leaves a line when it is refused: route, ids and scimType, and no name", async () => {
    const client = clients["token-write"]?.id;
    const requestId = "platform-4711";
    const headers = { "x-request-id": requestId };
    await ask(`/Users/${testId(1)}?attributes=userName`, { headers });
    expect(lines).toEqual([]);

    await ask("/Users/zhao.new?attributes=title", { headers });
    await ask(`/Users/${testId(1)}`, { method: "DELETE", headers });
    await ask('/Users?filter=userName eq "zhao', { headers });
    await ask("/zhao.new", { headers });
    const common = { level: 30, requestId, client, ms: expect.any(Number), time: expect.any(String), msg: "request" };
    expect(logged()).toEqual([
      { ...common, method: "GET", route: "/Users/:id", status: 404 },
      { ...common, method: "DELETE", route: "/Users/:id", ids: [testId(1)], status: 403 },
      { ...common, method: "GET", route: "/Users", status: 400, scimType: "invalidFilter" },
      { ...common, method: "GET", route: "/*", status: 404 },
    ]);
    expect(lines.join()).not.toContain("zhao");
  });

  it("leaves a line at level debug when it is answered", async () => {
    await ask(`/Users/${testId(1)}`, { level: "debug" });
    expect(logged()).toMatchObject([{ level: 20, route: "/Users/:id", ids: [testId(1)], status: 200 }]);
  });

  it("leaves the address of who came with a wrong token, and counts what it leaves out of a flood", async () => {
    for (let number = 0; number < 500; number += 1) await ask("/Users", { token: `wrong-${number}` });
    expect(lines).toHaveLength(20);
    expect(logged()[0]).toMatchObject({ status: 401, peer: "192.0.2.7", route: "/Users" });
    expect(lines.join()).not.toContain("wrong-");
    // Nobody else is kept out of the log by that.
    await ask("/Users/none");
    expect(logged()[20]).toMatchObject({ status: 404, client: clients["token-write"]?.id });
  });

  it("carries its id over a socket, once", async () => {
    const { parts } = await makeScimServer(await openDatabase("file::memory:"));
    const { url, close } = await serve(makeScimApp(parts));
    const headers = { authorization: "Bearer token-all", "x-request-id": "platform-4711" };
    for (const path of [`/Users/${testId(1)}`, "/Users/none", "/Users"]) {
      const answer = await fetch(`${url}${path}`, { headers });
      expect(answer.headers.get("x-request-id")).toBe("platform-4711");
      expect(answer.headers.get("content-type")).toContain("application/scim+json");
      await answer.text();
    }
    await close();
  });
});

describe("a request to the management API", () => {
  let fixture: AdminFixture;
  beforeEach(async () => {
    fixture = await makeAdminFixture();
  });
  afterEach(() => fixture.store.close());
  const logged = () =>
    fixture.logLines.map((line) => JSON.parse(line)).filter(({ msg }: { msg: string }) => msg === "request");

  it("is logged by the pattern of its route and by ids: names stand in paths", async () => {
    const { id } = (await fixture.request("POST", "/api/v1/sources", { name: "partners", type: "custom" })).body;
    await fixture.request("GET", "/api/v1/sources/partners");
    await fixture.request("GET", "/api/v1/sources/partners/users/zhao.new");
    await fixture.request("GET", `/api/v1/sources/${id}`);
    await fixture.request("GET", "/api/v1/zhao.new");
    expect(logged()).toMatchObject([
      { level: 30, method: "POST", route: "/api/v1/sources", status: 201 },
      { level: 20, method: "GET", route: "/api/v1/sources/:id", status: 200 },
      { level: 30, route: "/api/v1/sources/:id/users/:user", status: 404, problem: "not-found" },
      { level: 20, route: "/api/v1/sources/:id", ids: [id] },
      { level: 30, route: "/api/*", status: 404 },
    ]);
    expect(fixture.logLines.join()).not.toContain("partners");
    expect(fixture.logLines.join()).not.toContain("zhao");
  });

  it("that nobody may make is counted once there are many", async () => {
    for (let number = 0; number < 50; number += 1) await fixture.app.request("/api/v1/sources");
    expect(logged()).toHaveLength(20);
  });

  it("that is too large is refused with its limit, and the connection goes on", async () => {
    const { url, close } = await serve(fixture.app);
    const headers = { authorization: `Bearer ${fixture.adminToken}`, "content-type": "application/json" };
    const body = JSON.stringify({ name: "a".repeat(1_100_000) });
    for (let number = 0; number < 6; number += 1) {
      // Also one that does not say how long it is.
      const sent = number % 2 === 0 ? body : new Blob([body]).stream();
      const refused = await fetch(`${url}/api/v1/sources`, { method: "POST", headers, body: sent, duplex: "half" });
      expect([refused.status, await refused.json()]).toMatchObject([
        413,
        { detail: "A body may have 1048576 bytes at most here." },
      ]);
      for (let after = 0; after < 2; after += 1) {
        const answer = await fetch(`${url}/api/v1/sources`, { headers });
        expect(answer.status).toBe(200);
        await answer.text();
      }
    }
    await close();
  });
});

describe("the budget of lines", () => {
  it("is twenty a minute for each key, and says how many were left out", () => {
    let now = 0;
    const budget = makeLineBudget(() => now);
    const first = Array.from({ length: 30 }, () => budget("a"));
    expect(first).toEqual([...Array(20).fill(0), ...Array(10).fill(null)]);
    expect(budget("b")).toBe(0);
    now = 60_000;
    expect([budget("a"), budget("a")]).toEqual([10, 0]);
  });
});
