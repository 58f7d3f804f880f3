import { expect, it } from "vitest";
import { NotHeldError, type TaskRow } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { beginPush, given } from "./push-support.ts";
import {
  applyAll,
  beginWork,
  departure,
  fillDirectory,
  finish,
  groupChange,
  newSource,
  nextTask,
  runningTask,
  userChange,
  userId,
} from "./support.ts";

onEachDatabase("a sync task", (at) => {
  const queue = (sourceId: string, more: Partial<Pick<TaskRow, "trigger" | "mode">> = {}) =>
    at.store.queueTask({ sourceId, targetId: null, trigger: "manual", mode: "apply", ...more });

  it("is queued once, however many ask at the same moment", async () => {
    const { id } = await at.store.createSource(newSource("corp"));
    const other = await at.openAnother();
    const asked = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? at.store : other).queueTask({
        sourceId: id,
        targetId: null,
        trigger: "manual",
        mode: index % 3 === 0 ? "plan" : "apply",
      }),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ task }) => task.id)).size).toBe(1);
    expect((await at.store.listTasks({ limit: 100 })).items).toHaveLength(1);
  });

  it("runs beside those of other sources, and of targets", async () => {
    const tasks = [
      await queue("source-1"),
      await queue("source-2"),
      await at.store.queueTask({ sourceId: null, targetId: "source-1", trigger: "schedule", mode: "apply" }),
    ];
    expect(tasks.map(({ created }) => created)).toEqual([true, true, true]);
    expect((await at.store.openTasks()).map(({ id, stage }) => [id, stage])).toEqual(
      tasks.map(({ task }) => [task.id, "plan"]),
    );
  });

  it("makes room for the next one when it ends", async () => {
    const first = await runningTask(at.store, "source-1");
    expect((await queue("source-1")).task.id).toBe(first.id);
    await finish(at.store, first, "succeeded");
    const second = await queue("source-1");
    expect(second.created).toBe(true);
    expect((await at.store.openTasks()).map(({ id }) => id)).toEqual([second.task.id]);
  });

  it("remembers what it came to", async () => {
    const task = await runningTask(at.store, "source-1");
    const startedAt = at.clock.now;
    at.clock.now += 5000;
    const progress = { phase: "map", done: 3, total: 9 } as const;
    expect(await at.store.noteTask(task.id, { progress, stage: "apply" })).toBe(true);
    expect((await at.store.openTasks())[0]).toMatchObject({ progress, stage: "apply", state: "running", startedAt });
    await at.store.startTask(task.id);
    const counts = { ...task.counts, users: { ...task.counts.users, created: 7 } };
    const error = { code: "x", detail: "why", errcode: 60011 };
    const targets = [{ target: "t1", state: "partial", counts, error: null } as const];
    await at.store.finishTask(task.id, { state: "partial", counts, targets, error, hold: null });
    expect(await at.store.findTask(task.id)).toMatchObject({
      ...{ state: "partial", counts, targets, error, hold: null, startedAt, finishedAt: at.clock.now },
    });
  });

  it("that has ended is started, noted, finished and cancelled no more", async () => {
    const task = await runningTask(at.store, "source-1");
    expect(await at.store.cancelTask(task.id)).toBe(true);
    const cancelled = await at.store.findTask(task.id);
    expect(await at.store.startTask(task.id)).toBe(false);
    expect(await at.store.noteTask(task.id, { stage: "push" })).toBe(false);
    await finish(at.store, task, "succeeded");
    expect(await at.store.cancelTask(task.id)).toBe(false);
    expect(await at.store.approveTask(task.id, null)).toBe(false);
    expect(await at.store.findTask(task.id)).toEqual(cancelled);
    expect(await at.store.findTask("nobody's")).toBeNull();
  });

  it("is approved by one of those who approve it at once, and not when it was cancelled", async () => {
    const task = await runningTask(at.store, "source-1");
    await finish(at.store, task, "held", at.clock.now + 1000);
    const other = await at.openAnother();
    const answers =
      at.dialect === "postgres"
        ? await Promise.all([at.store, other, at.store, other].map((store) => store.approveTask(task.id, null)))
        : [await at.store.approveTask(task.id, null), await other.approveTask(task.id, null)];
    expect(answers.filter((approved) => approved)).toHaveLength(1);
    expect(await at.store.findTask(task.id)).toMatchObject({ state: "queued", approved: true, hold: null });
    expect((await at.store.openTasks())[0]).toMatchObject({ id: task.id, stage: "apply" });
    expect((await queue("source-1")).task.id).toBe(task.id);
  });

  it("is not approved while another of its source is under way", async () => {
    const held = await runningTask(at.store, "source-1");
    await finish(at.store, held, "held", at.clock.now + 1000);
    const newer = await queue("source-1");
    expect(await at.store.approveTask(held.id, null)).toBe(false);
    expect(await at.store.findTask(held.id)).toMatchObject({ state: "held", approved: false });
    await at.store.replaceHeld("source-1", newer.task.id);
    expect(await at.store.findTask(held.id)).toMatchObject({ state: "cancelled" });
    expect(await at.store.findTask(newer.task.id)).toMatchObject({ state: "queued" });
  });

  it("is approved or replaced by a newer one queued at the same moment, never both", async () => {
    const other = await at.openAnother();
    for (let round = 0; round < 8; round += 1) {
      const source = `source-${round}`;
      const held = await runningTask(at.store, source);
      await finish(at.store, held, "held", at.clock.now + 1000);
      const [approved, queued] =
        at.dialect === "postgres"
          ? await Promise.all([at.store.approveTask(held.id, null), queueOn(other, source)])
          : [await at.store.approveTask(held.id, null), await queueOn(other, source)];
      expect(queued.created).toBe(!approved);
    }
  });

  it("expires when nobody approves it in time, and leaves room for the next", async () => {
    const { source, task } = await beginWork(at.store);
    await at.store.addChanges((await leaseAgain(source.id)) ?? failed(), task.id, [userChange(1, { status: "held" })]);
    await finish(at.store, task, "held", at.clock.now + 1000);
    await at.store.expireHeld(at.clock.now + 999);
    expect(await at.store.findTask(task.id)).toMatchObject({ state: "held" });
    await at.store.expireHeld(at.clock.now + 1000);
    expect(await at.store.findTask(task.id)).toMatchObject({ state: "cancelled" });
    const [record] = (await at.store.listRecords(task.id, { limit: 1 })).items;
    expect(record).toMatchObject({ status: "skipped", error: "nobody approved it in time" });
    expect((await queue(source.id)).created).toBe(true);
  });

  it("that was approved in time does not expire", async () => {
    const task = await runningTask(at.store, "source-1");
    await finish(at.store, task, "held", at.clock.now);
    expect(await at.store.approveTask(task.id, null)).toBe(true);
    await at.store.expireHeld(at.clock.now + 1000);
    expect(await at.store.findTask(task.id)).toMatchObject({ state: "queued" });
  });

  it("leaves out what was not chosen when a part is approved", async () => {
    const { lease, task } = await beginWork(at.store);
    await at.store.addChanges(
      lease,
      task.id,
      [1, 2, 3].map((number) => userChange(number, { status: "held" })),
    );
    await finish(at.store, task, "held", at.clock.now + 1000);
    const [first] = (await at.store.listRecords(task.id, { limit: 9 })).items;
    expect(await at.store.approveTask(task.id, [first?.id ?? ""])).toBe(true);
    const { items } = await at.store.listRecords(task.id, { limit: 9 });
    expect(items.map(({ status, error }) => [status, error])).toEqual([
      ["planned", null],
      ["skipped", "not approved"],
      ["skipped", "not approved"],
    ]);
  });

  it("lets nothing through when what was chosen is none of it, or waits no more", async () => {
    const { lease, task } = await beginWork(at.store);
    await at.store.addChanges(lease, task.id, [
      userChange(1, { status: "held" }),
      userChange(2, { status: "skipped" }),
    ]);
    await finish(at.store, task, "held", at.clock.now + 1000);
    const held = await at.store.findTask(task.id);
    const [first, second] = (await at.store.listRecords(task.id, { limit: 9 })).items.map(({ id }) => id);
    const chosen = [first ?? "", "no number", second ?? "", `0${first}`, "999999999999999", "\0"];
    const refusal = await at.store.approveTask(task.id, chosen).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(NotHeldError);
    expect(refusal).toMatchObject({ unknown: [1, 3, 4, 5], settled: [2] });
    expect(await at.store.findTask(task.id)).toEqual(held);
    expect((await at.store.listRecords(task.id, { limit: 9 })).items.map(({ status }) => status)).toEqual([
      ...["held", "skipped"],
    ]);
  });

  it("leaves out everything when nothing was chosen", async () => {
    const { lease, task } = await beginWork(at.store);
    await at.store.addChanges(lease, task.id, [userChange(1, { status: "held" })]);
    await finish(at.store, task, "held", at.clock.now + 1000);
    expect(await at.store.approveTask(task.id, [])).toBe(true);
    expect((await at.store.listRecords(task.id, { limit: 9 })).items[0]?.status).toBe("skipped");
  });

  it("is listed newest first, in pages, by source and by state", async () => {
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1) {
      const task = await runningTask(at.store, `source-${number % 2}`);
      await finish(at.store, task, number < 3 ? "failed" : "succeeded");
      ids.push(task.id);
    }
    const pages = async (query: { source?: string; state?: TaskRow["state"] }): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await at.store.listTasks({ ...query, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        found.push(...page.items.map(({ id }) => id));
        if (page.nextCursor === null) return found;
        cursor = page.nextCursor;
      }
    };
    expect(await pages({})).toEqual(ids.toReversed());
    expect(await pages({ source: "source-1" })).toEqual([ids[5], ids[3], ids[1]]);
    expect(await pages({ state: "failed" })).toEqual([ids[2], ids[1], ids[0]]);
    expect(await pages({ source: "nobody's" })).toEqual([]);
  });

  it("is counted by what it did in the directory, and at each target", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 4, members: { 1: [1] } });
    const read = { users: 4, groups: 1 };
    const none = { created: 0, adopted: 0, updated: 0, deleted: 0, unchanged: 0, failed: 0 };
    expect(await at.store.countTask(first.task.id, null, read)).toEqual({
      // The group was made with its member: that is one thing.
      groups: { ...none, read: 1, created: 1 },
      users: { ...none, read: 4, created: 4, deactivated: 0, reactivated: 0 },
    });
    const second = await nextTask(at.store, first);
    await at.store.addChanges(second.lease, second.task.id, [
      userChange(1, { action: "update", baseVersion: 1 }),
      userChange(2, { action: "update", baseVersion: 1, status: "failed", error: "no" }),
      departure(userChange(3), 1),
      groupChange(1, { action: "update", baseVersion: 1, status: "held" }),
    ]);
    await applyAll(at.store, second);
    expect(await at.store.countTask(second.task.id, null, read)).toEqual({
      groups: { ...none, read: 1, unchanged: 1 },
      users: { ...none, read: 4, updated: 1, failed: 1, deactivated: 1, reactivated: 0, unchanged: 2 },
    });
    const push = await beginPush(at.store, second, at.clock);
    const page = { after: "", limit: 1, onlyReady: false };
    const [user] = await at.store.pendingCreates(push.scope, "User", page);
    const made = given(user ?? failed());
    const record = {
      action: "create",
      status: "applied",
      error: null,
      because: "",
      before: null,
      after: "{}",
    } as const;
    await at.store.saveOutcomes(push.lease, second.task.id, push.target.id, [{ ...made, record }]);
    const counted = await at.store.countTask(second.task.id, push.target.id, { users: 0, groups: 0 });
    expect(counted.users).toMatchObject({ created: 1, failed: 0, deactivated: 0 });
  });

  const queueOn = (store: typeof at.store, sourceId: string) =>
    store.queueTask({ sourceId, targetId: null, trigger: "manual", mode: "apply" });

  /** The lease of {@link beginWork}, as it was given. */
  async function leaseAgain(sourceId: string) {
    at.clock.now += 120_000;
    return at.store.takeLease(`source:${sourceId}`, "this process", 60_000);
  }
});

onEachDatabase("records of tasks", (at) => {
  it("go when their time is over; what waits for approval stays", async () => {
    const { lease, task } = await beginWork(at.store);
    await at.store.addChanges(lease, task.id, [
      userChange(1, { status: "applied" }),
      userChange(2, { status: "held" }),
    ]);
    at.clock.now += 1000;
    await at.store.addChanges(lease, task.id, [userChange(3, { status: "failed" })]);
    await at.store.pruneRecords(at.clock.now);
    const { items } = await at.store.listRecords(task.id, { limit: 9 });
    expect(items.map(({ resourceId }) => resourceId)).toEqual([userId(2), userId(3)]);
  });
});

function failed(): never {
  throw new Error("there is none");
}
