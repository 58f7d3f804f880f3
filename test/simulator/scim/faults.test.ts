import { expect, test } from "vitest";
import type { FaultOrder } from "../../../src/simulator/scim/fault.ts";
import { type Client, patchUrn, start, userUrn } from "./support.ts";

const body = (userName: string) => ({ schemas: [userUrn], userName });
const post = (client: Client, userName: string) => client.call("POST", "/Users", body(userName));

/** A client whose first POST met this fault: how that ended, and how many users there are. */
async function struck(effect: FaultOrder["effect"]) {
  const client = await start();
  client.simulator.control.fault({ effect, times: 1 });
  const answer = await post(client, "a").catch((error: Error) => error);
  return { client, answer, users: client.simulator.control.counts().users };
}

test("a status is answered with its headers and body, and nothing is done", async () => {
  const { client, answer, users } = await struck({ kind: "status", status: 503, headers: { "retry-after": "7" } });
  expect(answer).toMatchObject({ status: 503, body: { status: "503" } });
  expect("headers" in answer && answer.headers.get("retry-after")).toBe("7");
  expect(users).toBe(0);
  expect((await post(client, "a")).status).toBe(201);
  const own = await struck({
    kind: "status",
    status: 502,
    headers: { "content-type": "text/plain" },
    body: "bad gateway",
  });
  expect(own.answer).toMatchObject({ status: 502, text: "bad gateway" });
});

test("a status can also hide that the request was carried out", async () => {
  const { answer, users } = await struck({ kind: "status", status: 500, commit: true });
  expect(answer).toMatchObject({ status: 500 });
  expect(users).toBe(1);
});

test("throttling tells when to come back, in seconds or as a date", async () => {
  const seconds = await struck({ kind: "throttle", seconds: 3 });
  expect(seconds.answer).toMatchObject({ status: 429 });
  expect("headers" in seconds.answer && seconds.answer.headers.get("retry-after")).toBe("3");
  const date = await struck({ kind: "throttle", seconds: 3, form: "date" });
  expect("headers" in date.answer && date.answer.headers.get("retry-after")).toMatch(/^[A-Z][a-z]{2}, \d\d .* GMT$/);
});

test("a connection is reset before the write or after it", async () => {
  const before = await struck({ kind: "reset" });
  expect(before.answer).toBeInstanceOf(TypeError);
  expect(before.users).toBe(0);
  const after = await struck({ kind: "reset", commit: true });
  expect(after.answer).toBeInstanceOf(TypeError);
  expect(after.users).toBe(1);
  expect((await post(after.client, "a")).status).toBe(409);
  expect(after.client.simulator.control.requests().statuses).toEqual({ "0": 1, "409": 1 });
});

test("a request hangs until the client gives up, and the server can be closed meanwhile", async () => {
  const client = await start();
  client.simulator.control.fault({ effect: { kind: "hang", commit: true } });
  const controller = new AbortController();
  const request = fetch(`${client.simulator.url}/Users`, {
    method: "POST",
    headers: { authorization: `Bearer ${client.simulator.token}`, "content-type": "application/scim+json" },
    body: JSON.stringify(body("a")),
    signal: controller.signal,
  });
  await expect.poll(() => client.simulator.control.counts().users).toBe(1);
  controller.abort();
  await expect(request).rejects.toThrow();
  await expect.poll(() => client.simulator.control.requests().statuses).toEqual({ "0": 1 });
  const second = post(client, "b");
  await expect.poll(() => client.simulator.control.counts().users).toBe(2);
  const failed = expect(second).rejects.toThrow();
  await client.simulator.close();
  await failed;
});

test("answers come as HTML, cut short, without an id or with a wrong one", async () => {
  const html = await struck({ kind: "html" });
  expect(html.answer).toMatchObject({ status: 200, text: expect.stringContaining("<!doctype html>") });
  expect(html.users).toBe(0);
  const truncated = await struck({ kind: "truncated" });
  expect(truncated.answer).toMatchObject({ status: 201, text: expect.stringMatching(/^\{"schemas"/) });
  expect(() => JSON.parse("text" in truncated.answer ? truncated.answer.text : "{}")).toThrow(SyntaxError);
  const cut = await struck({ kind: "cut" });
  expect(cut.answer).toBeInstanceOf(TypeError);
  const withoutId = await struck({ kind: "without-id" });
  expect(withoutId.answer).toMatchObject({ status: 201, body: { userName: "a" } });
  expect("body" in withoutId.answer && withoutId.answer.body).not.toHaveProperty("id");
  const wrongId = await struck({ kind: "wrong-id" });
  const id = "body" in wrongId.answer ? String(wrongId.answer.body["id"]) : "";
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(wrongId.client.simulator.control.dump().users.map((user) => user.id)).not.toContain(id);
  for (const { users } of [truncated, cut, withoutId, wrongId]) expect(users).toBe(1);
  const delayed = await struck({ kind: "delay", ms: 1 });
  expect(delayed.answer).toMatchObject({ status: 201 });
});

test("a fault strikes what it matches, after those it skips, as often as it says", async () => {
  const client = await start();
  const { control } = client.simulator;
  const effect = { kind: "status", status: 500 } as const;
  control.fault({ match: { method: "post", type: "User", body: "struck" }, skip: 1, times: 2, effect });
  control.fault({ match: { path: "filter=" }, effect: { kind: "status", status: 504 } });
  const statuses: number[] = [];
  for (const name of ["other", "struck-1", "struck-2", "struck-3", "struck-4"])
    statuses.push((await post(client, name)).status);
  expect(statuses).toEqual([201, 201, 500, 500, 201]);
  expect((await client.call("GET", "/Users")).status).toBe(200);
  expect((await client.call("GET", "/Groups?filter=id%20pr")).status).toBe(504);
  expect(control.faults().map((fault) => fault.struck)).toEqual([2, 1]);
  control.clearFault(control.faults()[1]?.id);
  expect((await client.call("GET", "/Groups?filter=id%20pr")).status).toBe(200);
});

test("a probability strikes the same requests for the same seed", async () => {
  const pattern = async (seed: number) => {
    const client = await start();
    client.simulator.control.fault({ probability: 0.5, seed, effect: { kind: "status", status: 500 } });
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1) statuses.push((await client.call("GET", "/Users")).status);
    return statuses;
  };
  const first = await pattern(7);
  expect(new Set(first)).toEqual(new Set([200, 500]));
  expect(await pattern(7)).toEqual(first);
  expect(await pattern(8)).not.toEqual(first);
});

test("while it is down every SCIM request finds its connection reset, and afterwards all is there", async () => {
  const client = await start();
  const id = await client.user("a");
  client.simulator.control.setDown(true);
  await expect(client.call("GET", `/Users/${id}`)).rejects.toThrow("fetch failed");
  await expect(client.call("PATCH", `/Users/${id}`, { schemas: [patchUrn] })).rejects.toThrow("fetch failed");
  client.simulator.control.setDown(false);
  expect((await client.call("GET", `/Users/${id}`)).status).toBe(200);
});
