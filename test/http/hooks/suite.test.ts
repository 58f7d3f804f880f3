import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { makeSuiteRoutes } from "../../../src/http/hooks/suite.ts";
import type { MessageFields } from "../../../src/simulator/wecom/callback-message.ts";
import { suiteDoorOf } from "../../../src/source/wecom/suite/kept.ts";
import { newSource } from "../../store/support.ts";
import { type AdminFixture, makeAdminFixture } from "../../support/admin.ts";
import { suiteMessage, suiteQuestion } from "../../support/suite-messages.ts";

const template = "dk0123456789abcdef";
const suite = "ww0123456789abcdef";
const corp = "ww00000000000000aa";
const providerCorp = "wwprovider";
const keys = { token: "QDG6eK", encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C" };
const otherKeys = {
  token: "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EYo",
  encodingAesKey: "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt",
};

describe("the address of a provider's callbacks", () => {
  let fixture: AdminFixture;
  let app: Hono;
  let provider: string;
  let nudges = 0;
  const events: (readonly [string, string, readonly unknown[]])[] = [];

  beforeEach(async () => {
    fixture = await makeAdminFixture();
    events.length = 0;
    nudges = 0;
    const { store, clock } = fixture;
    const row = await store.createProvider({
      name: "ours",
      settings: {
        corpId: providerCorp,
        templates: { [template]: { kind: "customised" }, [suite]: { kind: "third-party" } },
      },
      secrets: {
        "/providerSecret": "s",
        [`/templates/${template}/callback/token`]: keys.token,
        [`/templates/${template}/callback/encodingAesKey`]: keys.encodingAesKey,
        [`/templates/${suite}/callback/token`]: otherKeys.token,
        [`/templates/${suite}/callback/encodingAesKey`]: otherKeys.encodingAesKey,
      },
    });
    provider = row.id;
    const routes = makeSuiteRoutes({
      ...{ store, openSuiteDoor: suiteDoorOf, clock: () => clock.now, log: fixture.parts.log },
      keepEvent: async (source, door, { subjects }) => void events.push([source.name, door, subjects]),
      nudge: () => {
        nudges += 1;
      },
    });
    app = new Hono().route("/wecom/suite", routes);
  });

  const path = () => `/wecom/suite/${provider}`;
  const told = (fields: MessageFields, of = template): MessageFields => ({
    ...{ SuiteId: of, TimeStamp: String(Math.floor(fixture.clock.now / 1000)), ...fields },
  });
  const post = async (fields: MessageFields, { receiveId = template, by = keys, at = path() } = {}) => {
    const { query, body } = suiteMessage(by, fields, receiveId);
    const answer = await app.request(`${at}?${query}`, { method: "POST", body });
    return { status: answer.status, text: await answer.text() };
  };
  const authorise = async (code = "code-1") => {
    await fixture.store.keepCode({
      ...{ providerId: provider, suiteId: template, purpose: "create", code, state: null },
      ...{ toldAt: fixture.clock.now, expiresAt: fixture.clock.now + 600_000 },
    });
    const [claimed] = await fixture.store.claimCodes(fixture.clock.now, fixture.clock.now + 1000);
    const granted = { corpId: corp, corpName: null, permanentCode: "pc", state: null };
    await fixture.store.settleCode(claimed?.hash ?? "", granted);
    return (await fixture.store.listAuthorizations(provider))[0]?.id ?? "";
  };

  it("answers WeCom's question in the clear, whichever suite's keys it is asked with", async () => {
    for (const [by, receiveId] of [
      [keys, providerCorp],
      [otherKeys, providerCorp],
      [keys, template],
    ] as const) {
      const answer = await app.request(`${path()}?${suiteQuestion(by, "1234", receiveId)}`);
      expect([answer.status, await answer.text()]).toEqual([200, "1234"]);
    }
  });

  it("answers success to a ticket, and keeps it", async () => {
    expect(await post(told({ InfoType: "suite_ticket", SuiteTicket: "ticket-1" }))).toEqual({
      status: 200,
      text: "success",
    });
    expect((await fixture.store.readTickets(provider)).get(template)?.ticket).toBe("ticket-1");
  });

  it("refuses what was forged, encrypted for somebody else, or is about another suite, and keeps nothing", async () => {
    const ticket = told({ InfoType: "suite_ticket", SuiteTicket: "forged" });
    const forged = { ...keys, token: "forged" };
    for (const options of [
      { by: forged },
      { by: { ...keys, encodingAesKey: otherKeys.encodingAesKey } },
      { receiveId: corp },
      { receiveId: suite },
      { receiveId: "" },
      // Signed with the keys of one suite, it speaks of the other.
      { by: otherKeys, receiveId: suite },
    ]) {
      const { status, text } = await post(ticket, options);
      expect([status, text.includes("shown to come from WeCom")]).toEqual([403, true]);
    }
    expect((await fixture.store.readTickets(provider)).size).toBe(0);
    expect(nudges).toBe(0);
  });

  it("answers 400 to what is no message, and 404 where there is no such provider", async () => {
    const { query } = suiteMessage(keys, told({ InfoType: "suite_ticket", SuiteTicket: "t" }), template);
    for (const [url, body] of [
      [`${path()}?${query}`, "no xml"],
      [`${path()}`, "<xml><Encrypt>AAAA</Encrypt></xml>"],
    ] as const) {
      expect((await app.request(url, { method: "POST", body })).status).toBe(400);
    }
    expect((await post(told({ InfoType: "cancel_auth" }))).status).toBe(400);
    expect((await post({ SuiteId: template, InfoType: "suite_ticket", SuiteTicket: "t" })).status).toBe(400);
    expect((await post(told({}), { at: "/wecom/suite/ours" })).status).toBe(404);
    expect((await post(told({}), { at: "/wecom/suite/nobody" })).status).toBe(404);
  });

  it("takes create_auth for the provider itself as well, and keeps a code once", async () => {
    const created = told({ InfoType: "create_auth", AuthCode: "auth-code", State: "abc" });
    expect((await post(created, { receiveId: providerCorp })).text).toBe("success");
    expect((await post(created)).text).toBe("success");
    expect(await fixture.store.claimCodes(fixture.clock.now, fixture.clock.now + 1000)).toMatchObject([
      { code: "auth-code", purpose: "create", suiteId: template },
    ]);
  });

  it("answers success to what it does not know", async () => {
    expect((await post(told({ InfoType: "share_agent_change", AppId: 1 }))).text).toBe("success");
  });

  it("brings events of the contacts to the sources of that corp's authorisation alone", async () => {
    const id = await authorise();
    const { settings } = newSource("x");
    const make = (name: string, authorization: string, status: "enabled" | "disabled" = "enabled") =>
      fixture.store.createSource(
        newSource(name, { status, settings: { ...settings, wecom: { corpId: corp, authorization } } }),
      );
    await make("theirs", id);
    await make("stopped", id, "disabled");
    await make("others", "another");
    await fixture.store.createSource(newSource("own"));
    const change = { InfoType: "change_contact", AuthCorpId: corp, ChangeType: "update_user", UserID: "Ann" };
    expect((await post(told(change))).text).toBe("success");
    expect((await post(told({ ...change, AuthCorpId: "wwother" }))).text).toBe("success");
    expect(events).toEqual([["theirs", "contacts", [{ kind: "user", key: "ann" }]]]);

    events.length = 0;
    const data = { FromUserName: "Bob", MsgType: "event", Event: "subscribe", CreateTime: 1 };
    expect((await post(data, { receiveId: corp, at: `${path()}/data/${corp}` })).text).toBe("success");
    expect((await post(data, { receiveId: corp, at: `${path()}/data/wwother` })).status).toBe(403);
    expect(events).toEqual([["theirs", "contacts", [{ kind: "user", key: "bob" }]]]);
    const asked = await app.request(`${path()}/data/$CORPID$?${suiteQuestion(keys, "77", providerCorp)}`);
    expect(await asked.text()).toBe("77");
  });

  it("stops sources for a cancellation that is newer than the authorisation, replayed or not", async () => {
    const id = await authorise();
    const { settings } = newSource("x");
    const source = await fixture.store.createSource(
      newSource("theirs", { settings: { ...settings, wecom: { corpId: corp, authorization: id } } }),
    );
    fixture.clock.now += 60_000;
    const cancelled = told({ InfoType: "cancel_auth", AuthCorpId: corp });
    expect((await post(cancelled)).text).toBe("success");
    expect((await fixture.store.findSource(source.id))?.status).toBe("disabled");

    // The corp comes back, and somebody who has overheard the event sends it once more.
    fixture.clock.now += 60_000;
    const again = await authorise("code-2");
    await fixture.store.updateSource(source.id, {
      status: "enabled",
      settings: { ...settings, wecom: { corpId: corp, authorization: again } },
    });
    expect((await post(cancelled)).text).toBe("success");
    expect((await fixture.store.findSource(source.id))?.status).toBe("enabled");
    expect((await fixture.store.findAuthorization(again))?.status).toBe("authorised");
  });

  it("takes a browser back from an installation whose state it knows, once", async () => {
    const { clock, store } = fixture;
    const ask = (state: string, kind: "customised" | "third-party") =>
      store.requestAuthorization({
        ...{ providerId: provider, suiteId: suite, kind, state, wantedCorpId: null, sourceName: null },
        ...{ requestedBy: null, url: "https://open.work.weixin.qq.com/x", expiresAt: clock.now + 1_200_000 },
      });
    await ask("goodstate", "third-party");
    await ask("qrstate", "customised");
    const back = async (query: string) => (await app.request(`${path()}/installed?${query}`)).status;
    expect(await back("auth_code=c&expires_in=600&state=unknown")).toBe(403);
    expect(await back("auth_code=c&expires_in=600&state=qrstate")).toBe(403);
    expect(await back("expires_in=600&state=goodstate")).toBe(403);
    expect(await back("auth_code=c&expires_in=600")).toBe(403);
    expect(await store.claimCodes(clock.now, clock.now + 1000)).toEqual([]);
    expect(await back("auth_code=installed-code&expires_in=600&state=goodstate")).toBe(200);
    expect(await store.claimCodes(clock.now, clock.now + 1000)).toMatchObject([
      { code: "installed-code", suiteId: suite },
    ]);
  });

  it("writes no secret into the log", async () => {
    await post(told({ InfoType: "suite_ticket", SuiteTicket: "planted-ticket" }));
    await post(told({ InfoType: "create_auth", AuthCode: "planted-auth-code", State: "planted-state" }));
    await post(told({ InfoType: "reset_permanent_code", AuthCode: "planted-reset-code" }), { by: otherKeys });
    await app.request(`${path()}/installed?auth_code=planted-redirect&state=planted-state`);
    expect(fixture.logLines.length).toBeGreaterThan(0);
    expect(fixture.logLines.join("\n")).not.toMatch(/planted|jWmYm7qr5nMo|QDG6eK/);
  });

  it("takes messages of suites that have the same token and key for the one that they name", async () => {
    const row = await fixture.store.findProvider(provider);
    if (row === null) throw new Error("the provider is gone");
    const at = (of: string) => `/templates/${of}/callback`;
    const same = { [`${at(suite)}/token`]: keys.token, [`${at(suite)}/encodingAesKey`]: keys.encodingAesKey };
    // The suite comes first.
    const templates = { [suite]: { kind: "third-party" as const }, ...row.settings.templates };
    const settings = { ...row.settings, templates };
    await fixture.store.updateProvider(provider, { ...row, settings, secrets: { ...row.secrets, ...same } });
    const message = told({ InfoType: "create_auth", AuthCode: "auth-code" });
    expect(await post(message, { receiveId: providerCorp })).toEqual({ status: 200, text: "success" });
    expect(await fixture.store.claimCodes(fixture.clock.now, fixture.clock.now + 1)).toMatchObject([
      { code: "auth-code", suiteId: template },
    ]);

    const id = await authorise();
    const { settings: usual } = newSource("theirs");
    const wecom = { corpId: corp, authorization: id };
    await fixture.store.createSource(newSource("theirs", { settings: { ...usual, wecom } }));
    const data = { FromUserName: "Bob", MsgType: "event", Event: "subscribe", CreateTime: 1 };
    expect((await post(data, { receiveId: corp, at: `${path()}/data/${corp}` })).text).toBe("success");
    expect(events).toEqual([["theirs", "contacts", [{ kind: "user", key: "bob" }]]]);
  });
});
