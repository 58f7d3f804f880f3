import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionOf, fieldsOf, subjectOf } from "../../../src/http/admin/audit-subject.ts";
import { type AdminFixture, bearerTarget, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";
import { ask, makeAccount, signIn } from "../../support/admin-requests.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeAll(async () => {
  fixture = await makeAdminFixture();
});

afterAll(() => fixture.store.close());

const newest = async (query = "") => (await request("GET", `/api/v1/audit?limit=1${query}`)).body.items[0];

describe("the audit log", () => {
  it("has each request that is not a read: who, what, to what, what came of it, and which fields", async () => {
    const { token } = await makeAccount(fixture, "alice");
    const alice = (method: string, path: string, form?: unknown) => ask(fixture, { token }, method, path, form);
    const { body: source } = await alice("POST", "/api/v1/sources", wecomSource("corp"));
    expect(await newest()).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: "2026-03-01T08:00:00.000Z",
      ...{ administrator: "alice", role: "administrator", action: "POST /api/v1/sources", status: 201 },
      subject: { kind: "source", id: source.id, name: "corp" },
      fields: ["/name", "/type", "/wecom/corpId", "/wecom/corpSecret"],
      address: "192.0.2.1",
    });
    await alice("PATCH", "/api/v1/sources/corp", { safeguards: { maxRemovals: { percent: 50 } }, description: null });
    expect(await newest()).toMatchObject({
      ...{ action: "PATCH /api/v1/sources/{id}", status: 200 },
      subject: { kind: "source", id: source.id, name: "corp" },
      fields: ["/safeguards/maxRemovals/percent", "/description"],
    });
    // What it was called is written, though it is gone.
    await alice("DELETE", "/api/v1/sources/corp?people=keep");
    expect(await newest()).toMatchObject({ action: "DELETE /api/v1/sources/{id}", subject: { name: "corp" } });
  });

  it("has what was refused, and nothing of reads or of somebody unknown", async () => {
    const { token } = await makeAccount(fixture, "auditor", { role: "auditor" });
    await ask(fixture, { token }, "PATCH", "/api/v1/settings", { paused: true });
    const refused = await newest();
    expect(refused).toMatchObject({ administrator: "auditor", role: "auditor", status: 403, fields: ["/paused"] });
    await request("GET", "/api/v1/settings");
    await ask(fixture, { token: "adm_wrong" }, "PATCH", "/api/v1/settings", { paused: true });
    expect(await newest()).toEqual(refused);
    await request("PATCH", "/api/v1/sources/nobody", { status: "disabled" });
    expect(await newest()).toMatchObject({ status: 404, subject: { kind: "source", id: null, name: null } });
    await request("POST", "/api/v1/nothing", {});
    expect(await newest()).toMatchObject({ status: 404, action: "POST /api/v1/*", subject: null });
  });

  it("has sign-ins that fail and that succeed, and no name that is nobody's", async () => {
    const password = "correct horse battery";
    await makeAccount(fixture, "bob", { password });
    await signIn(fixture, { name: "BOB", password: "wrong horse battery" });
    expect(await newest()).toMatchObject({ administrator: "bob", status: 401, action: "POST /api/v1/session" });
    const { cookie, csrf } = await signIn(fixture, { name: "bob", password });
    expect(await newest()).toMatchObject({ administrator: "bob", status: 200, fields: ["/name", "/password"] });
    await signIn(fixture, { name: "typed-password-in-here", password });
    expect(await newest()).toMatchObject({ administrator: null, role: null, status: 401 });
    await ask(fixture, { cookie, csrf }, "DELETE", "/api/v1/session");
    expect(await newest()).toMatchObject({ administrator: "bob", action: "DELETE /api/v1/session", status: 204 });
    const { text } = await request("GET", "/api/v1/audit?limit=500");
    for (const secret of [password, "wrong horse", "typed-password", csrf]) expect(text).not.toContain(secret);
  });

  it("has people by their ids, never by a name, and no secret", async () => {
    await request("POST", "/api/v1/sources", { name: "own", type: "custom" });
    const person = { userName: "zhang.san", displayName: "张三", emails: [{ value: "zhang@example.com" }] };
    const { id } = (await request("POST", "/api/v1/sources/own/users", person)).body;
    expect(await newest()).toMatchObject({ subject: { kind: "user", id, name: null } });
    await request("POST", "/api/v1/resources/zhang.san/pause", { reason: "on leave" });
    expect(await newest()).toMatchObject({
      action: "POST /api/v1/resources/{id}/pause",
      subject: { kind: "resource", id, name: null },
      fields: ["/reason"],
    });
    await request("POST", "/api/v1/resources/li.si/pause", {});
    expect(await newest()).toMatchObject({ status: 404, subject: { kind: "resource", id: null } });
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    const rows = await fixture.database.db.selectFrom("audit_record").selectAll().execute();
    for (const word of ["zhang", "张三", "li.si", "on leave", planted.targetToken, planted.corpSecret]) {
      expect(JSON.stringify(rows)).not.toContain(word);
    }
  });

  it("has what was begun before it is done, so that nothing is done that is not in it", async () => {
    const broken = { ...fixture.store, beginAudit: () => Promise.reject(new Error("disk full")) };
    const other = await makeAdminFixture({ store: broken });
    const answer = await other.request("PATCH", "/api/v1/settings", { paused: true });
    expect(answer.status).toBe(500);
    expect((await fixture.store.readSettings()).paused).toBe(false);
    await other.store.close();

    let during: unknown = null;
    const writeSettings: typeof fixture.store.writeSettings = async (change) => {
      during = (await fixture.store.listAudit({ limit: 1 })).items[0];
      return fixture.store.writeSettings(change);
    };
    const watched = await makeAdminFixture({ store: { ...fixture.store, writeSettings } });
    await watched.request("PATCH", "/api/v1/settings", { maxCustomSources: 2 });
    expect(during).toMatchObject({ action: "PATCH /api/v1/settings", status: null, fields: ["/maxCustomSources"] });
    await watched.store.close();
  });

  it("is found by who, by what and by when, page by page", async () => {
    fixture.clock.now = Date.parse("2026-03-02T08:00:00.000Z");
    for (let index = 0; index < 3; index += 1) await request("PATCH", "/api/v1/settings", { maxCustomSources: 2 });
    const found = async (query: string) => (await request("GET", `/api/v1/audit?${query}`)).body;
    const day = "from=2026-03-02&to=2026-03-03";
    const { items, nextCursor } = await found(`${day}&limit=2`);
    expect(items).toHaveLength(2);
    expect((await found(`${day}&limit=2&cursor=${nextCursor}`)).items).toHaveLength(1);
    expect((await found("administrator=alice&action=sources")).items).toHaveLength(3);
    expect((await found(`${day}&administrator=alice`)).items).toEqual([]);
    expect(
      (await found(`to=2026-03-02&action=${encodeURIComponent("PATCH /api/v1/sources/{id}")}`)).items,
    ).toHaveLength(2);
    expect((await found("action=%25")).items).toEqual([]);
    expect((await request("GET", "/api/v1/audit?from=yesterday")).status).toBe(400);
  });

  it("is kept as long as other records", async () => {
    await fixture.store.pruneRecords(Date.parse("2026-03-02T00:00:00.000Z"));
    const { items } = (await request("GET", "/api/v1/audit?limit=500")).body;
    expect(items.map(({ at }: { at: string }) => at)).toEqual(Array(3).fill("2026-03-02T08:00:00.000Z"));
  });
});

describe("what a record says", () => {
  it.each([
    ["/api/v1/sources/:id", "/api/v1/sources/%E6%80%BB%E9%83%A8", { kind: "source", named: "总部" }],
    ["/api/v1/sources/:id/users/:user", "/api/v1/sources/a/users/b", { kind: "user", named: "b" }],
    ["/api/v1/sources/:id/groups", "/api/v1/sources/a/groups", { kind: "department", named: null }],
    ["/api/v1/sources/test", "/api/v1/sources/test", { kind: "source", named: null }],
    ["/api/v1/sync-tasks/:id/approve", "/api/v1/sync-tasks/x/approve", { kind: "sync-task", named: "x" }],
    ["/api/v1/sources/:id", "/api/v1/sources/%zz", { kind: "source", named: null }],
    ["/api/v1/settings", "/api/v1/settings/", { kind: "settings", named: null }],
    ["/api/v1/*", "/api/v1/zhang.san", null],
  ])("of %s at %s is about %j", (pattern, path, subject) => {
    expect(subjectOf(pattern, path)).toEqual(subject);
  });

  it("names routes as the API's description does", () => {
    expect(actionOf("PUT", "/api/v1/sources/:id/users/:user")).toBe("PUT /api/v1/sources/{id}/users/{user}");
  });

  it("names fields three deep, no elements of lists, and nothing that somebody made up", () => {
    expect(fieldsOf({ a: { b: { c: { d: 1 } } }, list: [{ secret: 1 }], empty: {}, nothing: null })).toEqual([
      ...["/a/b/c", "/list", "/empty", "/nothing"],
    ]);
    expect(fieldsOf({ query: { "sk-live 12345": 1 }, 手机: 1, "a/b": 1 })).toEqual(["/query"]);
    expect(fieldsOf(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 1])))).toHaveLength(100);
    expect(fieldsOf([{ a: 1 }])).toEqual([]);
  });
});
