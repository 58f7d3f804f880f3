import { expect, it } from "vitest";
import type { RecordQuery } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import {
  applyAll,
  beginWork,
  departure,
  edge,
  groupChange,
  groupId,
  nextTask,
  planMembers,
  userChange,
  userDocument,
  userId,
  type Work,
} from "./support.ts";

onEachDatabase("the records of a task", (at) => {
  const find = async (work: Work, query: Partial<RecordQuery>): Promise<readonly (string | null)[]> =>
    (await at.store.listRecords(work.task.id, { limit: 100, ...query })).items.map(({ externalId }) => externalId);

  it("say attribute by attribute what was, what is, and what the source said", async () => {
    const first = await beginWork(at.store);
    const before = userDocument(1, { title: "经理" });
    await at.store.addChanges(first.lease, first.task.id, [userChange(1, { after: before })]);
    await applyAll(at.store, first);
    const second = await nextTask(at.store, first);
    const after = userDocument(1, { title: "总监" });
    await at.store.addChanges(second.lease, second.task.id, [
      userChange(1, { action: "update", baseVersion: 1, before, after, sources: { title: "总监 " } }),
    ]);
    const [record] = (await at.store.listRecords(second.task.id, { limit: 1 })).items;
    expect(record).toMatchObject({
      ...{ resourceType: "User", resourceId: userId(1), externalId: "user-1", displayName: "User 1", target: null },
      ...{ action: "update", status: "planned", error: null, because: "the test says so" },
      changes: [{ attribute: "title", source: "总监 ", before: "经理", after: "总监" }],
    });
  });

  it("are found by type, action, status and target", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(work.lease, work.task.id, [
      userChange(1),
      userChange(2, { action: "update", status: "failed", error: "no" }),
      departure(userChange(3), 1),
      groupChange(1, { status: "held" }),
    ]);
    expect(await find(work, { resourceType: "Group" })).toEqual(["department:1"]);
    expect(await find(work, { action: "update" })).toEqual(["user-2"]);
    expect(await find(work, { status: "planned" })).toEqual(["user-1", "user-3"]);
    expect(await find(work, { status: "planned", action: "deactivate" })).toEqual(["user-3"]);
    expect(await find(work, { target: null })).toHaveLength(4);
    expect(await find(work, { target: "some target" })).toEqual([]);
  });

  it("are found by a part of the name or of the external id, whatever characters it has", async () => {
    const work = await beginWork(at.store);
    const names = ["张三", "张三丰", 'O\'Brien "Bob"', "100%_sure", "back\\slash", "Éva", "Zoë", "𠮷野家"];
    await at.store.addChanges(
      work.lease,
      work.task.id,
      names.map((displayName, index) => userChange(index + 1, { displayName, externalId: `Ext-${displayName}` })),
    );
    const named = async (q: string) => (await find(work, { q })).map((id) => id?.slice(4));
    expect(await named("张三")).toEqual(["张三", "张三丰"]);
    expect(await named("三丰")).toEqual(["张三丰"]);
    expect(await named("o'brien \"b")).toEqual(['O\'Brien "Bob"']);
    expect(await named("%_")).toEqual(["100%_sure"]);
    expect(await named("k\\s")).toEqual(["back\\slash"]);
    expect(await named("Éva")).toEqual(["Éva"]);
    expect(await named("ZOë")).toEqual(["Zoë"]);
    expect(await named("𠮷")).toEqual(["𠮷野家"]);
    expect(await named("EXT-")).toHaveLength(names.length);
    expect(await named("nobody")).toEqual([]);
    expect(await named("\0")).toEqual([]);
  });

  it("come in pages", async () => {
    const work = await beginWork(at.store);
    const numbers = Array.from({ length: 7 }, (_, index) => index + 1);
    await at.store.addChanges(
      work.lease,
      work.task.id,
      numbers.map((number) => userChange(number)),
    );
    const found: (string | null)[] = [];
    const sizes: number[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await at.store.listRecords(work.task.id, { limit: 3, ...(cursor === null ? {} : { cursor }) });
      found.push(...page.items.map(({ externalId }) => externalId));
      sizes.push(page.items.length);
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(found).toEqual(numbers.map((number) => `user-${number}`));
    expect(sizes).toEqual([3, 3, 1]);
  });

  it("show a hundred members at most, with the number of all, and the rest in pages", async () => {
    const work = await beginWork(at.store);
    const people = Array.from({ length: 130 }, (_, index) => index + 1);
    await at.store.addChanges(work.lease, work.task.id, [
      groupChange(1),
      ...people.map((number) => userChange(number)),
    ]);
    await planMembers(at.store, work, [...people.map((number) => edge("add", 1, number)), edge("remove", 1, 999)]);
    await applyAll(at.store, work);
    const { items } = await at.store.listRecords(work.task.id, { limit: 1, resourceType: "Group" });
    const [record] = items;
    const members = record?.changes.at(-1);
    expect(members).toMatchObject({ attribute: "members", addedCount: 130, removedCount: 1, removed: [userId(999)] });
    expect(members && "added" in members ? members.added.length : 0).toBe(100);
    const all: { op: string; resourceId: string; displayName: string | null }[] = [];
    for (let cursor: string | null = null; ; ) {
      const query = { limit: 50, ...(cursor === null ? {} : { cursor }) };
      const page = await at.store.listRecordMembers(work.task.id, record?.id ?? "", query);
      all.push(...(page?.items ?? []));
      cursor = page?.nextCursor ?? null;
      if (cursor === null) break;
    }
    expect(all).toHaveLength(131);
    expect(all[0]).toEqual({ op: "add", resourceId: userId(1), displayName: "User 1" });
    expect(all.at(-1)).toEqual({ op: "remove", resourceId: userId(999), displayName: null });
    expect(new Set(all.map(({ resourceId }) => resourceId)).size).toBe(131);
  });

  it("are told apart from those that are not there", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(work.lease, work.task.id, [groupChange(1)]);
    const [record] = (await at.store.listRecords(work.task.id, { limit: 1 })).items;
    expect(record?.resourceId).toBe(groupId(1));
    const id = record?.id ?? "";
    const limit = { limit: 5 };
    expect(await at.store.listRecordMembers(work.task.id, id, limit)).toEqual({ items: [], nextCursor: null });
    for (const nobody of ["999999", "", "x", "1e3", "-1", "99999999999999999999", `${id}.0`]) {
      expect(await at.store.listRecordMembers(work.task.id, nobody, limit)).toBeNull();
    }
    expect(await at.store.listRecordMembers("another task", id, limit)).toBeNull();
  });
});
