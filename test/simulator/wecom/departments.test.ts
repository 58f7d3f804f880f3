import { expect, test } from "vitest";
import { as, empty } from "./support.ts";

async function threeLevels() {
  const wecom = await empty();
  const { control } = wecom;
  control.createDepartment({ id: 7, name: "研发", name_en: "R&D", parentid: 1, order: 4_294_967_295 });
  control.createDepartment({ id: 3, name: "前端", parentid: 7 });
  control.createDepartment({ id: 9, name: "前端", parentid: 1 });
  control.createMember({ userid: "lead", name: "甲", department: [7, 3], is_leader_in_dept: [1, 0] });
  return wecom;
}

test("department/list gives an array, the department asked for with all below it", async () => {
  const wecom = await threeLevels();
  const api = as(wecom.url, wecom);
  const all = await api.get("department/list");
  expect(all["department"].map(({ id }: { id: number }) => id)).toEqual([1, 3, 7, 9]);
  expect(all["department"][0]).toMatchObject({ id: 1, parentid: 0 });
  const below = await api.get("department/list", { id: 7 });
  expect(below).toEqual({
    errcode: 0,
    errmsg: "ok",
    department: [
      { id: 3, name: "前端", department_leader: [], parentid: 7, order: 100_000 },
      { id: 7, name: "研发", name_en: "R&D", department_leader: ["lead"], parentid: 1, order: 4_294_967_295 },
    ],
  });
});

test("department/simplelist gives objects under department_id, department/get one object", async () => {
  const wecom = await threeLevels();
  const api = as(wecom.url, wecom);
  expect((await api.get("department/simplelist", { id: 7 }))["department_id"]).toEqual([
    { id: 3, parentid: 7, order: 100_000 },
    { id: 7, parentid: 1, order: 4_294_967_295 },
  ]);
  expect((await api.get("department/get", { id: 9 }))["department"]).toEqual({
    id: 9,
    name: "前端",
    department_leader: [],
    parentid: 1,
    order: 100_000,
  });
});

test("unknown, malformed and missing ids have their codes, with an empty list beside them", async () => {
  const wecom = await threeLevels();
  const api = as(wecom.url, wecom);
  expect(await api.get("department/list", { id: 99 })).toMatchObject({ errcode: 60003, department: [] });
  expect(await api.get("department/simplelist", { id: "abc" })).toMatchObject({ errcode: 60123, department_id: [] });
  expect(await api.get("user/list", { department_id: 99 })).toMatchObject({ errcode: 60003, userlist: [] });
  const one = await api.get("department/get");
  expect(one.errcode).toBe(40063);
  expect(one).not.toHaveProperty("department");
  wecom.control.setSettings({ unknownDepartment: 60123 });
  expect((await api.get("department/get", { id: 99 })).errcode).toBe(60123);
});

test("a path that WeCom doesn't have is no JSON and no 200", async () => {
  const wecom = await empty();
  expect((await fetch(`${wecom.url}/cgi-bin/user/everything`)).status).toBe(404);
});
