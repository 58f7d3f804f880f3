import { afterAll, beforeAll, expect, it } from "vitest";
import { bearerTarget } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;

beforeAll(async () => {
  cli = await makeCliFixture();
});

afterAll(() => cli.close());

it("target list says so when there are none, and why nothing is pushed to one", async () => {
  expect((await cli.run(["target", "list"])).stdout).toBe("There are no targets yet.\n");
  await cli.admin.request("POST", "/api/v1/targets", bearerTarget("app"));
  const { id } = (await cli.admin.request("POST", "/api/v1/targets", bearerTarget("down"))).body;
  const quarantine = { since: 0, code: "target.unauthorized", detail: "check them", tries: 2 };
  await cli.admin.database.db
    .updateTable("target")
    .set({ quarantine: JSON.stringify(quarantine), next_try_at: 90_000 })
    .where("id", "=", id)
    .execute();
  const paused = await cli.run(["target", "pause", "app", "--reason", "maintenance"]);
  expect([paused.exitCode, paused.stdout]).toEqual([
    0,
    "app is paused by admin since 2026-03-01T08:00:00.000Z: maintenance\n",
  ]);
  const { exitCode, stdout } = await cli.run(["target", "list"]);
  expect(exitCode).toBe(0);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 5))).toEqual([
    ["NAME", "STATUS", "SYNCED", "PENDING", "FAILED"],
    ["app", "paused", "0", "0", "0"],
    ["down", "quarantine", "0", "0", "0"],
    ["app is paused by admin since 2026-03-01T08:00:00.000Z: maintenance"],
    [
      "down is in quarantine since 1970-01-01T00:00:00.000Z (target.unauthorized), and is tried again at 1970-01-01T00:01:30.000Z",
    ],
    [""],
  ]);
  expect(JSON.parse((await cli.run(["target", "list", "--json"])).stdout)).toHaveLength(2);
});

it("a target is tried, resumed and pushed to", async () => {
  const tried = await cli.run(["target", "test", "app"]);
  expect([tried.exitCode, tried.stdout]).toEqual([1, "FAILED  reachable  no answer\napp: not ready\n"]);
  const refused = await cli.run(["target", "push", "app"]);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("is paused by admin since")]);
  const resumed = await cli.run(["target", "resume", "app"]);
  expect(resumed.stdout).toBe("app is not paused any more: what waited is pushed.\n");
  const pushed = await cli.run(["target", "push", "app"]);
  expect(pushed.stdout).toMatch(/^Push task \S+ of app is queued\.\n$/);
  expect((await cli.run(["target", "resume", "app"])).exitCode).toBe(1);
  expect((await cli.run(["records", "--task", "x", "--person", "y"])).exitCode).toBe(2);
});

it("an action takes an empty body over HTTP, with a type and without", async () => {
  for (const typed of [{}, { "content-type": "application/json" }]) {
    const answer = await fetch(`${cli.env["BRIDGE_URL"]}/api/v1/targets/app/pause`, {
      method: "POST",
      headers: { authorization: `Bearer ${cli.admin.adminToken}`, ...typed },
    });
    expect(answer.status).toBe(200);
  }
});
