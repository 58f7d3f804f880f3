import { afterEach, beforeEach, expect, it } from "vitest";
import { wecomSource } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;
let taskId: string;

beforeEach(async () => {
  cli = await makeCliFixture();
  await cli.admin.request("POST", "/api/v1/sources", wecomSource("总部"));
  taskId = (await cli.admin.request("POST", "/api/v1/sources/总部/sync-tasks")).body.id;
});

afterEach(() => cli.close());

async function addChange(id: string, status: "applied" | "skipped", error: string | null): Promise<void> {
  await cli.admin.database.db
    .insertInto("change")
    .values({
      ...{ task_id: id, target_id: null, resource_type: "User", resource_id: "r1", external_id: "zhangsan" },
      ...{ display_name: "张三", action: "update", status, error, because: "title differs" },
      ...{ before: "{}", after: '{"title":"总监"}', sources: null, apply: null, leavers: 0, members_applied: 0 },
      ...{ added_count: 0, removed_count: 0, base_version: 1, created_at: cli.admin.clock.now },
    })
    .execute();
}

const planned = JSON.stringify({
  ...{ digest: "d".repeat(64), changes: 1, requests: 2, hold: null, whole: true },
  basis: { source: 1, mapping: null, directory: 1, targets: {} },
});

/** A fetch after whose POST the plan is made, as the engine would: with one who stays. */
const engine: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  if (init?.method === "POST" && answer.ok) {
    const { id } = (await answer.clone().json()) as { id: string };
    await addChange(id, "skipped", "changed again by task 7");
    const { db } = cli.admin.database;
    await db
      .updateTable("sync_task")
      .set({ state: "succeeded", slot: null, plan: planned })
      .where("id", "=", id)
      .execute();
  }
  return answer;
};

it("plans, says how to apply it and who stays as he is", async () => {
  await addChange(taskId, "applied", null);
  await cli.admin.database.db.updateTable("sync_task").set({ state: "succeeded", slot: null }).execute();
  const ran = await cli.run(["undo", taskId], { fetch: engine });
  expect([ran.exitCode, ran.stderr]).toEqual([0, expect.any(String)]);
  const [plan] = (await cli.admin.store.listTasks({ limit: 1 })).items;
  expect(plan).toMatchObject({ mode: "plan", undoes: taskId });
  expect(ran.stdout).toContain(`Plan of the undo of task ${taskId} of 总部: succeeded`);
  expect(ran.stdout).toContain(`to do just this: plan --apply ${plan?.id} --digest ${"d".repeat(64)}`);
  expect(ran.stdout).toMatch(/These stay as they are:\nTYPE.*\nUser +zhangsan +张三 +changed again by task 7\n/);
});

it("says why there is nothing to take back, and prints JSON", async () => {
  const refused = await cli.run(["undo", taskId]);
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toContain("The task has not begun: cancel it.");
  await addChange(taskId, "applied", null);
  await cli.admin.database.db.updateTable("sync_task").set({ state: "succeeded", slot: null }).execute();
  const ran = await cli.run(["undo", taskId, "--json"], { fetch: engine });
  expect(JSON.parse(ran.stdout)).toMatchObject({ undoes: taskId, plan: { changes: 1 } });
});
