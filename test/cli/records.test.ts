import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bearerTarget, wecomSource } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let fixture: CliFixture;
beforeEach(async () => {
  fixture = await makeCliFixture();
});
afterEach(() => fixture.close());

async function makeRecords(): Promise<void> {
  const { admin } = fixture;
  await admin.request("POST", "/api/v1/sources", wecomSource("corp"));
  const target = (await admin.request("POST", "/api/v1/targets", bearerTarget("app"))).body.id;
  const task = (await admin.request("POST", "/api/v1/sources/corp/sync-tasks")).body.id;
  const common = {
    ...{ task_id: task, source_id: null, resource_type: "User", resource_id: "r-1", external_id: "zhangsan" },
    ...{ display_name: "张三", action: "update", because: "the source's record changed", sources: null, apply: null },
    ...{ leavers: 0, members_applied: 1, added_count: 0, removed_count: 0, base_version: 1 },
  } as const;
  const before = '{"title":"经理","nickName":"a"}';
  const after = '{"title":"总监"}';
  const at = admin.clock.now;
  for (const row of [
    { ...common, target_id: null, status: "applied", error: null, before, after, created_at: at },
    {
      ...common,
      target_id: target,
      status: "failed",
      error: "409: taken",
      before,
      after: before,
      created_at: at + 1000,
    },
  ]) {
    await admin.database.db
      .insertInto("change")
      .values(row as never)
      .execute();
  }
}

describe("records", () => {
  it("shows what became of a person, attribute by attribute, newest first", async () => {
    await makeRecords();
    const { exitCode, stdout, stderr } = await fixture.run(["records", "--person", "zhangsan"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    expect(rows).toEqual([
      ["AT", "WHERE", "ACTION", "STATUS", "ATTRIBUTE", "BEFORE", "AFTER", "BECAUSE"],
      ["2026-03-01T08:00:01Z", "app", "update", "failed", "the source's record changed: 409: taken"],
      [
        "2026-03-01T08:00:00Z",
        "directory",
        "update",
        "applied",
        "title",
        "经理",
        "总监",
        "the source's record changed",
      ],
      ["", "nickName", "a"],
    ]);
  });

  it("takes a target, a time and a number, and says when there are more", async () => {
    await makeRecords();
    const here = await fixture.run(["records", "--person", "zhangsan", "--target", "null", "--json"]);
    expect(JSON.parse(here.stdout)).toMatchObject([{ target: null, changes: [{ attribute: "title" }, {}] }]);
    const late = await fixture.run(["records", "--person", "zhangsan", "--since", "1d"]);
    expect(late.stdout).toBe("There are no records of zhangsan from then on.\n");
    const since = await fixture.run(["records", "--person", "zhangsan", "--since", "2026-03-01T08:00:01Z", "--json"]);
    expect(JSON.parse(since.stdout)).toHaveLength(1);
    const one = await fixture.run(["records", "--person", "zhangsan", "--limit", "1"]);
    expect(one.stderr).toBe("These are the newest 1: there are more (--limit).\n");
  });

  it("says what is wrong with its options", async () => {
    for (const args of [[], ["--person", "a", "--since", "soon"], ["--person", "a", "--limit", "0"]]) {
      expect((await fixture.run(["records", ...args])).exitCode).toBe(2);
    }
    const { exitCode, stderr } = await fixture.run(["records", "--person", "a", "--target", "nobody"]);
    expect([exitCode, stderr]).toEqual([1, "target: there is no such target\n"]);
  });
});
