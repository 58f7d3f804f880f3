import { afterEach, expect, test } from "vitest";
import { receiveCallbacks } from "../../support/callback-receiver.ts";
import { start } from "./support.ts";

const keys = { token: "token", encodingAesKey: "k".repeat(43) };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function receive(corpId: string, statuses: readonly number[] = []) {
  const receiver = await receiveCallbacks({ ...keys, corpId }, statuses);
  ends.push(receiver.close);
  return receiver;
}

/** Elements of a message that are not of its envelope. */
function told(message: string): string {
  const own = /<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|(.*?))<\/\1>/g;
  const envelope = new Set(["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"]);
  return [...message.replace(/^<xml>/, "").matchAll(own)]
    .filter(([, name = ""]) => !envelope.has(name))
    .map(([, name, text, number]) => `${name}=${text ?? number}`)
    .join(" ");
}

test("tells of changes of the contacts by ids, and of a renamed department nothing", async () => {
  const { control, corpId } = await start();
  const { url, messages } = await receive(corpId);
  await control.setCallback({ url, ...keys });
  control.createMember({ userid: "new.one", name: "新", department: [1], mobile: "13800138000" });
  control.patchMember("new.one", { position: "经理" });
  control.renameUserid("new.one", "new.two");
  control.deleteMember("new.two");
  const id = control.createDepartment({ name: "试验", parentid: 1 });
  control.patchDepartment(id, { name: "试验二部" });
  control.deleteDepartment(id);
  const tag = control.createTag({ tagname: "试" });
  control.changeTagMembers(tag, { addDepartments: [1] });
  control.deleteTag(tag);
  await control.callbacksIdle();
  expect(messages.map(told).sort()).toEqual(
    [
      "ChangeType=create_user UserID=new.one Department=1",
      "ChangeType=update_user UserID=new.one Department=1",
      "ChangeType=update_user UserID=new.one Department=1 NewUserID=new.two",
      "ChangeType=delete_user UserID=new.two",
      `ChangeType=create_party Id=${id} ParentId=1`,
      `ChangeType=delete_party Id=${id}`,
      `ChangeType=update_tag TagId=${tag} AddPartyItems=1`,
    ].sort(),
  );
  expect(messages.every((message) => message.startsWith(`<xml><ToUserName><![CDATA[${corpId}]]>`))).toBe(true);
  expect(control.callbacks()).toEqual({ made: 7, delivered: 7, dropped: 0, failed: 0, waiting: 0 });
});

test("tells an old address what is different", async () => {
  const { control, corpId } = await start();
  const { url, messages } = await receive(corpId);
  await control.setCallback({ url, ...keys, form: "full" });
  const { userid = "" } = control.truth().members[2] ?? {};
  control.patchMember(userid, { position: "首席" });
  control.patchDepartment(2, { name: "改名部" });
  await control.callbacksIdle();
  expect(messages.map(told).sort()).toEqual(
    [`ChangeType=update_user UserID=${userid} Position=首席`, "ChangeType=update_party Id=2 Name=改名部"].sort(),
  );
});

test("tries three times, and gives up then", async () => {
  const { control, corpId } = await start();
  const { url, messages } = await receive(corpId, [500, 500, 200, 500, 500, 500]);
  await control.setCallback({ url, ...keys });
  const [first, second] = control.truth().members;
  control.patchMember(first?.userid ?? "", { position: "一" });
  await control.callbacksIdle();
  expect(messages).toHaveLength(3);
  control.patchMember(second?.userid ?? "", { position: "二" });
  await control.callbacksIdle();
  expect(messages).toHaveLength(6);
  expect(control.callbacks()).toMatchObject({ made: 2, delivered: 1, failed: 1 });
});

test("loses and doubles events as ordered", async () => {
  const { control, corpId } = await start();
  const { url, messages } = await receive(corpId);
  await control.setCallback({ url, ...keys });
  control.setCallbackFaults({ drop: 0.5, double: 0.5, delayMs: 20 });
  for (const { userid } of control.truth().members.slice(0, 60)) control.patchMember(userid, { alias: "别名" });
  await control.callbacksIdle();
  const { dropped, delivered } = control.callbacks();
  expect(dropped).toBeGreaterThan(15);
  expect(dropped).toBeLessThan(45);
  expect(delivered).toBeGreaterThan(60 - dropped);
  expect(messages).toHaveLength(delivered);
});

test("takes no address that does not answer with what it was asked", async () => {
  const { control } = await start();
  const { url } = await receive("wwanother");
  await expect(control.setCallback({ url, ...keys })).rejects.toMatchObject({ errcode: -30065 });
  await expect(control.setCallback({ url: "http://127.0.0.1:9/", ...keys })).rejects.toMatchObject({ errcode: -30065 });
});
