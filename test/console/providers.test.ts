import { afterAll, beforeAll, expect, it } from "vitest";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { suiteKeys, suiteOf } from "../support/providers.ts";

interface Listed<Item> {
  readonly items: readonly Item[];
}

describeInBrowser("the console's service providers", (openVisit) => {
  let wecom: WecomSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;

  beforeAll(async () => {
    wecom = await startWecomSimulator({ shape: { members: 30, departments: 6, seed: 3, quirks: false } });
    home = await makeBridgeHome();
    bridge = await home.start();
  });
  afterAll(async () => {
    await home?.close();
    await wecom?.close();
  });

  const everybody = { departments: [1], users: [], tags: [] };

  it("are registered; a corp scans the code of the wizard, cancels, and authorises again", {
    timeout: 240_000,
  }, async () => {
    const { corpId, providerSecret, suites } = wecom.provider;
    const template = suiteOf(wecom, "customised");
    const keys = suiteKeys.customised;
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "Service providers" }).click();
    await page.getByRole("button", { name: "Create" }).first().click();
    await page.getByRole("textbox", { name: "* Name", exact: true }).fill("our-company");
    await page.getByRole("textbox", { name: "* Corp ID of the provider" }).fill(corpId);
    await page.getByLabel("ProviderSecret").fill(providerSecret);
    await page.getByRole("textbox", { name: "* Id of the template or suite" }).fill(template);
    await page
      .getByLabel("Secret", { exact: true })
      .fill(suites.find(({ suiteId }) => suiteId === template)?.secret ?? "");
    await page.getByLabel("Token of the callbacks").fill(keys.token);
    await page.getByLabel("EncodingAESKey of the callbacks").fill(keys.encodingAesKey);
    await page.getByLabel("Address of the API").fill(wecom.url);
    await page.getByLabel("Address of the installation page").fill(wecom.url);
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("URL of commands").first().waitFor();
    const provider = (await bridge.api.call<Listed<{ id: string }>>("GET", "/providers")).items[0];
    await wecom.provider.control.setCallback(template, {
      url: `${bridge.url}/wecom/suite/${provider?.id}`,
      ...keys,
    });
    await wecom.provider.control.messagesIdle();
    expect(await visit.violations()).toEqual([]);

    await page.goto(`${bridge.url}/sources/new`);
    await page.getByRole("textbox", { name: "* Name" }).fill("customer");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Authorisation by QR code").click();
    await page.getByRole("button", { name: "Make a QR code" }).click();
    await page.getByRole("img", { name: /QR code to authorise/ }).waitFor();
    await page.getByText(/Expires in/).waitFor();
    expect(await visit.violations()).toEqual([]);
    // Nobody has scanned it yet.
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("The corp has to authorise first").waitFor();
    const link = await page.getByRole("link", { name: wecom.url }).first().getAttribute("href");
    wecom.provider.control.scan(link ?? "", wecom.corpId, everybody);
    await page.getByText(/has authorised it/).waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("The connection works").waitFor();
    for (let step = 0; step < 3; step += 1) await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Create and plan" }).click();
    await page
      .getByRole("button", { name: "Sync now, and by itself from now on" })
      .and(page.locator(":enabled"))
      .click();
    const source = async () =>
      (await bridge.api.call<Listed<{ id: string; status: string; summary: { users: number } }>>("GET", "/sources"))
        .items[0];
    await expect.poll(async () => (await source())?.summary.users, { timeout: 30_000 }).toBe(30);

    wecom.provider.control.cancel(template, wecom.corpId);
    await expect.poll(async () => (await source())?.status, { timeout: 30_000 }).toBe("disabled");
    await page.goto(`${bridge.url}/sources/${(await source())?.id}`);
    await page.getByText("The bridge disabled this source").waitFor();
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "Authorise again" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Make a QR code" }).click();
    await dialog.getByRole("img", { name: /QR code to authorise/ }).waitFor();
    const again = await dialog.getByRole("link", { name: wecom.url }).first().getAttribute("href");
    wecom.provider.control.scan(again ?? "", wecom.corpId, everybody);
    await dialog.getByRole("button", { name: "Use it and enable the source" }).and(page.locator(":enabled")).click();
    await page.getByText("customer goes on").waitFor();
    expect(await source()).toMatchObject({ status: "enabled" });
    expect(visit.complaints).toEqual([]);
  });

  it("consent is asked for by a link and a message, in Chinese", { timeout: 120_000 }, async () => {
    const id = await bridge.api.createSource({
      name: "headquarters",
      type: "wecom",
      wecom: {
        ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId },
        apiBaseUrl: wecom.url,
      },
    });
    await bridge.api.sync(id);
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.goto(`${bridge.url}/sources/${id}`);
    await page.getByText(`/wecom/consent/${id}`).first().waitFor();
    await page
      .getByText(/0 ?\/ ?\d+|\d+ 人/)
      .first()
      .waitFor();
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });
});
