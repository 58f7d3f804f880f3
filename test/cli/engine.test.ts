import { expect, it, onTestFinished } from "vitest";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { type CliFixture, makeCliFixture, type Ran } from "./fixture.ts";

// What the commands say of tasks that an engine really carried out: a simulated WeCom, two targets, everything in this process.

interface Bridge extends EngineFixture {
  readonly cli: CliFixture;
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  /** The last line of what a command printed. */
  readonly last: (ran: Ran) => string;
  readonly someone: string;
}

async function startBridge(): Promise<Bridge> {
  const engine = await startEngineFixture({
    corp: { shape: { members: 12, departments: 3, seed: 1, quirks: false } },
    ...{ impatient: true, source: { safeguards: noSafeguards }, targetSettings: { safeguards: noSafeguards } },
  });
  const { store } = engine;
  await store.updateTarget(engine.row.id, { name: "app" });
  const cli = await makeCliFixture({ store, nudge: () => engine.engine().nudge() }, engine.schemasDir);
  onTestFinished(() => cli.close());
  await engine.sync();
  const [someone = ""] = engine.corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);
  const run = (...args: readonly string[]) => cli.run(args);
  return { ...engine, cli, run, someone, last: ({ stdout }) => stdout.trimEnd().split("\n").at(-1) ?? "" };
}

const timeout = 60_000;

it("who or what is paused is said, with since when and by whom, and is no success", { timeout }, async () => {
  const bridge = await startBridge();
  const { run, someone, cli } = bridge;
  const { row: other } = await bridge.addTarget({ safeguards: noSafeguards });
  await bridge.store.updateTarget(other.id, { name: "other" });
  await bridge.push(other);
  const post = (path: string, body?: object) => cli.admin.request("POST", `/api/v1${path}`, body);

  await post(`/resources/${someone}/pause`, { target: "app", reason: "under investigation" });
  bridge.corp.patchMember(someone, { position: "新职务" });
  await bridge.sync();
  const partly = await run("provision", someone, "--wait");
  expect(partly.exitCode).toBe(1);
  expect(partly.stdout).toMatch(new RegExp(`^Provision of ${someone}: paused in part`));
  const why = /target app: nothing was sent: this person is paused by admin since 20\S+Z \(under investigation\)/;
  expect(partly.stdout).toMatch(why);
  expect(partly.stdout).toMatch(/target other: succeeded/);

  await post("/targets/other/pause", { reason: "maintenance" });
  const wholly = await run("provision", someone, "--wait");
  expect([wholly.exitCode, wholly.stdout]).toEqual([1, ""]);
  expect(wholly.stderr).toMatch(/paused at the target "app" by admin since 20.* The target "other" is paused by admin/);
  await post(`/resources/${someone}/resume`, { target: "app" });
  const resumed = await run("provision", someone, "--wait");
  expect(resumed).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/other: nothing was sent: paused by admin/),
  });
  expect((await run("provision", someone, "--target", "app", "--wait")).exitCode).toBe(0);

  const planned = await run("plan", "--source", "corp", "--detailed-exitcode");
  expect([planned.exitCode, bridge.last(planned)]).toEqual([
    2,
    "  target other is paused and was not looked at: what is pending there waits until it is resumed",
  ]);
  expect(planned.stdout).not.toContain("nothing to do");
  await post("/targets/other/resume");
  await expect.poll(async () => (await bridge.store.openTasks()).length, { timeout: 20_000 }).toBe(0);
  const again = await run("plan", "--source", "corp", "--detailed-exitcode");
  expect([again.exitCode, bridge.last(again)]).toEqual([0, "  nothing to do"]);

  await cli.admin.request("PATCH", "/api/v1/settings", { paused: true });
  for (const command of [
    ["sync", "corp", "--wait"],
    ["plan", "--target", "app"],
    ["verify", "app", "--wait"],
  ]) {
    const ran = await run(...command);
    expect([ran.exitCode, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/^Everything is paused: .*\nTask \S+ is queued/),
    ]);
  }
  const refused = await post("/targets/app/push");
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("Everything is paused")]);
  const started = await run("sync", "corp");
  expect([started.exitCode, started.stderr]).toEqual([0, expect.stringContaining("Everything is paused")]);
  const list = await run("source", "list");
  expect([list.exitCode, list.stderr]).toEqual([0, expect.stringContaining("Everything is paused")]);
});

it("a plan says what it could not see and what failed, and is no success then", { timeout }, async () => {
  const bridge = await startBridge();
  const { run } = bridge;
  const { row: down } = await bridge.addTarget({ baseUrl: "http://127.0.0.1:9/scim/v2" });
  await bridge.store.updateTarget(down.id, { name: "down" });
  const unseen = await run("plan", "--source", "corp");
  expect([unseen.exitCode, bridge.last(unseen)]).toEqual([
    1,
    expect.stringMatching(/^ {2}target down could not be looked at: \S/),
  ]);
  expect(unseen.stdout).not.toContain("nothing to do");
  expect((await run("plan", "--target", "down", "--detailed-exitcode")).exitCode).toBe(1);
  await bridge.store.deleteTarget(down.id);

  bridge.edit((mapping) => {
    mapping.user.userName = { expr: "member.position + 1" };
  });
  for (const more of [[], ["--detailed-exitcode"]]) {
    const failed = await run("plan", "--source", "corp", ...more);
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(/^Plan of corp: \d+ records failed \(task/);
    expect(failed.stdout).toMatch(
      / {2}\d+ records failed:\n( {4}User \S+: \S.*\n){3} {4}all of them: records --task \S+/,
    );
  }
});

it("a verify with repair says what was put right", { timeout }, async () => {
  const { run, control } = await startBridge();
  const [account] = control.dump().users;
  control.remove(account?.id ?? "");
  const found = await run("verify", "app", "--wait");
  expect(found.stdout).toMatch(/1 missing.*\n(.*\n)+ {2}one by one: records --task \S+/);
  expect(found.stdout).not.toContain("repaired");
  const repaired = await run("verify", "app", "--repair", "--wait");
  expect([repaired.exitCode, repaired.stdout]).toEqual([0, expect.stringMatching(/ {2}repaired: users: 1 created/)]);
});

it("an undo says what it keeps and how to end that, and a later sync that it is kept", { timeout }, async () => {
  const bridge = await startBridge();
  const { run, someone } = bridge;
  bridge.corp.patchMember(someone, { position: "总监" });
  const { id } = await bridge.sync();
  const planned = await run("undo", id);
  expect(planned.exitCode).toBe(0);
  expect(planned.stdout).toMatch(/1 change, 1 request to targets|2 changes, 1 request to targets/);
  expect(planned.stdout).toMatch(/What goes back \(1 person or group, .*\) will be kept as it is then/);
  expect(planned.stdout).toContain("Version 1 of the mapping wecom, which the task used, is still in force");
  const [, plan = ""] = /plan --apply (\S+)/.exec(planned.stdout) ?? [];
  const applied = await run("plan", "--apply", plan);
  expect(applied.exitCode).toBe(0);
  expect(applied.stdout).toMatch(new RegExp(`^Undo of task ${id} of corp: succeeded`));
  expect(applied.stdout).toMatch(/^Kept as this undo left them: 1 person or group, until/m);
  expect(applied.stdout).toMatch(/to end that: +DELETE \/api\/v1\/sync-tasks\/\S+\/kept/);
  const twice = await run("plan", "--apply", plan);
  expect([twice.exitCode, twice.stderr]).toEqual([
    1,
    expect.stringMatching(/was applied already, by task \S+ \(succeeded\)/),
  ]);
  const later = await run("sync", "corp", "--wait");
  expect([later.exitCode, later.stdout]).toEqual([
    0,
    expect.stringContaining("kept by an undo, against what the source says: 1 person or group"),
  ]);

  const list = await run("task", "list", "--limit", "3");
  expect(list.stdout).toMatch(
    /^ID .*\n\S+ +sync +corp +succeeded .*\n\S+ +undo \(apply\) +corp .*\n\S+ +undo \(plan\) +corp /,
  );
  expect((await run("task", "show", plan)).stdout).toContain(`Plan of the undo of task ${id} of corp: succeeded`);
  const records = await run("records", "--task", id, "--target", "null", "--status", "applied");
  expect(records.stdout).toMatch(
    new RegExp(`^TYPE .*\nUser +${someone} .* directory +update +applied +title .* 总监 `),
  );
  await bridge.patchSource({ safeguards: { ...noSafeguards, protected: `userName eq "${someone}"` } });
  bridge.corp.patchMember(someone, { position: "经理" });
  const spared = await run("sync", "corp", "--wait");
  expect(spared.stdout).toMatch(/ {2}1 record was skipped, and says why: records --task \S+ --status skipped/);
});
