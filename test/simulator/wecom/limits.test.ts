import { expect, test } from "vitest";
import { as, call, empty, start } from "./support.ts";

test("calls over the limit of a minute are 45009 for a minute, for that API and that corp only", async () => {
  const wecom = await start({
    clock,
    corps: [
      { shape: tiny, limits: { perMinute: 3 } },
      { shape: tiny, limits: { perMinute: 3 } },
    ],
  });
  const [one, two] = wecom.corps;
  if (!one || !two) throw new Error("two corps");
  const address = await as(wecom.url, one).address("department/list", {});
  const codes = [];
  for (let calls = 0; calls < 5; calls += 1) codes.push((await call(address)).errcode);
  expect(codes).toEqual([0, 0, 0, 45009, 45009]);
  expect((await as(wecom.url, one).get("tag/list")).errcode).toBe(0);
  expect((await as(wecom.url, two).get("department/list")).errcode).toBe(0);
  one.control.advanceClock(59_000);
  expect((await call(address)).errcode).toBe(45009);
  one.control.advanceClock(2_000);
  expect((await call(address)).errcode).toBe(0);
});

test("the limit of an hour blocks for an hour", async () => {
  const wecom = await empty({ clock, limits: { perHour: 2 } });
  const address = await as(wecom.url, wecom).address("department/list", {});
  const code = async () => (await call(address)).errcode;
  expect([await code(), await code(), await code()]).toEqual([0, 0, 45009]);
  wecom.control.advanceClock(3_599_000);
  expect(await code()).toBe(45009);
  wecom.control.advanceClock(2_000);
  expect(await code()).toBe(0);
});

test("debug=1 is good for five calls a minute", async () => {
  const wecom = await empty();
  const address = await as(wecom.url, wecom).address("department/list", { debug: 1 });
  const codes = [];
  for (let calls = 0; calls < 6; calls += 1) codes.push((await call(address)).errcode);
  expect(codes).toEqual([0, 0, 0, 0, 0, 45009]);
});

test("more calls at one time than the corp may are 45033", async () => {
  const wecom = await empty({ limits: { concurrent: 2 } });
  const { control } = wecom;
  const address = await as(wecom.url, wecom).address("department/list", {});
  control.addFault({ endpoint: "department/list", times: 2, answer: { kind: "hang" } });
  const cut = Promise.allSettled([fetch(address), fetch(address)]);
  while (control.requests()["department/list"] !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await call(address)).toMatchObject({ errcode: 45033, department: [] });
  control.clearFaults();
  expect((await cut).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await call(address)).errcode).toBe(0);
});

test("a reply over the size that the corp's server sends is 45029", async () => {
  const wecom = await start({ limits: { replyBytes: 1000 } });
  const api = as(wecom.url, wecom);
  expect(await api.get("user/list", { department_id: 1 })).toMatchObject({ errcode: 45029, userlist: [] });
});

// Stands still, so that nothing depends on how fast the test runs.
const clock = () => 1_700_000_000_000;
const tiny = { members: 0, departments: 1, seed: 1 };
