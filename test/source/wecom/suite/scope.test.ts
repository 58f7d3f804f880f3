import { afterEach, expect, it } from "vitest";
import { type DeskParts, makeProviderDesk } from "../../../../src/source/wecom/suite/desk.ts";
import { type FakeWecom, startFakeWecom } from "../fake-wecom.ts";
import { gather, setUp } from "../harness.ts";
import { corp } from "../sample-corp.ts";

const suiteId = "dk0123456789abcdef";
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** The sight of an authorised app, where WeCom says this of it. */
async function accessTo(agent: object) {
  const fake: FakeWecom = await startFakeWecom({
    "service/get_suite_token": () => ({ suite_access_token: "the-suite-token", expires_in: 7200 }),
    "service/v2/get_auth_info": () => ({
      ...{ errcode: 0, errmsg: "ok", auth_corp_info: { corpid: "wwcorp" } },
      auth_info: { agent: [{ agentid: 1000046, name: "app", ...agent }] },
    }),
  });
  const kept: DeskParts["kept"] = {
    findProvider: async () => ({
      settings: { corpId: "wwprovider", apiBaseUrl: fake.url, templates: { [suiteId]: { kind: "customised" } } },
      secrets: { "/providerSecret": "s", [`/templates/${suiteId}/secret`]: "s" },
      updatedAt: 1,
    }),
    readTickets: async () => new Map([[suiteId, { ticket: "ticket", toldAt: Date.now() }]]),
    findAuthorization: async () => ({
      ...{ providerId: "p", suiteId, kind: "customised" as const, corpId: "wwcorp", permanentCode: "pc" },
    }),
    askSoon: async () => undefined,
    openCodes: async () => [],
  };
  const desk = makeProviderDesk({ kept });
  open.push(desk, fake);
  return desk.accessOf("authorisation");
}

const { signal } = new AbortController();

it("is what the corp granted, itself and beyond", async () => {
  const privilege = { level: 1, allow_party: [1], allow_user: ["ann"], extra_party: [7, 1], extra_user: ["bob"] };
  expect(await (await accessTo({ privilege })).scope(signal)).toEqual({
    ...{ departments: ["1", "7"], userids: ["ann", "bob"], tags: [], closed: false },
  });
});

it("is not nobody where WeCom does not say it: a read is not complete then, and nobody has left", async () => {
  const authorized = await accessTo({});
  await expect(authorized.scope(signal)).rejects.toMatchObject({ code: "wecom.nonsense" });
  const { source } = await setUp(corp(), { authorized });
  const { problems, end } = await gather(source);
  expect(end.complete).toBe(false);
  expect(problems.map(({ code }) => code)).toContain("wecom.scope-unknown");
});
