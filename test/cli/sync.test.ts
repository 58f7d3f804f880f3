import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bearerTarget, wecomSource } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;

beforeEach(async () => {
  cli = await makeCliFixture();
  await cli.admin.request("POST", "/api/v1/sources", wecomSource("总部"));
});

afterEach(() => cli.close());

/** A fetch that moves the task on before each look at it, as the engine would. */
function moving(steps: readonly object[]): typeof fetch {
  const left = [...steps];
  return async (input, init) => {
    const [step] = left.splice(0, init?.method === "GET" && String(input).includes("/sync-tasks/") ? 1 : 0);
    if (step) await cli.admin.database.db.updateTable("sync_task").set(step).execute();
    return fetch(input, init);
  };
}

const running = (phase: string, done: number, total: number) => ({
  state: "running",
  progress: JSON.stringify({ phase, done, total }),
});

describe("sync", () => {
  it("starts a sync and comes back at once", async () => {
    const ran = await cli.run(["sync", "总部"]);
    const { items } = await cli.admin.store.listTasks({ limit: 10 });
    expect(items.map(({ mode, state }) => [mode, state])).toEqual([["apply", "queued"]]);
    expect(ran).toEqual({ exitCode: 0, stdout: `Sync task ${items[0]?.id} of 总部 is queued.\n`, stderr: "" });
  });

  it("calls targets by their names, and one that is gone by its id", async () => {
    const { id } = (await cli.admin.request("POST", "/api/v1/targets", bearerTarget("staff-app"))).body;
    const counts = { users: {}, groups: {} };
    const targets = JSON.stringify([id, "gone"].map((target) => ({ target, state: "succeeded", counts, error: null })));
    const ran = await cli.run(["sync", "总部", "--wait"], {
      fetch: moving([{ state: "succeeded", slot: null, targets }]),
    });
    expect(ran.stdout).toContain("  target staff-app: succeeded\n");
    expect(ran.stdout).toContain("  target gone: succeeded\n");
  });

  it("plans when asked to, and prints the task as JSON", async () => {
    const ran = await cli.run(["sync", "总部", "--plan", "--json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ mode: "plan", state: "queued" });
  });

  it("says that a task of another kind is under way", async () => {
    await cli.run(["sync", "总部", "--plan"]);
    expect((await cli.run(["sync", "总部"])).stderr).toContain("mode plan is under way");
  });

  it("waits, shows a line for each phase where there is no terminal, and ends with 0 on success", async () => {
    const ran = await cli.run(["sync", "总部", "--wait"], {
      fetch: moving([
        running("read", 1, 4),
        running("read", 4, 4),
        running("push", 10, 20),
        { state: "succeeded", slot: null },
      ]),
    });
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toBe("queued\nread 1 of 4\npush 10 of 20\n");
    expect(ran.stdout).toMatch(/^Sync of 总部: succeeded \(task \S+\)\n {2}users: {2}nothing\n/);
  });

  it("writes over one line on a terminal and leaves nothing of it", async () => {
    const ran = await cli.run(["sync", "总部", "--wait"], {
      tty: true,
      fetch: moving([running("read", 1, 4), running("read", 4, 4), { state: "succeeded", slot: null }]),
    });
    expect(ran.stderr.split("\r\x1b[K")).toEqual(["", "queued", "read 1 of 4", "read 4 of 4", ""]);
  });

  const error = JSON.stringify({ code: "wecom.no-token", detail: "corpSecret is not valid", errcode: 40001 });
  const removals = { users: 12, groups: 0, members: 0 };
  const hold = JSON.stringify({ reason: "12 of 40 users would be deactivated", removals, expiresAt: 0 });

  it.each([
    ["failed", { error }, "wecom.no-token: corpSecret is not valid"],
    ["partial", { error }, "wecom.no-token: corpSecret is not valid"],
    ["held", { hold }, "held until 1970-01-01T00:00:00.000Z: 12 of 40 users would be deactivated"],
    ["cancelled", {}, "cancelled"],
  ])("ends with 1 when the task ended %s and says why", async (state, more, why) => {
    const ran = await cli.run(["sync", "总部", "--wait"], { fetch: moving([{ state, slot: null, ...more }]) });
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toContain(`Sync of 总部: ${state}`);
    expect(ran.stdout).toContain(why);
  });

  it("ends with 1 for a disabled source", async () => {
    await cli.admin.request("PATCH", `/api/v1/sources/${encodeURIComponent("总部")}`, { status: "disabled" });
    const ran = await cli.run(["sync", "总部"]);
    expect(ran).toEqual({ exitCode: 1, stdout: "", stderr: 'The source "总部" is disabled: enable it to sync it.\n' });
  });
});
