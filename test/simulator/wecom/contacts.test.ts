import { expect, test } from "vitest";
import { as, empty, start, walk } from "./support.ts";

test("from a new IP the contacts secret reads ids only, everything else is 48009", async () => {
  const wecom = await start();
  const api = as(wecom.url, wecom, "contacts");
  for (const [name, query] of [
    ["department/list", {}],
    ["department/get", { id: 1 }],
    ["user/get", { userid: "7" }],
    ["user/list", { department_id: 1 }],
    ["user/simplelist", { department_id: 1 }],
  ] as const) {
    expect([name, (await api.get(name, query)).errcode]).toEqual([name, 48009]);
  }
  expect((await api.get("department/simplelist"))["department_id"]).toHaveLength(30);
  expect((await api.get("agent/get", { agentid: wecom.agentId })).errcode).toBe(301002);
});

test("from an old IP the contacts secret reads everything, whatever the app's scope and the privacy rule", async () => {
  const wecom = await start({ settings: { contactsIp: "old", privacy: "new" } });
  wecom.control.setScope({ departments: [], users: [], tags: [] });
  const api = as(wecom.url, wecom, "contacts");
  expect([...(await walk(api)).values()]).toHaveLength(200);
  const truth = wecom.control.truth().members.find(({ mobile }) => mobile);
  expect(await api.get("user/get", { userid: truth?.userid ?? "" })).toMatchObject({ mobile: truth?.mobile });
});

test("user/list_id is for the contacts secret and for POST", async () => {
  const wecom = await start();
  expect(await as(wecom.url, wecom).post("user/list_id", {})).toMatchObject({ errcode: 48002, dept_user: [] });
  const contacts = as(wecom.url, wecom, "contacts");
  expect((await contacts.get("user/list_id")).errcode).toBe(40058);
  expect((await contacts.post("user/list_id", "{")).errcode).toBe(40058);
  expect((await contacts.post("user/list_id", { limit: 10_001 })).errcode).toBe(40058);
  expect((await contacts.post("user/list_id", { cursor: "rubbish" })).errcode).toBe(40058);
});

test("list_id gives one row for each member and department, in pages that cut through a member's rows", async () => {
  const wecom = await start({ shape: { members: 120, departments: 40, seed: 3 } });
  const contacts = as(wecom.url, wecom, "contacts");
  const expected = wecom.control
    .truth()
    .members.flatMap(({ userid, department }) => department.map((id) => `${userid} ${id}`));
  for (const limit of [3, 7, 10_000]) {
    const rows: string[] = [];
    const straddling: string[] = [];
    let cursor = "";
    do {
      const page = await contacts.post("user/list_id", { cursor, limit });
      expect(page["dept_user"].length).toBeLessThanOrEqual(limit);
      const [first] = page["dept_user"];
      if (first && rows.at(-1)?.startsWith(`${first.userid} `)) straddling.push(first.userid);
      for (const { userid, department } of page["dept_user"]) rows.push(`${userid} ${department}`);
      cursor = page["next_cursor"];
    } while (cursor !== "");
    expect(rows).toEqual(expected);
    if (limit === 7) expect(straddling.length).toBeGreaterThan(0);
  }
});

test("the same cursor gives the same page again", async () => {
  const wecom = await start();
  const contacts = as(wecom.url, wecom, "contacts");
  const { next_cursor: cursor } = await contacts.post("user/list_id", { limit: 20 });
  const page = await contacts.post("user/list_id", { cursor, limit: 20 });
  expect(await contacts.post("user/list_id", { cursor, limit: 20 })).toEqual(page);
});

test("an empty corp's list_id is one empty page", async () => {
  const wecom = await empty();
  expect(await as(wecom.url, wecom, "contacts").post("user/list_id", {})).toEqual({
    errcode: 0,
    errmsg: "ok",
    next_cursor: "",
    dept_user: [],
  });
});
