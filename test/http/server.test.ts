import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeApp } from "../../src/http/app.ts";
import { type AdminFixture, makeAdminFixture } from "../support/admin.ts";

describe("the server as a whole", () => {
  let fixture: AdminFixture;
  let ask: (method: string, path: string, token: string, body?: object) => Promise<Response>;

  beforeEach(async () => {
    fixture = await makeAdminFixture();
    const { parts, store } = fixture;
    const { writing, catalog, publicUrl } = parts;
    const authenticate = (hash: string) => store.findClientByTokenHash(hash);
    const scim = { directory: store, writing, catalog, publicUrl, authenticate };
    const metrics = { read: async () => ({ contentType: "text/plain", text: "" }), token: async () => null };
    const app = makeApp({ admin: parts, scim, isReady: async () => {}, metrics });
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
});
