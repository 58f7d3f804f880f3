import { afterAll, beforeAll, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { describeInBrowser, signIn } from "../support/browser.ts";
import { targetForm } from "../support/e2e.ts";

describeInBrowser("the console's custom source", (openVisit) => {
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;

  beforeAll(async () => {
    target = await startScimSimulator();
    home = await makeBridgeHome();
    bridge = await home.start();
    await bridge.api.createSource({ name: "partners", type: "custom" });
    await bridge.api.createTarget(targetForm("staff", target, ["partners"]));
  });
  afterAll(async () => {
    await home?.close();
    await target?.close();
  });

  const account = (userName: string) =>
    target.control.dump().users.find(({ resource }) => resource["userName"] === userName)?.resource;

  it("gets departments and people by hand, changes and deletes them, and each arrives at the target", {
    timeout: 240_000,
  }, async () => {
    const visit = await openVisit();
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.getByRole("link", { name: "Employee center" }).click();
    const departments = page.getByRole("button", { name: "Departments" });
    await departments.click();
    await page.getByRole("menuitem", { name: "New department" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "* Name" }).fill("合作伙伴");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("tree").getByText("合作伙伴").waitFor();
    await page.getByRole("button", { name: "Add a person" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "* User name" }).fill("li.partner");
    await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("李合作");
    await dialog.getByRole("textbox", { name: "E-mail (work)" }).fill("li@partner.example");
    await dialog.getByRole("combobox", { name: "Departments" }).click();
    await page.getByTitle("合作伙伴").last().click();
    expect(await visit.violations()).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "李合作" }).waitFor();
    await expect
      .poll(() => account("li.partner"), { timeout: 30_000 })
      .toMatchObject({ displayName: "李合作", emails: [{ value: "li@partner.example" }] });

    // The same name again is refused at its field.
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "* User name" }).fill("LI.partner");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page
      .getByText(/userName/)
      .first()
      .waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();

    await page.getByRole("link", { name: "李合作" }).click();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Title" }).fill("经理");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await expect
      .poll(() => account("li.partner"), { timeout: 30_000 })
      .toMatchObject({ title: "经理", emails: [{ value: "li@partner.example" }] });
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByText("The person is deleted").waitFor();
    await expect.poll(() => account("li.partner")?.["active"], { timeout: 30_000 }).toBe(false);
  });

  it("takes a file in Chinese: what each line would do is seen before it is done", { timeout: 240_000 }, async () => {
    const visit = await openVisit({ locale: "zh-CN" });
    const { page } = visit;
    await signIn(visit, bridge.url, home.adminToken);
    await page.goto(`${bridge.url}/people`);
    await page.getByRole("button", { name: "从 CSV 导入" }).click();
    const text =
      "账号,姓名,职务,部门\nwang.partner,王合作,工程师,合作伙伴/研发\n,无名,,\nzhao.partner,赵合作,,合作伙伴\n";
    const file = { name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) };
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByText("新增 2 人").waitFor();
    await page.getByText("第 3 行：").waitFor();
    await page.getByText("合作伙伴/研发").first().waitFor();
    expect(await visit.violations()).toEqual([]);
    expect((await bridge.api.call<{ items: readonly object[] }>("GET", "/people?q=partner")).items).toHaveLength(0);
    await page.getByRole("button", { name: "导入", exact: true }).click();
    await page.getByText("已新增 2 人").waitFor();
    await page.getByRole("button", { name: "查看" }).click();
    await page.getByRole("link", { name: "王合作" }).waitFor();
    await expect.poll(() => account("wang.partner"), { timeout: 30_000 }).toMatchObject({ title: "工程师" });
    expect(visit.complaints).toEqual([]);
  });
});
