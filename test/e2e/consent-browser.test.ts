import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { openChromium } from "../support/chromium.ts";
import { noSafeguards, targetForm } from "../support/e2e.ts";

const browser = await openChromium();

// What a browser makes of the policy, the cookies and the forms is known by a browser alone.
describe.skipIf(browser === null)("the page of consent in a browser", () => {
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  let source: string;

  beforeAll(async () => {
    wecom = await startWecomSimulator({
      shape: { members: 30, departments: 5, seed: 31, quirks: false },
      settings: { privacy: "new" },
    });
    target = await startScimSimulator();
    home = await makeBridgeHome();
    bridge = await home.start();
    source = await bridge.api.createSource({
      ...{ name: "corp", type: "wecom", organization: "Acme", safeguards: noSafeguards },
      wecom: { corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId, apiBaseUrl: wecom.url },
    });
    await bridge.api.createTarget(targetForm("staff-app", target, [source]));
    await bridge.api.sync(source);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  it.each([
    ["zh-CN", "light", "zh-Hans", "您正在共享以下信息", "您已撤回同意"],
    ["en-US", "dark", "en", "You share these details", "You have withdrawn your consent"],
  ] as const)(
    "takes somebody there and back in %s",
    { timeout: 60_000 },
    async (locale, colorScheme, lang, shared, withdrawn) => {
      const viewport = { width: 360, height: 640 };
      const context = await browser?.newContext({ locale, colorScheme, viewport });
      const page = await context?.newPage();
      if (page === undefined) throw new Error("no browser");
      const refused: string[] = [];
      page.on("console", (message) => {
        if (/Content Security Policy|violates/.test(message.text())) refused.push(message.text());
      });
      const { userid = "" } = wecom.control.truth().members.find(({ mobile, status }) => mobile && status === 1) ?? {};
      const fits = async () =>
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(viewport.width);

      await page.goto(`${bridge.url}/wecom/consent/${source}`);
      expect(await page.locator("html").getAttribute("lang")).toBe(lang);
      await fits();
      // By keyboard, as somebody goes who has no mouse: the switch of languages, then the button.
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.locator("select").selectOption(userid);
      await page.locator('button[value="agree"]').click();
      expect(await page.locator("h1").textContent()).toBe(shared);
      await fits();
      // Neither the code nor the state is left in the address, and coming back to the page is no second try.
      expect(page.url()).not.toMatch(/code=|state=/);
      await page.reload();
      expect(await page.locator("h1").textContent()).toBe(shared);
      expect(await page.evaluate("document.cookie")).toBe("");
      expect(await page.locator("h1, h2").evaluateAll((all) => all.map(({ tagName }) => tagName))).toContain("H1");

      await page.locator("form button").click();
      expect(await page.locator("h1").textContent()).toBe(withdrawn);
      await fits();
      expect(refused).toEqual([]);
      await context?.close();
    },
  );
});
