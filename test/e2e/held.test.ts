import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { type Line, makeLine } from "../support/e2e-line.ts";

let line: Line | null = null;
afterEach(() => line?.close());

it("who is held is shown by the command line, and let through or given up there", { timeout: 180_000 }, async () => {
  line = await makeLine({ members: 40, departments: 6, seed: 71 });
  const { bridge, home, target, wecom, sync } = line;
  const run = async (...args: readonly string[]) => {
    const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
    const env = { PATH: process.env["PATH"], BRIDGE_URL: bridge.url, BRIDGE_TOKEN: home.adminToken };
    return promisify(execFile)(process.execPath, [main, ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
  };
  const inactive = () => target.control.dump().users.filter(({ resource }) => resource["active"] === false).length;
  const safeguards = { maxRemovals: { floor: 5, percent: 10, count: 500 } };
  await bridge.api.call("PATCH", "/sources/corp", { safeguards });
  await sync();
  expect(await run("held")).toMatchObject({ code: 0, stdout: "Nothing is held.\n" });
  const before = inactive();
  const leavers = wecom.control
    .visibleTruth()
    .members.filter(({ status }) => status === 1)
    .slice(-12);
  for (const { userid } of leavers) wecom.control.deleteMember(userid);

  const synced = await run("sync", "corp", "--wait");
  const [, task = ""] = /wecom-scim-bridge approve (\S+)/.exec(synced.stdout) ?? [];
  expect([synced.code, task]).toEqual([1, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect((await run("held")).stdout).toContain(`Task ${task} is held until `);
  const shown = await run("held", task);
  for (const { userid } of leavers) expect(shown.stdout).toContain(userid);
  // Their memberships wait as well.
  const all = JSON.parse((await run("held", task, "--json")).stdout) as { id: string; action: string }[];
  const records = all.filter(({ action }) => action === "deactivate");
  expect(records).toHaveLength(12);
  expect(inactive()).toBe(before);

  // One of them alone; the others are skipped and held anew by the next sync.
  const one = await run("approve", task, "--change", records[0]?.id ?? "", "--wait");
  expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Sync of corp: succeeded/) });
  expect(inactive()).toBe(before + 1);
  expect(await run("approve", task)).toMatchObject({ code: 1, stderr: expect.stringContaining("not held (any more)") });
  const again = await run("sync", "corp", "--wait");
  const [, second = ""] = /wecom-scim-bridge approve (\S+)/.exec(again.stdout) ?? [];
  expect(await run("cancel", second)).toMatchObject({ code: 0, stdout: `Task ${second} is cancelled.\n` });
  expect(await run("held")).toMatchObject({ stdout: "Nothing is held.\n" });
  expect(inactive()).toBe(before + 1);
  const third = await run("sync", "corp", "--wait");
  const [, last = ""] = /wecom-scim-bridge approve (\S+)/.exec(third.stdout) ?? [];
  expect(await run("approve", last, "--wait")).toMatchObject({ code: 0 });
  expect(inactive()).toBe(before + 12);
  expect(await run("held", "no-such-task")).toMatchObject({ code: 1 });
  expect(await run("approve")).toMatchObject({ code: 2 });
});
