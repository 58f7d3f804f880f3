import { afterAll, beforeAll, expect, it } from "vitest";
import { wecomSource } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;

beforeAll(async () => {
  cli = await makeCliFixture();
});

afterAll(() => cli.close());

it("makes an account, whose token alone is on standard output, lists it, gives it another token, and deletes it", async () => {
  const made = await cli.run(["administrator", "create", "alice", "--role", "administrator"]);
  expect(made).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/^adm_\S+\n$/),
    stderr: "Token of alice (administrator). It is not shown again:\n",
  });
  const env = { ...cli.env, BRIDGE_TOKEN: made.stdout.trim() };
  const listed = await cli.run(["administrator", "list"], { env });
  expect(listed.stdout.split("\n")).toEqual([
    expect.stringMatching(/^NAME +ROLE +STATUS +PASSWORD +LAST SEEN$/),
    expect.stringMatching(/^admin +administrator +enabled +no$/),
    expect.stringMatching(/^alice +administrator +enabled +no +2026-03-01T08:00:00.000Z$/),
    "",
  ]);
  const renewed = await cli.run(["administrator", "token", "alice", "--json"], { env });
  expect(JSON.parse(renewed.stdout)).toMatchObject({ name: "alice", token: expect.stringMatching(/^adm_/) });
  expect(await cli.run(["administrator", "list"], { env })).toMatchObject({ exitCode: 1, stdout: "" });
  const deleted = await cli.run(["administrator", "delete", "alice"]);
  expect(deleted).toEqual({ exitCode: 0, stdout: "The administrator alice is deleted.\n", stderr: "" });
  expect((await cli.run(["administrator", "delete", "alice"])).stderr).toContain("no administrator");
});

it("demands a role, one that there is", async () => {
  expect((await cli.run(["administrator", "create", "bob"])).exitCode).toBe(2);
  expect((await cli.run(["administrator", "create", "bob", "--role", "root"])).exitCode).toBe(2);
});

it("shows why an approval is refused, and who did what in a task's report", async () => {
  await cli.run(["administrator", "create", "carol", "--role", "administrator"]);
  await cli.admin.request("PATCH", "/api/v1/settings", { separateApprover: true });
  await cli.admin.request("POST", "/api/v1/sources", wecomSource("corp"));
  const { id } = (await cli.admin.request("POST", "/api/v1/sources/corp/sync-tasks")).body;
  await cli.admin.database.db.updateTable("sync_task").set({ state: "held", slot: null }).execute();
  const refused = await cli.run(["approve", id]);
  expect([refused.exitCode, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/^separateApprover: you asked for this task.* other than admin may: carol\./),
  ]);
  await cli.admin.request("POST", `/api/v1/sync-tasks/${id}/cancel`);
  const { stdout } = await cli.run(["held", id]);
  expect(stdout).toContain("it is cancelled");
});
