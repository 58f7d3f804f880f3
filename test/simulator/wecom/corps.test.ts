import { expect, test } from "vitest";
import { startWecomSimulator } from "../../../src/simulator/wecom/wecom.ts";
import { as, start, walk } from "./support.ts";

test("two corps of one shape have the same userids and department ids and nothing else in common", async () => {
  const shape = { members: 50, departments: 8, seed: 1 };
  const wecom = await start({ corps: [{ shape }, { shape }] });
  const [one, two] = wecom.corps;
  if (!one || !two) throw new Error("two corps");
  expect(one.corpId).not.toBe(two.corpId);
  expect(one.appSecret).not.toBe(two.appSecret);
  const first = await walk(as(wecom.url, one));
  expect([...first.keys()]).toEqual([...(await walk(as(wecom.url, two))).keys()]);
  one.control.deleteMember("7");
  one.control.revokeTokens();
  one.control.advanceClock(10_000_000);
  one.control.addFault({ endpoint: "*", answer: { kind: "reset" } });
  expect((await as(wecom.url, two).get("user/get", { userid: "7" })).errcode).toBe(0);
  expect(two.control.requests()["user/get"]).toBe(1);
  expect(one.control.requests()).not.toHaveProperty("user/get");
});

test("the first corp's credentials are those of the simulator, and follow from its seed", async () => {
  const options = { shape: { members: 1, departments: 1, seed: 77 } };
  const [one, again] = [await start(options), await start(options)];
  expect(one.corps[0]).toMatchObject({ corpId: one.corpId, appSecret: one.appSecret });
  expect(again).toMatchObject({ corpId: one.corpId, appSecret: one.appSecret, contactsSecret: one.contactsSecret });
  expect(await start({ ...options, corpId: "wwgiven", agentId: 7 })).toMatchObject({ corpId: "wwgiven", agentId: 7 });
});

test("two corps with one id, and a port that is taken, stop the start", async () => {
  const corp = { corpId: "ww1", shape: { members: 0, departments: 1, seed: 1 } };
  await expect(startWecomSimulator({ corps: [corp, { ...corp, corpId: "WW1" }] })).rejects.toThrow("same corp id");
  const wecom = await start(corp);
  await expect(startWecomSimulator({ ...corp, port: Number(new URL(wecom.url).port) })).rejects.toThrow("EADDRINUSE");
});
