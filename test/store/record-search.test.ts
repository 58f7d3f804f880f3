import { expect, it } from "vitest";
import type { RecordSearch } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { begin, given } from "./push-support.ts";
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
} from "./support.ts";

onEachDatabase("the records of all tasks", (at) => {
  const search = async (query: Partial<RecordSearch>) =>
    (await at.store.searchRecords({ limit: 100, ...query })).items.map(
      ({ externalId, action, target }) => `${externalId} ${action}${target === null ? "" : " there"}`,
    );

  it("are found by who, what, where and when, newest first", async () => {
    const first = await beginWork(at.store);
    const started = at.clock.now;
    await at.store.addChanges(first.lease, first.task.id, [userChange(1), userChange(2), groupChange(1)]);
    await planMembers(at.store, first, [edge("add", 1, 1), edge("add", 1, 2)]);
    await applyAll(at.store, first);
    at.clock.now += 3_600_000;
    const second = await nextTask(at.store, first);
    const renamed = userDocument(1, { displayName: "Somebody else" });
    await at.store.addChanges(second.lease, second.task.id, [
      userChange(1, { action: "update", baseVersion: 1, before: userDocument(1), after: renamed }),
      departure(userChange(2), 1),
      userChange(3, { status: "failed", error: "no userName" }),
    ]);
    await applyAll(at.store, second);
    at.clock.now += 3_600_000;
    const other = await beginWork(at.store, "another");
    await at.store.addChanges(other.lease, other.task.id, [userChange(9)]);
    await applyAll(at.store, other);

    const oldest = ["department:1 create", "user-2 create", "user-1 create"];
    const later = ["user-9 create", "user-3 create", "user-2 deactivate", "user-1 update"];
    expect(await search({})).toEqual([...later, ...oldest]);
    expect(await search({ who: { resourceIds: [userId(1)] } })).toEqual(["user-1 update", "user-1 create"]);
    expect(await search({ who: { resourceIds: [userId(1)], externalId: "user-3" } })).toEqual([
      ...["user-3 create", "user-1 update", "user-1 create"],
    ]);
    expect(await search({ who: { resourceIds: [] } })).toEqual([]);
    expect(await search({ externalId: "user-2", action: "deactivate" })).toEqual(["user-2 deactivate"]);
    expect(await search({ status: "failed" })).toEqual(["user-3 create"]);
    expect(await search({ status: "applied", action: "update" })).toEqual(["user-1 update"]);
    expect(await search({ source: other.source.id })).toEqual(["user-9 create"]);
    expect(await search({ source: first.source.id, resourceType: "Group" })).toEqual(["department:1 create"]);
    expect(await search({ since: started + 1 })).toEqual(later);
    expect(await search({ until: started + 1 })).toEqual(oldest);
    expect(await search({ since: started, until: started + 1 })).toEqual(oldest);
    expect(await search({ since: at.clock.now + 1 })).toEqual([]);
    expect(await search({ until: started })).toEqual([]);
    expect(await search({ target: null })).toHaveLength(7);
    expect(await search({ target: "none" })).toEqual([]);
  });

  it("come in pages that miss nothing and repeat nothing while others are written", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(
      work.lease,
      work.task.id,
      [1, 2, 3, 4, 5].map((number) => userChange(number)),
    );
    const seen: (string | null)[] = [];
    for (let cursor: string | null = null, turn = 6; ; turn += 1) {
      const page = await at.store.searchRecords({ limit: 2, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.items.map(({ externalId }) => externalId));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
      await at.store.addChanges(work.lease, work.task.id, [userChange(turn)]);
    }
    expect(seen).toEqual(["user-5", "user-4", "user-3", "user-2", "user-1"]);
  });

  it("say of which source, task and mapping they are, at targets too", async () => {
    const { work, push } = await begin(at, { users: 1, members: { 1: [1] } });
    await at.store.noteTask(work.task.id, { mapping: { name: "wecom", version: 3, problem: null } });
    const [pending] = await at.store.pendingCreates(push.scope, "User", { after: "", limit: 9, onlyReady: true });
    if (pending === undefined) throw new Error("there is nobody to create");
    const how = { action: "create", status: "applied", error: null, because: "not there yet" } as const;
    const record = { ...how, before: null, after: pending.document };
    const outcome = { ...given(pending), externalId: pending.externalId, record };
    await at.store.saveOutcomes(push.lease, work.task.id, push.target.id, [outcome]);
    const { items } = await at.store.searchRecords({ limit: 9, source: work.source.id });
    const common = {
      ...{ source: work.source.id, task: work.task.id, trigger: "manual", at: at.clock.now },
      mapping: { name: "wecom", version: 3 },
    };
    expect(items).toMatchObject([
      { ...common, resourceId: userId(1), target: push.target.id },
      { ...common, resourceId: userId(1), target: null },
      { ...common, resourceId: groupId(1), target: null, changes: [{}, {}, { added: [userId(1)], addedCount: 1 }] },
    ]);
  });

  it("are found by exact names and by parts of names, of whoever is there", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(work.lease, work.task.id, [
      userChange(1, { after: userDocument(1, { userName: "ZhangSan", displayName: "张三" }) }),
      userChange(2, { after: userDocument(2, { userName: "zhangsi", displayName: "张四" }) }),
      groupChange(1),
    ]);
    await applyAll(at.store, work);
    expect(await at.store.findPeople("zhangsan")).toEqual([userId(1)]);
    expect(await at.store.findPeople("user-2")).toEqual([userId(2)]);
    expect(await at.store.findPeople(userId(2))).toEqual([userId(2)]);
    expect(await at.store.findPeople("zhang")).toEqual([]);
    const some = async (q: string, limit = 9) => [...(await at.store.findSome(q, limit))].sort();
    expect(await some("ZHANGS")).toEqual([userId(1), userId(2)]);
    expect(await some("三")).toEqual([userId(1)]);
    expect(await some("department:")).toEqual([groupId(1)]);
    expect(await some("%")).toEqual([]);
    expect(await some("s", 2)).toHaveLength(2);
  });
});

onEachDatabase("the values of a person", (at) => {
  it("come with the write that each came with, in the directory and at a target", async () => {
    const { work, push } = await begin(at, { users: 1 });
    const sent = userDocument(1);
    const [pending] = await at.store.pendingCreates(push.scope, "User", { after: "", limit: 9, onlyReady: true });
    if (pending === undefined) throw new Error("there is nobody to create");
    const record = { action: "create", status: "applied", error: null, because: "not at this target yet" } as const;
    await at.store.saveOutcomes(push.lease, work.task.id, push.target.id, [
      { ...given(pending), record: { ...record, before: null, after: JSON.stringify(sent) } },
    ]);
    const madeAt = at.clock.now;
    at.clock.now += 1000;
    const second = await nextTask(at.store, work);
    const after = userDocument(1, { title: "总监" });
    await at.store.addChanges(second.lease, second.task.id, [
      userChange(1, { action: "update", baseVersion: 1, before: sent, after, sources: { title: "总监 " } }),
    ]);
    await applyAll(at.store, second);
    // What was not carried out says nothing about what is.
    await at.store.addChanges(second.lease, second.task.id, [
      userChange(1, { action: "update", status: "failed", error: "no", before: after, after: sent }),
    ]);

    const found = await at.store.readValues(userId(1), {});
    expect(found).toMatchObject({ externalId: "user-1", kind: "user", sourceId: work.source.id, isDeleted: false });
    const shown = found?.values.map(({ attribute, target, value, state, write }) => [
      ...[attribute, target === null ? "here" : "there", value, state, write?.task ?? null],
    ]);
    const ofFirst = (attribute: string, value: unknown) => [
      [attribute, "here", value, null, work.task.id],
      [attribute, "there", value, "pending", work.task.id],
    ];
    expect(shown).toEqual([
      ...ofFirst("active", true),
      ...ofFirst("displayName", "User 1"),
      ...ofFirst("externalId", "user-1"),
      ["title", "here", "总监", null, second.task.id],
      ...ofFirst("userName", "user-1"),
    ]);
    const [title, there] = (await at.store.readValues(userId(1), { attribute: "title" }))?.values ?? [];
    expect(title?.write).toMatchObject({
      ...{ at: at.clock.now, by: "sync", client: null, because: "the test says so", before: null, source: "总监 " },
    });
    expect(there).toMatchObject({ target: push.target.id, value: null, write: null });
    const atTarget = await at.store.readValues(userId(1), { attribute: "userName", target: push.target.id });
    expect(atTarget?.values).toMatchObject([{ write: { at: madeAt, action: "create", before: null } }]);
  });

  it("are those of a client or an administrator where he was the last", async () => {
    const work = await beginWork(at.store);
    await at.store.addChanges(work.lease, work.task.id, [userChange(1)]);
    await applyAll(at.store, work);
    const write = (title: string, author: { id: string; name: string } | null) => {
      at.clock.now += 1000;
      return at.store.writeDirectory(
        (directory) => directory.change(userId(1), { document: userDocument(1, { title }), rule: null }),
        author,
      );
    };
    const title = async () => (await at.store.readValues(userId(1), { attribute: "title" }))?.values[0];
    await write("a", { id: "client-1", name: "okta" });
    expect(await title()).toMatchObject({
      value: "a",
      write: { by: "client", client: { name: "okta" }, before: null },
    });
    await write("b", null);
    expect(await title()).toMatchObject({ value: "b", write: { by: "administrator", client: null, before: "a" } });
    at.clock.now += 1000;
    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [
      userChange(1, { action: "update", baseVersion: 3, before: userDocument(1, { title: "b" }) }),
    ]);
    await applyAll(at.store, next);
    expect(await title()).toMatchObject({ value: null, write: { by: "sync", task: next.task.id, before: "b" } });
  });

  it("are not there for an id that never was", async () => {
    expect(await at.store.readValues(userId(77), {})).toBeNull();
  });
});
