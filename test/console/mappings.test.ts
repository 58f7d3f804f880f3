import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { targetForm } from "../support/e2e.ts";

describeInBrowser("the console's mappings", (openVisit) => {
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

  it("are edited, previewed, measured, activated and rolled back", { timeout: 240_000 }, async () => {
    const someone = wecom.control.truth().members.filter(({ status }) => status === 1)[4];
    const titleOf = () =>
      target.control.dump().users.find(({ resource }) => resource["externalId"] === someone?.userid)?.resource["title"];
    const before = titleOf();
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "Mapping" }).click();
    await page.getByRole("link", { name: "wecom", exact: true }).first().click();
    const text = page.getByRole("textbox", { name: "Text of wecom" });
    const written = await text.inputValue();
    await page.getByRole("textbox", { name: "userid" }).fill(someone?.userid ?? "");
    const title = page.getByRole("row").filter({ hasText: /^title/ });
    await title.getByText(String(before)).waitFor();

    await text.fill(written.replace('"title"', '"tilte"'));
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByText(/One mistake/).waitFor();
    await page.getByRole("button", { name: /^line \d+$/ }).click();
    expect(await visit.violations()).toEqual([]);

    await text.fill(written.replace(/"title": \{[^}]*\}/, '"title": { "template": "Title: {position}" }'));
    await title.getByText(`Title: ${before}`).waitFor();
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByText(/people and 0 groups would change/).waitFor();
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByText("Draft, version 2").waitFor();
    expect(titleOf()).toBe(before);
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/^\+ .*Title: /).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Activate" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("In force from the next sync on").waitFor();
    await bridge.api.sync(source);
    expect(titleOf()).toBe(`Title: ${before}`);
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("button", { name: "OK" }).last().click();
    await expect
      .poll(async () => (await bridge.api.call<{ active: object }>("GET", "/mappings/wecom")).active)
      .toMatchObject({ version: 1 });
    await bridge.api.sync(source);
    expect(titleOf()).toBe(before);
    // The browser tells of the draft that the server refused.
    expect(visit.complaints.filter((complaint) => !complaint.includes("status of 400"))).toEqual([]);
  });

  it("and extended fields are shown in Chinese, and an auditor changes none", { timeout: 240_000 }, async () => {
    const { token } = await bridge.api.call<{ token: string }>("POST", "/administrators", {
      ...{ name: "auditor", role: "auditor" },
    });
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, token);
    await page.getByRole("link", { name: "字段映射" }).click();
    expect(await visit.violations()).toEqual([]);
    await page.getByText("扩展字段").first().waitFor();
    await page.getByRole("link", { name: "wecom", exact: true }).last().click();
    await page.getByRole("textbox", { name: "wecom 的文本" }).waitFor();
    expect(await page.getByRole("button", { name: "保存为草稿" }).isDisabled()).toBe(true);
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });
});
