import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAdminApp } from "../../../src/http/admin/app.ts";
import { type AdminFixture, makeAdminFixture } from "../../support/admin.ts";
import { ask, makeAccount, signIn } from "../../support/admin-requests.ts";

let fixture: AdminFixture;
let alice: { readonly id: string; readonly token: string };
const request: AdminFixture["request"] = (...args) => fixture.request(...args);
const password = "correct horse battery";
const byPassword = { name: "alice", password };

beforeAll(async () => {
  fixture = await makeAdminFixture();
  alice = await makeAccount(fixture, "alice", { password });
});

// Attempts of one test do not count in the next.
beforeEach(() => {
  fixture.clock.now += 300_000;
});

afterAll(() => fixture.store.close());

const session = "/api/v1/session";
const patchSettings = ["PATCH", "/api/v1/settings", {}] as const;

describe("signing in", () => {
  it.each([
    ["the environment's token", () => ({ token: fixture.adminToken }), "admin"],
    ["an account's token", () => ({ token: alice.token }), "alice"],
    ["a name and a password", () => byPassword, "alice"],
    ["a name in other letters", () => ({ ...byPassword, name: "Alice" }), "alice"],
  ])("works with %s", async (_, form, name) => {
    const { answer, cookie, csrf } = await signIn(fixture, form());
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toMatch(
      /^bridge_session=[\w-]{43}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { body } = await ask(fixture, { cookie }, "GET", session);
    expect(body).toEqual(answer.body);
    expect(body).toMatchObject({ administrator: { name, role: "administrator" }, csrfToken: csrf });
    expect(body.expiresAt).toBe(new Date(fixture.clock.now + 12 * 3_600_000).toISOString());
    const stored = JSON.stringify(await fixture.database.db.selectFrom("admin_session").selectAll().execute());
    for (const secret of [cookie.split("=")[1] ?? "", csrf]) expect(stored).not.toContain(secret);
  });

  it("sets a cookie for TLS and this host alone where it is reached by https", async () => {
    const app = makeAdminApp({ ...fixture.parts, publicUrl: "https://bridge.test" });
    const { answer, cookie } = await signIn({ ...fixture, app }, { token: fixture.adminToken });
    expect(answer.headers.get("set-cookie")).toMatch(/^__Host-bridge_session=.*; Path=\/; HttpOnly; Secure;/);
    expect((await ask({ app }, { cookie }, "GET", session)).status).toBe(200);
  });

  it("answers alike to a wrong password, an unknown name, a disabled account, one without password, and a wrong token", async () => {
    await makeAccount(fixture, "tokenonly");
    await makeAccount(fixture, "disabled", { password });
    await request("PATCH", "/api/v1/administrators/disabled", { status: "disabled" });
    const answers = [];
    for (const form of [
      { name: "alice", password: "wrong horse battery" },
      { name: "nobody", password },
      { name: "admin", password: fixture.adminToken },
      { name: "disabled", password },
      { name: "tokenonly", password },
      { token: "adm_wrong" },
    ]) {
      const { answer } = await signIn(fixture, form);
      expect(answer.headers.get("set-cookie")).toBeNull();
      answers.push([answer.status, answer.text]);
    }
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(401);
  });

  it.each([[{}], [{ name: "alice" }], [{ ...byPassword, token: "x" }], [[]]])("refuses %j as a form", async (form) => {
    expect((await signIn(fixture, form)).answer.status).toBe(400);
  });

  it("refuses what another site's page sends, and a body of a size that no form has", async () => {
    const form = { token: fixture.adminToken };
    const other = await ask(fixture, { origin: "https://evil.example" }, "POST", session, form);
    expect([other.status, other.headers.get("set-cookie")]).toEqual([403, null]);
    expect((await ask(fixture, {}, "POST", session, { token: "x".repeat(20_000) })).status).toBe(413);
  });
});

describe("attempts", () => {
  it("of a name are limited, from wherever they come, until some time has passed", async () => {
    const wrong = { name: "guessed", password: "wrong horse battery" };
    const attempt = (index: number, name: string) =>
      ask(fixture, { from: `198.51.100.${index}` }, "POST", session, { ...wrong, name });
    const began = fixture.clock.now;
    // All at once, in either case of letters: none gets past the count.
    const names = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? "guessed" : "Guessed"));
    const answers = await Promise.all(names.map((name, index) => attempt(index, name)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429]);
    const refused = await attempt(20, "guessed");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "300"]);
    expect(refused.body.type).toMatch(/too-many-attempts$/);
    fixture.clock.now = began + 299_999;
    expect((await attempt(20, "guessed")).status).toBe(429);
    fixture.clock.now = began + 300_000;
    expect((await attempt(20, "guessed")).status).toBe(401);
  });

  it("of an address are limited whatever name they try, and the right password does not count", async () => {
    const from = "203.0.113.9";
    const statusOf = async (form: object) => (await ask(fixture, { from }, "POST", session, form)).status;
    for (let index = 0; index < 31; index += 1) expect(await statusOf({ token: alice.token })).toBe(200);
    for (let index = 0; index < 30; index += 1) expect(await statusOf({ token: `adm_${index}` })).toBe(401);
    expect(await statusOf({ token: alice.token })).toBe(429);
    expect((await ask(fixture, {}, "POST", session, { token: alice.token })).status).toBe(200);
  });
});

describe("a session", () => {
  it("changes something only with its CSRF token, and only from a page of ours", async () => {
    const { cookie, csrf } = await signIn(fixture, byPassword);
    const other = await signIn(fixture, { token: fixture.adminToken });
    const status = async (asking: object) => (await ask(fixture, { cookie, ...asking }, ...patchSettings)).status;
    expect(await status({})).toBe(403);
    expect(await status({ csrf: "wrong" })).toBe(403);
    expect(await status({ csrf: other.csrf })).toBe(403);
    expect(await status({ csrf })).toBe(200);
    expect(await status({ csrf, origin: "http://bridge.test" })).toBe(200);
    for (const origin of ["null", "https://evil.example", "http://bridge.test.evil.example", "http://bridge.test:81"]) {
      expect(await status({ csrf, origin })).toBe(403);
    }
    expect((await ask(fixture, { cookie }, "GET", "/api/v1/settings")).status).toBe(200);
    // A token is sent by no browser of its own accord.
    expect((await ask(fixture, { token: alice.token, origin: "https://evil.example" }, ...patchSettings)).status).toBe(
      200,
    );
  });

  it("does not speak for a wrong token that it comes with", async () => {
    const { cookie } = await signIn(fixture, byPassword);
    expect((await ask(fixture, { cookie, token: "adm_wrong" }, "GET", session)).status).toBe(401);
  });

  it("moves on with use, for a day at most", async () => {
    const { cookie } = await signIn(fixture, byPassword);
    const began = fixture.clock.now;
    const at = async (hours: number) => {
      fixture.clock.now = began + hours * 3_600_000;
      const { status, body } = await ask(fixture, { cookie }, "GET", session);
      return status === 200 ? (Date.parse(body.expiresAt) - began) / 3_600_000 : status;
    };
    expect(await at(11)).toBe(23);
    expect(await at(20)).toBe(24);
    expect(await at(23.9)).toBe(24);
    expect(await at(24)).toBe(401);
  });

  it("ends when it was not used for twelve hours, and with signing out", async () => {
    const idle = await signIn(fixture, byPassword);
    fixture.clock.now += 12 * 3_600_000;
    expect((await ask(fixture, idle, "GET", session)).status).toBe(401);
    const { cookie, csrf } = await signIn(fixture, byPassword);
    expect((await ask(fixture, { cookie }, "DELETE", session)).status).toBe(403);
    const left = await ask(fixture, { cookie, csrf }, "DELETE", session);
    expect([left.status, left.headers.get("set-cookie")]).toEqual([204, expect.stringMatching(/=; Max-Age=0;/)]);
    expect((await ask(fixture, { cookie }, "GET", session)).status).toBe(401);
  });

  it("ends with a new one that its browser signs in for, whoever that is, and not with an attempt in vain", async () => {
    const statusOf = async ({ cookie }: { readonly cookie: string }) =>
      (await ask(fixture, { cookie }, "GET", session)).status;
    const [here, elsewhere] = [await signIn(fixture, byPassword), await signIn(fixture, byPassword)];
    const again = (cookie: string, form: object) => ask(fixture, { cookie }, "POST", session, form);
    expect((await again(here.cookie, { ...byPassword, password: "wrong horse battery" })).status).toBe(401);
    expect(await statusOf(here)).toBe(200);
    const second = (await again(here.cookie, { token: fixture.adminToken })).headers.get("set-cookie") ?? "";
    expect([await statusOf(here), await statusOf(elsewhere)]).toEqual([401, 200]);
    const records = (await fixture.store.listAudit({ limit: 2 })).items;
    expect(records).toMatchObject([
      { administrator: "alice", action: "DELETE /api/v1/session", status: 204, fields: [], address: "192.0.2.1" },
      { administrator: "admin", action: "POST /api/v1/session", status: 200 },
    ]);

    const cookie = second.split(";")[0] ?? "";
    const third = await again(cookie, byPassword);
    expect([third.status, await statusOf({ cookie })]).toEqual([200, 401]);
    expect((await fixture.store.listAudit({ limit: 1 })).items).toMatchObject([
      { administrator: "admin", status: 204 },
    ]);
    // One that has ended is not ended again.
    expect((await again(cookie, byPassword)).status).toBe(200);
    expect((await fixture.store.listAudit({ limit: 1 })).items).toMatchObject([
      { administrator: "alice", status: 200 },
    ]);
  });

  it.each([
    ["another password", "PATCH", "", { password: "another horse battery" }],
    ["no password", "PATCH", "", { password: null }],
    ["another token", "POST", "/token", undefined],
    ["being disabled", "PATCH", "", { status: "disabled" }],
    ["being deleted", "DELETE", "", undefined],
  ])("ends with %s of its account, all of them, and no other's", async (what, method, path, form) => {
    const name = what.replaceAll(" ", "-");
    await makeAccount(fixture, name, { password });
    const [one, two] = [await signIn(fixture, { name, password }), await signIn(fixture, { name, password })];
    const other = await signIn(fixture, byPassword);
    const statusOf = async ({ cookie }: { readonly cookie: string }) =>
      (await ask(fixture, { cookie }, "GET", session)).status;
    expect([await statusOf(one), await statusOf(two)]).toEqual([200, 200]);
    expect((await request(method, `/api/v1/administrators/${name}${path}`, form)).status).toBeLessThan(300);
    expect([await statusOf(one), await statusOf(two), await statusOf(other)]).toEqual([401, 401, 200]);
    // Enabled again, it has to be signed in with again.
    await request("PATCH", `/api/v1/administrators/${name}`, { status: "enabled" });
    expect(await statusOf(one)).toBe(401);
  });

  it("of the environment's token ends with another token there", async () => {
    const { cookie } = await signIn(fixture, { token: fixture.adminToken });
    const app = makeAdminApp({ ...fixture.parts, adminToken: "another-token-0123456789" });
    expect((await ask({ app }, { cookie }, "GET", session)).status).toBe(401);
    expect((await ask(fixture, { cookie }, "GET", session)).status).toBe(200);
  });

  it("lets an auditor sign out, and do nothing else", async () => {
    await makeAccount(fixture, "auditor", { role: "auditor", password });
    const { cookie, csrf } = await signIn(fixture, { name: "auditor", password });
    expect((await ask(fixture, { cookie, csrf }, ...patchSettings)).status).toBe(403);
    expect((await ask(fixture, { cookie, csrf }, "DELETE", session)).status).toBe(204);
  });

  it("is not there with a token, which tells who it is", async () => {
    const { body } = await ask(fixture, { token: alice.token }, "GET", session);
    const administrator = { id: alice.id, name: "alice", role: "administrator" };
    expect(body).toEqual({ administrator, csrfToken: null, expiresAt: null });
  });
});
