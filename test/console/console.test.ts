import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn, type Visit } from "../support/browser.ts";
import { targetForm } from "../support/e2e.ts";

describeInBrowser("the console", (openVisit) => {
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;

  beforeAll(async () => {
    wecom = await startWecomSimulator({ shape: { members: 30, departments: 6, tags: 2, seed: 3 } });
    target = await startScimSimulator();
    home = await makeBridgeHome();
    bridge = await home.start();
  });
  afterAll(async () => {
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  it("lets in nobody with a wrong token, and says so", { timeout: 120_000 }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await page.goto(bridge.url);
    expect(await visit.violations()).toEqual([]);
    await page.getByText("Token", { exact: true }).click();
    await page.getByLabel("Administrator's token").fill("wrong-token-wrong-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Nobody is known here by these").waitFor();
    expect(await page.locator("#page").count()).toBe(0);
  });

  it("connects a corp by the wizard: nothing is written before the plan was looked at", {
    timeout: 180_000,
  }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("button", { name: "Connect an identity source" }).click();
    await page.getByRole("textbox", { name: "* Name" }).fill("x");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("2 to 100 characters").first().waitFor();
    await page.getByRole("textbox", { name: "* Name" }).fill("headquarters");
    await page.getByRole("button", { name: "Next" }).click();

    await page.getByLabel("Corp ID").fill(wecom.corpId);
    await page.getByLabel("AgentId").fill(String(wecom.agentId));
    await page.getByLabel("Secret of the app").fill("not-the-secret");
    await page.getByText("Network").click();
    await page.getByLabel("Address of the API").fill(wecom.url);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Something is missing").waitFor();
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByLabel("Secret of the app").fill(wecom.appSecret);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("The connection works").waitFor();
    expect(await visit.violations()).toEqual([]);

    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Chosen departments").click();
    const tree = page.getByRole("tree");
    await tree.waitFor();
    await page.getByText("Everybody whom the credentials can see").click();
    await page.getByRole("button", { name: "Next" }).click();
    expect(await bridge.api.call("GET", "/sources")).toMatchObject({ items: [] });
    await page.getByRole("button", { name: "Create and plan" }).click();
    await page.getByRole("button", { name: "Show the whole plan" }).waitFor();
    const start = page.getByRole("button", { name: "Sync now, and by itself from now on" });
    await start.and(page.locator(":enabled")).waitFor();
    const { items } = (await bridge.api.call("GET", "/sources")) as { items: { summary: object; sync: object }[] };
    expect(items).toMatchObject([{ summary: { users: 0 }, sync: { automatic: false } }]);
    await bridge.api.createTarget(targetForm("target", target, ["headquarters"]));
    await start.click();
    await page.getByText("At the targets").waitFor();
    await page.getByRole("table").getByText("Succeeded").waitFor();
    expect(target.control.dump().users).toHaveLength(30);
    expect(await bridge.api.call("GET", "/sources")).toMatchObject({ items: [{ sync: { automatic: true } }] });
    expect(visit.complaints).toEqual([]);
    expect(await visit.violations()).toEqual([]);
  });

  it("shows what WeCom, the bridge and the target say of one change", { timeout: 120_000 }, async () => {
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    const userid = wecom.control.truth().members[0]?.userid ?? "";
    wecom.control.patchMember(userid, { position: "首席架构师" });
    await bridge.api.sync("headquarters");
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "同步记录" }).click();
    await page.getByRole("button", { name: "详情" }).first().click();
    const table = page.getByRole("dialog").getByRole("table");
    await table.getByText("首席架构师").first().waitFor();
    expect(await table.getByText("首席架构师").count()).toBe(3);
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });

  it("says what disabling would take away, and does it only then", { timeout: 120_000 }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.goto(`${bridge.url}/sources`);
    await page.getByRole("button", { name: "More actions on headquarters" }).click();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await page.getByText("Nobody loses anything.").waitFor();
    await page.getByText("Deactivate them").click();
    await page.getByText("This would be taken away").waitFor();
    expect(await page.getByRole("dialog").getByRole("row").count()).toBeGreaterThanOrEqual(3);
    await page.getByText("Keep them as they are").click();
    await page.getByText("Nobody loses anything.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("headquarters is disabled").waitFor();
    expect(await bridge.api.call("GET", "/sources")).toMatchObject({ items: [{ status: "disabled" }] });
    expect(visit.complaints).toEqual([]);
  });

  it("shows an auditor everything, and lets him change nothing", { timeout: 120_000 }, async () => {
    await bridge.api.call("POST", "/administrators", {
      name: "eve",
      role: "auditor",
      password: "correct horse battery",
    });
    const visit: Visit = await openVisit({ colorScheme: "dark" });
    const { page } = visit;
    await page.goto(`${bridge.url}/sources`);
    await page.getByRole("textbox", { name: "Name" }).fill("eve");
    await page.locator("input[type=password]").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("You are an auditor").waitFor();
    await page.getByText("headquarters").first().waitFor();
    expect(await page.getByRole("button", { name: "Create" }).isDisabled()).toBe(true);
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "Account: eve" }).click();
    await page.getByText("Sign out").click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(visit.complaints).toEqual([]);
  });
});
