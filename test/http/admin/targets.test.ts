import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, bearerTarget, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  fixture = await makeAdminFixture();
});

afterEach(async () => {
  expect(JSON.stringify(fixture.logLines)).not.toContain(planted.targetToken);
  await fixture.store.close();
});

describe("a target in quarantine", () => {
  const quarantine = { since: 0, code: "target.unauthorized", detail: "check them", tries: 2, nextTryAt: 90_000 };

  async function quarantined(): Promise<string> {
    const { body } = await request("POST", "/api/v1/targets", bearerTarget("staff-app"));
    const lease = await fixture.store.takeLease(`target:${body.id}`, "test", 60_000);
    const row = await fixture.store.findTarget(body.id);
    if (lease === null || row === null) throw new Error("no target to work on");
    await fixture.store.quarantineTarget(lease, row, quarantine);
    return body.id;
  }

  const shown = {
    ...quarantine,
    ...{ since: "1970-01-01T00:00:00.000Z", nextTryAt: "1970-01-01T00:01:30.000Z" },
  };

  it("says why, since when, and when it is tried again; also in the list, and not in the configuration", async () => {
    const id = await quarantined();
    const { body } = await request("GET", `/api/v1/targets/${id}`);
    expect(body.quarantine).toEqual(shown);
    expect((await request("GET", "/api/v1/targets")).body.items[0].quarantine).toEqual(shown);
    const configuration = await request("GET", "/api/v1/configuration");
    expect(configuration.status).toBe(200);
    expect(configuration.text).toContain("staff-app");
    expect(configuration.text).not.toContain("quarantine");
    // Another name is no reason to hope.
    const renamed = await request("PATCH", `/api/v1/targets/${id}`, { name: "other-app" });
    expect(renamed.body.quarantine).toEqual(shown);
  });

  it.each([
    { limits: { concurrency: 2 } },
    { auth: { type: "bearer", token: "another-token-than-before" } },
    { baseUrl: "https://other.example.com/scim/v2" },
  ])("is due at once, and its waits begin anew, after %j", async (change) => {
    const id = await quarantined();
    expect(await fixture.store.dueTries(89_999)).toEqual([]);
    const { body } = await request("PATCH", `/api/v1/targets/${id}`, change);
    expect(body.quarantine).toEqual({ ...shown, tries: 0, nextTryAt: "2026-03-01T08:00:00.000Z" });
    const now = Date.parse("2026-03-01T08:00:00.000Z");
    expect(await fixture.store.dueTries(now)).toEqual([id]);
    // Nobody tries what is kept back by a person.
    await request("POST", `/api/v1/targets/${id}/pause`);
    expect(await fixture.store.dueTries(now)).toEqual([]);
  });
});

describe("making a target", () => {
  it("answers it with the defaults, its sources by id and its token masked", async () => {
    const { body: source } = await request("POST", "/api/v1/sources", wecomSource("总部-WeCom"));
    const answer = await request("POST", "/api/v1/targets", bearerTarget("staff-app", { sources: ["总部-WeCom"] }));
    expect(answer.status).toBe(201);
    expect(answer.headers.get("location")).toBe(`http://bridge.test/api/v1/targets/${answer.body.id}`);
    expect(answer.body).toEqual({
      id: expect.any(String),
      name: "staff-app",
      status: "enabled",
      baseUrl: "https://app.example.com/scim/v2",
      auth: { type: "bearer", token: "********" },
      profile: "generic",
      sources: [source.id],
      provision: { users: true, groups: true, userGroups: true, onRemoval: "deactivate" },
      scope: {},
      match: { users: ["externalId", "userName"], groups: ["externalId", "displayName"] },
      limits: { concurrency: 8, requestsPerSecond: 0 },
      safeguards: {
        maxRemovals: { floor: 5, percent: 10, count: 500 },
        maxMemberRemovals: { floor: 20, percent: 50 },
        windowHours: 24,
      },
      links: { pending: 0, synced: 0, failed: 0, protected: 0, paused: 0 },
      verifyFirst: null,
      quarantine: null,
      paused: null,
      createdAt: "2026-03-01T08:00:00.000Z",
      updatedAt: "2026-03-01T08:00:00.000Z",
    });
    expect((await fixture.store.findTarget("staff-app"))?.secrets).toEqual({ "/auth/token": planted.targetToken });
  });

  it.each([
    [{ type: "bearer", token: planted.targetToken }, "/auth/token"],
    [{ type: "basic", username: "bridge", password: planted.targetToken }, "/auth/password"],
    [
      { type: "oauth2", tokenUrl: "https://id.example.com/t", clientId: "c", clientSecret: planted.targetToken },
      "/auth/clientSecret",
    ],
    [{ type: "header", name: "X-Api-Key", value: planted.targetToken }, "/auth/value"],
  ])("keeps the secret of %j apart and never shows it", async (auth, pointer) => {
    const answer = await request("POST", "/api/v1/targets", bearerTarget("app", { auth }));
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain(planted.targetToken);
    expect(answer.body.auth).toMatchObject({ type: auth.type });
    expect((await fixture.store.findTarget("app"))?.secrets).toEqual({ [pointer]: planted.targetToken });
    const again = await request("PATCH", "/api/v1/targets/app", answer.body);
    expect(again.body).toEqual(answer.body);
  });

  it.each([
    [{ sources: ["nobody"] }, "/sources/0"],
    [{ profile: "genric" }, "/profile"],
    [{ baseUrl: "https://user:pass@app.example.com" }, "/baseUrl"],
    [{ baseUrl: "file:///etc/passwd" }, "/baseUrl"],
    [{ auth: { type: "bearer" } }, "/auth/token"],
    [{ auth: { type: "bearer", token: "two words" } }, "/auth/token"],
    [{ auth: { type: "header", name: "Content-Type", value: "x" } }, "/auth/name"],
    [{ auth: { type: "header", name: "X-Key", value: "a\r\nHost: b" } }, "/auth/value"],
    [{ scope: { users: "active eq" } }, "/scope/users"],
    [{ match: { users: ["user name"] } }, "/match/users/0"],
    [
      { provision: { onRemoval: { deactivateThenDeleteAfterDays: 0 } } },
      "/provision/onRemoval/deactivateThenDeleteAfterDays",
    ],
    [{ provision: { onRemoval: "remove" } }, "/provision/onRemoval"],
    [{ limits: { concurency: 3 } }, "/limits/concurency"],
  ])("refuses %j at %s", async (more, pointer) => {
    const answer = await request("POST", "/api/v1/targets", bearerTarget("app", more));
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer]);
    expect(await fixture.store.listTargets()).toEqual([]);
  });

  it("asks for every address whether the bridge may call it", async () => {
    await fixture.store.close();
    fixture = await makeAdminFixture({ allowUrl: () => "is a private address" });
    const auth = { type: "oauth2", tokenUrl: "http://10.0.0.1/t", clientId: "c", clientSecret: "s" };
    const answer = await request("POST", "/api/v1/targets", bearerTarget("app", { auth }));
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      "/baseUrl",
      "/auth/tokenUrl",
    ]);
  });

  it("refuses a name that is taken", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    expect((await request("POST", "/api/v1/targets", bearerTarget("app"))).status).toBe(409);
  });
});

describe("changing a target", () => {
  it("replaces the authentication by one of another type, with nothing left of the old one", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    const auth = { type: "basic", username: "bridge", password: "another-secret" };
    const answer = await request("PATCH", "/api/v1/targets/app", { auth });
    expect(answer.body.auth).toEqual({ type: "basic", username: "bridge", password: "********" });
    expect((await fixture.store.findTarget("app"))?.secrets).toEqual({ "/auth/password": "another-secret" });
  });

  it("takes each form of onRemoval and clears a scope with null", async () => {
    const scope = { users: "active eq true", groups: 'externalId sw "department:"' };
    const { body } = await request("POST", "/api/v1/targets", bearerTarget("app", { scope }));
    expect(body.scope).toEqual(scope);
    const onRemoval = { deactivateThenDeleteAfterDays: 30 };
    const later = await request("PATCH", "/api/v1/targets/app", { provision: { onRemoval }, scope: { users: null } });
    expect(later.body.provision).toEqual({ users: true, groups: true, userGroups: true, onRemoval });
    expect(later.body.scope).toEqual({ groups: scope.groups });
    const back = await request("PATCH", "/api/v1/targets/app", { provision: { onRemoval: "delete" } });
    expect(back.body.provision.onRemoval).toBe("delete");
  });

  it("asks whether the links still hold when the base URL changes, and does as it is told", async () => {
    let links = { pending: 1, synced: 2, failed: 0, protected: 0, paused: 0 };
    const plain = fixture;
    fixture = await makeAdminFixture();
    await fixture.store.close();
    fixture = await makeAdminFixture({ store: { ...plain.store, countLinks: async () => links } });
    const { body } = await request("POST", "/api/v1/targets", bearerTarget("app"));
    const baseUrl = "https://new.example.com/scim";
    const unsaid = await request("PATCH", "/api/v1/targets/app", { baseUrl });
    expect([unsaid.status, unsaid.body.errors[0].pointer]).toEqual([400, "/links"]);
    const same = await request("PATCH", "/api/v1/targets/app", { baseUrl: `${body.baseUrl}/` });
    expect([same.status, same.body.baseUrl]).toEqual([200, body.baseUrl]);
    expect((await request("PATCH", "/api/v1/targets/app", { baseUrl, links: "keep" })).status).toBe(200);
    expect(fixture.calls.map(([name]) => name)).not.toContain("forgetLinks");
    await request("PATCH", "/api/v1/targets/app", { baseUrl: body.baseUrl, links: "forget" });
    expect(fixture.calls).toContainEqual(["forgetLinks", body.id]);
    links = { pending: 0, synced: 0, failed: 0, protected: 0, paused: 0 };
    expect((await request("PATCH", "/api/v1/targets/app", { baseUrl })).status).toBe(200);
    await plain.store.close();
  });

  it("keeps a source that is gone as it was, and refuses a new one that is not there", async () => {
    const { body: source } = await request("POST", "/api/v1/sources", wecomSource("corp"));
    await request("POST", "/api/v1/targets", bearerTarget("app", { sources: [source.id] }));
    await fixture.store.deleteSource(source.id);
    expect((await request("PATCH", "/api/v1/targets/app", { status: "disabled" })).status).toBe(200);
    expect((await request("PATCH", "/api/v1/targets/app", { sources: [source.id, "other"] })).status).toBe(400);
    expect((await request("PATCH", "/api/v1/targets/app", { sources: [] })).body.sources).toEqual([]);
  });
});

describe("using a target", () => {
  it("tries a target that is stored and one that is not", async () => {
    const result = { ok: false, checks: [{ name: "reachable", ok: false, detail: "no answer" }] };
    expect((await request("POST", "/api/v1/targets/test", bearerTarget("app"))).body).toEqual(result);
    expect(await fixture.store.listTargets()).toEqual([]);
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    expect((await request("POST", "/api/v1/targets/app/test")).body).toEqual(result);
  });

  it("queues a push, one at a time, and none to a disabled target", async () => {
    const { body: target } = await request("POST", "/api/v1/targets", bearerTarget("app"));
    const first = await request("POST", "/api/v1/targets/app/push");
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({ source: null, target: target.id, state: "queued", mode: "apply" });
    expect((await request("POST", "/api/v1/targets/app/push")).body.id).toBe(first.body.id);
    await request("PATCH", "/api/v1/targets/app", { status: "disabled" });
    expect((await request("POST", "/api/v1/targets/app/push")).status).toBe(409);
  });

  it("lists links and refuses a state that there is not", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    expect((await request("GET", "/api/v1/targets/app/links?state=failed")).body).toEqual({
      items: [],
      nextCursor: null,
    });
    const wrong = await request("GET", "/api/v1/targets/app/links?state=lost");
    expect([wrong.status, wrong.body.errors[0].parameter]).toEqual([400, "state"]);
    expect((await request("GET", "/api/v1/targets/other/links")).status).toBe(404);
  });

  it("deletes a target", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    expect((await request("DELETE", "/api/v1/targets/app")).status).toBe(204);
    expect((await request("GET", "/api/v1/targets/app")).status).toBe(404);
  });
});
