import { expect, it } from "vitest";
import type { DirectoryChange, TaskRow } from "../../src/store/store.ts";
import { onEachDatabase, type TestDatabase } from "../support/databases.ts";
import {
  applyAll,
  beginWork,
  departure,
  edge,
  fillDirectory,
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

onEachDatabase("our own directory", (at) => {
  const statuses = async (task: TaskRow) =>
    (await at.store.listRecords(task.id, { limit: 500 })).items.map(({ externalId, status, error }) => ({
      externalId,
      status,
      error,
    }));

  it("has what was planned for it once it is applied", async () => {
    const work = await beginWork(at.store);
    await fillDirectory(at.store, work, { users: 3, members: { 1: [1, 2], 2: [] } });
    const [user] = await at.store.readCurrent([userId(1), userId(99)]);
    const [group] = await at.store.readCurrent([groupId(1)]);
    expect([user, group]).toMatchObject([
      { key: "user-1", version: 1, active: true, departed: false, deleted: false, externalId: "user-1" },
      { key: "1", type: "Group", displayName: "Group 1" },
    ]);
    expect(JSON.parse(user?.document ?? "")).toEqual(userDocument(1));
    expect(await membersNow(at.store, 1)).toEqual([1, 2]);
    expect(await at.store.countOfSource(work.source.id)).toEqual({ users: 3, activeUsers: 3, groups: 2 });
    expect(await at.store.edgesAnywhere([userId(1)])).toEqual([{ groupId: groupId(1), memberId: userId(1) }]);
    expect(await at.store.edgesOf(work.source.id, "department", [userId(1), userId(3)])).toHaveLength(1);
    expect(await at.store.edgesOf(work.source.id, "tag", [userId(1)])).toEqual([]);
    const records = await statuses(work.task);
    expect(new Set(records.map(({ status }) => status))).toEqual(new Set(["applied"]));
  });

  it("counts a version with each change, and the members of a group by themselves", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 2, members: { 1: [1], 2: [1] } });
    const versions = () => at.rows(`select id, version, members_version as members from resource order by id`);
    expect(await versions()).toEqual([
      { id: userId(1), version: 1, members: 0 },
      { id: userId(2), version: 1, members: 0 },
      { id: groupId(1), version: 1, members: 1 },
      { id: groupId(2), version: 1, members: 1 },
    ]);
    const second = await nextTask(at.store, first);
    at.clock.now += 1000;
    await at.store.addChanges(second.lease, second.task.id, [
      groupChange(2, { action: "update", baseVersion: 1, after: { displayName: "renamed" } }),
      userChange(2, { action: "update", baseVersion: 1 }),
    ]);
    await planMembers(at.store, second, [edge("add", 1, 2), edge("add", 2, 2)]);
    await applyAll(at.store, second);
    expect(await versions()).toEqual([
      { id: userId(1), version: 1, members: 0 },
      { id: userId(2), version: 2, members: 0 },
      { id: groupId(1), version: 2, members: 2 },
      { id: groupId(2), version: 2, members: 2 },
    ]);
  });

  it("lets people go: they are inactive, in no group, and their record is forgotten", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 2, members: { 1: [1, 2] } });
    const second = await nextTask(at.store, first);
    await at.store.addChanges(second.lease, second.task.id, [departure(userChange(1), 1)]);
    await planMembers(at.store, second, [edge("remove", 1, 1)], { leavers: true });
    await applyAll(at.store, second);
    expect(await at.store.readCurrent([userId(1)])).toMatchObject([{ active: false, departed: true, version: 2 }]);
    expect(await membersNow(at.store, 1)).toEqual([2]);
    expect((await at.store.listSourceRecords(first.source.id, "user", 0, 10)).map(({ key }) => key)).toEqual([
      "user-2",
    ]);
    expect(await at.store.recentRemovals(`source:${first.source.id}`, 0)).toEqual({ users: 1, groups: 0 });
  });

  it("lets a group go while somebody moves out of it in the same task", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 1, members: { 1: [1], 2: [] } });
    const second = await nextTask(at.store, first);
    // The person's move is planned first, the group's end after it: two changes of one group.
    await planMembers(at.store, second, [edge("remove", 1, 1), edge("add", 2, 1)]);
    await at.store.addChanges(second.lease, second.task.id, [departure(groupChange(1), 1)]);
    await applyAll(at.store, second);
    expect(await membersNow(at.store, 2)).toEqual([1]);
    expect(await at.store.readCurrent([groupId(1)])).toMatchObject([{ deleted: true }]);
  });

  it("applies two changes of one resource in one task one after the other", async () => {
    const work = await beginWork(at.store);
    await fillDirectory(at.store, work, { users: 1 });
    const second = await nextTask(at.store, work);
    const change = userChange(1, { action: "update", baseVersion: 1, after: userDocument(1, { title: "x" }) });
    await at.store.addChanges(second.lease, second.task.id, [change, departure(change, 1)]);
    await applyAll(at.store, second);
    expect(await at.store.readCurrent([userId(1)])).toMatchObject([{ departed: true, active: false }]);
  });

  it("takes members whose group is made later in the plan", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(work.lease, work.task.id, [userChange(1)]);
    await planMembers(at.store, work, [edge("add", 1, 1), edge("add", 2, 1)]);
    await at.store.addChanges(work.lease, work.task.id, [groupChange(1)]);
    await applyAll(at.store, work);
    expect(await membersNow(at.store, 1)).toEqual([1]);
    expect(await membersNow(at.store, 2)).toEqual([]);
    const { items } = await at.store.listRecords(work.task.id, { limit: 10, resourceType: "Group" });
    expect(items.map(({ resourceId, status, error }) => [resourceId, status, error])).toEqual([
      [groupId(1), "applied", null],
      [groupId(2), "skipped", "the group itself could not be made"],
      [groupId(1), "applied", null],
    ]);
  });

  it("says which of some resources a task is to bring", async () => {
    const { lease, task } = await beginWork(at.store);
    await at.store.addChanges(lease, task.id, [userChange(1), userChange(2, { status: "failed", error: "no" })]);
    expect(await at.store.plannedArrivals(task.id, [userId(1), userId(2), userId(3)])).toEqual([userId(1)]);
    expect(await at.store.plannedArrivals(task.id, [])).toEqual([]);
  });

  it("notes what was found unchanged only when all else is applied, and not at all when the plan is dropped", async () => {
    const work = await beginWork(at.store);
    await fillDirectory(at.store, work, { users: 2 });
    const second = await nextTask(at.store, work);
    const { lease, task } = second;
    const prints = () => at.rows("select fingerprint, mapping_version as version from resource order by id");
    const before = await prints();
    const marks = [{ id: userId(1), fingerprint: "new print" }];
    await at.store.markSame(lease, task.id, marks, "m2");
    await at.store.markSame(lease, task.id, marks, "m2");
    expect(await prints()).toEqual(before);
    await at.store.forgetPlanned(lease, task.id);
    await at.store.applyMarks(lease, task.id);
    expect(await prints()).toEqual(before);
    await at.store.markSame(lease, task.id, marks, "m2");
    await at.store.applyMarks(lease, task.id);
    expect(await prints()).toEqual([{ fingerprint: "new print", version: "m2" }, before[1]]);
  });

  it("keeps the id of somebody who is emptied after his time, and gives it back when he returns", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 2 });
    const second = await nextTask(at.store, first);
    await at.store.addChanges(second.lease, second.task.id, [departure(userChange(1), 1)]);
    await applyAll(at.store, second);
    expect(await at.store.deleteLeavers(at.clock.now - 1)).toBe(0);
    expect(await at.store.deleteLeavers(at.clock.now)).toBe(1);
    expect(await at.store.deleteLeavers(at.clock.now)).toBe(0);
    const [row] = await at.rows<Record<string, unknown>>(`select * from resource where id = '${userId(1)}'`);
    for (const text of ["User 1", "user_name"]) expect(JSON.stringify(Object.values(row ?? {}))).not.toContain(text);
    expect(await at.store.readResource("User", userId(1), "all")).toBeNull();
    const saved = await at.store.saveRecords(first.lease, first.source.id, "user", [record("user-1")]);
    expect(saved.written).toBe(1);
    expect((await at.store.resolveKeys(first.source.id, "user", ["user-1"])).get("user-1")).toBe(userId(1));
    const third = await nextTask(at.store, second);
    await at.store.addChanges(third.lease, third.task.id, [userChange(1, { baseVersion: 3 })]);
    await applyAll(at.store, third);
    expect(await at.store.readResource("User", userId(1), "all")).toMatchObject({ version: 4 });
  });
});

onEachDatabase("a userName", (at) => {
  const named = (number: number, userName: string, more: Partial<DirectoryChange> = {}) =>
    userChange(number, { after: userDocument(number, { userName }), ...more });

  it("is had by one: the other is refused with a sentence, the rest goes ahead", async () => {
    const one = await beginWork(at.store, "one");
    const two = await beginWork(at.store, "two");
    await plan(at, one, [named(1, "Anna")]);
    await plan(at, two, [named(2, "ANNA"), named(3, "bert"), named(4, "BERT")]);
    const { items } = await at.store.listRecords(two.task.id, { limit: 10 });
    expect(items.map(({ status, error }) => [status, error])).toEqual([
      [
        "failed",
        expect.stringMatching(/userName is already used in the source one; give one of the two sources a name/),
      ],
      ["applied", null],
      ["failed", expect.stringMatching(/used by another person of this source/)],
    ]);
    expect(await at.store.readCurrent([userId(2), userId(4)])).toEqual([]);
  });

  it("may be refused to all of a batch", async () => {
    const one = await beginWork(at.store, "one");
    const two = await beginWork(at.store, "two");
    await plan(at, one, [named(1, "anna")]);
    await plan(at, two, [named(2, "anna")]);
    expect(await at.store.readCurrent([userId(2)])).toEqual([]);
    expect((await at.store.userNameHolders(["anna", "bert"])).get("anna")).toEqual({
      resourceId: userId(1),
      sourceName: "one",
      ending: null,
    });
  });

  it("is free again when whoever had it is emptied", async () => {
    const one = await beginWork(at.store, "one");
    await plan(at, one, [named(1, "anna")]);
    await plan(at, await nextTask(at.store, one), [departure(named(1, "anna"), 1)]);
    expect((await at.store.userNameHolders(["anna"])).has("anna")).toBe(true);
    await at.store.deleteLeavers(at.clock.now);
    expect((await at.store.userNameHolders(["anna"])).has("anna")).toBe(false);
    const two = await beginWork(at.store, "two");
    await plan(at, two, [named(2, "anna")]);
    expect(await at.store.readCurrent([userId(2)])).toHaveLength(1);
  });

  // Two connections of SQLite in one thread would wait for each other for ever; there, writers take turns anyway.
  if (at.dialect === "postgres") {
    it("that two processes take at the same moment goes to one, and neither task fails", async () => {
      const other = await at.openAnother();
      for (let round = 0; round < 5; round += 1) {
        const one = await beginWork(at.store, `one-${round}`);
        const two = await beginWork(at.store, `two-${round}`);
        const numbers = Array.from({ length: 40 }, (_, index) => index + 1 + round * 1000);
        // In opposite order, so that each waits for what the other has written.
        const mine = numbers.map((number) => named(number, `name-${number}`));
        const theirs = numbers.map((number) => named(number + 500, `name-${number}`)).reverse();
        await at.store.addChanges(one.lease, one.task.id, mine);
        await at.store.addChanges(two.lease, two.task.id, theirs);
        await Promise.all([applyAll(at.store, one, 20), applyAll(other, two, 20)]);
        const [first, second] = await Promise.all(
          [one, two].map(async ({ task }) => (await at.store.listRecords(task.id, { limit: 500 })).items),
        );
        const applied = [...(first ?? []), ...(second ?? [])].filter(({ status }) => status === "applied");
        const failed = [...(first ?? []), ...(second ?? [])].filter(({ status }) => status === "failed");
        expect([applied.length, failed.length]).toEqual([40, 40]);
        for (const { error } of failed) expect(error).toMatch(/its userName is already used in the source (one|two)-/);
        expect(new Set(applied.map(({ changes }) => String(userNameIn(changes)))).size).toBe(40);
      }
    });
  }
});

function userNameIn(changes: readonly { readonly attribute: string }[]): unknown {
  const found = changes.find(({ attribute }) => attribute === "userName");
  return found && "after" in found ? found.after : undefined;
}

async function plan({ store }: TestDatabase, work: Work, changes: readonly DirectoryChange[]): Promise<void> {
  await store.addChanges(work.lease, work.task.id, changes);
  await applyAll(store, work);
}
