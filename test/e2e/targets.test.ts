import { afterEach, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome } from "../support/bridge.ts";
import { sourceForm, targetForm } from "../support/e2e.ts";

// The program as it is shipped, with a target that behaves like Casdoor.

let wecom: WecomSimulator;
let target: ScimSimulator;
let home: BridgeHome;
afterEach(async () => {
  await home.close();
  await wecom.close();
  await target.close();
});

interface Checks {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

it("a target like Casdoor is made, tested and pushed to over the management API", async () => {
  wecom = await startWecomSimulator({ shape: { members: 40, departments: 5, seed: 1, quirks: false } });
  target = await startScimSimulator({ like: "casdoor" });
  home = await makeBridgeHome();
  const bridge = await home.start();
  const source = await bridge.api.createSource(sourceForm("corp", wecom.url, wecom));
  const userId = "acme/some-admin";
  const form = { profile: "casdoor", constants: { organization: "acme" }, query: { userId } };
  await bridge.api.createTarget({ ...targetForm("casdoor", target, [source]), ...form });

  // Each call carries the parameter: this fault, which changes nothing, counts those that do.
  const path = `userId=${encodeURIComponent(userId)}`;
  target.control.fault({ match: { path }, effect: { kind: "delay", ms: 0 } });
  const test = await bridge.api.call<Checks>("POST", "/targets/casdoor/test");
  expect(test.ok).toBe(true);
  const details = Object.fromEntries(test.checks.map(({ name, detail }) => [name, detail]));
  expect(details["profile"]).toMatch(/^Of the profile casdoor these facts are only assumed: .*deleteUser, /);
  expect(details["removals"]).toMatch(/knows no inactive accounts: .* is deleted there/);

  expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded", error: null });
  const active = wecom.control.truth().members.filter(({ status, enable }) => status === 1 && enable !== 0);
  expect(target.control.counts().users).toBe(active.length);
  const { total } = target.control.requests();
  expect(target.control.faults()[0]?.struck).toBe(total);
  expect(target.control.violations()).toEqual([]);
  expect(bridge.stderr()).not.toContain("some-admin");

  target.control.resetJournal();
  expect(await bridge.api.sync(source)).toMatchObject({ state: "succeeded" });
  expect(target.control.requests().total).toBe(0);
});
