import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, wecomSource } from "../../support/admin.ts";
import { ask, makeAccount } from "../../support/admin-requests.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeAll(async () => {
  fixture = await makeAdminFixture();
});

afterAll(() => fixture.store.close());

const accounts = "/api/v1/administrators";
const password = "correct horse battery";

describe("accounts", () => {
  it("are made with a token that is shown once, and with a password that is never shown", async () => {
    const made = await request("POST", accounts, { name: "alice", role: "administrator", password });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`http://bridge.test${accounts}/${made.body.id}`);
    const { token, ...view } = made.body;
    expect(token).toMatch(/^adm_[\w-]{43}$/);
    expect(view).toEqual({
      ...{ id: view.id, name: "alice", role: "administrator", status: "enabled", hasPassword: true, builtIn: false },
      ...{ createdAt: "2026-03-01T08:00:00.000Z", lastSeenAt: null },
    });
    expect((await request("GET", `${accounts}/alice`)).body).toEqual(view);
    const stored = JSON.stringify(await fixture.database.db.selectFrom("administrator").selectAll().execute());
    for (const secret of [token, password]) {
      expect(stored).not.toContain(secret);
      expect((await request("GET", accounts)).text).not.toContain(secret);
      expect(fixture.logLines.join()).not.toContain(secret);
    }
    expect((await ask(fixture, { token }, "GET", "/api/v1/sources")).status).toBe(200);
    expect((await ask(fixture, { token: `${token}x` }, "GET", "/api/v1/sources")).status).toBe(401);
  });

  it("are listed behind the administrator of the environment, who can't be changed or shadowed", async () => {
    const { body } = await request("GET", accounts);
    expect(body.items[0]).toMatchObject({ id: "admin", name: "admin", builtIn: true, createdAt: null });
    for (const [method, path, form] of [
      ["DELETE", `${accounts}/admin`, undefined],
      ["PATCH", `${accounts}/ADMIN`, { role: "auditor" }],
      ["POST", `${accounts}/admin/token`, undefined],
    ] as const) {
      const answer = await request(method, path, form);
      expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining("BRIDGE_ADMIN_TOKEN")]);
    }
    for (const name of ["admin", "Admin", "administrator"]) {
      const answer = await request("POST", accounts, { name, role: "auditor" });
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, "/name"]);
    }
  });

  it.each([
    [{ name: "bob" }, "/role"],
    [{ name: "b", role: "auditor" }, "/name"],
    [{ name: "bob", role: "root" }, "/role"],
    [{ name: "bob", role: "auditor", password: "too short" }, "/password"],
    [{ name: "bob", role: "auditor", tokn: "x" }, "/tokn"],
  ])("refuse %j at %s", async (form, pointer) => {
    const answer = await request("POST", accounts, form);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
    expect(answer.text).not.toContain("too short");
  });

  it("keep their names to themselves, in any case of letters, also when two are made at once", async () => {
    expect((await request("POST", accounts, { name: "ALICE", role: "auditor" })).body.type).toMatch(/name-taken$/);
    const form = { name: "twin", role: "auditor" };
    const both = await Promise.all([request("POST", accounts, form), request("POST", accounts, form)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it("keep the name that records call them by, and take back what was read", async () => {
    const { body } = await request("GET", `${accounts}/alice`);
    expect((await request("PATCH", `${accounts}/alice`, body)).body).toEqual(body);
    const renamed = await request("PATCH", `${accounts}/alice`, { name: "alicia" });
    expect([renamed.status, renamed.body.errors[0].pointer]).toEqual([400, "/name"]);
    expect((await request("PATCH", `${accounts}/alice`, { password: null })).body.hasPassword).toBe(false);
    expect((await request("PATCH", `${accounts}/alice`, { password: "short" })).status).toBe(400);
  });

  it("get another token, and the old one ends", async () => {
    const { token } = await makeAccount(fixture, "renewed");
    const renewed = await request("POST", `${accounts}/renewed/token`);
    expect(renewed.status).toBe(200);
    expect((await ask(fixture, { token }, "GET", accounts)).status).toBe(401);
    expect((await ask(fixture, { token: renewed.body.token }, "GET", accounts)).status).toBe(200);
  });

  it("are refused while they are disabled, and once they are deleted", async () => {
    const { id, token } = await makeAccount(fixture, "leaver");
    await request("PATCH", `${accounts}/leaver`, { status: "disabled" });
    expect((await ask(fixture, { token }, "GET", accounts)).status).toBe(401);
    await request("PATCH", `${accounts}/leaver`, { status: "enabled" });
    expect((await ask(fixture, { token }, "GET", accounts)).status).toBe(200);
    expect((await request("DELETE", `${accounts}/${id}`)).status).toBe(204);
    expect((await ask(fixture, { token }, "GET", accounts)).status).toBe(401);
    expect((await request("DELETE", `${accounts}/${id}`)).status).toBe(404);
  });

  it("show when they were last seen, to within a minute", async () => {
    const { token } = await makeAccount(fixture, "seen");
    const seen = async () => (await request("GET", `${accounts}/seen`)).body.lastSeenAt;
    const begin = fixture.clock.now;
    await ask(fixture, { token }, "GET", accounts);
    fixture.clock.now += 59_000;
    await ask(fixture, { token }, "GET", accounts);
    expect(await seen()).toBe(new Date(begin).toISOString());
    fixture.clock.now += 1000;
    await ask(fixture, { token }, "GET", accounts);
    expect(await seen()).toBe(new Date(begin + 60_000).toISOString());
  });

  it("let nobody delete, disable or demote himself, and let him have a new token", async () => {
    const { token } = await makeAccount(fixture, "self");
    const self = (method: string, path: string, form?: unknown) => ask(fixture, { token }, method, path, form);
    for (const answer of [
      await self("DELETE", `${accounts}/self`),
      await self("PATCH", `${accounts}/SELF`, { status: "disabled" }),
      await self("PATCH", `${accounts}/self`, { role: "auditor" }),
    ]) {
      expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining("himself")]);
    }
    expect((await self("POST", `${accounts}/self/token`)).status).toBe(200);
  });
});

describe("an auditor", () => {
  it("reads everything and changes nothing", async () => {
    const { token } = await makeAccount(fixture, "auditor", { role: "auditor" });
    for (const path of ["/api/v1/sources", "/api/v1/settings", "/api/v1/audit", accounts, "/api/v1/session"]) {
      expect((await ask(fixture, { token }, "GET", path)).status).toBe(200);
    }
    for (const [method, path, form] of [
      ["POST", "/api/v1/sources", wecomSource("audited")],
      ["PATCH", "/api/v1/settings", { paused: true }],
      ["POST", accounts, { name: "mole", role: "administrator" }],
      ["PATCH", `${accounts}/auditor`, { role: "administrator" }],
      ["POST", `${accounts}/auditor/token`, undefined],
      // A path that ends as that of signing out does is not that.
      ["DELETE", "/api/v1/sources/session?people=keep", undefined],
    ] as const) {
      const answer = await ask(fixture, { token }, method, path, form);
      expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining("auditor")]);
    }
    expect(await fixture.store.listSources()).toEqual([]);
    expect((await request("GET", "/api/v1/settings")).body.paused).toBe(false);
    expect(await fixture.store.findAdministrator("mole")).toBeNull();
  });

  it("can do more, or less, from the moment on that his role is another", async () => {
    const { token } = await makeAccount(fixture, "changing", { role: "auditor" });
    const patch = () => ask(fixture, { token }, "PATCH", "/api/v1/settings", {});
    await request("PATCH", `${accounts}/changing`, { role: "administrator" });
    expect((await patch()).status).toBe(200);
    await request("PATCH", `${accounts}/changing`, { role: "auditor" });
    expect((await patch()).status).toBe(403);
  });
});

describe("an account that is deleted while its request is on the way", () => {
  it("does nothing any more once its body has come", async () => {
    const { id, token } = await makeAccount(fixture, "slow");
    const text = JSON.stringify({ name: "accomplice", role: "administrator" });
    let goOn = (): void => undefined;
    const deleted = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begun = (): void => undefined;
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const body = new ReadableStream({
      async pull(controller) {
        begun();
        await deleted;
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      },
    });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    // `duplex` is not among Node's types of a request, and demanded for a stream.
    const init = { method: "POST", headers, body, duplex: "half" };
    const answer = fixture.app.request(accounts, init as RequestInit);
    await isBegun;
    expect((await request("DELETE", `${accounts}/${id}`)).status).toBe(204);
    goOn();
    expect((await answer).status).toBe(401);
    expect(await fixture.store.findAdministrator("accomplice")).toBeNull();
  });
});

describe("what a person causes", () => {
  it("names him: tasks, decisions, pauses, and writes to the directory", async () => {
    const { token } = await makeAccount(fixture, "doer");
    const doer = (method: string, path: string, form?: unknown) => ask(fixture, { token }, method, path, form);
    await doer("POST", "/api/v1/sources", wecomSource("corp"));
    const task = await doer("POST", "/api/v1/sources/corp/sync-tasks");
    expect(task.body).toMatchObject({ requestedBy: "doer", decidedBy: null, decidedAt: null });
    // Whoever asks for the same while it waits did not cause it.
    expect((await request("POST", "/api/v1/sources/corp/sync-tasks")).body.requestedBy).toBe("doer");
    const cancelled = await request("POST", `/api/v1/sync-tasks/${task.body.id}/cancel`);
    expect(cancelled.body).toMatchObject({ requestedBy: "doer", decidedBy: "admin" });
    expect(cancelled.body.decidedAt).toBe(new Date(fixture.clock.now).toISOString());
    expect((await request("GET", "/api/v1/sync-tasks")).body.items[0]).toEqual(cancelled.body);

    await doer("POST", "/api/v1/sources", { name: "own", type: "custom" });
    const person = await doer("POST", "/api/v1/sources/own/users", { userName: "zhang", displayName: "张三" });
    await doer("POST", "/api/v1/sources/own/groups", { name: "研发" });
    await doer("POST", "/api/v1/user-groups", { displayName: "testers" });
    const records = (await request("GET", "/api/v1/directory-records?client=null")).body.items;
    expect(records).toHaveLength(3);
    for (const record of records) expect(record).toMatchObject({ client: null, administrator: "doer" });
    const history = await request("GET", `/api/v1/resources/${person.body.id}/history?attribute=displayName`);
    expect(history.body.items[0].write).toMatchObject({ by: "administrator", client: null, administrator: "doer" });
    const paused = await doer("POST", `/api/v1/resources/${person.body.id}/pause`, {});
    expect(paused.body.by).toBe("doer");
  });
});
