import { afterEach, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { sourceForm, targetForm } from "../support/e2e.ts";
import { expectLikeTruth } from "../sync/targets/casdoor-support.ts";

// The program as it is shipped, with a target that behaves like Casdoor, its own API in use, and the mapping for Hanzo IAM.

let wecom: WecomSimulator;
let target: ScimSimulator;
let home: BridgeHome;
afterEach(async () => {
  await home.close();
  await wecom.close();
  await target.close();
});

interface Line {
  readonly bridge: RunningBridge;
  readonly source: string;
}

async function startLine(members: number): Promise<Line> {
  wecom = await startWecomSimulator({ shape: { members, departments: 12, seed: 7, quirks: false } });
  target = await startScimSimulator({ like: "casdoor" });
  home = await makeBridgeHome();
  const bridge = await home.start();
  const mapping = { mapping: "hanzo-iam" };
  const source = await bridge.api.createSource(sourceForm("corp", wecom.url, wecom, mapping));
  await bridge.api.createTarget({
    ...targetForm("casdoor", target, [source]),
    profile: "casdoor",
    constants: { organization: "acme" },
    query: { userId: "acme/scim-admin" },
    // As an application signs on to Casdoor's API: with its id and its secret.
    api: { auth: { type: "basic", username: "client-id", password: target.token }, userid: "externalId" },
    match: { users: ["userName"], groups: ["displayName"] },
  });
  return { bridge, source };
}

const truth = () => ({ corp: wecom.control, control: target.control });
const calls = (kind: string): number => target.control.requests().counts[kind] ?? 0;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

it("a corp is brought to Casdoor; who leaves is forbidden, who is back is let in; a test says what is used", async () => {
  const { bridge, source } = await startLine(40);
  const { ok, checks } = await bridge.api.call<{
    ok: boolean;
    checks: readonly { name: string; ok: boolean; detail: string }[];
  }>("POST", "/targets/casdoor/test");
  expect([ok, checks.filter((check) => !check.ok)]).toEqual([true, []]);
  const details = Object.fromEntries(checks.map(({ name, detail }) => [name, detail]));
  expect(details["api"]).toMatch(/isForbidden, gender, wecom/);
  expect(details["removals"]).toBeUndefined();
  // The parameter that SCIM wants would choose the user there: each call of SCIM carries it, and none of the API. This
  // fault, which changes nothing, counts those that do.
  const path = `userId=${encodeURIComponent("acme/scim-admin")}`;
  target.control.fault({ match: { path }, effect: { kind: "delay", ms: 0 } });
  target.control.resetJournal();
  expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded", error: null });
  expectLikeTruth(truth());
  const { counts } = target.control.requests();
  const ofScim = Object.entries(counts).filter(([kind]) => !/ [a-z]+-users?$/.test(kind));
  expect(target.control.faults()[0]?.struck).toBe(ofScim.reduce((sum, [, count]) => sum + count, 0));

  const { members } = wecom.control.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  const leaver = members.find(({ userid, status }) => status === 1 && !leads.has(userid));
  if (leaver === undefined) throw new Error("nobody can leave");
  const accountOf = () => target.control.dump().users.find(({ resource }) => resource["userName"] === leaver.userid);
  const { id } = accountOf() ?? {};
  wecom.control.deleteMember(leaver.userid);
  expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded" });
  expect(accountOf()).toMatchObject({ id, resource: { isForbidden: true } });
  const { userid, name, department, gender } = leaver;
  wecom.control.createMember({ userid, name, department, gender, status: 1 });
  expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded" });
  expect(accountOf()?.id).toBe(id);
  expectLikeTruth(truth());

  target.control.resetJournal();
  expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded" });
  expect(target.control.requests().total).toBe(0);
  expect(target.control.violations()).toEqual([]);
  expect(bridge.stderr()).not.toContain(target.token);
});

it("killed between the two halves, twice, and started again, it ends exactly right", { timeout: 120_000 }, async () => {
  const { bridge, source } = await startLine(300);
  const first = await bridge.api.startSync(source);
  await until(() => calls("POST update-user") >= 60);
  await bridge.kill();
  const made = target.control.counts().users;
  // Somebody had been made whose second half had not come.
  expect(made).toBeGreaterThan(0);

  const second = await home.start();
  expect(await second.api.ended(first.id)).toMatchObject({ state: "succeeded", error: null });
  expectLikeTruth(truth());

  const { members } = wecom.control.truth();
  for (const { userid, status } of members.slice(0, 120)) {
    if (status === 1) wecom.control.patchMember(userid, { status: 2 });
  }
  for (const { userid, gender } of members.slice(150, 250)) {
    wecom.control.patchMember(userid, { gender: gender === "1" ? "2" : "1" });
  }
  target.control.resetJournal();
  const changes = await second.api.startSync(source);
  await until(() => calls("POST update-user") >= 80);
  await second.kill();
  const third = await home.start();
  expect(await third.api.ended(changes.id)).toMatchObject({ state: "succeeded", error: null });
  expectLikeTruth(truth());
  target.control.resetJournal();
  expect(await third.api.sync(source)).toMatchObject({ state: "succeeded" });
  expect(target.control.requests().total).toBe(0);
});
