import { expect, it } from "vitest";
import { onEachDatabase } from "../support/databases.ts";
import { beginWork, edge, finish, groupChange, planMembers, runningTask, userChange } from "./support.ts";

onEachDatabase("old records", (at) => {
  const count = async (table: string): Promise<number> =>
    Number((await at.rows<{ n: number }>(`select count(*) as n from ${table}`))[0]?.n);

  async function makeOld(users: number, members: number) {
    const work = await beginWork(at.store);
    const numbers = Array.from({ length: users }, (_, index) => index + 1);
    const failed = { status: "failed", error: "no" } as const;
    await at.store.addChanges(work.lease, work.task.id, [
      ...numbers.map((number) => userChange(number, failed)),
      groupChange(1),
    ]);
    const edges = Array.from({ length: members }, (_, index) => edge("add", 1, index + 1));
    await planMembers(at.store, work, edges);
    await at.store.writeDirectory(async (write) => {
      await write.create({
        type: "Group",
        kind: "group",
        sourceId: "user-groups",
        rule: null,
        document: { displayName: "g" },
      });
    });
    await finish(at.store, work.task, "failed");
    at.clock.now += 1000;
    return work;
  }

  it("go, with their members and tasks, and what is young stays", async () => {
    const work = await makeOld(1203, 1203);
    const young = await runningTask(at.store, work.source.id);
    await at.store.addChanges(work.lease, young.id, [userChange(7)]);
    expect(await count("change_member")).toBe(1203);
    await at.store.pruneRecords(at.clock.now);
    const { items } = await at.store.searchRecords({ limit: 9 });
    expect(items.map(({ task }) => task)).toEqual([young.id]);
    expect([await count("change_member"), await count("directory_record"), await count("sync_task")]).toEqual([
      0, 0, 1,
    ]);
  });

  it("of a task that waits for somebody stay with it", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(work.lease, work.task.id, [userChange(1, { status: "held" }), userChange(2)]);
    await finish(at.store, work.task, "held", at.clock.now + 1_000_000);
    at.clock.now += 1000;
    await at.store.pruneRecords(at.clock.now);
    expect(await count("change")).toBe(2);
  });

  it("go few at a time: whoever writes meanwhile does not wait for all of them", async () => {
    await makeOld(2500, 0);
    const other = await at.openAnother();
    const pruning = at.store.pruneRecords(at.clock.now);
    await other.writeSettings({ recordRetentionDays: 30 });
    expect(await count("change")).toBeGreaterThan(500);
    await pruning;
    expect(await count("change")).toBe(0);
  });

  it("stay where they are when the program stops in between", async () => {
    await makeOld(1100, 0);
    const stopping = new AbortController();
    const pruning = at.store.pruneRecords(at.clock.now, stopping.signal);
    stopping.abort(new Error("stopping"));
    await expect(pruning).rejects.toThrow("stopping");
    expect(await count("change")).toBeGreaterThan(500);
  });
});
