import { expect, test } from "vitest";
import { as, empty, start, walk } from "./support.ts";

/** 1 ─┬─ 2 ── 3 with two of them in sight, and 4 that is not. */
async function restricted() {
  const wecom = await empty();
  const { control } = wecom;
  for (const [id, name, parentid] of [
    [2, "研发", 1],
    [3, "前端", 2],
    [4, "财务", 1],
  ] as const) {
    control.createDepartment({ id, name, parentid });
  }
  control.createMember({ userid: "boss", name: "总", department: [1] });
  control.createMember({ userid: "cfo", name: "财", department: [4], direct_leader: ["boss"] });
  control.createMember({
    userid: "both",
    name: "跨",
    department: [4, 3, 2],
    order: [40, 30, 20],
    is_leader_in_dept: [1, 0, 1],
    direct_leader: ["cfo"],
    main_department: 4,
  });
  control.createMember({ userid: "dev", name: "开", department: [3], direct_leader: ["both", "boss"] });
  control.setScope({ departments: [2], users: [], tags: [] });
  return wecom;
}

test("a restricted app sees its departments with their subtrees, and no ancestors", async () => {
  const wecom = await restricted();
  const api = as(wecom.url, wecom);
  expect((await api.get("department/list"))["department"]).toMatchObject([
    { id: 2, parentid: 1 },
    { id: 3, parentid: 2 },
  ]);
  expect(await api.get("department/list", { id: 1 })).toMatchObject({ errcode: 60011, department: [] });
  expect((await api.get("department/get", { id: 4 })).errcode).toBe(60011);
  expect(await api.get("user/list", { department_id: 4 })).toMatchObject({ errcode: 60011, userlist: [] });
});

test("where the corp shows ancestors they come with or without their names, and still without their members", async () => {
  const wecom = await restricted();
  const api = as(wecom.url, wecom);
  wecom.control.setSettings({ ancestors: "nameless" });
  expect((await api.get("department/list"))["department"][0]).toEqual({ id: 1, parentid: 0, order: 100_000_000 });
  wecom.control.setSettings({ ancestors: "named" });
  expect((await api.get("department/list"))["department"][0]).toMatchObject({ id: 1, name: "示例集团" });
  expect((await api.get("user/list", { department_id: 1 })).errcode).toBe(60011);
});

test("department, order and is_leader_in_dept are filtered together, leaders to those in sight", async () => {
  const wecom = await restricted();
  const api = as(wecom.url, wecom);
  expect(await api.get("user/get", { userid: "both" })).toMatchObject({
    department: [3, 2],
    order: [30, 20],
    is_leader_in_dept: [0, 1],
    direct_leader: [],
    main_department: 4,
  });
  expect((await api.get("user/get", { userid: "dev" }))["direct_leader"]).toEqual(["both"]);
  expect((await api.get("department/get", { id: 2 }))["department"]["department_leader"]).toEqual(["both"]);
  wecom.control.setSettings({ hiddenMainDepartment: "omitted" });
  expect(await api.get("user/get", { userid: "both" })).not.toHaveProperty("main_department");
});

test("out of scope looks like gone", async () => {
  const wecom = await restricted();
  const api = as(wecom.url, wecom);
  expect((await api.get("user/get", { userid: "cfo" })).errcode).toBe(60111);
  wecom.control.setSettings({ outOfScopeMember: 60011 });
  expect((await api.get("user/get", { userid: "cfo" })).errcode).toBe(60011);
});

test("members named one by one are readable but no list shows them; agent/get names them", async () => {
  const wecom = await restricted();
  const { control } = wecom;
  control.setScope({ departments: [], users: ["CFO"], tags: [] });
  const api = as(wecom.url, wecom);
  expect(await api.get("department/list")).toMatchObject({ errcode: 0, department: [] });
  expect(await api.get("user/get", { userid: "cfo" })).toMatchObject({ errcode: 0, department: [], order: [] });
  expect(await api.get("agent/get", { agentid: wecom.agentId })).toMatchObject({
    agentid: wecom.agentId,
    allow_userinfos: { user: [{ userid: "cfo" }] },
    allow_partys: { partyid: [] },
    allow_tags: { tagid: [] },
  });
  control.renameUserid("cfo", "finance");
  expect((await api.get("user/get", { userid: "finance" })).errcode).toBe(0);
  control.setSettings({ emptyTree: "refused" });
  expect((await api.get("department/list")).errcode).toBe(60011);
});

test("a tag in the scope shows its users and its departments' people", async () => {
  const wecom = await restricted();
  const { control } = wecom;
  const tag = control.createTag({ tagname: "可见" });
  control.changeTagMembers(tag, { addUsers: ["boss"], addDepartments: [4] });
  control.setScope({ departments: [], users: [], tags: [tag] });
  const api = as(wecom.url, wecom);
  expect((await api.get("user/get", { userid: "boss" })).errcode).toBe(0);
  expect([...(await walk(api)).keys()]).toEqual(["cfo", "both"]);
  expect((await api.get("user/get", { userid: "dev" })).errcode).toBe(60111);
});

test("what is deleted falls out of the scope", async () => {
  const wecom = await restricted();
  const { control } = wecom;
  control.setScope({ departments: [2, 4], users: ["boss"], tags: [] });
  control.deleteMember("boss");
  control.moveMember("both", [3]);
  control.moveMember("cfo", [1]);
  control.deleteDepartment(4);
  expect(control.scope()).toEqual({ departments: [2], users: [], tags: [] });
  expect(() => control.setScope({ departments: [99], users: [], tags: [] })).toThrow("department 99 does not exist");
});

test("agent/get refuses another agent's id", async () => {
  const wecom = await start();
  expect((await as(wecom.url, wecom).get("agent/get", { agentid: 1 })).errcode).toBe(301002);
  expect((await as(wecom.url, wecom).get("agent/get")).errcode).toBe(40056);
});
