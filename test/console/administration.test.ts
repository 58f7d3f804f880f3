import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { targetForm } from "../support/e2e.ts";

describeInBrowser("the console's administration", (openVisit) => {
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

  const groupAt = (name: string) =>
    target.control.dump().groups.find(({ resource }) => resource["displayName"] === name);

  it("makes user groups by a filter, looked at as it is typed, and by a list", { timeout: 240_000 }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "User groups" }).click();
    await page.getByRole("button", { name: "New user group" }).first().click();
    await page.getByRole("textbox", { name: "* Name" }).fill("VPN");
    await page.getByText("Everybody whom a filter finds").click();
    await page.getByRole("textbox", { name: "* Filter" }).fill("actve eq true and");
    await page.getByRole("alert").first().waitFor();
    await page.getByRole("textbox", { name: "* Filter" }).fill("active eq true");
    const active = wecom.control.truth().members.filter(({ status }) => status === 1).length;
    await page.getByText(`Finds ${active} people`).waitFor();
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(`Members (${active})`).waitFor();
    await bridge.api.sync(source);
    await expect.poll(() => groupAt("VPN")?.members.length, { timeout: 20_000 }).toBe(active);

    const [one, other] = wecom.control.truth().members.filter(({ status }) => status === 1);
    await page.goto(`${bridge.url}/user-groups/new`);
    await page.getByRole("textbox", { name: "* Name" }).fill("Listed");
    const pick = page.getByRole("combobox", { name: "Find people by name" });
    await pick.fill(one?.userid ?? "");
    await page.locator(".ant-select-item-option").first().click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Members (1)").waitFor();
    await page.getByRole("combobox", { name: "Find people by name" }).fill(other?.userid ?? "");
    await page.locator(".ant-select-item-option").first().click();
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("Members (2)").waitFor();
    await page.getByRole("button", { name: `Take out: ${one?.name}` }).click();
    await page.getByText("Members (1)").waitFor();
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("Its 1 members stay").waitFor();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("The group is deleted").waitFor();
    // The browser tells of the filter that the server refused.
    expect(visit.complaints.filter((complaint) => !complaint.includes("status of 400"))).toEqual([]);
  });

  it("gives a platform its token once, pauses everything, and shows in Chinese who did it", {
    timeout: 240_000,
  }, async () => {
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "SCIM 客户端" }).click();
    await page.getByRole("button", { name: "新建客户端" }).first().click();
    await page.getByRole("dialog").getByRole("textbox", { name: "* 名称" }).fill("okta");
    await page.getByRole("dialog").getByRole("button", { name: "新建客户端" }).click();
    await page.getByText("仅显示这一次").waitFor();
    const token = (await page.getByRole("dialog").locator("code").first().textContent()) ?? "";
    const answer = await fetch(`${bridge.url}/scim/v2/Users?count=1`, {
      headers: { authorization: `Bearer ${token.trim()}` },
    });
    expect(await answer.json()).toMatchObject({ totalResults: 30 });
    expect(await visit.violations()).toEqual([]);
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /确\s*定/ })
      .click();

    await page.getByRole("link", { name: "设置" }).click();
    await page.getByRole("button", { name: "全部暂停" }).click();
    await page
      .getByRole("button", { name: /确\s*定/ })
      .last()
      .click();
    await page.getByText("不会开始任何同步或推送").first().waitFor();
    expect(await bridge.api.call("GET", "/settings")).toMatchObject({ paused: true });
    await page.getByLabel("记录保留天数").fill("30");
    await page.getByRole("button", { name: /保\s*存/ }).click();
    await page.getByText("设置已保存").waitFor();
    expect(await bridge.api.call("GET", "/settings")).toMatchObject({ paused: true, recordRetentionDays: 30 });
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: /恢\s*复/ }).click();
    await page.getByText("同步和推送已恢复").waitFor();

    await page.getByRole("link", { name: "管理员", exact: true }).click();
    await page.getByRole("button", { name: "新建管理员" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "* 名称" }).fill("night-shift");
    await page.getByText("审计员：可查看全部").click();
    await page.getByRole("dialog").getByRole("button", { name: "新建管理员" }).click();
    await page.getByText("仅显示这一次").waitFor();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /确\s*定/ })
      .click();
    await page.getByRole("row").filter({ hasText: "night-shift" }).getByText("审计员").waitFor();

    await page.getByRole("link", { name: "审计日志" }).click();
    await page.getByRole("row").filter({ hasText: "/api/v1/settings" }).first().waitFor();
    await page.getByRole("row").filter({ hasText: "/recordRetentionDays" }).first().waitFor();
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });

  it("applies a plan that was looked at to its last request, and takes a task back", { timeout: 240_000 }, async () => {
    const someone = wecom.control.truth().members.filter(({ status }) => status === 1)[6];
    const titleOf = () =>
      target.control.dump().users.find(({ resource }) => resource["externalId"] === someone?.userid)?.resource["title"];
    const before = titleOf();
    wecom.control.patchMember(someone?.userid ?? "", { position: "首席" });
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.goto(`${bridge.url}/sources`);
    await page.getByRole("button", { name: "More actions on headquarters" }).click();
    await page.getByRole("menuitem", { name: /Plan/ }).click();
    await page.getByText(/, one request to targets/).waitFor();
    await page.getByText("The requests, as they would go out").click();
    await page.getByRole("button", { name: "Expand row" }).click();
    await page.locator("pre").getByText("首席").waitFor();
    expect(await visit.violations()).toEqual([]);
    expect(titleOf()).toBe(before);
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await expect.poll(titleOf, { timeout: 20_000 }).toBe("首席");
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText(/, one request to targets/).waitFor();
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("button", { name: "OK" }).last().click();
    await expect.poll(titleOf, { timeout: 20_000 }).toBe(before);
    expect(visit.complaints).toEqual([]);
  });
});
