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

  it("says all that is wrong at once, with the form and with the sources that it names", async () => {
    const body = { name: "x", access: "admin", sources: ["nobody"], requestsPerSecond: -1, foo: 1 };
    const { status, body: answer } = await request("POST", "/api/v1/scim-clients", body);
    const pointers = answer.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
    expect([status, pointers]).toEqual([400, ["/access", "/foo", "/name", "/requestsPerSecond", "/sources/0"]]);
  });

  it("changes what a patch says, keeps its token, and makes the endpoint forget what it was", async () => {
    let forgotten = 0;
    const forgetClients = () => {
      forgotten += 1;
    };
    await fixture.store.close();
    fixture = await makeAdminFixture({ forgetClients });
    const { body: source } = await request("POST", "/api/v1/sources", wecomSource("corp"));
    const { token, ...made } = (await request("POST", "/api/v1/scim-clients", { name: "okta" })).body;
    const patch = (body: unknown, of = "okta") => request("PATCH", `/api/v1/scim-clients/${of}`, body);
    const changed = await patch({ name: "entra", access: "write", sources: ["corp"], requestsPerSecond: 5 });
    const expected = { ...made, name: "entra", access: "write", sources: [source.id], requestsPerSecond: 5 };
    expect([changed.status, changed.body]).toEqual([200, expected]);
    expect(await fixture.store.findClientByTokenHash(tokenHash(token))).toMatchObject({ name: "entra" });
    // What was read can be sent back; null puts the default back.
    expect((await patch(changed.body, "entra")).body).toEqual(expected);
    expect((await patch({ sources: null, access: null }, made.id)).body).toMatchObject({
      ...made,
      name: "entra",
      requestsPerSecond: 5,
    });
    expect(forgotten).toBe(3);

    await request("POST", "/api/v1/scim-clients", { name: "other" });
    expect((await patch({ name: "other" }, "entra")).body.errors[0].pointer).toBe("/name");
    const refused = await patch({ name: null, sources: ["nobody"] }, "entra");
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(["/name", "/sources/0"]);
    expect((await patch({}, "nobody")).status).toBe(404);
    expect((await request("DELETE", "/api/v1/scim-clients/entra")).status).toBe(204);
    expect(forgotten).toBe(4);
  });

  it("warns of a source that was deleted, keeps it, and can be given another", async () => {
    const { body: source } = await request("POST", "/api/v1/sources", { name: "partners", type: "custom" });
    const group = { displayName: "Advisers", memberFilter: "active eq true", sources: ["partners"] };
    const { body: made } = await request("POST", "/api/v1/user-groups", group);
    const { body: before } = await request("POST", "/api/v1/scim-clients", { name: "okta", sources: ["partners"] });
    expect([before.warning, made.warning]).toEqual([null, null]);
    await request("DELETE", "/api/v1/sources/partners?people=keep");
    const { body: again } = await request("POST", "/api/v1/sources", { name: "partners", type: "custom" });

    const { body: client } = await request("GET", "/api/v1/scim-clients/okta");
    expect(client).toMatchObject({ sources: [source.id], warning: expect.stringContaining(source.id) });
    expect((await request("GET", "/api/v1/scim-clients")).body.items[0].warning).toBe(client.warning);
    expect((await request("GET", `/api/v1/user-groups/${made.id}`)).body.warning).toContain(source.id);
    expect((await request("PATCH", "/api/v1/scim-clients/okta", { access: "write" })).body.sources).toEqual([
      source.id,
    ]);
    const mended = await request("PATCH", "/api/v1/scim-clients/okta", { sources: ["partners"] });
    expect(mended.body).toMatchObject({ sources: [again.id], warning: null });
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
    [{ separateApprover: "yes" }, "/separateApprover"],
  ])("refuses %j at %s", async (patch, pointer) => {
    const answer = await request("PATCH", "/api/v1/settings", patch);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });
});
