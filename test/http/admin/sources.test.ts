import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  fixture = await makeAdminFixture();
});

afterEach(async () => {
  const said = JSON.stringify(fixture.logLines);
  for (const secret of Object.values(planted)) expect(said).not.toContain(secret);
  await fixture.store.close();
});

const full = {
  name: "总部-WeCom",
  type: "wecom",
  description: "Sign in with your company account",
  organization: "acme",
  namespace: "hq",
  status: "enabled",
  wecom: {
    corpId: "ww0123456789abcdef",
    corpSecret: planted.corpSecret,
    contactsSecret: planted.contactsSecret,
    agentId: 1000002,
    apiBaseUrl: "https://qyapi.weixin.qq.com",
    callback: { token: planted.callbackToken, encodingAesKey: planted.encodingAesKey },
  },
  sync: { automatic: true, users: true, intervalHours: 3 },
  scope: { mode: "partial", departments: [2, 5] },
  mapping: "wecom",
};

describe("making a source", () => {
  it("answers 201, where it is, and the source with the defaults filled in", async () => {
    const answer = await request("POST", "/api/v1/sources", wecomSource("总部-WeCom"));
    expect(answer.status).toBe(201);
    expect(answer.headers.get("location")).toBe(`http://bridge.test/api/v1/sources/${answer.body.id}`);
    expect(answer.body).toEqual({
      disabledBecause: null,
      id: expect.any(String),
      name: "总部-WeCom",
      type: "wecom",
      status: "enabled",
      wecom: { corpId: "ww0123456789abcdef", corpSecret: "********" },
      sync: { automatic: true, users: true, intervalHours: 1 },
      scope: { mode: "all" },
      mapping: "wecom",
      safeguards: {
        maxRemovals: { floor: 5, percent: 10, count: 500 },
        maxMemberRemovals: { floor: 20, percent: 50 },
        windowHours: 24,
      },
      syncedAt: null,
      nextRunAt: "2026-03-01T08:00:00.000Z",
      lastTask: null,
      summary: { users: 0, activeUsers: 0, groups: 0 },
      createdAt: "2026-03-01T08:00:00.000Z",
      updatedAt: "2026-03-01T08:00:00.000Z",
    });
    expect(fixture.calls).toEqual([["nudge"]]);
  });

  it("keeps secrets apart from settings and shows none of them", async () => {
    const answer = await request("POST", "/api/v1/sources", full);
    expect(answer.status).toBe(201);
    for (const secret of Object.values(planted)) expect(answer.text).not.toContain(secret);
    expect(answer.body.wecom.callback).toEqual({ token: "********", encodingAesKey: "********" });
    const row = await fixture.store.findSource(full.name);
    expect(row?.secrets).toEqual({
      "/wecom/corpSecret": planted.corpSecret,
      "/wecom/contactsSecret": planted.contactsSecret,
      "/wecom/callback/token": planted.callbackToken,
      "/wecom/callback/encodingAesKey": planted.encodingAesKey,
    });
    for (const secret of Object.values(planted)) expect(JSON.stringify(row?.settings)).not.toContain(secret);
  });

  it("needs no more than name and type for a custom source, which is never due", async () => {
    const answer = await request("POST", "/api/v1/sources", { name: "guests", type: "custom" });
    expect(answer.status).toBe(201);
    expect(answer.body.nextRunAt).toBeNull();
  });

  it("has nothing that says how a custom source is read, for nobody reads it", async () => {
    const { body } = await request("POST", "/api/v1/sources", { name: "guests", type: "custom" });
    for (const member of ["sync", "scope", "mapping"]) expect(body).not.toHaveProperty(member);
    expect((await request("PATCH", "/api/v1/sources/guests", { ...body, description: "x" })).status).toBe(200);
    const reading = { sync: { intervalHours: 2 }, scope: { mode: "all" }, mapping: "wecom" };
    for (const answer of [
      await request("POST", "/api/v1/sources", { name: "others", type: "custom", ...reading }),
      await request("PATCH", "/api/v1/sources/guests", reading),
    ]) {
      const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
      expect([answer.status, pointers]).toEqual([400, ["/sync", "/scope", "/mapping"]]);
      expect(answer.body.errors[0].detail).toContain("people are written to it");
    }
    expect((await request("GET", "/api/v1/mappings/wecom")).body.usedBy).toEqual([]);
    // Nor does it need the mapping that others have if nothing is said.
    const bare = await makeAdminFixture({ knownMappings: () => ["another"] });
    expect((await bare.request("POST", "/api/v1/sources", { name: "guests", type: "custom" })).status).toBe(201);
    await bare.store.close();
  });

  it("refuses a contacts secret without an app's, and says what it cannot deliver", async () => {
    const answer = await request("POST", "/api/v1/sources", {
      name: "ids-only",
      type: "wecom",
      wecom: { corpId: "ww1", contactsSecret: planted.contactsSecret },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ pointer: "/wecom/corpSecret" }]);
    expect(answer.body.errors[0].detail).toContain("no names of people or departments");
    expect(answer.text).not.toContain(planted.contactsSecret);
  });

  it("names everything that is wrong with a body at once, each at its pointer", async () => {
    const answer = await request("POST", "/api/v1/sources", {
      name: "a b",
      type: "wecom",
      wecom: { corpId: "ww1", corpsecret: planted.corpSecret, apiBaseUrl: "ftp://x" },
      sync: { intervalHours: 25 },
      scope: { mode: "partial", departments: [] },
      "scope/all~": true,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({ type: expect.any(String), title: expect.any(String), status: 400 });
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      "/name",
      "/scope/departments",
      "/scope~1all~0",
      "/sync/intervalHours",
      "/wecom/apiBaseUrl",
      "/wecom/corpSecret",
      "/wecom/corpsecret",
    ]);
    expect(answer.text).not.toContain(planted.corpSecret);
    expect(await fixture.store.listSources()).toEqual([]);
  });

  it.each([
    ["x", false],
    ["ab", true],
    ["总部", true],
    ["a".repeat(100), true],
    ["a".repeat(101), false],
    ["总".repeat(100), true],
    ["under_score-9", true],
    ["with space", false],
    ["dot.dot", false],
    ["émile", false],
    ["😀😀", false],
    ["0198c2a4-0000-7000-8000-000000000000", false],
  ])("judges the name %s: %s", async (name, good) => {
    const answer = await request("POST", "/api/v1/sources", wecomSource(name));
    expect(answer.status).toBe(good ? 201 : 400);
    if (!good) expect(answer.body.errors[0].pointer).toBe("/name");
  });

  it("refuses a mapping that is not there and an address that may not be called", async () => {
    await fixture.store.close();
    fixture = await makeAdminFixture({ allowUrl: (url) => (url.includes("127.") ? "is a private address" : null) });
    const answer = await request("POST", "/api/v1/sources", {
      ...full,
      mapping: "wecm",
      wecom: { ...full.wecom, apiBaseUrl: "http://127.0.0.1:1" },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { pointer: "/mapping", detail: "is not known; there are: wecom, wecom-plain" },
      { pointer: "/wecom/apiBaseUrl", detail: "is a private address" },
    ]);
  });

  it("does not take a mask for a secret where none is stored", async () => {
    const answer = await request("POST", "/api/v1/sources", {
      ...full,
      wecom: { ...full.wecom, corpSecret: "********" },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { pointer: "/wecom/corpSecret", detail: "stands for a secret that is not stored" },
    ]);
  });

  it("refuses a name that is taken, also when both come at once", async () => {
    const answers = await Promise.all([1, 2].map(() => request("POST", "/api/v1/sources", wecomSource("same"))));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
    const refused = answers.find((answer) => answer.status === 409);
    expect(refused?.body).toMatchObject({ status: 409, errors: [{ pointer: "/name" }] });
  });
});

describe("limits", () => {
  it("lets five be enabled at once, says which could be disabled, and takes a sixth that is disabled", async () => {
    for (const index of [1, 2, 3, 4, 5]) {
      expect((await request("POST", "/api/v1/sources", wecomSource(`corp-${index}`))).status).toBe(201);
      fixture.clock.now += 1000;
    }
    const sixth = await request("POST", "/api/v1/sources", wecomSource("corp-6"));
    expect(sixth.status).toBe(409);
    expect(sixth.body.type).toBe("urn:wecom-scim-bridge:problem:limit-reached");
    expect(sixth.body.detail).toContain("At most 5 sources can be enabled at once.");
    expect(sixth.body.detail).toContain('"corp-1", "corp-2", "corp-3", "corp-4", "corp-5"');
    expect((await request("POST", "/api/v1/sources", wecomSource("corp-6", { status: "disabled" }))).status).toBe(201);
    expect((await request("PATCH", "/api/v1/sources/corp-6", { status: "enabled" })).status).toBe(409);
    expect((await request("PATCH", "/api/v1/sources/corp-3", { status: "disabled" })).status).toBe(200);
    expect((await request("PATCH", "/api/v1/sources/corp-6", { status: "enabled" })).status).toBe(200);
  });

  it("lets one custom source be enabled and names it", async () => {
    await request("POST", "/api/v1/sources", { name: "guests", type: "custom" });
    const second = await request("POST", "/api/v1/sources", { name: "visitors", type: "custom" });
    expect(second.status).toBe(409);
    expect(second.body.detail).toContain('At most 1 source of type custom can be enabled at once. Disable "guests"');
    await request("PATCH", "/api/v1/settings", { maxCustomSources: 2 });
    expect((await request("POST", "/api/v1/sources", { name: "visitors", type: "custom" })).status).toBe(201);
  });
});

describe("changing a source", () => {
  it("takes back what was read, unchanged, with its secrets", async () => {
    const { body } = await request("POST", "/api/v1/sources", full);
    const before = await fixture.store.findSource(body.id);
    const answer = await request("PATCH", `/api/v1/sources/${body.id}`, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(body);
    expect(await fixture.store.findSource(body.id)).toEqual(before);
  });

  it("clears with null, merges objects, and replaces one secret only", async () => {
    await request("POST", "/api/v1/sources", full);
    const answer = await request("PATCH", `/api/v1/sources/${encodeURIComponent(full.name)}`, {
      description: null,
      sync: { intervalHours: 5 },
      wecom: { contactsSecret: null, corpSecret: "another-secret", callback: { token: "********" } },
      scope: { mode: "all" },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("description");
    expect(answer.body.sync).toEqual({ automatic: true, users: true, intervalHours: 5 });
    expect(answer.body.scope).toEqual({ mode: "all" });
    expect((await fixture.store.findSource(full.name))?.secrets).toEqual({
      "/wecom/corpSecret": "another-secret",
      "/wecom/callback/token": planted.callbackToken,
      "/wecom/callback/encodingAesKey": planted.encodingAesKey,
    });
  });

  it("takes the patch under its own media type", async () => {
    await request("POST", "/api/v1/sources", wecomSource("corp"));
    const response = await fixture.app.request("/api/v1/sources/corp", {
      method: "PATCH",
      headers: { authorization: `Bearer ${fixture.adminToken}`, "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ organization: "acme" }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ organization: "acme" });
  });

  it("puts the default back where a member with a default is cleared", async () => {
    await request("POST", "/api/v1/sources", full);
    const answer = await request("PATCH", `/api/v1/sources/${full.name}`, { sync: null });
    expect(answer.body.sync).toEqual({ automatic: true, users: true, intervalHours: 1 });
  });

  it.each([
    [{ wecom: null }, "/wecom"],
    [{ wecom: { corpSecret: null } }, "/wecom/corpSecret"],
    [{ name: null }, "/name"],
    [{ staus: "disabled" }, "/staus"],
    [JSON.parse('{"__proto__":{"status":"disabled"}}'), "/__proto__"],
    [{ type: "custom", wecom: null }, "/type"],
    [{ people: "keep" }, "/people"],
    [{ status: "disabled", people: "delete" }, "/people"],
  ])("refuses %j at %s and changes nothing", async (patch, pointer) => {
    const { body } = await request("POST", "/api/v1/sources", full);
    const answer = await request("PATCH", `/api/v1/sources/${body.id}`, patch);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer]);
    expect((await request("GET", `/api/v1/sources/${body.id}`)).body).toEqual(body);
  });

  it("makes a source due at once when it is enabled or made automatic, and never while it is neither", async () => {
    await request("POST", "/api/v1/sources", wecomSource("corp", { status: "disabled" }));
    const due = async (patch: object) => (await request("PATCH", "/api/v1/sources/corp", patch)).body.nextRunAt;
    fixture.clock.now += 60_000;
    expect(await due({ sync: { automatic: false } })).toBeNull();
    expect(await due({ status: "enabled" })).toBeNull();
    expect(await due({ sync: { automatic: true } })).toBe("2026-03-01T08:01:00.000Z");
    expect(await due({ status: "disabled" })).toBeNull();
  });

  it("counts a changed interval from the last run", async () => {
    const { body } = await request("POST", "/api/v1/sources", wecomSource("corp", { sync: { intervalHours: 4 } }));
    await fixture.store.updateSource(body.id, { nextRunAt: fixture.clock.now + 3 * 3_600_000 });
    const longer = await request("PATCH", "/api/v1/sources/corp", { sync: { intervalHours: 6 } });
    expect(longer.body.nextRunAt).toBe("2026-03-01T13:00:00.000Z");
    const shorter = await request("PATCH", "/api/v1/sources/corp", { sync: { intervalHours: 1 } });
    expect(shorter.body.nextRunAt).toBe("2026-03-01T08:00:00.000Z");
  });

  it("says what becomes of the people when it is disabled: keep, if nothing was said", async () => {
    const { body } = await request("POST", "/api/v1/sources", wecomSource("corp"));
    await request("PATCH", "/api/v1/sources/corp", { status: "disabled" });
    await request("PATCH", "/api/v1/sources/corp", { status: "disabled", people: "deactivate" });
    expect(fixture.calls.filter(([name]) => name === "disableSource")).toEqual([
      ["disableSource", body.id, "keep"],
      ["disableSource", body.id, "deactivate"],
    ]);
  });
});

describe("reading, listing, deleting", () => {
  it("finds a source by id and by name", async () => {
    const { body } = await request("POST", "/api/v1/sources", full);
    expect((await request("GET", `/api/v1/sources/${body.id}`)).body).toEqual(body);
    expect((await request("GET", `/api/v1/sources/${encodeURIComponent("总部-WeCom")}`)).body).toEqual(body);
    const unknown = await request("GET", "/api/v1/sources/nobody");
    expect([unknown.status, unknown.body.detail]).toEqual([404, 'There is no source "nobody".']);
  });

  it("pages a list to its end, oldest first", async () => {
    for (const name of ["aa", "bb", "cc"]) {
      await request("POST", "/api/v1/sources", wecomSource(name));
      fixture.clock.now += 1000;
    }
    const first = await request("GET", "/api/v1/sources?limit=2");
    expect(first.body.items.map((item: { name: string }) => item.name)).toEqual(["aa", "bb"]);
    const second = await request("GET", `/api/v1/sources?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((item: { name: string }) => item.name)).toEqual(["cc"]);
    expect(second.body.nextCursor).toBeNull();
    const lost = await request("GET", "/api/v1/sources?limit=0&cursor=x");
    expect([lost.status, lost.body.errors[0].parameter]).toEqual([400, "limit"]);
    expect((await request("GET", "/api/v1/sources?cursor=x")).body.errors[0].parameter).toBe("cursor");
  });

  it("demands to be told what becomes of the people before it deletes", async () => {
    const { body } = await request("POST", "/api/v1/sources", wecomSource("corp"));
    const unsaid = await request("DELETE", "/api/v1/sources/corp");
    expect([unsaid.status, unsaid.body.errors[0].parameter]).toEqual([400, "people"]);
    expect((await request("DELETE", "/api/v1/sources/corp?people=deactivate")).status).toBe(204);
    expect(fixture.calls).toContainEqual(["removeSource", body.id, "deactivate"]);
    expect((await request("DELETE", "/api/v1/sources/corp?people=keep")).status).toBe(404);
  });
});

describe("trying and syncing a source", () => {
  it("tries a source that is not stored, with its secrets, and reads its departments", async () => {
    const answer = await request("POST", "/api/v1/sources/test", full);
    expect(answer.body).toEqual({
      ok: true,
      checks: [{ name: "credentials", ok: true, detail: "a token" }],
      departments: [{ id: 1, name: "总部", parentId: null }],
    });
    expect(fixture.calls[0]).toMatchObject(["testSource", { secrets: { "/wecom/corpSecret": planted.corpSecret } }]);
    expect(await fixture.store.listSources()).toEqual([]);
  });

  it("tries a stored source and reads its departments", async () => {
    await request("POST", "/api/v1/sources", full);
    const path = `/api/v1/sources/${encodeURIComponent(full.name)}`;
    expect((await request("POST", `${path}/test`)).body.ok).toBe(true);
    expect((await request("GET", `${path}/departments`)).body).toEqual({
      items: [{ id: 1, name: "总部", parentId: null }],
      nextCursor: null,
    });
  });

  it("says why the departments could not be read", async () => {
    await fixture.store.close();
    const error = { code: "wecom.no-token", detail: "corpSecret is not valid", errcode: 40001 };
    fixture = await makeAdminFixture({ sourceDepartments: async () => ({ error }) });
    await request("POST", "/api/v1/sources", wecomSource("corp"));
    const answer = await request("GET", "/api/v1/sources/corp/departments");
    expect([answer.status, answer.body.detail]).toEqual([502, "corpSecret is not valid (wecom.no-token)"]);
    expect((await request("POST", "/api/v1/sources/test", full)).body.departments).toBeNull();
  });

  it("queues a task, and answers that one again while it waits", async () => {
    const { body: source } = await request("POST", "/api/v1/sources", wecomSource("corp"));
    const first = await request("POST", "/api/v1/sources/corp/sync-tasks", { mode: "plan" });
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({ source: source.id, mode: "plan", state: "queued", trigger: "manual" });
    expect(first.body).toMatchObject({ error: null, hold: null, progress: null, startedAt: null });
    const second = await request("POST", "/api/v1/sources/corp/sync-tasks");
    expect([second.status, second.body.id]).toEqual([202, first.body.id]);
    expect((await request("GET", "/api/v1/sources/corp")).body.lastTask).toEqual({
      id: first.body.id,
      state: "queued",
      finishedAt: null,
    });
  });

  it("does not sync a disabled source, nor a custom one", async () => {
    await request("POST", "/api/v1/sources", wecomSource("corp", { status: "disabled" }));
    await request("POST", "/api/v1/sources", { name: "guests", type: "custom" });
    expect((await request("POST", "/api/v1/sources/corp/sync-tasks", {})).status).toBe(409);
    expect((await request("POST", "/api/v1/sources/guests/sync-tasks", {})).status).toBe(409);
    expect((await request("GET", "/api/v1/sync-tasks")).body.items).toEqual([]);
  });
});
