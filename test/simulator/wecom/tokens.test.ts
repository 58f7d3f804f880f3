import { expect, test } from "vitest";
import { as, call, empty, start } from "./support.ts";

test("asking again within the validity gives the same token, each secret has its own", async () => {
  const wecom = await empty();
  const first = await as(wecom.url, wecom).token();
  expect(await as(wecom.url, wecom).token()).toBe(first);
  expect(await as(wecom.url, wecom, "contacts").token()).not.toBe(first);
});

test("a token lasts 7200 seconds of the corp's clock, then 42001, and gettoken gives another", async () => {
  const wecom = await empty({ clock });
  const old = await as(wecom.url, wecom).token();
  wecom.control.advanceClock(7_199_000);
  expect(await as(wecom.url, wecom).token()).toBe(old);
  wecom.control.advanceClock(1_000);
  const late = await call(`${wecom.url}/cgi-bin/department/list?access_token=${old}`);
  expect(late).toMatchObject({ errcode: 42001, department: [] });
  expect(await as(wecom.url, wecom).token()).not.toBe(old);
});

test("tokens can be expired (42001) and revoked (40014) early, one secret at a time", async () => {
  const wecom = await empty();
  const app = await as(wecom.url, wecom).token();
  const contacts = await as(wecom.url, wecom, "contacts").token();
  const tree = async (token: string) =>
    (await call(`${wecom.url}/cgi-bin/department/simplelist?access_token=${token}`)).errcode;
  wecom.control.expireTokens("app");
  expect([await tree(app), await tree(contacts)]).toEqual([42001, 0]);
  wecom.control.revokeTokens();
  expect(await tree(contacts)).toBe(40014);
  expect(await as(wecom.url, wecom).token()).not.toBe(app);
});

test("gettoken tells a wrong secret, a foreign secret, a wrong corp and missing parameters apart", async () => {
  const wecom = await start({ corps: [{ shape: tiny }, { shape: tiny }] });
  const [one, two] = wecom.corps;
  const ask = async (query: string) => (await call(`${wecom.url}/cgi-bin/gettoken?${query}`)).errcode;
  expect(await ask(`corpid=${one?.corpId}&corpsecret=nonsense`)).toBe(40001);
  expect(await ask(`corpid=${one?.corpId}&corpsecret=${two?.appSecret}`)).toBe(40091);
  expect(await ask(`corpid=wwnobody&corpsecret=${one?.appSecret}`)).toBe(40013);
  expect(await ask(`corpsecret=${one?.appSecret}`)).toBe(41002);
  expect(await ask(`corpid=${one?.corpId}`)).toBe(41004);
  expect(await ask(`corpid=${one?.corpId.toUpperCase()}&corpsecret=${one?.appSecret}`)).toBe(0);
});

test("the credential is read from the query only", async () => {
  const wecom = await empty();
  const token = await as(wecom.url, wecom, "contacts").token();
  const answer = await call(`${wecom.url}/cgi-bin/user/list_id`, {
    method: "POST",
    body: JSON.stringify({ access_token: token, limit: 10 }),
  });
  expect(answer).toMatchObject({ errcode: 41001, dept_user: [] });
});

test("too many wrong secrets ban the IP for an hour, also for calls with a good token", async () => {
  const wecom = await empty({ clock, limits: { wrongSecrets: 3 } });
  const token = await as(wecom.url, wecom).token();
  const wrong = async () => (await call(`${wecom.url}/cgi-bin/gettoken?corpid=${wecom.corpId}&corpsecret=no`)).errcode;
  expect([await wrong(), await wrong(), await wrong(), await wrong()]).toEqual([40001, 40001, 40001, 45009]);
  const tree = `${wecom.url}/cgi-bin/department/list?access_token=${token}`;
  expect((await call(tree)).errcode).toBe(45009);
  wecom.control.advanceClock(3_600_000 - 60_000);
  expect((await call(tree)).errcode).toBe(45009);
  wecom.control.advanceClock(61_000);
  expect((await call(tree)).errcode).toBe(0);
});

test("too many wrong tokens ban the IP too", async () => {
  const wecom = await empty({ limits: { wrongTokens: 2 } });
  const wrong = async () => (await call(`${wecom.url}/cgi-bin/department/list?access_token=no`)).errcode;
  expect([await wrong(), await wrong(), await wrong()]).toEqual([40014, 40014, 45009]);
  await expect(as(wecom.url, wecom).token()).rejects.toThrow("api freq out of limit");
});

test("a disabled app gets 40001 for a token and 50003 for its calls", async () => {
  const wecom = await empty();
  const token = await as(wecom.url, wecom).token();
  wecom.control.setSettings({ appEnabled: false });
  expect((await call(`${wecom.url}/cgi-bin/user/list?department_id=1&access_token=${token}`)).errcode).toBe(50003);
  await expect(as(wecom.url, wecom).token()).rejects.toThrow("invalid credential");
  expect((await as(wecom.url, wecom, "contacts").get("department/simplelist")).errcode).toBe(0);
});

test("an IP that is not trusted gets 60020 with its address; a new entry works after a minute", async () => {
  const wecom = await empty({ clock, trustedIps: { app: ["192.0.2.1"] } });
  const api = as(wecom.url, wecom);
  const refused = await api.get("department/list");
  expect(refused.errcode).toBe(60020);
  expect(refused.errmsg).toMatch(
    /^not allow to access from your ip, hint: \[\d+\], from ip: 127\.0\.0\.1, more info at /,
  );
  wecom.control.setTrustedIps("app", ["192.0.2.1", "127.0.0.1"]);
  wecom.control.advanceClock(59_000);
  expect((await api.get("department/list")).errcode).toBe(60020);
  wecom.control.advanceClock(1_000);
  expect((await api.get("department/list")).errcode).toBe(0);
  expect((await as(wecom.url, wecom, "contacts").get("department/simplelist")).errcode).toBe(0);
});

test("the token is judged before the IP, the IP before the permission", async () => {
  const wecom = await empty({ trustedIps: { app: [], contacts: [] } });
  expect((await call(`${wecom.url}/cgi-bin/user/list_id?access_token=no`)).errcode).toBe(40014);
  expect((await as(wecom.url, wecom).post("user/list_id", {})).errcode).toBe(60020);
});

// Stands still, so that nothing depends on how fast the test runs.
const clock = () => 1_700_000_000_000;
const tiny = { members: 0, departments: 1, seed: 1 };
