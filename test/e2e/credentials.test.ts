import { afterEach, describe, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import type { Settings } from "../../src/simulator/wecom/settings.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { noSafeguards, targetForm } from "../support/e2e.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { connectProvider, readAuthorization, requestAuthorization, suiteOf } from "../support/providers.ts";

// Each kind of credential under each privacy rule (docs/wecom.md): what then stands at a target, what of it is missing, and
// whether the connection test says so.

type Given = "secret" | "secret and contacts" | "contacts alone" | "customised" | "third-party";

interface Case {
  readonly given: Given;
  readonly settings: Pick<Settings, "privacy" | "contactsIp">;
  /** What the connection test has to say, by the name of the check. */
  readonly says: Readonly<Record<string, RegExp>>;
  /** Whether people's names, and their mobiles and mail addresses, are at the target. */
  readonly names: boolean;
  readonly sensitive: boolean;
}

const old = "old";
const sensitiveMissing = /Sensitive fields that arrive: none\..*mobile.*by agreeing on a page of this bridge/s;
const sensitiveThere = /All sensitive fields arrive/;

const cases: readonly Case[] = [
  ...(["old", "new"] as const).flatMap((privacy): readonly Case[] => {
    const fields = privacy === "old" ? sensitiveThere : sensitiveMissing;
    const sensitive = privacy === "old";
    return [
      {
        given: "secret",
        settings: { privacy, contactsIp: "new" },
        says: { fields, contacts: /No contacts secret is given/ },
        names: true,
        sensitive,
      },
      ...(["old", "new"] as const).map(
        (contactsIp): Case => ({
          ...{ given: "secret and contacts", settings: { privacy, contactsIp }, names: true, sensitive },
          says: { fields, contacts: /userids/ },
        }),
      ),
      {
        given: "customised",
        settings: { privacy, contactsIp: "new" },
        says: { fields, authorization: /fresh/ },
        names: true,
        sensitive,
      },
      {
        ...{ given: "third-party", settings: { privacy, contactsIp: "new" }, names: false, sensitive: false },
        says: { authorization: /shown ids alone/ },
      },
      // The rule of 2022-06-20 does not concern the contacts secret.
      {
        ...{ given: "contacts alone", settings: { privacy, contactsIp: old }, names: true, sensitive: true },
        says: { fields: sensitiveThere },
      },
    ];
  }),
];

const titleOf = ({ given, settings: { privacy, contactsIp } }: Case): string =>
  `${given}, app ${privacy}${given.includes("contacts") ? `, address of the contacts secret ${contactsIp}` : ""}`;

interface TestView {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

describe("what arrives by", () => {
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  afterEach(async () => {
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  const start = async (settings: Case["settings"]): Promise<void> => {
    wecom = await startWecomSimulator({ shape: { members: 40, departments: 8, tags: 2, seed: 12 }, settings });
    target = await startScimSimulator();
    home = await makeBridgeHome();
    bridge = await home.start();
  };

  const authorise = async (kind: "customised" | "third-party"): Promise<string> => {
    await connectProvider(wecom, bridge);
    const asked = await requestAuthorization(bridge, suiteOf(wecom, kind));
    const url = asked.url ?? "";
    if (kind === "customised") {
      wecom.provider.control.scan(url, wecom.corpId, { departments: [1], users: [], tags: [] });
    } else {
      const form = new URLSearchParams({ corp: wecom.corpId, departments: "1" });
      expect((await fetch(url, { method: "POST", body: form })).status).toBe(200);
    }
    const state = async () => (await readAuthorization(bridge, asked.id)).state;
    await expect.poll(state, { timeout: 20_000, interval: 50 }).toBe("authorised");
    return asked.id;
  };

  const credentialsOf = async (given: Given): Promise<object> => {
    const { corpId, agentId, appSecret, contactsSecret, url: apiBaseUrl } = wecom;
    const app = { corpId, agentId, corpSecret: appSecret, apiBaseUrl };
    switch (given) {
      case "secret":
        return app;
      case "secret and contacts":
        return { ...app, contactsSecret };
      case "contacts alone":
        return { corpId, corpSecret: contactsSecret, apiBaseUrl };
      default:
        return { authorization: await authorise(given) };
    }
  };

  const sourceOf = async (given: Given): Promise<string> =>
    bridge.api.createSource({
      ...{ name: "corp", type: "wecom", sync: { automatic: false }, safeguards: noSafeguards },
      wecom: { ...(await credentialsOf(given)), limits: { requestsPerSecond: 150, concurrency: 5 } },
    });

  /** Whose sight it is, in the simulator's own terms. */
  const sightOf = (given: Given) =>
    given === "contacts alone" ? "contacts" : given === "third-party" ? "suite" : ("app" as const);

  it.each(cases.map((each) => [titleOf(each), each] as const))("%s", { timeout: 120_000 }, async (_, expected) => {
    const { given, settings, says, names, sensitive } = expected;
    await start(settings);
    const source = await sourceOf(given);
    await bridge.api.createTarget(targetForm("target", target, [source]));
    expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded", error: null });
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth(sightOf(given)))).toEqual([]);

    const { members } = wecom.control.truth();
    const { users } = target.control.dump();
    expect(users).toHaveLength(members.length);
    const named = users.filter(({ resource }) => resource["displayName"] !== resource["userName"]);
    expect(named.length > 0).toBe(names);
    const reached = users.filter(
      ({ resource }) => resource["emails"] !== undefined || resource["photos"] !== undefined,
    );
    expect(reached.length > 0).toBe(sensitive);

    const { checks } = await bridge.api.call<TestView>("POST", `/sources/${source}/test`);
    for (const [name, words] of Object.entries(says))
      expect(checks.find((check) => check.name === name)?.detail ?? "").toMatch(words);
    const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(failed).toEqual([]);
  });

  it("contacts alone from a new address: nothing, and the test says which secret is missing", {
    timeout: 120_000,
  }, async () => {
    await start({ privacy: "new", contactsIp: "new" });
    const source = await sourceOf("contacts alone");
    await bridge.api.createTarget(targetForm("target", target, [source]));
    expect(await bridge.api.sync(source)).toMatchObject({ state: "failed" });
    expect(target.control.dump()).toEqual({ users: [], groups: [] });
    const { ok, checks } = await bridge.api.call<TestView>("POST", `/sources/${source}/test`);
    expect(ok).toBe(false);
    const credentials = checks.find(({ name }) => name === "credentials");
    expect(credentials).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/is the contacts secret.*应用管理 → 自建/s),
    });
  });
});
