import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { targetForm } from "../support/e2e.ts";

describeInBrowser("the console's questions who is who", (openVisit) => {
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  let source: string;

  beforeAll(async () => {
    wecom = await startWecomSimulator({ shape: { members: 30, departments: 6, seed: 3, quirks: false } });
    target = await startScimSimulator();
    home = await makeBridgeHome();
    bridge = await home.start();
    source = await bridge.api.createSource({
      name: "headquarters",
      type: "wecom",
      wecom: {
        ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId },
        apiBaseUrl: wecom.url,
      },
    });
    await bridge.api.createTarget(targetForm("staff", target, ["headquarters"]));
    await bridge.api.sync(source);
  });
  afterAll(async () => {
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  const accountOf = (externalId: string) =>
    target.control.dump().users.find(({ resource }) => resource["externalId"] === externalId);

  it("shows both sides of somebody with another userid, and lets him keep his account", {
    timeout: 180_000,
  }, async () => {
    const members = wecom.control.truth().members.filter(({ status }) => status === 1);
    const [one = "", other = ""] = members.slice(4, 6).map(({ userid }) => userid);
    const account = accountOf(one);
    wecom.control.renameUserid(one, "Silent.Name", { told: false });
    wecom.control.renameUserid(other, "Somebody.Else", { told: false });
    expect(await bridge.api.sync(source)).toMatchObject({ state: "partial" });
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByText("2 people may be somebody who was here").waitFor();
    await page.getByRole("link", { name: "Look and answer" }).click();
    const row = page.getByRole("row").filter({ hasText: "silent.name" });
    await row.getByRole("button", { name: "Expand row" }).click();
    const sides = page.getByRole("table").nth(1);
    await sides.getByRole("row").filter({ hasText: "displayName" }).getByText("the same").waitFor();
    await sides.getByRole("row").filter({ hasText: "userName" }).getByText("different").waitFor();
    expect(await visit.violations()).toEqual([]);
    await row.getByRole("button", { name: "The same person" }).click();
    await page.getByText("keeps his id and his accounts").waitFor();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("Decided: a sync carries it out now").waitFor();
    await expect.poll(() => accountOf("Silent.Name"), { timeout: 20_000 }).toMatchObject({ id: account?.id });

    const second = page.getByRole("row").filter({ hasText: "somebody.else" });
    await second.getByRole("button", { name: "Another person" }).click();
    await page.getByText("a new account is made").waitFor();
    await page.getByRole("button", { name: "OK" }).last().click();
    await page.getByText("No question is open").waitFor();
    await expect.poll(() => accountOf(other)?.resource["active"], { timeout: 20_000 }).toBe(false);
    expect(accountOf("Somebody.Else")).toMatchObject({ resource: { active: true } });
    await page.getByText("All", { exact: true }).click();
    await page.getByText("the same person", { exact: true }).waitFor();
    expect(visit.complaints).toEqual([]);
  });

  it("says in Chinese what a task asked of its source, and lets an auditor answer nothing", {
    timeout: 180_000,
  }, async () => {
    wecom.control.renameUserid(
      wecom.control.truth().members.filter(({ status }) => status === 1)[9]?.userid ?? "",
      "Third.Name",
      { told: false },
    );
    const task = await bridge.api.sync(source);
    const { token } = await bridge.api.call<{ token: string }>("POST", "/administrators", {
      ...{ name: "auditor", role: "auditor" },
    });
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, token);
    await page.goto(`${bridge.url}/tasks/${task.id}`);
    await page.getByText("对身份源的请求").click();
    await page.getByRole("row").filter({ hasText: "user/list" }).waitFor();
    await page.getByRole("link", { name: "查看并确认" }).click();
    await page.getByRole("heading", { name: "身份确认" }).waitFor();
    expect(await page.getByRole("button", { name: "是同一个人", exact: true }).isDisabled()).toBe(true);
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });
});
