import { describe, expect, it } from "vitest";
import type { WecomSimulator } from "../../../src/simulator/wecom/wecom.ts";
import { as, start } from "./support.ts";

const shape = { members: 12, departments: 4, seed: 3, quirks: false } as const;
const back = "https://bridge.example.com/wecom/consent/1";

function asked(simulator: WecomSimulator, more: Record<string, string | undefined> = {}): URLSearchParams {
  const all = {
    ...{ appid: simulator.corpId, redirect_uri: back, response_type: "code", scope: "snsapi_privateinfo" },
    ...{ state: "aState1", agentid: String(simulator.agentId) },
    ...more,
  };
  const pairs = Object.entries(all).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, value]],
  );
  return new URLSearchParams(pairs);
}

/** Decides on the page; answers where the browser is sent, or the page's text. */
async function decide(simulator: WecomSimulator, as: string, decision = "agree", more = {}): Promise<URL | string> {
  const body = asked(simulator, { ...more, as, decision });
  const response = await fetch(`${simulator.url}/connect/oauth2/authorize`, {
    ...{ method: "POST", body, redirect: "manual" },
  });
  const location = response.headers.get("location");
  return location === null ? await response.text() : new URL(location);
}

async function codeOf(simulator: WecomSimulator, who: string, decision = "agree", more = {}): Promise<string> {
  const to = await decide(simulator, who, decision, more);
  if (typeof to === "string") throw new Error(to);
  return to.searchParams.get("code") ?? "";
}

const member = ({ control }: WecomSimulator, index = 2) => control.truth().members[index] ?? { userid: "" };

describe("the authorisation page", () => {
  it("offers the members, and sends back with a code and the state", async () => {
    const simulator = await start({ shape });
    const { userid } = member(simulator);
    const page = await (await fetch(`${simulator.url}/connect/oauth2/authorize?${asked(simulator)}`)).text();
    expect(page).toContain(`<option value="${userid}">`);
    const to = await decide(simulator, userid);
    expect(to).toMatchObject({ origin: "https://bridge.example.com", pathname: "/wecom/consent/1" });
    expect((to as URL).searchParams.get("state")).toBe("aState1");
    expect(simulator.control.consents()).toEqual([userid]);
  });

  it("sends back without a code where somebody refuses", async () => {
    const simulator = await start({ shape });
    const to = (await decide(simulator, member(simulator).userid, "refuse")) as URL;
    expect([...to.searchParams.keys()]).toEqual(["state"]);
  });

  it.each([
    ["a domain that is not trusted", {}, "50001"],
    ["another corp", { appid: "ww0000000000000000" }, "40013"],
    ["another app", { agentid: "1" }, "40056"],
    ["a state with other characters", { state: "a-b" }, "40058"],
    ["a scope that is gone", { scope: "snsapi_userinfo" }, "40058"],
  ])("shows an error for %s", async (_, more, errcode) => {
    const simulator = await start({
      shape,
      settings: { trustedDomain: errcode === "50001" ? "other.example.com" : null },
    });
    expect(await decide(simulator, member(simulator).userid, "agree", more)).toContain(errcode);
  });

  it("shows an error to a member out of the app's scope", async () => {
    const simulator = await start({ shape });
    simulator.control.setScope({ departments: [], users: [member(simulator, 1).userid], tags: [] });
    expect(await decide(simulator, member(simulator).userid)).toContain("60011");
  });
});

describe("auth/getuserinfo", () => {
  it("takes a code once, and for five minutes", async () => {
    const simulator = await start({ shape });
    const api = as(simulator.url, simulator);
    const { userid } = member(simulator);
    const code = await codeOf(simulator, userid);
    expect(await api.get("auth/getuserinfo", { code })).toMatchObject({ errcode: 0, userid, expires_in: 1800 });
    expect(await api.get("auth/getuserinfo", { code })).toMatchObject({ errcode: 40029 });
    simulator.control.setSettings({ usedCode: 42022 });
    expect(await api.get("auth/getuserinfo", { code })).toMatchObject({ errcode: 42022 });
    const late = await codeOf(simulator, userid);
    simulator.control.advanceClock(300_000);
    expect(await api.get("auth/getuserinfo", { code: late })).toMatchObject({ errcode: 40029 });
    expect(await api.get("auth/getuserinfo", { code: "made-up" })).toMatchObject({ errcode: 40029 });
  });

  it("gives no ticket for the userid alone, without agentid, and out of scope", async () => {
    const simulator = await start({ shape, settings: { consentOutOfScope: "no-ticket" } });
    const api = as(simulator.url, simulator);
    const { userid } = member(simulator);
    for (const more of [{ scope: "snsapi_base" }, { agentid: undefined }]) {
      const answer = await api.get("auth/getuserinfo", { code: await codeOf(simulator, userid, "agree", more) });
      expect(answer).toEqual({ errcode: 0, errmsg: "ok", userid });
    }
    simulator.control.setScope({ departments: [], users: [member(simulator, 1).userid], tags: [] });
    const answer = await api.get("auth/getuserinfo", { code: await codeOf(simulator, userid) });
    expect(answer).toEqual({ errcode: 0, errmsg: "ok", userid });
  });

  it("tells of outsiders an openid, and of linked corps the corp beside the userid", async () => {
    const simulator = await start({ shape });
    const api = as(simulator.url, simulator);
    const outsider = await api.get("auth/getuserinfo", { code: await codeOf(simulator, "outsider") });
    expect(Object.keys(outsider)).toEqual(["errcode", "errmsg", "openid"]);
    const linked = await api.get("auth/getuserinfo", { code: await codeOf(simulator, "linked") });
    expect(linked["userid"]).toContain("/");
  });

  it("is not for the contacts secret, and no limit counts it while the code is good", async () => {
    const simulator = await start({ shape, limits: { perMinute: 1 } });
    const { userid } = member(simulator);
    const contacts = as(simulator.url, simulator, "contacts");
    expect(await contacts.get("auth/getuserinfo", { code: await codeOf(simulator, userid) })).toMatchObject({
      errcode: 50001,
    });
    simulator.control.forgive();
    const api = as(simulator.url, simulator);
    for (let times = 0; times < 3; times += 1) {
      const code = await codeOf(simulator, userid);
      expect(await api.get("auth/getuserinfo", { code })).toMatchObject({ errcode: 0 });
    }
    expect(await api.get("auth/getuserinfo", { code: "made-up" })).toMatchObject({ errcode: 40029 });
    expect(await api.get("auth/getuserinfo", { code: "made-up" })).toMatchObject({ errcode: 45009 });
  });
});

describe("auth/getuserdetail", () => {
  const ticketOf = async (simulator: WecomSimulator, userid: string, decision = "agree"): Promise<string> => {
    const code = await codeOf(simulator, userid, decision);
    return (await as(simulator.url, simulator).get("auth/getuserinfo", { code }))["user_ticket"];
  };

  it("gives what was agreed to and the administrator has chosen, and else a gender of 0 and a picture of nobody", async () => {
    const simulator = await start({ shape });
    const api = as(simulator.url, simulator);
    const { userid } = member(simulator);
    simulator.control.patchMember(userid, { gender: "2", mobile: "13800000001", email: "a@example.com" });
    const whole = await api.post("auth/getuserdetail", { user_ticket: await ticketOf(simulator, userid) });
    expect(whole).toMatchObject({ errcode: 0, userid, gender: "2", mobile: "13800000001", email: "a@example.com" });
    expect(whole).not.toHaveProperty("name");
    simulator.control.setSettings({ consentFields: ["mobile"] });
    const some = await api.post("auth/getuserdetail", { user_ticket: await ticketOf(simulator, userid) });
    expect(some).toMatchObject({ gender: "0", mobile: "13800000001", avatar: expect.stringContaining("default") });
    expect(some).not.toHaveProperty("email");
    const none = await api.post("auth/getuserdetail", { user_ticket: await ticketOf(simulator, userid, "bare") });
    expect(Object.keys(none).sort()).toEqual(["avatar", "errcode", "errmsg", "gender", "userid"]);
  });

  it("takes a ticket for half an hour, and the app's token alone", async () => {
    const simulator = await start({ shape });
    const api = as(simulator.url, simulator);
    const ticket = await ticketOf(simulator, member(simulator).userid);
    const contacts = as(simulator.url, simulator, "contacts");
    expect(await contacts.post("auth/getuserdetail", { user_ticket: ticket })).toMatchObject({ errcode: 48002 });
    expect(await api.post("auth/getuserdetail", { user_ticket: "made-up" })).toMatchObject({ errcode: 84015 });
    expect(await api.post("auth/getuserdetail", {})).toMatchObject({ errcode: 40063 });
    simulator.control.advanceClock(1_800_000);
    expect(await api.post("auth/getuserdetail", { user_ticket: ticket })).toMatchObject({ errcode: 84014 });
  });

  it("is the only call that shows them, unless this corp's reads do too", async () => {
    const simulator = await start({ shape, settings: { privacy: "new" } });
    const api = as(simulator.url, simulator);
    const { userid } = member(simulator);
    simulator.control.patchMember(userid, { mobile: "13800000001" });
    await codeOf(simulator, userid);
    expect(await api.get("user/get", { userid })).not.toHaveProperty("mobile");
    simulator.control.setSettings({ afterConsent: "read" });
    expect(await api.get("user/get", { userid })).toMatchObject({ mobile: "13800000001" });
    const other = member(simulator, 3).userid;
    expect(await api.get("user/get", { userid: other })).not.toHaveProperty("mobile");
    simulator.control.setConsent(userid, false);
    expect(await api.get("user/get", { userid })).not.toHaveProperty("mobile");
  });
});
