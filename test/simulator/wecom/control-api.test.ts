import { expect, test } from "vitest";
import { as, empty, start } from "./support.ts";

function controlling(url: string, corpId: string) {
  return async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${url}/_control/${corpId}/${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
}

test("members, departments and tags are made, changed and taken away over HTTP", async () => {
  const wecom = await empty();
  const control = controlling(wecom.url, wecom.corpId);
  expect(await control("POST", "departments", { id: 2, name: "研发", parentid: 1 })).toEqual({
    status: 201,
    body: { id: 2 },
  });
  expect((await control("PATCH", "departments/2", { name: "研究", name_en: "R" })).status).toBe(204);
  const made = await control("POST", "members", { userid: "a.b@c", name: "__proto__", department: [1], status: 1 });
  expect(made).toMatchObject({ status: 201, body: { userid: "a.b@c", main_department: 1 } });
  expect((await control("PATCH", "members/a.b@c", { position: "主管" })).body).toMatchObject({ position: "主管" });
  expect((await control("PATCH", "members/a.b@c", { position: null })).body).not.toHaveProperty("position");
  expect((await control("POST", "members/a.b@c/move", { departments: [2] })).body).toMatchObject({ department: [2] });
  expect((await control("POST", "members/a.b@c/rename", { userid: "new" })).status).toBe(204);
  expect((await control("POST", "tags", { tagname: "标" })).body).toEqual({ id: 1 });
  expect((await control("PATCH", "tags/1", { tagname: "签", addUsers: ["new"], addDepartments: [2] })).status).toBe(
    204,
  );
  expect((await control("GET", "truth")).body).toEqual({
    corpId: wecom.corpId,
    departments: [
      { id: 1, name: "示例集团", department_leader: [], parentid: 0, order: 100_000_000 },
      { id: 2, name: "研究", name_en: "R", department_leader: [], parentid: 1, order: 100_000 },
    ],
    tags: [{ tagid: 1, tagname: "签", users: ["new"], departments: [2] }],
    members: [
      {
        userid: "new",
        name: "__proto__",
        department: [2],
        order: [0],
        is_leader_in_dept: [0],
        direct_leader: [],
        status: 1,
        main_department: 2,
        enable: 1,
      },
    ],
  });
  expect((await control("DELETE", "tags/1")).status).toBe(204);
  expect((await control("DELETE", "members/new")).status).toBe(204);
  expect((await control("DELETE", "departments/2")).status).toBe(204);
  expect((await control("GET", "truth")).body).toMatchObject({ tags: [], members: [], departments: [{ id: 1 }] });
});

test("scope, settings, limits, IPs, tokens, clock and faults over HTTP", async () => {
  const wecom = await start();
  const control = controlling(wecom.url, wecom.corpId);
  const api = as(wecom.url, wecom);
  const token = await api.token();
  expect((await control("PUT", "scope", { departments: [2] })).status).toBe(204);
  expect((await control("GET", "scope")).body).toEqual({ departments: [2], users: [], tags: [] });
  expect((await control("GET", "visible-truth?credential=app")).body.members.length).toBeLessThan(200);
  expect((await control("GET", "visible-truth?credential=contacts")).body.members.length).toBe(200);
  expect((await control("PATCH", "settings", { privacy: "new" })).status).toBe(204);
  expect((await control("GET", "settings")).body).toMatchObject({ privacy: "new", contactsIp: "new" });
  expect((await control("PATCH", "limits", { perMinute: 0 })).status).toBe(204);
  expect((await control("GET", "limits")).body).toMatchObject({ perMinute: 0, perHour: 150_000 });
  await control("POST", "faults", { endpoint: "tag/list", answer: { kind: "errcode", errcode: 45033 } });
  expect((await control("GET", "faults")).body).toHaveLength(1);
  expect((await api.get("tag/list")).errcode).toBe(45033);
  await control("DELETE", "faults");
  expect((await api.get("tag/list")).errcode).toBe(0);
  await control("POST", "tokens/revoke", {});
  expect(await api.token()).not.toBe(token);
  await control("POST", "clock/advance", { ms: 7_200_000 });
  await control("POST", "tokens/expire", { credential: "app" });
  await control("PUT", "trusted-ips", { credential: "app", ips: [] });
  expect((await api.get("tag/list")).errcode).toBe(60020);
  expect((await control("GET", "requests")).body["tag/list"]).toBe(4);
  await control("DELETE", "requests");
  expect((await control("GET", "requests")).body).toEqual({});
  expect((await control("POST", "forgive")).status).toBe(204);
});

test("random changes and pages of members over HTTP", async () => {
  const wecom = await start();
  const control = controlling(wecom.url, wecom.corpId);
  expect((await control("POST", "random-changes", { count: 25, seed: "s" })).body).toHaveLength(25);
  const page = (await control("GET", "members?limit=3")).body;
  expect(page.members).toHaveLength(3);
  expect((await control("GET", `members?limit=3&after=${page.next}`)).body.members[0]).not.toEqual(page.members[0]);
});

test("a wrong body says where, a broken rule which, an unknown corp is 404", async () => {
  const wecom = await empty();
  const control = controlling(wecom.url, wecom.corpId);
  const wrong = await control("POST", "members", { userid: "a", name: 5, department: [1], extra: 1 });
  expect(wrong.status).toBe(400);
  expect(wrong.body.error).toMatch(/\/name: /);
  expect(wrong.body.error).toMatch(/extra/);
  expect(await control("POST", "members", { userid: "_", name: "x", department: [1] })).toMatchObject({
    status: 400,
    body: { errcode: 40003 },
  });
  expect((await control("PATCH", "members/__proto__", { name: "x" })).body).toMatchObject({ errcode: 60111 });
  expect((await fetch(`${wecom.url}/_control/nobody/truth`)).status).toBe(404);
});

test("the page at / shows departments and members, escaped and without secrets", async () => {
  const wecom = await empty();
  const { control } = wecom;
  control.createMember({ userid: "a", name: "<script>x</script>", department: [1] });
  const deep = control.createDepartment({ name: "二'&", parentid: 1 });
  for (let index = 0; index < 150; index += 1)
    control.createMember({ userid: `m${index}`, name: "员", department: [deep] });
  const first = await (await fetch(wecom.url)).text();
  expect(first).toContain("&lt;script&gt;x");
  expect(first).not.toContain("<script>");
  expect(first).toContain("二&#39;&amp;");
  expect(first).not.toContain(wecom.appSecret);
  const second = await (await fetch(`${wecom.url}/?department=${deep}&page=1`)).text();
  expect(second.match(/<tr><td>/g)).toHaveLength(50);
  expect(second).toContain("previous");
});
