import { beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, wecomSource } from "../../support/admin.ts";

const template = "dk0123456789abcdef";
const suite = "ww0123456789abcdef";
const callback = { token: "plantedToken", encodingAesKey: "plantedAesKeyplantedAesKeyplantedAesKeyplan" };
const form = (more: object = {}) => ({
  name: "ours",
  corpId: "wwprovider",
  providerSecret: "planted-provider-secret",
  templates: {
    [template]: { kind: "customised", name: "目录", secret: "planted-template-secret", callback },
    [suite]: { kind: "third-party", secret: "planted-suite-secret", callback },
  },
  ...more,
});
const providers = "/api/v1/providers";
const authorizations = `${providers}/ours/authorizations`;

describe("service providers", () => {
  let fixture: AdminFixture;
  const refusals: Record<string, { error: { code: string; detail: string } }> = {};
  const urls: string[] = [];

  beforeEach(async () => {
    for (const key of Object.keys(refusals)) delete refusals[key];
    urls.length = 0;
    fixture = await makeAdminFixture({
      allowUrl: (url) => (url.includes("10.0.0.1") ? "is a private address" : null),
      async authorizationUrl({ suiteId }, { state, redirectUri }) {
        urls.push(redirectUri);
        const url = `https://open.work.weixin.qq.com/x?planted=${state}`;
        return refusals[suiteId] ?? { url, expiresAt: fixture.clock.now + 60_000 };
      },
    });
  });

  /** A corp authorises, as the engine settles it. */
  const authorise = async (corpId = "wwcorp", code = `code of ${corpId}`) => {
    const { store, clock } = fixture;
    const provider = await store.findProvider("ours");
    await store.keepCode({
      ...{ providerId: provider?.id ?? "", suiteId: template, purpose: "create", code, state: null },
      ...{ toldAt: clock.now, expiresAt: clock.now + 600_000 },
    });
    const [claimed] = await store.claimCodes(clock.now, clock.now + 1000);
    const granted = { corpId, corpName: "客户", permanentCode: "planted-permanent-code", state: null };
    await store.settleCode(claimed?.hash ?? "", granted);
    const found = await store.listAuthorizations(provider?.id ?? "");
    return found.find((row) => row.corpId === corpId)?.id ?? "";
  };
  const bound = (authorization: string, more: object = {}) => ({
    ...{ name: "customer", type: "wecom", wecom: { authorization } },
    ...more,
  });

  it("are made, listed, read, changed and deleted, with their secrets masked", async () => {
    const made = await fixture.request("POST", providers, form());
    expect(made.status).toBe(201);
    const { id } = made.body;
    expect(made.headers.get("location")).toBe(`http://bridge.test${providers}/${id}`);
    expect(made.body).toMatchObject({
      ...{ name: "ours", providerSecret: "********", callbackUrl: `http://bridge.test/wecom/suite/${id}` },
      templates: {
        [template]: {
          ...{ kind: "customised", name: "目录", secret: "********", ticketAt: null, ticketIsStale: true },
          callback: { token: "********", encodingAesKey: "********" },
        },
      },
    });
    // What was read can be sent back.
    expect((await fixture.request("PATCH", `${providers}/ours`, made.body)).status).toBe(200);
    const stored = await fixture.store.findProvider(id);
    expect(stored?.secrets[`/templates/${suite}/secret`]).toBe("planted-suite-secret");
    expect(JSON.stringify(stored?.settings)).not.toContain("planted");

    await fixture.store.keepTicket(id, template, "planted-ticket", fixture.clock.now - 10_000);
    const changed = await fixture.request("PATCH", `${providers}/ours`, {
      name: "theirs",
      templates: { [suite]: null },
    });
    expect(changed.body).toMatchObject({ name: "theirs", templates: { [template]: { ticketIsStale: false } } });
    expect(Object.keys(changed.body.templates)).toEqual([template]);
    fixture.clock.now += 30 * 60_000;
    const list = await fixture.request("GET", providers);
    expect(list.body.items).toMatchObject([{ templates: { [template]: { ticketIsStale: true } } }]);
    expect((await fixture.request("POST", `${providers}/theirs/test`)).body).toEqual({ ok: true, checks: [] });
    expect((await fixture.request("DELETE", `${providers}/theirs`)).status).toBe(204);
    expect((await fixture.request("GET", `${providers}/${id}`)).status).toBe(404);
    expect(fixture.logLines.join("\n")).not.toContain("planted");
  });

  it("name all that is wrong with a form", async () => {
    const { body, status } = await fixture.request(
      "POST",
      providers,
      form({
        providerSecret: undefined,
        templates: { "no id!": {}, [template]: { kind: "other", secret: "s", callback: { token: "!" } } },
      }),
    );
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
      expect.arrayContaining([
        "/providerSecret",
        `/templates/${template}/kind`,
        `/templates/${template}/callback/token`,
        `/templates/${template}/callback/encodingAesKey`,
      ]),
    );
    const refused = await fixture.request(
      "POST",
      providers,
      form({ apiBaseUrl: "http://10.0.0.1", proxy: "http://user:planted@10.0.0.1:1", providerSecret: "********" }),
    );
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "/apiBaseUrl",
      "/providerSecret",
      "/proxy",
    ]);
    expect(refused.text).not.toContain("planted");
    await fixture.request("POST", providers, form());
    expect((await fixture.request("POST", providers, form())).status).toBe(409);
  });

  it("ask for a QR code, which is shown while it waits and good for nothing after its time", async () => {
    await fixture.request("POST", providers, form());
    const asked = await fixture.request("POST", authorizations, { template, sourceName: "customer" });
    expect(asked.status).toBe(201);
    expect(asked.body).toMatchObject({
      state: "waiting",
      invited: true,
      sourceName: "customer",
      corp: null,
      note: null,
    });
    expect(asked.body.qrCode).toMatch(/^<svg/);
    expect(asked.headers.get("location")).toMatch(new RegExp(`/authorizations/${asked.body.id}$`));
    const path = `${authorizations}/${asked.body.id}`;
    expect((await fixture.request("GET", path)).body).toEqual(asked.body);
    expect((await fixture.request("GET", authorizations)).body.items[0].qrCode).toBeUndefined();
    fixture.clock.now += 60_000;
    expect((await fixture.request("GET", path)).body).toMatchObject({ state: "expired", url: null, qrCode: null });
    expect((await fixture.request("DELETE", path)).status).toBe(204);
    expect((await fixture.request("GET", path)).body).toMatchObject({ state: "cancelled" });
    expect((await fixture.request("DELETE", path)).status).toBe(204);
    expect((await fixture.request("GET", path)).status).toBe(404);
  });

  it("have a suite installed by a link, and say what it is not shown", async () => {
    await fixture.request("POST", providers, form());
    const { body } = await fixture.request("POST", authorizations, { template: suite });
    expect(body).toMatchObject({ kind: "third-party", qrCode: null, url: expect.stringContaining("open.work") });
    expect(body.note).toMatch(/no names/);
    expect(urls[0]).toMatch(/^http:\/\/bridge\.test\/wecom\/suite\/[0-9a-f-]{36}\/installed$/);
  });

  it("say why WeCom gave no QR code", async () => {
    await fixture.request("POST", providers, form());
    refusals[template] = { error: { code: "wecom.suite-ticket-missing", detail: "no ticket has come" } };
    expect(await fixture.request("POST", authorizations, { template })).toMatchObject({
      ...{ status: 409, body: { detail: "no ticket has come" } },
    });
    refusals[template] = { error: { code: "wecom.ip-untrusted", detail: "not from here" } };
    expect((await fixture.request("POST", authorizations, { template })).status).toBe(502);
    const unknown = await fixture.request("POST", authorizations, { template: "dkother" });
    expect(unknown.body.errors).toEqual([{ pointer: "/template", detail: expect.stringContaining(template) }]);
  });

  it("give what a corp authorised to one source, which needs no secret", async () => {
    await fixture.request("POST", providers, form({ apiBaseUrl: "https://wecom.example" }));
    const id = await authorise();
    const made = await fixture.request("POST", "/api/v1/sources", bound(id));
    expect(made.status).toBe(201);
    expect(made.body.wecom).toEqual({ authorization: id, corpId: "wwcorp", apiBaseUrl: "https://wecom.example" });
    expect((await fixture.request("GET", `${authorizations}/${id}`)).body.source).toBe(made.body.id);
    const second = await fixture.request("POST", "/api/v1/sources", bound(id, { name: "second" }));
    expect(second.body.errors).toEqual([
      { pointer: "/wecom/authorization", detail: 'is used by the source "customer"' },
    ]);
    // It can be changed and sent back like any other.
    expect((await fixture.request("PATCH", "/api/v1/sources/customer", made.body)).status).toBe(200);
    expect((await fixture.request("DELETE", `${authorizations}/${id}`)).status).toBe(409);
    expect((await fixture.request("DELETE", `${providers}/ours`)).status).toBe(409);
    const without = await fixture.request("PATCH", `${providers}/ours`, { templates: { [template]: null } });
    expect(without.status).toBe(409);
    expect(without.body.detail).toContain('"customer"');
    await fixture.request("DELETE", "/api/v1/sources/customer?people=keep");
    expect((await fixture.request("DELETE", `${authorizations}/${id}`)).status).toBe(204);
    expect((await fixture.request("DELETE", `${providers}/ours`)).status).toBe(204);
  });

  it("refuse a source what cannot be used", async () => {
    await fixture.request("POST", providers, form());
    const waiting = (await fixture.request("POST", authorizations, { template })).body.id;
    const id = await authorise();
    const wrong = async (wecom: object) => {
      const { body } = await fixture.request("POST", "/api/v1/sources", { name: "customer", type: "wecom", wecom });
      return body.errors.map((each: { pointer: string; detail: string }) => `${each.pointer} ${each.detail}`);
    };
    expect(await wrong({ authorization: "unknown" })).toEqual(["/wecom/authorization is not known"]);
    expect((await wrong({ authorization: waiting }))[0]).toMatch(/its state is "waiting"/);
    expect((await wrong({ authorization: id, corpId: "wwother" }))[0]).toMatch(/is of the corp wwcorp/);
    expect(await wrong({ authorization: id, corpSecret: "s", contactsSecret: "s", agentId: 7 })).toEqual([
      expect.stringMatching(/^\/wecom\/corpSecret goes without/),
      expect.stringMatching(/^\/wecom\/agentId goes without/),
      expect.stringMatching(/^\/wecom\/contactsSecret .*WeCom forbids/),
    ]);
    expect(await wrong({ agentId: "x" })).toEqual([
      expect.stringMatching(/^\/wecom\/agentId/),
      "/wecom/corpId expected string, but it is missing",
      expect.stringMatching(/^\/wecom\/corpSecret is required/),
    ]);
    // Another corp's authorisation is no way on for a source.
    await fixture.request("POST", "/api/v1/sources", bound(id));
    const other = await authorise("wwother");
    const patch = await fixture.request("PATCH", "/api/v1/sources/customer", { wecom: { authorization: other } });
    expect(patch.body.errors[0].detail).toMatch(/make a source of its own/);
    for (const corpId of ["wwother", null]) {
      const wecom = { authorization: other, corpId };
      const said = await fixture.request("PATCH", "/api/v1/sources/customer", { wecom });
      expect([said.status, said.body.errors?.[0].detail]).toEqual([
        400,
        expect.stringMatching(/this source is of wwcorp/),
      ]);
    }
  });

  it("leave a source whose corp cancelled stopped, until it names another authorisation", async () => {
    await fixture.request("POST", providers, form());
    const id = await authorise();
    await fixture.request("POST", "/api/v1/sources", bound(id));
    const provider = (await fixture.store.findProvider("ours"))?.id ?? "";
    await fixture.store.corpCancelled(provider, template, "wwcorp", fixture.clock.now + 1000);
    const path = "/api/v1/sources/customer";
    const stopped = (await fixture.request("GET", path)).body;
    expect(stopped).toMatchObject({ status: "disabled", disabledBecause: expect.stringMatching(/cancelled/) });
    expect((await fixture.request("PATCH", path, { description: "waits" })).status).toBe(200);
    expect((await fixture.request("GET", path)).body.disabledBecause).toBe(stopped.disabledBecause);
    expect((await fixture.request("PATCH", path, { status: "enabled" })).body.errors[0].pointer).toBe(
      "/wecom/authorization",
    );
    fixture.clock.now += 60_000;
    const again = await authorise("wwcorp", "another code").then(
      async () => (await fixture.store.listAuthorizations(provider)).find(({ status }) => status === "authorised")?.id,
    );
    const back = await fixture.request("PATCH", path, { status: "enabled", wecom: { authorization: again } });
    expect(back.body).toMatchObject({ status: "enabled", disabledBecause: null, wecom: { authorization: again } });
  });

  it("never show a permanent code, and are audited by id and name", async () => {
    await fixture.request("POST", providers, form());
    const id = await authorise();
    await fixture.request("POST", "/api/v1/sources", bound(id));
    const answers = await Promise.all(
      [
        providers,
        `${providers}/ours`,
        authorizations,
        `${authorizations}/${id}`,
        "/api/v1/sources",
        "/api/v1/audit",
      ].map((path) => fixture.request("GET", path)),
    );
    for (const { status, text } of answers) expect([status, text.includes("planted")]).toEqual([200, false]);
    await fixture.request("POST", authorizations, { template });
    const { body } = await fixture.request("GET", "/api/v1/audit");
    const told = body.items.map(({ action, subject }: { action: string; subject: { kind: string } }) => [
      action,
      subject?.kind,
    ]);
    expect(told).toContainEqual([`POST ${providers}`, "provider"]);
    expect(told).toContainEqual([`POST ${providers}/{id}/authorizations`, "authorization"]);
    expect(fixture.logLines.join("\n")).not.toContain("planted");
  });

  it("leave a source with secrets as it was", async () => {
    const made = await fixture.request("POST", "/api/v1/sources", wecomSource("plain"));
    expect(made.body).toMatchObject({ disabledBecause: null, wecom: { corpSecret: "********" } });
    expect(made.body.wecom.authorization).toBeUndefined();
  });
});
