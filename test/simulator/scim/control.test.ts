import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { start } from "./support.ts";

test("the dump tells what is held, as data and line by line over HTTP", async () => {
  const { user, group, call, simulator } = await start();
  const a = await user("a", { title: '"quoted" 😀' });
  const inner = await group("inner", [a]);
  await group("outer", [inner, a]);
  const { users, groups } = simulator.control.dump();
  expect(users).toMatchObject([{ type: "User", id: a, resource: { id: a, userName: "a" }, members: [] }]);
  expect(groups.map(({ members }) => members)).toEqual([
    [{ value: a, type: "User" }],
    [
      { value: inner, type: "Group" },
      { value: a, type: "User" },
    ],
  ]);
  const { text, headers } = await call("GET", `${simulator.controlUrl}/dump`);
  expect(headers.get("content-type")).toBe("application/x-ndjson");
  const lines = text.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([...users, ...groups]);
});

test("a dump of thousands comes whole", async () => {
  const { call, simulator } = await start();
  for (let index = 0; index < 2345; index += 1) simulator.control.add("User", { userName: `u${index}` });
  const { text } = await call("GET", `${simulator.controlUrl}/dump`);
  const names = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).resource.userName);
  expect(names).toEqual(Array.from({ length: 2345 }, (_, index) => `u${index}`));
});

test("data changes behind the client's back, and the protocol shows it", async () => {
  const { user, group, call, ids, simulator } = await start();
  const { control } = simulator;
  const [a, b] = [await user("a", { title: "t" }), await user("b")];
  const team = await group("team", [a]);
  expect(control.modify(a, { userName: "renamed", title: null, active: false })).toBe(true);
  expect((await call("GET", `/Users/${a}`)).body).toMatchObject({ userName: "renamed", active: false });
  expect(await ids("/Users", 'userName eq "renamed"')).toEqual([a]);
  expect(await ids("/Users", 'userName eq "a"')).toEqual([]);
  expect(control.addMember(team, b)).toBe(true);
  expect(control.removeMember(team, a)).toBe(true);
  expect(control.dump().groups[0]?.members).toEqual([{ value: b, type: "User" }]);
  const foreign = control.add("User", { userName: "local-admin" });
  expect(await ids("/Users", 'userName eq "LOCAL-ADMIN"')).toEqual([foreign]);
  expect([control.remove(b), control.remove(b), control.modify(b, {})]).toEqual([true, false, false]);
  expect(control.counts()).toEqual({ users: 2, groups: 1, memberships: 0 });
  control.loseEverything();
  expect((await call("GET", "/Users")).body).toMatchObject({ totalResults: 0 });
  expect(await ids("/Users", 'userName eq "renamed"')).toEqual([]);
  await user("renamed");
  expect(control.violations()).toEqual([]);
});

test("requests are counted by method and type, and kept in order where that is asked for", async () => {
  const { user, call, simulator } = await start({ log: true });
  const id = await user("a");
  await call("GET", "/Users?filter=id%20pr");
  await call("GET", "/ServiceProviderConfig");
  await call("DELETE", `/Users/${id}`);
  const { counts, statuses, log, total } = simulator.control.requests();
  expect(counts).toEqual({ "POST User": 1, "GET User": 1, "GET ServiceProviderConfig": 1, "DELETE User": 1 });
  expect(statuses).toEqual({ "201": 1, "200": 2, "204": 1 });
  expect(log.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
    "POST /Users 201",
    "GET /Users 200",
    "GET /ServiceProviderConfig 200",
    `DELETE /Users/${id} 204`,
  ]);
  expect(total).toBe(4);
  simulator.control.resetJournal();
  expect(simulator.control.requests()).toEqual({ total: 0, counts: {}, statuses: {}, log: [] });
});

test("without the log the latest hundred requests are kept, and all are counted", async () => {
  const { call, simulator } = await start();
  for (let index = 0; index < 250; index += 1) await call("GET", `/Users/${index}`);
  const { log, total } = simulator.control.requests();
  expect([total, log.length, log[0]?.path, log.at(-1)?.path]).toEqual([250, 100, "/Users/150", "/Users/249"]);
});

test("the control is reached over HTTP, with the token only", async () => {
  const { call, simulator } = await start();
  const control = (method: string, path: string, body?: unknown) =>
    call(method, `${simulator.controlUrl}${path}`, body);
  expect((await fetch(`${simulator.controlUrl}/dump`)).status).toBe(401);
  expect((await fetch(`${simulator.controlUrl}/resources`, { method: "DELETE" })).status).toBe(401);

  const id = String((await control("POST", "/resources", { type: "User", attributes: { userName: "a" } })).body["id"]);
  const team = String(
    (await control("POST", "/resources", { type: "Group", attributes: { displayName: "g" } })).body["id"],
  );
  expect((await control("PUT", `/resources/${team}/members/${id}`)).status).toBe(204);
  expect((await control("PATCH", `/resources/${id}`, { title: "t" })).status).toBe(204);
  expect((await call("GET", `/Users/${id}`)).body).toMatchObject({ title: "t", groups: [{ value: team }] });
  expect((await control("GET", "/counts")).body).toEqual({ users: 1, groups: 1, memberships: 1 });
  expect((await control("DELETE", `/resources/${team}/members/${id}`)).status).toBe(204);
  expect((await control("DELETE", `/resources/${team}`)).status).toBe(204);
  expect((await control("DELETE", `/resources/${team}`)).status).toBe(404);

  const order = { match: { method: "GET" }, effect: { kind: "status", status: 503 } };
  const { status, body } = await control("POST", "/faults", order);
  expect(status).toBe(201);
  expect((await call("GET", "/Users")).status).toBe(503);
  expect((await control("GET", "/faults")).text).toContain('"struck":1');
  await control("DELETE", `/faults/${body["id"]}`);
  expect((await call("GET", "/Users")).status).toBe(200);
  expect((await control("POST", "/faults", { effect: { kind: "explode" } })).status).toBe(400);
  expect((await control("POST", "/faults", "{")).status).toBe(400);

  await control("PUT", "/down", { down: true });
  await expect(call("GET", "/Users")).rejects.toThrow();
  await control("PUT", "/down", { down: false });

  await call("POST", "/Users", {});
  await call("DELETE", "/Users/none");
  expect((await control("GET", "/violations")).text).toContain("schemas-missing");
  expect((await control("GET", "/noops")).text).toContain("delete-of-absent");
  expect((await control("GET", "/requests")).body).toMatchObject({ counts: { "POST User": 1 } });
  await control("POST", "/reset?journal");
  expect((await control("GET", "/violations")).text).toBe("[]");
  expect(simulator.control.counts().users).toBe(1);
  await control("POST", "/reset");
  expect(simulator.control.counts().users).toBe(0);
});

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

test.each(["SIGTERM", "the end of its input"])("as a process it says when it is ready and stops on %s", async (how) => {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "src/simulator/scim/main.ts", "--port", "0", "--token", "given"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { url } = JSON.parse(String(line));
  const answer = await fetch(`${url}/Users`, { headers: { authorization: "Bearer given" } });
  expect(answer.status).toBe(200);
  await answer.text();
  const exited = once(child, "exit");
  if (how === "SIGTERM") child.kill("SIGTERM");
  else child.stdin.end();
  expect(await exited).toEqual([0, null]);
});
