import type { Reply, Script } from "./fake-wecom.ts";

export const ok = { errcode: 0, errmsg: "ok" };

/** A corp of four departments: 1 above 2 and 3, 2 above 4. Its members are listed where they belong. */
export const departments = [
  { id: 1, name: "总部", parentid: 0, order: 4294967295 },
  { id: 2, name: "研发", parentid: 1, order: 10 },
  { id: 3, name: "销售", parentid: 1, order: 9 },
  { id: 4, name: "平台", parentid: 2, order: 8 },
];
export const people: readonly Record<string, unknown>[] = [
  { userid: "Boss", name: "a", department: [1], main_department: 1, direct_leader: [] },
  { userid: "dev.One", name: "b", department: [2, 3], main_department: "2", direct_leader: ["Boss"] },
  { userid: "dev.two", name: "c", department: [4], main_department: 4, direct_leader: ["dev.One", "Boss"] },
];

export function corp(changes: Readonly<Record<string, Script>> = {}): Readonly<Record<string, Script>> {
  return {
    "department/list": () => ({ ...ok, department: departments }),
    "user/list": ({ query }) => ({
      ...ok,
      userlist: people.filter(({ department }) => (department as number[]).includes(Number(query["department_id"]))),
    }),
    "tag/list": () => ({ ...ok, taglist: [{ tagid: 7, tagname: "骨干" }] }),
    "tag/get": () => ({ ...ok, tagname: "骨干", userlist: [{ userid: "dev.One", name: "b" }], partylist: [4] }),
    ...changes,
  };
}

/** user/list as in the corp, with another answer for one department. */
export function except(id: number, reply: Reply): Script {
  const usual = corp()["user/list"] as Script;
  return (call) => (call.query["department_id"] === String(id) ? reply : usual(call));
}

export const agentScope = (scope: { users?: string[]; departments?: number[]; tags?: number[] }): Script => {
  const { users = [], departments: partyid = [], tags: tagid = [] } = scope;
  return () => ({
    ...ok,
    agentid: 1000002,
    close: 0,
    allow_userinfos: { user: users.map((userid) => ({ userid })) },
    allow_partys: { partyid },
    allow_tags: { tagid },
  });
};
