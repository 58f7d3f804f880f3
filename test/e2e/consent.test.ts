import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { ConsentVisitor } from "../support/consent-visitor.ts";
import { noSafeguards, targetForm } from "../support/e2e.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

// People give fields of theirs on the page, and take them back, over HTTP from end to end.

let wecom: WecomSimulator;
let target: ScimSimulator;
let home: BridgeHome;
let bridge: RunningBridge;
let source: string;
let postgres: TestPostgres | null = null;

async function start(databaseUrl?: string): Promise<void> {
  wecom = await startWecomSimulator({
    shape: { members: 80, departments: 10, seed: 31, quirks: false },
    settings: { privacy: "new" },
  });
  target = await startScimSimulator();
  home = await makeBridgeHome(databaseUrl);
  bridge = await home.start();
  source = await bridge.api.createSource(form());
  await bridge.api.createTarget(targetForm("staff-app", target, [source]));
  await bridge.api.sync(source);
  wecom.control.setSettings({ trustedDomain: new URL(bridge.url).host });
}

const form = (more: object = {}) => ({
  ...{ name: "corp", type: "wecom", organization: "Acme", safeguards: noSafeguards },
  wecom: {
    ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId, apiBaseUrl: wecom.url },
    limits: { requestsPerSecond: 150, concurrency: 5 },
    ...more,
  },
});

afterEach(async () => {
  await home?.close();
  await wecom?.close();
  await target?.close();
  await postgres?.close();
  postgres = null;
});

const page = () => `${bridge.url}/wecom/consent/${source}`;
const visitor = (headers = {}) => new ConsentVisitor(page(), headers);
const person = () => wecom.control.truth().members.find(({ mobile, email, status }) => mobile && email && status === 1);
const held = (userid: string) => {
  const user = target.control.dump().users.find(({ resource }) => resource["externalId"] === userid)?.resource ?? {};
  const values = (name: string) => (user[name] as readonly { value: string }[] | undefined)?.map(({ value }) => value);
  return { emails: values("emails"), phones: values("phoneNumbers") };
};
const consents = () =>
  bridge.api.call<{ items: readonly { userid: string; state: string; fields: string[] }[] }>(
    "GET",
    `/sources/${source}/consents`,
  );

describe.each(["SQLite", "PostgreSQL"])("consent, kept in %s", (database) => {
  it("goes from the page to the target and back", { timeout: 120_000 }, async () => {
    if (database === "PostgreSQL") postgres = await startPostgres();
    await start(await postgres?.createDatabase());
    const { userid = "", mobile = "", email = "" } = person() ?? {};
    const browser = visitor();
    const intro = await browser.page();
    for (const part of ["Acme", "staff-app", "Mobile number", "Nothing is stored before you agree", "90 days"]) {
      expect(intro).toContain(part);
    }
    expect((await consents()).items).toEqual([]);
    const mine = await (await browser.visit(userid)).text();
    for (const part of ["You share these details", userid, "Mobile number", "E-mail"]) expect(mine).toContain(part);
    for (const value of [mobile, email]) expect(mine).not.toContain(value);
    await expect.poll(() => held(userid).emails, { timeout: 20_000 }).toEqual([email]);
    expect(held(userid).phones).toContain(mobile);
    const listed = await consents();
    expect(listed.items).toMatchObject([{ userid, state: "agreed" }]);
    expect(JSON.stringify(listed)).not.toContain(mobile);

    // Each visit brings it up to date.
    wecom.control.patchMember(userid, { mobile: "13900001111" });
    await visitor().visit(userid, "look");
    await expect.poll(() => held(userid).phones, { timeout: 20_000 }).toContain("13900001111");

    const after = await (await browser.withdraw()).text();
    expect(after).toContain("You have withdrawn your consent");
    await expect.poll(() => held(userid).emails, { timeout: 20_000 }).toBeUndefined();
    expect(held(userid).phones ?? []).not.toContain("13900001111");
    await bridge.api.sync(source);
    expect(held(userid).emails).toBeUndefined();
    expect((await consents()).items).toMatchObject([{ userid, state: "withdrawn" }]);
    expect(bridge.stdout()).not.toContain(email);
    expect(bridge.stdout()).not.toContain('"level"');
  });
});

describe("the page of consent", () => {
  beforeEach(() => start(), 60_000);

  it("refuses a state of another browser, one that was used, one that is made up, and no cookie at all", async () => {
    const { userid = "" } = person() ?? {};
    const attacker = visitor();
    const back = await attacker.decide(await attacker.begin(), userid);
    const victim = visitor();
    await victim.page();
    for (const who of [victim, visitor()]) {
      const answer = await who.ask(back);
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("out of date")]);
    }
    expect((await consents()).items).toEqual([]);
    // The one that it belongs to can still use it, and once.
    expect((await attacker.ask(back)).status).toBe(303);
    expect((await attacker.ask(back)).status).toBe(400);
    const madeUp = new URL(back);
    madeUp.searchParams.set("state", "a".repeat(64));
    expect((await attacker.ask(madeUp.href)).status).toBe(400);
    // A state of one source is of no use at another's page.
    const other = await bridge.api.createSource({ ...form(), name: "other", status: "disabled" });
    await bridge.api.call("PATCH", `/sources/${other}`, { status: "enabled", sync: { automatic: false } });
    const elsewhere = visitor();
    const crossed = new URL(await elsewhere.decide(await elsewhere.begin(), userid));
    crossed.pathname = `/wecom/consent/${other}`;
    expect((await elsewhere.ask(crossed.href)).status).toBe(400);
  });

  it("refuses a code that was used, and uses none that comes without a state of ours", async () => {
    const { userid = "" } = person() ?? {};
    const one = visitor();
    const back = new URL(await one.decide(await one.begin(), userid));
    await one.ask(back.href);
    const two = visitor();
    const again = new URL(await two.decide(await two.begin(), userid));
    again.searchParams.set("code", back.searchParams.get("code") ?? "");
    const answer = await two.ask(again.href);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("40029")]);
    // The address that is sent to people leads to the beginning.
    const { authorizeUrl } = await bridge.api.call<{ authorizeUrl: string }>("GET", `/sources/${source}/consent`);
    const three = visitor();
    wecom.control.resetRequests();
    const begun = await three.ask(await three.decide(new URL(authorizeUrl), userid));
    expect([begun.status, await begun.text()]).toEqual([200, expect.stringContaining("Agree and continue")]);
    expect(wecom.control.requests()["auth/getuserinfo"]).toBeUndefined();
  });

  it("lets nobody agree or withdraw by a link or a form of another site", async () => {
    const { userid = "" } = person() ?? {};
    const browser = visitor();
    await browser.visit(userid);
    expect((await browser.ask("/begin?intent=agree")).status).toBe(400);
    expect((await browser.ask("/begin?intent=agree&token=made-up")).status).toBe(400);
    const token = /name="token" value="([^"]*)"/.exec(await browser.page("/mine"))?.[1] ?? "";
    const post = (body: Record<string, string>, headers = {}) =>
      browser.ask("/withdraw", { method: "POST", body: new URLSearchParams(body), headers });
    expect((await post({})).status).toBe(400);
    expect((await post({ token: "made-up" })).status).toBe(400);
    expect((await post({ token }, { origin: "https://evil.example.com" })).status).toBe(400);
    expect((await consents()).items).toMatchObject([{ state: "agreed" }]);
    expect((await post({ token }, { origin: bridge.url })).status).toBe(303);
    expect((await consents()).items).toMatchObject([{ state: "withdrawn" }]);
  });

  it("stores nothing for who refuses, gives nothing, is an outsider, of another corp, or out of scope", async () => {
    const { userid = "" } = person() ?? {};
    const said = async (as: string, decision: "agree" | "bare" | "refuse" = "agree") => {
      const answer = await visitor().visit(as, "agree", decision);
      return [answer.status, await answer.text()];
    };
    expect(await said(userid, "refuse")).toEqual([200, expect.stringContaining("You did not agree")]);
    expect(await said(userid, "bare")).toEqual([200, expect.stringContaining("You share nothing")]);
    expect(await said("outsider")).toEqual([403, expect.stringContaining("not a member")]);
    expect(await said("linked")).toEqual([403, expect.stringContaining("another organization")]);
    const other = wecom.control.truth().members.find((member) => member.userid !== userid)?.userid ?? "";
    wecom.control.setSettings({ consentOutOfScope: "no-ticket" });
    wecom.control.setScope({ departments: [], users: [other], tags: [] });
    expect(await said(userid)).toEqual([403, expect.stringContaining("60011")]);
    expect((await consents()).items).toEqual([]);
  });

  it("says what is wrong where WeCom refuses, and the log says no more than that", async () => {
    const { userid = "" } = person() ?? {};
    const said = async (endpoint: string, errcode: number) => {
      const browser = visitor();
      const back = await browser.decide(await browser.begin(), userid);
      wecom.control.addFault({ endpoint, times: 1, answer: { kind: "errcode", errcode } });
      const answer = await browser.ask(back);
      wecom.control.clearFaults();
      return [answer.status, await answer.text()];
    };
    expect(await said("auth/getuserinfo", 50001)).toEqual([502, expect.stringContaining("可信域名")]);
    expect(await said("auth/getuserdetail", 60011)).toEqual([403, expect.stringContaining("60011")]);
    expect(await said("auth/getuserdetail", 84014)).toEqual([400, expect.stringContaining("40029")]);
    const [status, text] = await said("auth/getuserinfo", 48002);
    expect(status).toBe(502);
    expect(text).toMatch(/under <code>[\w.-]+<\/code>/);
    await expect.poll(() => bridge.stdout(), { timeout: 10_000 }).toContain('"errcode":48002');
    for (const secret of [userid, wecom.appSecret, "access_token"]) expect(bridge.stdout()).not.toContain(secret);
    expect((await consents()).items).toEqual([]);
  });

  it("is not there for a source that is unknown, disabled, without AgentId, or custom", async () => {
    const at = async (id: string) => {
      const answer = await visitor().ask(`${bridge.url}/wecom/consent/${id}`);
      return [answer.status, /<h1>([^<]*)</.exec(await answer.text())?.[1]];
    };
    expect(await at("nothing")).toEqual([404, "There is no such page"]);
    expect(await at("corp")).toEqual([404, "There is no such page"]);
    const custom = await bridge.api.createSource({ name: "own", type: "custom" });
    expect(await at(custom)).toEqual([404, "There is no such page"]);
    await bridge.api.call("PATCH", `/sources/${source}`, { wecom: { agentId: null } });
    expect(await at(source)).toEqual([404, "This page is not set up"]);
    await bridge.api.call("PATCH", `/sources/${source}`, { status: "disabled", people: "keep" });
    expect(await at(source)).toEqual([404, "This page is switched off"]);
  });

  it("speaks Chinese and English, and tells how to open it elsewhere", async () => {
    const zh = await visitor({ "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" }).page();
    expect(zh).toContain('<html lang="zh-Hans">');
    expect(zh).toContain("同意并继续");
    expect(zh).not.toContain("请在企业微信中打开");
    const browser = visitor({ "accept-language": "fr, en;q=0.5, zh;q=0.1", "user-agent": "Mozilla/5.0" });
    const en = await browser.page();
    expect(en).toContain("Open this page in WeCom");
    expect(en).toContain(`<code>${page()}</code>`);
    await browser.page("?lang=zh");
    expect(await browser.page()).toContain("请在企业微信中打开");
  });

  it("sends headers that let nothing in, and cookies that no script reads", async () => {
    const answer = await visitor().ask("");
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^bridge_consent=[\w-]{43}; Max-Age=1800; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await answer.text()).not.toMatch(/<script|src=|http:\/\/(?!127)/);
  });

  it("is counted, listed, erased on request, and named in the connection test; the audit log names nobody", async () => {
    const people = wecom.control.truth().members.filter(({ mobile, status }) => mobile && status === 1);
    const userids = people.slice(0, 3).map(({ userid }) => userid);
    for (const userid of userids) await visitor().visit(userid);
    const summary = await bridge.api.call<Record<string, unknown>>("GET", `/sources/${source}/consent`);
    expect(summary).toMatchObject({ agreed: 3, withdrawn: 0, people: 80, url: page() });
    expect(summary["messages"]).toMatchObject({
      zh: expect.stringContaining(page()),
      en: expect.stringContaining(page()),
    });
    const first = await bridge.api.call<{ items: readonly object[]; nextCursor: string }>(
      "GET",
      `/sources/${source}/consents?limit=2`,
    );
    expect(first.items).toHaveLength(2);
    const rest = await bridge.api.call<{ items: readonly object[]; nextCursor: null }>(
      "GET",
      `/sources/${source}/consents?limit=2&cursor=${encodeURIComponent(first.nextCursor)}`,
    );
    expect([rest.items.length, rest.nextCursor]).toEqual([1, null]);
    const [userid = ""] = userids;
    await expect.poll(() => held(userid).phones, { timeout: 20_000 }).toBeDefined();
    await bridge.api.call("DELETE", `/sources/${source}/consents/${encodeURIComponent(userid.toUpperCase())}`);
    await expect.poll(() => held(userid).emails, { timeout: 20_000 }).toBeUndefined();
    await expect(
      bridge.api.call("DELETE", `/sources/${source}/consents/${encodeURIComponent(userid)}`),
    ).rejects.toThrow("404");
    const audit = JSON.stringify(await bridge.api.call("GET", "/audit?limit=10"));
    expect(audit).toContain("DELETE /api/v1/sources/{id}/consents/{userid}");
    expect(audit.toLowerCase()).not.toContain(userid.toLowerCase());
    const { checks } = await bridge.api.call<{ checks: readonly { name: string; detail: string }[] }>(
      "POST",
      `/sources/${source}/test`,
    );
    const fields = checks.find(({ name }) => name === "fields")?.detail ?? "";
    for (const part of [page(), new URL(page()).host, "可信域名", "网页授权及JS-SDK", "arrive: none"]) {
      expect(fields.toLowerCase()).toContain(part.toLowerCase());
    }
  });
});
