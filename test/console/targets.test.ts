import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";

describeInBrowser("the console's targets", (openVisit) => {
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
    await bridge.api.sync(source);
  });
  afterAll(async () => {
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  it("are added, tried, looked at and enabled, fail in words and recover", { timeout: 240_000 }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "Targets" }).click();
    await page.getByRole("button", { name: "Add a target" }).first().click();
    await page.getByRole("textbox", { name: "* Name" }).fill("staff");
    await page.getByRole("textbox", { name: "* Address (base URL)" }).fill(target.url);
    await page.getByLabel("Token", { exact: true }).fill("not-the-token");
    await page.getByRole("combobox", { name: "Identity sources" }).click();
    await page.getByTitle("headquarters").click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByText("Something is missing").waitFor();
    await page.getByLabel("Token", { exact: true }).fill(target.token);
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByText("The connection works").waitFor();
    expect(await visit.violations()).toEqual([]);
    expect(await bridge.api.call("GET", "/targets")).toMatchObject({ items: [] });
    await page.getByRole("button", { name: "Add, without sending anything" }).click();
    await page.getByText("Nothing is sent to this target yet").waitFor();
    expect(await visit.violations()).toEqual([]);

    const act = async (name: string) => {
      await page.getByRole("button", { name: "More about staff" }).click();
      await page.getByRole("menuitem", { name: new RegExp(`${name}$`) }).click();
    };
    await act("Preview matches");
    const done = async () => {
      await page.waitForURL(/\/tasks\//);
      await page.getByText("Succeeded").first().waitFor();
    };
    await done();
    await page.goBack();
    expect(target.control.dump().users).toEqual([]);
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByText("staff is enabled").waitFor();
    await act("Plan a push");
    await done();
    expect(target.control.dump().users).toEqual([]);
    await page.goBack();
    await page.getByRole("button", { name: "Push now" }).click();
    await done();
    await expect.poll(() => target.control.dump().users.length, { timeout: 20_000 }).toBe(30);
    await expect
      .poll(async () => (await bridge.api.call("GET", "/targets/staff")) as object, { timeout: 20_000 })
      .toMatchObject({ links: { pending: 0, failed: 0 } });

    const someone = wecom.control.truth().members.filter(({ status }) => status === 1)[3];
    wecom.control.patchMember(someone?.userid ?? "", { position: "首席" });
    target.control.fault({
      match: { method: "patch", type: "User" },
      times: 1,
      effect: { kind: "status", status: 400 },
    });
    await bridge.api.sync(source);
    await page.goto(`${bridge.url}/targets`);
    await page.getByRole("link", { name: "staff" }).click();
    const row = page.getByRole("row").filter({ hasText: someone?.name ?? "" });
    await row.getByText("Failed").waitFor();
    await row.getByText(/next try/).waitFor();
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "Push now" }).click();
    await done();
    const account = () =>
      target.control.dump().users.find(({ resource }) => resource["externalId"] === someone?.userid);
    await expect.poll(() => account()?.resource, { timeout: 20_000 }).toMatchObject({ title: "首席" });
    expect(visit.complaints).toEqual([]);
  });

  it("are edited, compared, paused and deleted in Chinese, each after a word about what that does", {
    timeout: 240_000,
  }, async () => {
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.goto(`${bridge.url}/targets`);
    await page.getByRole("link", { name: "staff" }).click();
    const act = async (name: string) => {
      await page.getByRole("button", { name: "staff 的更多操作" }).click();
      await page.getByRole("menuitem", { name: new RegExp(`${name}$`) }).click();
    };
    await act("编辑");
    await page.getByRole("textbox", { name: "* 名称" }).fill("员工应用");
    await page.getByRole("button", { name: /保\s*存/ }).click();
    await page.getByRole("heading", { name: "员工应用" }).waitFor();
    expect(await bridge.api.call("GET", "/targets/员工应用")).toMatchObject({ auth: { type: "bearer" } });
    const more = page.getByRole("button", { name: "员工应用 的更多操作" });
    await more.click();
    await page.getByRole("menuitem", { name: /读回比较$/ }).click();
    await page.waitForURL(/\/tasks\//);
    await page.getByText("成功").first().waitFor();
    await page.goBack();
    await more.click();
    await page.getByRole("menuitem", { name: /暂停$/ }).click();
    await page.getByText("变更会一直等待").waitFor();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /确\s*定/ })
      .click();
    await page.getByText(/已被 .* 暂停/).waitFor();
    expect(await visit.violations()).toEqual([]);
    await more.click();
    await page.getByRole("menuitem", { name: /恢复$/ }).click();
    await page.getByText("员工应用 已恢复推送").waitFor();
    await more.click();
    await page.getByRole("menuitem", { name: /删除$/ }).click();
    await page.getByText("不会改动目标本身").waitFor();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /确\s*定/ })
      .click();
    await page.getByRole("heading", { name: "同步目标" }).waitFor();
    expect(await bridge.api.call("GET", "/targets")).toMatchObject({ items: [] });
    expect(target.control.dump().users).toHaveLength(30);
    expect(visit.complaints).toEqual([]);
  });
});
