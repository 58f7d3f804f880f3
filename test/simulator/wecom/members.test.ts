import { expect, test } from "vitest";
import { as, empty, start } from "./support.ts";

test("user/list gives direct members with all fields, user/simplelist three of them, user/get one at the top level", async () => {
  const wecom = await empty();
  const { control } = wecom;
  const below = control.createDepartment({ name: "下级", parentid: 1 });
  control.createMember({ userid: "Zhang.San", name: "张三", department: [1], status: 1, mobile: "14012345678" });
  control.createMember({ userid: "lisi", name: "李四", department: [below] });
  const api = as(wecom.url, wecom);
  const full = {
    userid: "Zhang.San",
    name: "张三",
    department: [1],
    order: [0],
    is_leader_in_dept: [0],
    direct_leader: [],
    status: 1,
    mobile: "14012345678",
    main_department: 1,
  };
  expect(await api.get("user/list", { department_id: 1 })).toEqual({ errcode: 0, errmsg: "ok", userlist: [full] });
  expect((await api.get("user/simplelist", { department_id: 1 }))["userlist"]).toEqual([
    { userid: "Zhang.San", name: "张三", department: [1] },
  ]);
  expect(await api.get("user/get", { userid: "ZHANG.SAN" })).toEqual({ errcode: 0, errmsg: "ok", ...full });
});

test("fetch_child has no effect unless this corp's server still honours it", async () => {
  const wecom = await empty();
  const below = wecom.control.createDepartment({ name: "下级", parentid: 1 });
  wecom.control.createMember({ userid: "lisi", name: "李四", department: [below] });
  const api = as(wecom.url, wecom);
  const count = async () => (await api.get("user/list", { department_id: 1, fetch_child: 1 }))["userlist"].length;
  expect(await count()).toBe(0);
  wecom.control.setSettings({ fetchChild: true });
  expect(await count()).toBe(1);
});

test("user/get answers 60111 for nobody, 40003 and 40058 for what is no userid", async () => {
  const wecom = await empty();
  const api = as(wecom.url, wecom);
  const code = async (userid: string) => (await api.get("user/get", { userid })).errcode;
  expect(await code("nobody")).toBe(60111);
  expect(await code("张三")).toBe(40003);
  expect(await code("a".repeat(65))).toBe(40058);
  expect((await api.get("user/get")).errcode).toBe(41009);
});

test("a changed member is seen at once, in every department that he has or had", async () => {
  const wecom = await empty();
  const { control } = wecom;
  const other = control.createDepartment({ name: "别处", parentid: 1 });
  control.createMember({ userid: "a1", name: "甲", department: [1] });
  const api = as(wecom.url, wecom);
  const names = async (id: number) =>
    (await api.get("user/list", { department_id: id }))["userlist"].map(({ name }: { name: string }) => name);
  expect([await names(1), await names(other)]).toEqual([["甲"], []]);
  control.patchMember("a1", { name: "乙" });
  expect(await names(1)).toEqual(["乙"]);
  control.moveMember("a1", [other]);
  expect([await names(1), await names(other)]).toEqual([[], ["乙"]]);
  control.deleteMember("A1");
  expect(await names(other)).toEqual([]);
});

test("enable is sent only where the corp sends it, and follows status unless set", async () => {
  const wecom = await empty();
  wecom.control.createMember({ userid: "off", name: "甲", department: [1], status: 2 });
  wecom.control.createMember({ userid: "odd", name: "乙", department: [1], status: 1, enable: 0 });
  const api = as(wecom.url, wecom);
  expect(await api.get("user/get", { userid: "odd" })).not.toHaveProperty("enable");
  wecom.control.setSettings({ sendsEnable: true });
  expect((await api.get("user/get", { userid: "off" }))["enable"]).toBe(0);
  expect((await api.get("user/get", { userid: "odd" }))["enable"]).toBe(0);
});

test("those who left the corp are listed or not, as the corp has it", async () => {
  const wecom = await empty();
  wecom.control.createMember({ userid: "left", name: "甲", department: [1], status: 5 });
  const api = as(wecom.url, wecom);
  const listed = async () => (await api.get("user/list", { department_id: 1 }))["userlist"].length;
  expect(await listed()).toBe(1);
  wecom.control.setSettings({ departedListed: false });
  expect(await listed()).toBe(0);
  expect((await api.get("user/get", { userid: "left" })).errcode).toBe(60111);
  expect((await as(wecom.url, wecom, "contacts").post("user/list_id", {}))["dept_user"]).toEqual([]);
});

test("the new privacy rule takes the sensitive fields away, as missing keys or as empty strings, and zeroes gender", async () => {
  const wecom = await start({ shape: { members: 60, departments: 4, seed: 5 } });
  const sensitive = ["mobile", "email", "biz_mail", "avatar", "thumb_avatar", "qr_code", "address"];
  const read = async () => (await as(wecom.url, wecom).get("user/list", { department_id: 1 }))["userlist"] as object[];
  const before = await read();
  for (const field of sensitive) expect(before.some((member) => Object.hasOwn(member, field))).toBe(true);
  wecom.control.setSettings({ privacy: "new" });
  for (const member of await read()) {
    expect(Object.keys(member).filter((key) => sensitive.includes(key))).toEqual([]);
    expect(member).toMatchObject({ gender: "0" });
  }
  wecom.control.setSettings({ withheld: "empty" });
  for (const member of await read()) {
    expect(member).toMatchObject(Object.fromEntries(sensitive.map((field) => [field, ""])));
  }
});
