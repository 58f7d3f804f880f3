import { execFile } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import SqliteConnection from "better-sqlite3";
import { afterEach, expect, it } from "vitest";
import { startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import type { Task } from "../support/bridge-api.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { type Line, makeLine } from "../support/e2e-line.ts";

let line: Line | null = null;
afterEach(() => line?.close());

const timeout = { timeout: 180_000 };
const shape = { members: 60, departments: 8, seed: 51 };

async function verify({ bridge }: Line, body: object = {}): Promise<Task> {
  const { id } = await bridge.api.call<Task>("POST", "/targets/target/verify", body);
  return bridge.api.ended(id);
}

it.each([true, false])(
  "a restored database asks for a verify before it pushes; what was made since is adopted (repair %s)",
  timeout,
  async (repair) => {
    line = await makeLine(shape);
    const { wecom, target, home } = line;
    expect((await line.sync()).state).toBe("succeeded");
    const file = home.databaseUrl.replace(/^file:/, "");
    const backup = `${file}.backup`;
    const connection = new SqliteConnection(file);
    await connection.backup(backup);
    connection.close();
    // Life goes on: people, departments and titles that the backup knows nothing of.
    wecom.control.createMember({ userid: "since", name: "新人", department: [1], status: 1 });
    wecom.control.createDepartment({ id: 9001, name: "新部门", parentid: 1 });
    wecom.control.patchMember(wecom.control.truth().members[3]?.userid ?? "", { position: "since" });
    expect((await line.sync()).state).toBe("succeeded");
    const before = target.control.dump();
    expect(await line.bridge.stop()).toBe(0);
    for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
    cpSync(backup, file);

    const bridge = await home.start();
    const restored = { ...line, bridge, sync: () => bridge.api.sync("corp") };
    target.control.resetJournal();
    const task = await restored.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.verify-first" } });
    expect(task.error?.detail).toContain("restored from a backup");
    expect(target.control.requests().total).toBe(0);
    expect(await bridge.api.call("GET", "/targets/target")).toMatchObject({ verifyFirst: "restored" });

    const verified = await verify(restored, { repair });
    expect(verified).toMatchObject({ state: "succeeded", error: null });
    expect(verified.drift?.users).toMatchObject({ missing: 0, drifted: 0, unmanaged: 1 });
    expect(verified.drift?.groups).toMatchObject({ missing: 0, unmanaged: 1 });
    expect(await bridge.api.call("GET", "/targets/target")).toMatchObject({ verifyFirst: null });
    // It is not asked for a second time. Nobody and no group is there twice.
    expect((await restored.sync()).state).toBe("succeeded");
    expect((await restored.sync()).state).toBe("succeeded");
    expect(target.control.dump()).toEqual(before);
    const { counts } = target.control.requests();
    expect([counts["POST User"] ?? 0, counts["POST Group"] ?? 0]).toEqual([0, 0]);
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  },
);

it("a target that moved to another server is forgotten and matched anew when somebody says so", timeout, async () => {
  line = await makeLine(shape);
  const { bridge, wecom } = line;
  await line.sync();
  const other = await startScimSimulator();
  try {
    const auth = { type: "bearer", token: other.token };
    await bridge.api.call("PATCH", "/targets/target", { baseUrl: other.url, auth, links: "keep" });
    expect(await line.sync()).toMatchObject({ state: "partial", error: { code: "target.verify-first" } });
    const looked = await verify(line);
    expect(looked).toMatchObject({ state: "partial", drift: { users: { drifted: 0 } } });
    expect(other.control.counts().users).toBe(0);
    await expect(verify(line, { repair: true, forget: true })).rejects.toThrow(/400.*"pointer":"\/forget"/);
    expect(await verify(line, { forget: true })).toMatchObject({ mode: "apply", state: "succeeded" });
    expect(wrongAt(other.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  } finally {
    await other.close();
  }
});

it("an account that a person chose is linked by hand, and let go of by hand", timeout, async () => {
  line = await makeLine(shape);
  const { bridge, wecom, target } = line;
  const { api } = bridge;
  const one = wecom.control.truth().members.find(({ status }) => status === 1)?.userid ?? "";
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  const [wrong = "", right = ""] = ["old-1", "old-2"].map((userName) =>
    target.control.add("User", { schemas, userName, externalId: one, active: true }),
  );
  expect((await line.sync()).state).toBe("partial");
  const { items } = await api.call<{ items: { resourceId: string; lastError: string }[] }>(
    "GET",
    "/targets/target/links?state=failed",
  );
  expect(items).toHaveLength(1);
  for (const id of [wrong, right]) expect(items[0]?.lastError).toContain(id);
  const path = `/targets/target/links/${items[0]?.resourceId}`;
  await expect(api.call("PUT", path, { remoteId: "nobody" })).rejects.toThrow(/400.*"pointer":"\/remoteId"/);
  await expect(api.call("PUT", path, {})).rejects.toThrow(/400.*"pointer":"\/remoteId"/);
  await expect(api.call("PUT", "/targets/target/links/nobody", { remoteId: right })).rejects.toThrow(/404/);
  const taken = target.control.dump().users.find(({ id }) => id !== wrong && id !== right)?.id ?? "";
  await expect(api.call("PUT", path, { remoteId: taken })).rejects.toThrow(/409.*is linked already/);
  const before = target.control.dump();
  expect(await api.call("PUT", path, { remoteId: right })).toMatchObject({ resourceType: "User", remoteId: right });
  expect(target.control.dump()).toEqual(before);
  const { items: tasks } = await api.call<{ items: Task[] }>("GET", "/sync-tasks?limit=1");
  expect(tasks).toMatchObject([{ mode: "link", state: "succeeded", trigger: "manual" }]);
  expect(await api.records(tasks[0]?.id ?? "")).toMatchObject([
    {
      action: "adopt",
      status: "applied",
      externalId: one,
      remoteId: right,
      because: expect.stringContaining("administrator"),
    },
  ]);
  expect((await line.sync()).state).toBe("succeeded");
  const users = target.control.dump().users;
  expect(users.find(({ id }) => id === right)?.resource).toMatchObject({ userName: one });
  expect(users.find(({ id }) => id === wrong)?.resource).toMatchObject({ userName: "old-1" });
  // His memberships came with him.
  const groups = target.control.dump().groups.filter(({ members }) => members.some(({ value }) => value === right));
  expect(groups.length).toBeGreaterThan(0);

  target.control.resetJournal();
  await api.call("DELETE", path);
  await api.call("DELETE", path);
  expect(target.control.requests().total).toBe(0);
  const { items: after } = await api.call<{ items: Task[] }>("GET", "/sync-tasks?limit=1");
  expect(await api.records(after[0]?.id ?? "")).toMatchObject([
    { action: "release", remoteId: right, externalId: one },
  ]);
});

it("the command line verifies and repairs, and says what it found", timeout, async () => {
  line = await makeLine(shape);
  const { bridge, home, target } = line;
  await line.sync();
  const run = async (...args: readonly string[]) => {
    const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
    const env = { PATH: process.env["PATH"], BRIDGE_URL: bridge.url, BRIDGE_TOKEN: home.adminToken };
    return promisify(execFile)(process.execPath, [main, "verify", ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };
  const found = await run("target", "--wait", "--detailed-exitcode");
  expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Verify of target: succeeded/) });
  const user = target.control.dump().users[0]?.id ?? "";
  target.control.modify(user, { title: "theirs" });
  expect(await run("target", "--wait", "--detailed-exitcode")).toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/users: {3}\d+ checked, 1 drifted/),
  });
  expect(await run("target", "--wait", "--repair", "--json")).toMatchObject({ code: 0 });
  expect(target.control.dump().users[0]?.resource["title"]).not.toBe("theirs");
  expect(await run("nothing", "--wait")).toMatchObject({ code: 1 });
  expect(await run()).toMatchObject({ code: 2 });
});
