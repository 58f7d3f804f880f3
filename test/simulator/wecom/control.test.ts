import { expect, test } from "vitest";
import { RuleError } from "../../../src/simulator/wecom/rules.ts";
import { as, empty, start, walk } from "./support.ts";

function errcodeOf(act: () => unknown): number {
  try {
    act();
  } catch (error) {
    if (error instanceof RuleError) return error.errcode;
    throw error;
  }
  return 0;
}

test("what WeCom would refuse is refused with its code, and changes nothing", async () => {
  const { control } = await empty();
  control.createDepartment({ id: 2, name: "研发", parentid: 1 });
  control.createDepartment({ id: 3, name: "前端", parentid: 2 });
  control.createMember({ userid: "Dev", name: "开", department: [3], mobile: "14000000001", email: "a@corp.example" });
  const before = control.truth();
  const person = { userid: "x", name: "某", department: [1] };
  expect(errcodeOf(() => control.createMember({ ...person, userid: "dEV" }))).toBe(60102);
  expect(errcodeOf(() => control.createMember({ ...person, userid: "_x" }))).toBe(40003);
  expect(errcodeOf(() => control.createMember({ ...person, name: "" }))).toBe(60112);
  expect(errcodeOf(() => control.createMember({ ...person, department: [] }))).toBe(60110);
  expect(errcodeOf(() => control.createMember({ ...person, department: [9] }))).toBe(60003);
  expect(errcodeOf(() => control.createMember({ ...person, mobile: "+86 14000000001" }))).toBe(60104);
  expect(errcodeOf(() => control.createMember({ ...person, email: "A@corp.example" }))).toBe(60106);
  expect(errcodeOf(() => control.createMember({ ...person, direct_leader: ["nobody"] }))).toBe(60111);
  expect(errcodeOf(() => control.createMember({ ...person, main_department: 3 }))).toBe(60123);
  expect(errcodeOf(() => control.patchMember("dev", { order: [1, 2] }))).toBe(40058);
  expect(errcodeOf(() => control.createDepartment({ name: "研发", parentid: 1 }))).toBe(60008);
  expect(errcodeOf(() => control.createDepartment({ name: "a:b", parentid: 1 }))).toBe(60009);
  expect(errcodeOf(() => control.createDepartment({ name: "长".repeat(33), parentid: 1 }))).toBe(60125);
  expect(errcodeOf(() => control.patchDepartment(2, { parentid: 3 }))).toBe(60010);
  expect(errcodeOf(() => control.deleteDepartment(2))).toBe(60006);
  expect(errcodeOf(() => control.deleteDepartment(3))).toBe(60005);
  expect(errcodeOf(() => control.deleteDepartment(1))).toBe(60007);
  expect(errcodeOf(() => control.deleteMember("nobody"))).toBe(60111);
  expect(errcodeOf(() => control.renameTag(1, "x"))).toBe(40068);
  expect(control.truth()).toEqual(before);
});

test("no department lies deeper than the 15th level, moved ones and their subtrees neither", async () => {
  const { control } = await empty();
  let parentid = 1;
  for (let level = 2; level <= 15; level += 1) parentid = control.createDepartment({ name: `第${level}级`, parentid });
  expect(errcodeOf(() => control.createDepartment({ name: "过深", parentid }))).toBe(60124);
  const top = control.createDepartment({ name: "树", parentid: 1 });
  control.createDepartment({ name: "枝", parentid: top });
  const up = control.truth().departments.find(({ id }) => id === parentid)?.parentid ?? 0;
  expect(errcodeOf(() => control.patchDepartment(top, { parentid: up }))).toBe(60124);
});

test("leaders, tags and departments follow a renamed userid and forget a deleted one", async () => {
  const wecom = await empty();
  const { control } = wecom;
  control.createMember({ userid: "boss", name: "总", department: [1], is_leader_in_dept: [1] });
  control.createMember({ userid: "dev", name: "开", department: [1], direct_leader: ["boss"] });
  const tag = control.createTag({ tagname: "标" });
  control.changeTagMembers(tag, { addUsers: ["boss", "dev"] });
  control.renameUserid("boss", "Chief");
  const api = as(wecom.url, wecom);
  expect((await api.get("user/get", { userid: "dev" }))["direct_leader"]).toEqual(["Chief"]);
  expect(control.truth()).toMatchObject({
    departments: [{ department_leader: ["Chief"] }],
    tags: [{ users: ["Chief", "dev"] }],
  });
  expect((await api.get("user/get", { userid: "boss" })).errcode).toBe(60111);
  control.deleteMember("chief");
  expect((await api.get("user/list", { department_id: 1 }))["userlist"]).toMatchObject([
    { userid: "dev", direct_leader: [] },
  ]);
  expect(control.truth().tags).toMatchObject([{ users: ["dev"] }]);
});

test("a moved member keeps what he was in the departments where he stays", async () => {
  const { control } = await empty();
  control.createDepartment({ id: 2, name: "二", parentid: 1 });
  control.createMember({
    userid: "a",
    name: "甲",
    department: [1, 2],
    order: [5, 6],
    is_leader_in_dept: [0, 1],
    main_department: "1",
  });
  control.createDepartment({ id: 3, name: "三", parentid: 1 });
  expect(control.moveMember("a", [3, 2])).toMatchObject({
    department: [3, 2],
    order: [0, 6],
    is_leader_in_dept: [0, 1],
    main_department: "3",
  });
  expect(control.patchMember("a", { position: "主管" })).toMatchObject({ position: "主管" });
  expect(control.patchMember("a", { position: null })).not.toHaveProperty("position");
});

test("what was handed out as the truth doesn't change afterwards", async () => {
  const { control } = await start();
  const before = control.truth();
  const copy = structuredClone(before);
  control.randomChanges(100, 1);
  expect(before).toEqual(copy);
});

test("random changes are as many as asked for, the same for a seed, of every kind, and seen by a reader", async () => {
  const shape = { members: 400, departments: 60, seed: 8 };
  const wecom = await start({ corps: [{ shape }, { shape }] });
  const [one, two] = wecom.corps;
  if (!one || !two) throw new Error("two corps");
  const changes = one.control.randomChanges(600, "x");
  expect(changes).toHaveLength(600);
  expect(two.control.randomChanges(600, "x")).toEqual(changes);
  expect({ ...two.control.truth(), corpId: "" }).toEqual({ ...one.control.truth(), corpId: "" });
  expect(new Set(changes.map(({ kind }) => kind)).size).toBe(15);
  const visible = one.control.visibleTruth();
  expect([...(await walk(as(wecom.url, one))).values()]).toEqual(
    expect.arrayContaining(visible.members as unknown as unknown[]),
  );
});
