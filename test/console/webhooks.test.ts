import { afterAll, beforeAll, expect, it } from "vitest";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { type Receiver, startReceiver, verifyMessage } from "../support/webhook-receiver.ts";

describeInBrowser("the console's webhooks, and its pause", (openVisit) => {
  let receiver: Receiver;
  let home: BridgeHome;
  let bridge: RunningBridge;

  beforeAll(async () => {
    receiver = await startReceiver();
    home = await makeBridgeHome();
    bridge = await home.start();
  });
  afterAll(async () => {
    await home?.close();
    await receiver?.close();
  });

  it("are added with a secret shown once, tried, given another secret and deleted", { timeout: 120_000 }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "Webhooks" }).click();
    await page.getByRole("button", { name: "Add a webhook" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "* Name" }).fill("on-call");
    await dialog.getByRole("textbox", { name: "* Address" }).fill("not an address");
    await dialog.getByRole("button", { name: "Save" }).click();
    // The server's own words, beside the field.
    await dialog.locator(".ant-form-item-explain-error").waitFor();
    expect(await bridge.api.call("GET", "/webhooks")).toMatchObject({ items: [] });
    await dialog.getByRole("textbox", { name: "* Address" }).fill(receiver.url);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("The secret of on-call").waitFor();
    const secret = ((await page.getByRole("dialog").locator("code").first().textContent()) ?? "").trim();
    expect(secret).toMatch(/^whsec_/);
    expect(await visit.violations()).toEqual([]);
    await page.getByRole("button", { name: "OK", exact: true }).click();

    await page.getByRole("button", { name: "Deliveries: on-call" }).click();
    await page.getByRole("button", { name: "Send a test message" }).click();
    await page.getByText("The receiver took the message").waitFor();
    await page.getByRole("cell", { name: "Delivered" }).waitFor();
    const [first] = receiver.messages;
    if (first === undefined) throw new Error("nothing came");
    verifyMessage(secret, first);
    receiver.answer(500);
    await page.getByRole("button", { name: "Send a test message" }).click();
    await page.getByText("The receiver did not take the message").waitFor();
    await page.getByRole("cell", { name: "Failed" }).waitFor();
    expect(await visit.violations()).toEqual([]);
    receiver.answer(204);
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "New secret: on-call" }).click();
    await page.getByRole("button", { name: "OK", exact: true }).click();
    await page.getByText("The secret of on-call").waitFor();
    const other = ((await page.getByRole("dialog").locator("code").first().textContent()) ?? "").trim();
    expect(other).toMatch(/^whsec_/);
    expect(other).not.toBe(secret);
    await page.getByRole("dialog").getByRole("button", { name: "OK", exact: true }).click();
    await page.getByText("Signs with the former secret too").waitFor();
    await page.getByRole("button", { name: "Delete: on-call" }).click();
    await page.getByText("What still waits for it is not sent").waitFor();
    await page
      .getByRole("tooltip")
      .filter({ hasText: "Delete on-call" })
      .getByRole("button", { name: "OK", exact: true })
      .click();
    await page.getByText("The webhook is deleted").waitFor();
    expect(await bridge.api.call("GET", "/webhooks")).toMatchObject({ items: [] });
    // The browser tells of the address that the server refused.
    expect(visit.complaints.filter((complaint) => !complaint.includes("status of 400"))).toEqual([]);
  });

  it("are seen in Chinese by an auditor, who changes nothing, and who cannot end a pause", {
    timeout: 120_000,
  }, async () => {
    await bridge.api.call("POST", "/webhooks", { name: "monitor", url: receiver.url, events: ["task.held"] });
    await bridge.api.call("PATCH", "/settings", { paused: true });
    const made = await bridge.api.call("POST", "/administrators", { name: "looks-on", role: "auditor" });
    const auditor = await openVisit({ locale: "zh-CN", viewport: { width: 360, height: 740 } });
    await signIn(auditor, bridge.url, (made as unknown as { readonly token: string }).token);
    await auditor.page.goto(`${bridge.url}/webhooks`);
    await auditor.page.getByText("同步任务等待审批").waitFor();
    await auditor.page.getByText("已全部暂停").waitFor();
    for (const name of [/继续运行/, /添加 Webhook/, /^编辑/, /^更换密钥/, /^删除/]) {
      expect(await auditor.page.getByRole("button", { name }).first().isDisabled()).toBe(true);
    }
    expect(await auditor.violations()).toEqual([]);
    await auditor.page.getByRole("button", { name: "投递记录: monitor" }).click();
    await auditor.page.getByText("尚未发送任何消息").waitFor();
    expect(await auditor.page.getByRole("button", { name: "发送测试消息" }).isDisabled()).toBe(true);
    expect(auditor.complaints).toEqual([]);

    const visit = await openVisit({ locale: "zh-CN" });
    await signIn(visit, bridge.url, home.adminToken);
    await visit.page.goto(`${bridge.url}/targets`);
    await visit.page.getByRole("button", { name: "继续运行" }).click();
    await visit.page.getByText("已继续同步和推送").waitFor();
    await visit.page.getByText("已全部暂停").waitFor({ state: "detached" });
    expect(await bridge.api.call("GET", "/settings")).toMatchObject({ paused: false });
    expect(await visit.violations()).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });
});
