import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { targetForm } from "../support/e2e.ts";

describeInBrowser("the console's employee center", (openVisit) => {
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  let source: string;

  beforeAll(async () => {
    wecom = await startWecomSimulator({ shape: { members: 240, departments: 12, seed: 3, quirks: false } });
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

  it("finds somebody, shows where each value came from, pushes him now and keeps his changes back", {
    timeout: 180_000,
  }, async () => {
    const someone = wecom.control.truth().members.filter(({ status }) => status === 1)[7];
    if (someone === undefined) throw new Error("nobody is there");
    const account = () =>
      target.control.dump().users.find(({ resource }) => resource["externalId"] === someone.userid)?.resource;
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "Employee center" }).click();
    await page.getByText("240 people").waitFor();
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("searchbox", { name: "Name, user name, e-mail or phone" }).fill(someone.userid);
    await page.keyboard.press("Enter");
    await page.getByText(/^\d people$/).waitFor();
    await page.getByRole("link", { name: someone.name, exact: true }).first().click();
    const card = (title: string) => page.locator(".ant-card").filter({ has: page.getByText(title, { exact: true }) });
    const atTargets = card("At the targets").last();
    await card("Attributes")
      .last()
      .getByRole("row")
      .filter({ hasText: "displayName" })
      .getByText("mappings/wecom.json")
      .waitFor();
    await atTargets.getByText("In step").waitFor();
    expect(await visit.violations()).toEqual([]);

    await page.getByRole("switch", { name: "Keep changes back at staff" }).click();
    await atTargets.locator(".ant-tag", { hasText: "Paused" }).waitFor();
    wecom.control.patchMember(someone.userid, { position: "首席" });
    await bridge.api.sync(source);
    expect(account()).not.toMatchObject({ title: "首席" });
    await page.getByRole("switch", { name: "Keep changes back at staff" }).click();
    await expect.poll(account, { timeout: 20_000 }).toMatchObject({ title: "首席" });
    await page.getByRole("button", { name: "Pause at all targets" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("Paused: changes wait").waitFor();
    expect(await page.getByRole("button", { name: "Provision now" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("Resumed").waitFor();
    await page.getByRole("button", { name: "Provision now" }).click();
    await page.getByText("Succeeded").first().waitFor();
    await page.goBack();
    await card("History")
      .last()
      .getByRole("row")
      .filter({ hasText: "title" })
      .filter({ hasText: "staff" })
      .first()
      .waitFor();
    expect(visit.complaints).toEqual([]);
  });

  it("shows in Chinese who is in a department, opened or found, and lets an auditor change nothing", {
    timeout: 180_000,
  }, async () => {
    const { token } = await bridge.api.call<{ token: string }>("POST", "/administrators", {
      ...{ name: "auditor", role: "auditor" },
    });
    const { departments } = wecom.control.truth();
    const inner = departments.find(({ parentid }) => parentid !== 0 && parentid !== 1);
    if (inner === undefined) throw new Error("there is no department below another");
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, token);
    await page.goto(`${bridge.url}/people`);
    await page.getByText("共 240 人").waitFor();
    const tree = page.getByRole("tree");
    await tree.getByText(departments.find(({ parentid }) => parentid === 0)?.name ?? "").waitFor();
    await page.locator(".ant-tree-switcher").first().click();
    await expect.poll(() => page.locator(".ant-tree-title").count()).toBeGreaterThan(2);
    await page.getByRole("searchbox", { name: "查找部门" }).fill(inner.name);
    await page.keyboard.press("Enter");
    await page
      .getByRole("button", { name: new RegExp(`/${inner.name}$`) })
      .first()
      .click();
    await page.getByText(/共 \d{1,2} 人/).waitFor();
    expect(await visit.violations()).toEqual([]);
    await page.locator(".ant-table-tbody-virtual").getByRole("link").first().click();
    await page.getByText("变更历史").waitFor();
    expect(await page.getByRole("button", { name: "立即推送" }).isDisabled()).toBe(true);
    expect(await page.getByRole("switch").first().isDisabled()).toBe(true);
    expect(visit.complaints).toEqual([]);
  });
});
