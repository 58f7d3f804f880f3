import { expect, it } from "vitest";
import { HoldMovedError } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import {
  applyAll,
  beginWork,
  departure,
  edge,
  fillDirectory,
  finish,
  groupChange,
  groupId,
  membersNow,
  nextTask,
  planMembers,
  record,
  userChange,
  userDocument,
  userId,
  type Work,
} from "./support.ts";

const people = [1, 2, 3, 4, 5, 6];

onEachDatabase("removals that the safeguards hold", (at) => {
  /** Users 1 and 2 leave, and so does group 2, which holds user 3. */
  async function planDepartures(): Promise<Work> {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 6, members: { 1: people, 2: [3] } });
    const work = await nextTask(at.store, first);
    await at.store.addChanges(work.lease, work.task.id, [
      userChange(7),
      departure(userChange(1), 1),
      departure(userChange(2), 1),
      departure(groupChange(2), 1),
    ]);
    await at.store.addMemberChanges(
      work.lease,
      work.task.id,
      [
        edge("remove", 1, 1),
        edge("remove", 1, 2),
        { groupId: groupId(1), op: "remove", memberId: groupId(2), memberType: "Group" },
      ],
      { leavers: true, because: "members left the source" },
    );
    await at.store.countMemberChanges(work.lease, work.task.id);
    return work;
  }

  it("are counted before anything is done", async () => {
    const { task } = await planDepartures();
    expect(await at.store.plannedRemovals(task.id)).toEqual({ users: 2, groups: 1 });
  });

  it("wait with their memberships, while the rest goes ahead", async () => {
    const work = await planDepartures();
    await at.store.holdRemovals(work.lease, work.task.id, ["User", "Group"]);
    await applyAll(at.store, work);
    expect(await at.store.countOfSource(work.source.id)).toEqual({ users: 7, activeUsers: 7, groups: 2 });
    expect(await membersNow(at.store, 1)).toEqual(people);
  });

  it("of groups do not keep people who left in their groups, nor those of people groups", async () => {
    const work = await planDepartures();
    await at.store.holdRemovals(work.lease, work.task.id, ["Group"]);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual([3, 4, 5, 6]);
    const rows = await at.store.listRecords(work.task.id, { limit: 20, status: "held" });
    expect(rows.items.map(({ resourceId, action, changes }) => [resourceId, action, changes.at(-1)])).toEqual([
      [groupId(2), "delete", expect.anything()],
      [groupId(1), "update", expect.objectContaining({ removed: [groupId(2)], removedCount: 1, addedCount: 0 })],
    ]);
  });

  it("are carried out once they are released, though the versions have grown", async () => {
    const work = await planDepartures();
    await at.store.holdRemovals(work.lease, work.task.id, ["User", "Group"]);
    await applyAll(at.store, work);
    await finish(at.store, work.task, "held", at.clock.now + 1000);
    await at.rows(`update resource set version = version + 1 where id = '${groupId(2)}'`);
    const [before] = await at.store.readCurrent([groupId(2)]);
    expect(await at.store.approveTask(work.task.id, null)).toBe(true);
    await at.store.startTask(work.task.id);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual([3, 4, 5, 6]);
    expect(await at.store.readCurrent([groupId(2)])).toMatchObject([
      { deleted: true, version: (before?.version ?? 0) + 1 },
    ]);
    expect((await at.store.listRecords(work.task.id, { limit: 9, status: "skipped" })).items).toEqual([]);
  });

  it("go in part with the memberships of just that part, and are planned once though the source says them twice", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 6, members: { 1: people } });
    const work = await nextTask(at.store, first);
    const { lease, task } = work;
    const gone = [edge("remove", 1, 1), edge("remove", 1, 2)];
    await planMembers(at.store, work, [...gone, edge("remove", 1, 3)]);
    await at.store.addChanges(lease, task.id, [departure(userChange(1), 1), departure(userChange(2), 1)]);
    await planMembers(at.store, work, gone, { leavers: true });
    expect(await at.store.plannedMemberLosses(task.id, 0)).toMatchObject([{ removed: 1 }]);
    await at.store.holdRemovals(lease, task.id, ["User"]);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual([1, 2, 4, 5, 6]);
    await finish(at.store, task, "held", at.clock.now + 1000);
    const held = await at.store.listRecords(task.id, { limit: 20, status: "held", resourceType: "User" });
    const one = held.items.find(({ resourceId }) => resourceId === userId(1));
    expect(await at.store.approveTask(task.id, [one?.id ?? ""])).toBe(true);
    await at.store.startTask(task.id);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual([2, 4, 5, 6]);
    const skipped = await at.store.listRecords(task.id, { limit: 20, status: "skipped", resourceType: "Group" });
    expect(skipped.items.map(({ changes }) => changes)).toEqual([[expect.objectContaining({ removed: [userId(2)] })]]);
  });

  it("keep the groups that those people are in, and those that these are in", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 3, members: { 1: [1], 2: [3], 3: [2] } });
    const inGroup = { groupId: groupId(1), memberId: groupId(2), memberType: "Group" } as const;
    const nested = await nextTask(at.store, first);
    await planMembers(at.store, nested, [{ ...inGroup, op: "add" }]);
    await applyAll(at.store, nested);
    const work = await nextTask(at.store, nested);
    const { lease, task } = work;
    await at.store.addChanges(lease, task.id, [
      departure(userChange(3), 1),
      ...[1, 2, 3].map((number) => departure(groupChange(number), 1)),
    ]);
    const leaving = [edge("remove", 2, 3), { ...inGroup, op: "remove" as const }];
    await planMembers(at.store, work, leaving, { leavers: true });
    expect(await at.store.holdRemovals(lease, task.id, ["User"])).toBe(2);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 2)).toEqual([3]);
    expect(await at.store.countOfSource(work.source.id)).toMatchObject({ users: 3, groups: 2 });
    await finish(at.store, task, "held", at.clock.now + 1000);
    expect(await at.store.approveTask(task.id, null)).toBe(true);
    await at.store.startTask(task.id);
    await applyAll(at.store, work);
    expect(await at.store.countOfSource(work.source.id)).toMatchObject({ users: 2, groups: 0 });
  });

  it("are not released when somebody changed one of those people since", async () => {
    const work = await planDepartures();
    await at.store.holdRemovals(work.lease, work.task.id, ["User", "Group"]);
    await applyAll(at.store, work);
    await finish(at.store, work.task, "held", at.clock.now + 1000);
    await at.rows(`update resource set document = '{"displayName":"other"}' where id = '${userId(2)}'`);
    await expect(at.store.approveTask(work.task.id, null)).rejects.toThrow(HoldMovedError);
    expect(await at.store.findTask(work.task.id)).toMatchObject({ state: "held" });
    expect((await at.store.listRecords(work.task.id, { limit: 20, status: "held" })).items.length).toBeGreaterThan(0);
  });
});

onEachDatabase("members that a group would lose beyond its safeguard", (at) => {
  async function planLoss(): Promise<Work> {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 6, members: { 1: people, 2: [] } });
    const work = await nextTask(at.store, first);
    const moved = people.slice(0, 4);
    const records = moved.map((user) => record(`user-${user}`, { hash: "moved", fingerprint: "moved" }));
    await at.store.saveRecords(work.lease, work.source.id, "user", records);
    await at.store.markSame(work.lease, work.task.id, [{ id: userId(1), fingerprint: "moved" }], "m1");
    await at.store.addChanges(work.lease, work.task.id, [
      userChange(2, { action: "update", baseVersion: 1, fingerprint: "moved", after: userDocument(2, { title: "x" }) }),
    ]);
    await planMembers(
      at.store,
      work,
      moved.flatMap((user) => [edge("remove", 1, user), edge("add", 2, user)]),
    );
    return work;
  }

  it("are found with the number of all its members", async () => {
    const { task } = await planLoss();
    const [loss, ...others] = await at.store.plannedMemberLosses(task.id, 3);
    expect(loss).toMatchObject({ removed: 4, total: 6 });
    expect(others).toEqual([]);
    expect(await at.store.plannedMemberLosses(task.id, 4)).toEqual([]);
  });

  it("stay until somebody approves; what is added goes ahead", async () => {
    const work = await planLoss();
    const losses = await at.store.plannedMemberLosses(work.task.id, 3);
    expect(
      await at.store.holdMemberRemovals(
        work.lease,
        losses.map(({ changeSeq }) => changeSeq),
      ),
    ).toBe(4);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual(people);
    expect(await membersNow(at.store, 2)).toEqual([1, 2, 3, 4]);
    await finish(at.store, work.task, "held", at.clock.now + 1000);
    expect(await at.store.approveTask(work.task.id, null)).toBe(true);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual([5, 6]);
  });

  it("are found again by the next task, whatever else of these people was applied", async () => {
    const work = await planLoss();
    const losses = await at.store.plannedMemberLosses(work.task.id, 3);
    await at.store.holdMemberRemovals(
      work.lease,
      losses.map(({ changeSeq }) => changeSeq),
    );
    await applyAll(at.store, work);
    await finish(at.store, work.task, "held", at.clock.now + 1000);
    const next = await nextTask(at.store, work);
    await at.store.replaceHeld(work.source.id, next.task.id);
    const dirty = await at.store.listDirty(work.source.id, "user", "m1", 0, 10);
    expect(dirty.map(({ record: { key } }) => key)).toEqual(["user-1", "user-2", "user-3", "user-4"]);
    expect(await at.store.findTask(work.task.id)).toMatchObject({ state: "cancelled" });
  });
});

onEachDatabase("the window of the safeguards", (at) => {
  it("counts what other tasks removed, each task once", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 4 });
    const scope = `source:${first.source.id}`;
    const second = await nextTask(at.store, first);
    await at.store.addChanges(second.lease, second.task.id, [departure(userChange(1), 1), departure(userChange(2), 1)]);
    await applyAll(at.store, second);
    await at.store.logRemovals(second.lease, scope, second.task.id);
    at.clock.now += 3_600_000;
    const third = await nextTask(at.store, second);
    await at.store.addChanges(third.lease, third.task.id, [departure(userChange(3), 1)]);
    await applyAll(at.store, third);
    expect(await at.store.recentRemovals(scope, at.clock.now - 7_200_000)).toEqual({ users: 3, groups: 0 });
    expect(await at.store.recentRemovals(scope, at.clock.now - 1)).toEqual({ users: 1, groups: 0 });
    expect(await at.store.recentRemovals("source:other", 0)).toEqual({ users: 0, groups: 0 });
  });
});
