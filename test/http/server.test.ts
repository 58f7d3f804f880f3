import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeApp } from "../../src/http/app.ts";
import { type AdminFixture, makeAdminFixture } from "../support/admin.ts";
import { noCallbacks, noSuites } from "../support/callbacks.ts";
import { noConsent } from "../support/consent.ts";

describe("the server as a whole", () => {
  let fixture: AdminFixture;
  let app: ReturnType<typeof makeApp>;
  let ask: (method: string, path: string, token: string, body?: object) => Promise<Response>;

  beforeEach(async () => {
    fixture = await makeAdminFixture();
    const { parts, store } = fixture;
    const { writing, catalog, publicUrl } = parts;
    const authenticate = (hash: string) => store.findClientByTokenHash(hash);
    const scim = { directory: store, writing, catalog, publicUrl, authenticate };
    const metrics = { read: async () => ({ contentType: "text/plain", text: "" }), token: async () => null };
    const more = { callbacks: noCallbacks, suites: noSuites, consent: noConsent };
    app = makeApp({ admin: parts, scim, ...more, isReady: async () => {}, metrics });
    ask = async (method, path, token, body) =>
      app.request(path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
  });

  afterEach(() => fixture.store.close());

  it("goes by what a SCIM client is now, at once, and does not say 429 to one that is gone", async () => {
    const form = { name: "okta", access: "write", requestsPerSecond: 1 };
    const made = await ask("POST", "/api/v1/scim-clients", fixture.adminToken, form);
    const { id, token } = (await made.json()) as { id: string; token: string };
    await ask("POST", "/api/v1/sources", fixture.adminToken, { name: "partners", type: "custom" });
    const person = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "ann" };
    expect((await ask("POST", "/scim/v2/Users", token, person)).status).toBe(201);
    await ask("PATCH", `/api/v1/scim-clients/${id}`, fixture.adminToken, { access: "read" });
    expect((await ask("POST", "/scim/v2/Users", token, { ...person, userName: "bob" })).status).toBe(403);

    const statuses: number[] = [];
    for (let number = 0; number < 8; number += 1) statuses.push((await ask("GET", "/scim/v2/Users", token)).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await ask("DELETE", `/api/v1/scim-clients/${id}`, fixture.adminToken)).status).toBe(204);
    expect((await ask("GET", "/scim/v2/Users", token)).status).toBe(401);
  });

  it("gives each answer of both interfaces an id", async () => {
    for (const path of ["/scim/v2/Users", "/scim/v1/Users", "/api/v1/sources", "/api/v1/nothing", "/api/docs"]) {
      expect((await ask("GET", path, fixture.adminToken)).headers.get("x-request-id")).toMatch(/^[\w.-]{8,64}$/);
    }
  });

  it("lets a browser sign in, change something and sign out over a connection, by whatever name it calls this host", async () => {
    const server = await new Promise<Server>((resolve) => {
      const started = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(started as Server));
    });
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/api/v1`;
    const send = (method: string, path: string, headers: Readonly<Record<string, string>>, body?: object) =>
      fetch(`${url}${path}`, {
        ...{ method, headers: { ...headers, "content-type": "application/json" } },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    try {
      // The path may end with a slash, as every path may.
      const signedIn = await send(
        "POST",
        "/session/",
        { origin: `http://127.0.0.1:${port}` },
        { token: fixture.adminToken },
      );
      expect(signedIn.status).toBe(200);
      const { csrfToken } = (await signedIn.json()) as { csrfToken: string };
      const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
      const page = { cookie, origin: `http://127.0.0.1:${port}`, "x-csrf-token": csrfToken };
      expect((await send("PATCH", "/settings", page, { maxCustomSources: 2 })).status).toBe(200);
      expect((await send("PATCH", "/settings", { ...page, origin: "http://127.0.0.1" }, {})).status).toBe(403);
      expect((await send("DELETE", "/session/", page)).status).toBe(204);
      expect((await send("GET", "/session", page)).status).toBe(401);
      const { items } = await fixture.store.listAudit({ limit: 10 });
      expect(items.map(({ action, status, address }) => [action, status, address])).toEqual([
        ["DELETE /api/v1/session", 204, "127.0.0.1"],
        ["PATCH /api/v1/settings", 403, "127.0.0.1"],
        ["PATCH /api/v1/settings", 200, "127.0.0.1"],
        ["POST /api/v1/session", 200, "127.0.0.1"],
      ]);
    } finally {
      server.close();
    }
  });
});
