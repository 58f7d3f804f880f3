import { expect, test } from "vitest";
import { as, call, empty } from "./support.ts";

async function corp() {
  const wecom = await empty();
  wecom.control.createDepartment({ id: 2, name: "研发", parentid: 1 });
  wecom.control.createMember({ userid: "dev", name: "开", department: [2] });
  const api = as(wecom.url, wecom);
  return { wecom, control: wecom.control, api, list: await api.address("user/list", { department_id: 2 }) };
}

test("an errcode strikes as often as ordered, with hint, IP and the empty list", async () => {
  const { control, list } = await corp();
  control.addFault({ endpoint: "user/list", times: 2, answer: { kind: "errcode", errcode: -1 } });
  const first = await call(list);
  expect(first).toMatchObject({ errcode: -1, userlist: [] });
  expect(first.errmsg).toMatch(/^system busy, hint: \[\d+\], from ip: 127\.0\.0\.1, more info at .*e=-1$/);
  expect((await call(list)).errcode).toBe(-1);
  expect((await call(list)).errcode).toBe(0);
});

test("a fault can be for one department, one member, one tag or one secret, and begin later", async () => {
  const { wecom, control, api } = await corp();
  const answer = { kind: "errcode", errcode: 48006 } as const;
  control.addFault({ endpoint: "user/list", department: 2, after: 1, answer });
  control.addFault({ endpoint: "*", userid: "DEV", answer });
  control.addFault({ endpoint: "department/simplelist", credential: "contacts", answer });
  const list = async (id: number) => (await api.get("user/list", { department_id: id })).errcode;
  expect([await list(1), await list(2), await list(1), await list(2)]).toEqual([0, 0, 0, 48006]);
  expect((await api.get("user/get", { userid: "dev" })).errcode).toBe(48006);
  expect((await api.get("department/simplelist")).errcode).toBe(0);
  expect((await as(wecom.url, wecom, "contacts").get("department/simplelist")).errcode).toBe(48006);
});

test("gettoken can fail too", async () => {
  const { control, api } = await corp();
  control.addFault({ endpoint: "gettoken", times: 1, answer: { kind: "errcode", errcode: 45009 } });
  await expect(api.token()).rejects.toThrow("api freq out of limit");
  expect(await api.token()).not.toBe("");
});

test("a gateway's page, a broken status and a JSON text that breaks off", async () => {
  const { control, list } = await corp();
  control.addFault({ endpoint: "user/list", times: 1, answer: { kind: "html" } });
  const page = await fetch(list);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  expect(await page.text()).toMatch(/^<html>/);
  control.addFault({ endpoint: "user/list", times: 1, answer: { kind: "status", status: 502 } });
  expect((await fetch(list)).status).toBe(502);
  control.addFault({ endpoint: "user/list", times: 1, answer: { kind: "malformed" } });
  const broken = await (await fetch(list)).text();
  expect(broken).toMatch(/^\{"errcode":0,/);
  expect(() => JSON.parse(broken)).toThrow(SyntaxError);
  expect((await call(list)).errcode).toBe(0);
});

test("an answer that ends too early and a connection that is reset", async () => {
  const { control, list } = await corp();
  control.addFault({ endpoint: "user/list", times: 1, answer: { kind: "truncated" } });
  const response = await fetch(list);
  await expect(response.text()).rejects.toThrow("terminated");
  control.addFault({ endpoint: "user/list", times: 1, answer: { kind: "reset" } });
  await expect(fetch(list)).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  expect((await call(list)).errcode).toBe(0);
});

test("a hanging call is cut off when the faults are cleared", async () => {
  const { control, list } = await corp();
  control.addFault({ endpoint: "user/list", answer: { kind: "hang" } });
  const hanging = fetch(list);
  const cut = expect(hanging).rejects.toThrow();
  while (control.requests()["user/list"] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  control.clearFaults();
  await cut;
  expect((await call(list)).errcode).toBe(0);
});

test("closing the simulator doesn't wait for a hanging call", async () => {
  const { wecom, control, list } = await corp();
  control.addFault({ endpoint: "user/list", answer: { kind: "hang" } });
  const cut = expect(fetch(list)).rejects.toThrow();
  while (control.requests()["user/list"] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  await wecom.close();
  await cut;
  // The port is free again.
  await empty({ port: Number(new URL(wecom.url).port) });
});

test("the counters tell how often each endpoint was called, refused calls included", async () => {
  const { control, api, list } = await corp();
  control.resetRequests();
  await call(list);
  await call(list);
  await api.get("department/get", { id: 99 });
  expect(control.requests()).toEqual({ "user/list": 2, "department/get": 1 });
});
