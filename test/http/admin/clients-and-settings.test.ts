import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tokenHash } from "../../../src/http/admin/scim-clients.ts";
import { type AdminFixture, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  fixture = await makeAdminFixture();
});

afterEach(() => fixture.store.close());

describe("SCIM clients", () => {
  it("shows the token once and keeps its hash only", async () => {
    const { body: source } = await request("POST", "/api/v1/sources", wecomSource("corp"));
    const made = await request("POST", "/api/v1/scim-clients", { name: "okta", access: "write", sources: ["corp"] });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: "okta", access: "write", sources: [source.id] });
    expect((await fixture.store.findClientByTokenHash(tokenHash(made.body.token)))?.id).toBe(made.body.id);
    for (const path of ["/api/v1/scim-clients", "/api/v1/scim-clients/okta"]) {
      expect((await request("GET", path)).text).not.toContain(made.body.token);
    }
    expect(JSON.stringify(fixture.logLines)).not.toContain(made.body.token);
  });

  it("reads all sources if nothing else is said", async () => {
    const { body } = await request("POST", "/api/v1/scim-clients", { name: "okta" });
    expect(body).toMatchObject({ access: "read", sources: "all" });
  });

  it.each([
    [{ name: "okta", access: "admin" }, "/access"],
    [{ name: "okta", sources: [] }, "/sources"],
    [{ name: "okta", sources: ["nobody"] }, "/sources/0"],
    [{ access: "read" }, "/name"],
  ])("refuses %j at %s", async (body, pointer) => {
    const answer = await request("POST", "/api/v1/scim-clients", body);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });

  it("refuses a second one of the same name, and deletes", async () => {
    const { body } = await request("POST", "/api/v1/scim-clients", { name: "okta" });
    expect((await request("POST", "/api/v1/scim-clients", { name: "okta" })).status).toBe(409);
    expect((await request("DELETE", "/api/v1/scim-clients/okta")).status).toBe(204);
    expect(await fixture.store.findClientByTokenHash(tokenHash(body.token))).toBeNull();
    expect((await request("GET", "/api/v1/scim-clients/okta")).status).toBe(404);
  });
});

describe("settings", () => {
  const defaults = {
    maxEnabledSources: 5,
    maxCustomSources: 1,
    recordRetentionDays: 90,
    leaverRetentionDays: 90,
    separateApprover: false,
    metricsToken: null,
    alertAfterHours: null,
    paused: false,
  };

  it("changes what is said, puts the default back for null, and takes back what was read", async () => {
    expect((await request("GET", "/api/v1/settings")).body).toEqual(defaults);
    const changed = await request("PATCH", "/api/v1/settings", { paused: true, recordRetentionDays: 30 });
    expect(changed.body).toEqual({ ...defaults, paused: true, recordRetentionDays: 30 });
    expect((await request("PATCH", "/api/v1/settings", changed.body)).body).toEqual(changed.body);
    expect((await request("PATCH", "/api/v1/settings", { paused: null })).body.paused).toBe(false);
  });

  it("masks the metrics token and keeps it when the mask comes back", async () => {
    const metricsToken = "planted-metrics-token";
    const set = await request("PATCH", "/api/v1/settings", { metricsToken });
    expect(set.body.metricsToken).toBe("********");
    await request("PATCH", "/api/v1/settings", set.body);
    expect((await fixture.store.readSettings()).metricsToken).toBe(metricsToken);
    await request("PATCH", "/api/v1/settings", { metricsToken: null });
    expect((await fixture.store.readSettings()).metricsToken).toBeNull();
    expect((await request("PATCH", "/api/v1/settings", { metricsToken: "********" })).status).toBe(400);
  });

  it.each([
    [{ maxEnabledSources: 0 }, "/maxEnabledSources"],
    [{ metricsToken: "short" }, "/metricsToken"],
    [{ pause: true }, "/pause"],
  ])("refuses %j at %s", async (patch, pointer) => {
    const answer = await request("PATCH", "/api/v1/settings", patch);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });
});
