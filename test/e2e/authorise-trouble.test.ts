import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { noSafeguards } from "../support/e2e.ts";
import {
  connectProvider,
  enterAddress,
  listAuthorizations,
  type Provider,
  readAuthorization,
  requestAuthorization,
  suiteOf,
} from "../support/providers.ts";

// What goes wrong around authorisations, over HTTP alone: the built program and the simulated WeCom.

const wholeCorp = { departments: [1], users: [], tags: [] };

describe("an authorisation", () => {
  let wecom: WecomSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  let provider: Provider;
  let template: string;

  beforeEach(async () => {
    const shape = { members: 40, departments: 8, seed: 41, quirks: false };
    wecom = await startWecomSimulator({ corps: [{ shape }, { shape: { ...shape, seed: 42 } }] });
    home = await makeBridgeHome();
    bridge = await home.start();
    provider = await connectProvider(wecom, bridge);
    template = suiteOf(wecom, "customised");
  }, 60_000);
  afterEach(async () => {
    await home?.close();
    await wecom?.close();
  });

  const control = () => wecom.provider.control;
  const call = <T>(method: string, path: string, body?: object) => bridge.api.call<T>(method, path, body);
  const otherCorp = () => wecom.corps[1]?.corpId ?? "";
  const stateOf = async (id: string) => (await readAuthorization(bridge, id)).state;
  const reaches = async (id: string, state: string): Promise<void> => {
    await expect.poll(() => stateOf(id), { timeout: 30_000, interval: 50 }).toBe(state);
  };
  const authorise = async (): Promise<string> => {
    const { id, url } = await requestAuthorization(bridge, template);
    control().scan(url ?? "", wecom.corpId, wholeCorp);
    await reaches(id, "authorised");
    return id;
  };
  const makeSource = (authorization: string, more: object = {}) =>
    bridge.api.createSource({
      ...{ name: "customer", type: "wecom", safeguards: noSafeguards, sync: { automatic: false } },
      wecom: { authorization, limits: { requestsPerSecond: 150, concurrency: 5 } },
      ...more,
    });
  const readSource = (id: string) => call<JsonObject>("GET", `/sources/${id}`);

  it("of a corp that nobody asked is shown, and bound to nothing", { timeout: 90_000 }, async () => {
    const asked = await requestAuthorization(bridge, template, { corpId: wecom.corpId });
    control().authorise(template, otherCorp(), wholeCorp);
    await expect.poll(async () => (await listAuthorizations(bridge)).length, { timeout: 20_000 }).toBe(2);
    expect(await stateOf(asked.id)).toBe("waiting");
    const [stranger] = await listAuthorizations(bridge);
    expect(stranger).toMatchObject({ state: "authorised", invited: false, source: null, corp: { id: otherCorp() } });
    expect((await call<{ items: readonly unknown[] }>("GET", "/sources")).items).toEqual([]);

    // Whoever scans the one that was meant for another corp does not get its place either.
    control().scan(asked.url ?? "", otherCorp(), wholeCorp);
    await reaches(asked.id, "failed");
    expect((await readAuthorization(bridge, asked.id)).reason).toContain(otherCorp());
  });

  it("waits for a ticket where the last is too old, and says so", { timeout: 120_000 }, async () => {
    const asked = await requestAuthorization(bridge, template);
    control().refuse("get_suite_token", 40085, 1_000_000);
    control().scan(asked.url ?? "", wecom.corpId, wholeCorp);
    await expect
      .poll(async () => (await readAuthorization(bridge, asked.id)).reason, { timeout: 40_000 })
      .toMatch(/suite ticket/);
    const { openCodes } = await call<Provider>("GET", "/providers/our-company");
    expect(openCodes).toMatchObject([{ template, event: "create_auth", tried: true }]);
    const { ok, checks } = await call<{ ok: boolean; checks: readonly { name: string; ok: boolean }[] }>(
      "POST",
      "/providers/our-company/test",
    );
    expect([ok, checks.find(({ name }) => name === `suite ${template}`)?.ok]).toEqual([false, false]);
    control().refuse("get_suite_token", 0, 0);
    control().pushTicket(template);
    await reaches(asked.id, "authorised");
  });

  it("fails where its code was used, with the reason", { timeout: 60_000 }, async () => {
    const asked = await requestAuthorization(bridge, template);
    control().refuse("v2/get_permanent_code", 40078, 1);
    control().scan(asked.url ?? "", wecom.corpId, wholeCorp);
    await reaches(asked.id, "failed");
    expect((await readAuthorization(bridge, asked.id)).reason).toMatch(/authorisation code/);
  });

  it("goes on with the new permanent code when that is made anew while a sync runs", { timeout: 120_000 }, async () => {
    const source = await makeSource(await authorise());
    wecom.control.addFault({ endpoint: "user/list", times: 8, answer: { kind: "delay", ms: 1500 } });
    const running = await bridge.api.startSync(source);
    await expect.poll(() => wecom.control.requests()["user/list"] ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
    control().resetCode(template, wecom.corpId);
    const ended = await bridge.api.ended(running.id);
    wecom.control.clearFaults();
    expect(ended.state).toBe("succeeded");
    expect((await bridge.api.sync(source)).state).toBe("succeeded");
    const [{ permanentCode } = { permanentCode: "-" }] = control().authorizations();
    expect(bridge.stderr()).not.toContain(permanentCode);
  });

  it("that was cancelled while the bridge was down ends once a sync was refused", {
    timeout: 120_000,
  }, async () => {
    const id = await authorise();
    const source = await makeSource(id, { sync: { automatic: true } });
    await bridge.api.sync(source);
    const before = (await readSource(source))["summary"];
    await bridge.kill();
    control().cancel(template, wecom.corpId);
    await control().messagesIdle();
    bridge = await home.start();
    await enterAddress(wecom, bridge, provider.id);
    const { state, error } = await bridge.api.sync(source);
    expect([state, error?.code]).toEqual(["failed", "wecom.authorization-refused"]);
    await reaches(id, "cancelled");
    const stopped = await readSource(source);
    expect(stopped).toMatchObject({ status: "disabled", disabledBecause: expect.stringMatching(/does not know/) });
    expect(stopped["summary"]).toMatchObject({ users: 40, activeUsers: (before as JsonObject)["activeUsers"] });
    const { checks } = await call<{ checks: readonly { name: string; ok: boolean; detail: string }[] }>(
      "POST",
      `/sources/${source}/test`,
    );
    expect(checks.find(({ name }) => name === "authorization")).toMatchObject({ ok: false });
  });

  it("is not cancelled by an event of before it, sent once more", { timeout: 120_000 }, async () => {
    const first = await authorise();
    const source = await makeSource(first, { sync: { automatic: true } });
    await bridge.api.sync(source);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    control().cancel(template, wecom.corpId);
    await expect.poll(async () => (await readSource(source))["status"], { timeout: 20_000 }).toBe("disabled");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const second = await authorise();
    await call("PATCH", `/sources/${source}`, { status: "enabled", wecom: { authorization: second } });
    for (const message of control().sent()) {
      expect(await control().again(message)).toBe(200);
    }
    expect((await bridge.api.sync(source)).state).toBe("succeeded");
    expect(await readSource(source)).toMatchObject({ status: "enabled", disabledBecause: null });
    expect(await stateOf(second)).toBe("authorised");
  });

  it("of a third-party suite is made by a link, and shows ids alone", { timeout: 120_000 }, async () => {
    const suite = suiteOf(wecom, "third-party");
    const asked = await requestAuthorization(bridge, suite);
    expect(asked).toMatchObject({ kind: "third-party", qrCode: null, note: expect.stringMatching(/no names/) });
    const url = asked.url ?? "";
    const page = await (await fetch(url)).text();
    expect(page).toContain("可见范围");
    const form = new URLSearchParams({ corp: wecom.corpId, departments: "1" });
    const answer = await fetch(url, { method: "POST", body: form });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("Done")]);
    await reaches(asked.id, "authorised");

    const source = await makeSource(asked.id);
    expect((await bridge.api.sync(source)).state).toBe("succeeded");
    const { token } = await call<{ token: string }>("POST", "/scim-clients", { name: "reader" });
    const users = await fetch(`${bridge.url}/scim/v2/Users?count=200`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { Resources } = (await users.json()) as { Resources: readonly JsonObject[] };
    expect(Resources.length).toBe(40);
    for (const user of Resources) {
      expect(user["displayName"]).toBe(user["userName"]);
      expect(user["emails"]).toBeUndefined();
      expect(user["phoneNumbers"]).toBeUndefined();
    }
    const { checks } = await call<{ checks: readonly { name: string; ok: boolean; detail: string }[] }>(
      "POST",
      `/sources/${source}/test`,
    );
    expect(checks.find(({ name }) => name === "authorization")?.detail).toMatch(/ids alone/);
  });

  it("names the provider's list where WeCom does not trust the address", { timeout: 60_000 }, async () => {
    control().setTrustedIps([]);
    control().forgetTokens();
    const { checks } = await call<{ checks: readonly { name: string; ok: boolean; detail: string }[] }>(
      "POST",
      "/providers/our-company/test",
    );
    expect(checks.find(({ name }) => name === "ip")).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/IP白名单/),
    });
  });
});
