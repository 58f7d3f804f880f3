import { expect, it } from "vitest";
import { LeaseLostError, type MemberDelta, type PendingGroup } from "../../src/store/store.ts";
import { onEachDatabase, type TestDatabase } from "../support/databases.ts";
import { beginPush, given, type PushWork } from "./push-support.ts";
import {
  applyAll,
  beginWork,
  departure,
  edge,
  fillDirectory,
  groupChange,
  groupId,
  nextTask,
  planMembers,
  record,
  userChange,
  userId,
  type Work,
} from "./support.ts";

const all = { after: "", limit: 1000 };
const applied = { status: "applied", error: null } as const;
const numbersOf = (found: readonly MemberDelta[]) => found.map(({ memberId }) => Number(memberId.slice(-6)));

onEachDatabase("memberships at a target", (at) => {
  it("are what its ledger lacks, in pages of any size", async () => {
    const { push, group } = await begin(at, [1, 2, 3, 4, 5]);
    const pages: number[][] = [];
    for (let after = ""; ; ) {
      const page = await at.store.memberDelta(push.target.id, group.id, "add", { after, limit: 2 });
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.memberId;
      pages.push(numbersOf(page));
    }
    expect(pages).toEqual([[1, 2], [3, 4], [5]]);
    const [first] = await at.store.memberDelta(push.target.id, group.id, "add", all);
    expect(first).toMatchObject({ memberId: userId(1), memberType: "User", remoteId: `remote ${userId(1)}` });
    expect(await at.store.memberDelta(push.target.id, group.id, "remove", all)).toEqual([]);
  });

  it("that it was given for certain are read in pages; what is in doubt is not among them until it is settled", async () => {
    const { push, work, group } = await begin(at, [1, 2, 3, 4]);
    const given = async (limit: number) =>
      (await at.store.givenMembers(push.target.id, group.id, { after: "", limit })).map(({ memberId }) => memberId);
    expect(await given(9)).toEqual([]);
    await giveMembers(at, push, work, group);
    expect(await given(9)).toEqual([1, 2, 3, 4].map(userId));
    const page = await at.store.givenMembers(push.target.id, group.id, { after: userId(1), limit: 2 });
    expect(page).toEqual(
      [2, 3].map((n) => ({ memberId: userId(n), memberType: "User", remoteId: `remote ${userId(n)}` })),
    );
    await at.store.intendMembers(push.lease, push.target.id, group.id, [userId(2), userId(3)]);
    expect(await given(9)).toEqual([1, 4].map(userId));
    await at.store.settleMembers(push.lease, push.target.id, group.id, [userId(2)]);
    expect(await given(9)).toEqual([1, 2, 4].map(userId));
    expect(numbersOf(await at.store.memberDelta(push.target.id, group.id, "add", all))).toEqual([3]);
  });

  it("shrink as batches are saved: a crash in between sends none of them twice", async () => {
    const { push, work, group } = await begin(at, [1, 2, 3, 4]);
    const batch = await at.store.memberDelta(push.target.id, group.id, "add", { after: "", limit: 3 });
    await at.store.saveMembers(push.lease, work.task.id, push.target.id, group, "add", batch, applied);
    expect(numbersOf(await at.store.memberDelta(push.target.id, group.id, "add", all))).toEqual([4]);
    expect(await at.store.pendingGroups(push.scope, all)).toMatchObject([{ id: group.id, membersVersion: 1 }]);
    const rest = await at.store.memberDelta(push.target.id, group.id, "add", all);
    await at.store.saveMembers(push.lease, work.task.id, push.target.id, group, "add", rest, applied);
    await at.store.finishMembers(push.lease, push.target.id, group.id, { membersVersion: 1, lacksMembers: false });
    expect(await at.store.pendingGroups(push.scope, all)).toEqual([]);
    const [record] = (await at.store.listRecords(work.task.id, { limit: 9, target: push.target.id })).items;
    expect(record).toMatchObject({
      action: "update",
      changes: [{ attribute: "members", addedCount: 4, removedCount: 0 }],
    });
  });

  it("that are recorded twice in one task are counted once", async () => {
    const { push, work, group } = await begin(at, [1, 2]);
    const delta = await at.store.memberDelta(push.target.id, group.id, "add", all);
    const failed = { status: "failed", error: "400 no" } as const;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await at.store.saveMembers(push.lease, work.task.id, push.target.id, group, "add", delta, failed);
    }
    const query = { limit: 9, target: push.target.id, status: "failed" } as const;
    const { items } = await at.store.listRecords(work.task.id, query);
    expect(items).toMatchObject([{ error: "400 no", changes: [{ addedCount: 2 }] }]);
    // What failed is still lacking.
    expect(numbersOf(await at.store.memberDelta(push.target.id, group.id, "add", all))).toEqual([1, 2]);
  });

  it("of who is not there yet wait until he is", async () => {
    const work = await beginWork(at.store);
    await fillDirectory(at.store, work, { users: 2, members: { 1: [1, 2] } });
    const push = await beginPush(at.store, work, at.clock);
    const pending = [
      ...(await at.store.pendingCreates(push.scope, "Group", { ...all, onlyReady: false })),
      ...(await at.store.pendingCreates(push.scope, "User", { after: "", limit: 1, onlyReady: false })),
    ];
    await at.store.saveOutcomes(
      push.lease,
      work.task.id,
      push.target.id,
      pending.map((each) => given(each)),
    );
    const [group] = await at.store.pendingGroups(push.scope, all);
    const delta = await at.store.memberDelta(push.target.id, groupId(1), "add", all);
    expect(delta.map(({ remoteId }) => remoteId)).toEqual([`remote ${userId(1)}`, null]);
    const there = delta.filter(({ remoteId }) => remoteId !== null);
    await at.store.saveMembers(push.lease, work.task.id, push.target.id, must(group), "add", there, applied);
    await at.store.finishMembers(push.lease, push.target.id, groupId(1), { membersVersion: 1, lacksMembers: true });
    expect(await at.store.pendingGroups(push.scope, all)).toEqual([]);
    const [last] = await at.store.pendingCreates(push.scope, "User", { ...all, onlyReady: false });
    await at.store.saveOutcomes(push.lease, work.task.id, push.target.id, [given(must(last))]);
    expect(await at.store.pendingGroups(push.scope, all)).toHaveLength(1);
    expect(numbersOf(await at.store.memberDelta(push.target.id, groupId(1), "add", all))).toEqual([2]);
  });

  it("are removed when they went, and it is known who left the company and who was only moved", async () => {
    const { push, work, group } = await begin(at, [1, 2, 3, 4]);
    await giveMembers(at, push, work, group);
    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [departure(userChange(1), 1)]);
    await planMembers(at.store, next, [edge("remove", 1, 2), edge("remove", 1, 3)]);
    await planMembers(at.store, next, [edge("remove", 1, 1)], { leavers: true });
    await applyAll(at.store, next);
    const [changed] = await at.store.pendingGroups(push.scope, all);
    // Once for who moved, once for who left.
    expect(changed?.membersVersion).toBe(3);
    const delta = await at.store.memberDelta(push.target.id, group.id, "remove", all);
    expect(delta.map(({ memberId, gone }) => [memberId, gone])).toEqual([
      [userId(1), true],
      [userId(2), false],
      [userId(3), false],
    ]);
    expect(await at.store.memberLoss(push.target.id, group.id)).toEqual({ removed: 2, total: 4 });
    await at.store.saveMembers(push.lease, next.task.id, push.target.id, group, "remove", delta, applied);
    expect(await at.store.memberDelta(push.target.id, group.id, "remove", all)).toEqual([]);
    expect(await at.store.memberLoss(push.target.id, group.id)).toEqual({ removed: 0, total: 1 });
  });

  it("that failed are tried when their time has come, and are well again when that went well", async () => {
    const { push, work, group } = await begin(at, [1, 2]);
    const nextTryAt = at.clock.now + 1000;
    await at.store.failMembers(push.lease, push.target.id, group.id, { error: "no", nextTryAt });
    expect(await at.store.pendingGroups(push.scope, all)).toEqual([]);
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ failed: 1 });
    const later = { ...push.scope, startedAt: nextTryAt };
    expect(await at.store.pendingGroups(later, all)).toHaveLength(1);
    expect(await at.store.pendingGroups({ ...push.scope, retryAll: true }, all)).toHaveLength(1);
    expect(await at.store.hasDueRetries(push.target.id, push.scope.sourceIds, nextTryAt)).toBe(true);
    await giveMembers(at, push, work, group);
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ failed: 0, pending: 0 });
    expect(await at.store.hasDueRetries(push.target.id, push.scope.sourceIds, nextTryAt)).toBe(false);
  });

  it("that went well leave alone what went wrong with the group itself", async () => {
    const { push, work, group } = await begin(at, [1]);
    const link = { state: "failed", error: "400 name", attempts: 2, nextTryAt: at.clock.now + 9 } as const;
    const outcome = { resourceId: group.id, resourceType: "Group", externalId: null, displayName: null } as const;
    await at.store.saveOutcomes(push.lease, work.task.id, push.target.id, [{ ...outcome, record: null, link }]);
    await giveMembers(at, push, work, group);
    const { items } = await at.store.listLinks(push.target.id, { limit: 9, state: "failed" });
    expect(items).toMatchObject([{ resourceId: group.id, attempts: 2, lastError: "400 name" }]);
  });
});

onEachDatabase("a target that is forgotten", (at) => {
  it("holds nothing any more, and the push that was under way writes nothing back", async () => {
    const { push, work, group } = await begin(at, [1, 2]);
    await giveMembers(at, push, work, group);
    const kept = await at.store.createTarget({ ...push.target, name: "kept" });
    const keptLease = await at.store.takeLease(`target:${kept.id}`, "me", 1000);
    if (keptLease) await at.store.intend(keptLease, kept.id, [userId(1)]);
    await at.store.forgetLinks(push.target.id);
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ pending: 0, synced: 0, failed: 0 });
    expect(await at.rows("select * from link_member")).toEqual([]);
    expect(await at.rows("select target_id from link")).toEqual([{ target_id: kept.id }]);
    expect(await at.store.pendingCreates(push.scope, "User", { ...all, onlyReady: false })).toHaveLength(2);
    const late = at.store.intend(push.lease, push.target.id, [userId(1)]);
    await expect(late).rejects.toThrow(LeaseLostError);
  });

  it("leaves no row behind when it is deleted", async () => {
    const { push, work, group } = await begin(at, [1, 2]);
    await giveMembers(at, push, work, group);
    await at.store.saveRemoteMatches(push.lease, push.target.id, "User", [
      { attribute: "userName", value: "a", remoteId: "1" },
    ]);
    await at.store.deleteTarget(push.target.id);
    for (const table of ["target", "link", "link_member", "remote_match"]) {
      expect(await at.rows(`select * from ${table}`)).toEqual([]);
    }
    await expect(at.store.noteContact(push.lease, push.target.id)).rejects.toThrow(LeaseLostError);
    // What was recorded stays: it happened.
    expect((await at.store.listRecords(work.task.id, { limit: 9, target: push.target.id })).items).not.toEqual([]);
  });
});

onEachDatabase("a source that is deleted", (at) => {
  it("leaves no row behind, and nothing of another source goes with it", async () => {
    const other = await beginWork(at.store, "other");
    await at.store.addChanges(other.lease, other.task.id, [userChange(8), groupChange(8)]);
    await planMembers(at.store, other, [edge("add", 8, 8)]);
    await applyAll(at.store, other);
    await at.store.saveRecords(other.lease, other.source.id, "user", [record("user-8")]);
    const before = await leftovers();
    const { push, work, group } = await begin(at, [1, 2]);
    await giveMembers(at, push, work, group);
    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [departure(userChange(1), 1)]);
    await applyAll(at.store, next);
    await at.store.markSame(next.lease, next.task.id, [{ id: userId(2), fingerprint: "x" }], "m1");
    await at.store.deleteSource(work.source.id);
    await at.store.deleteTarget(push.target.id);
    expect(await leftovers()).toEqual(before);
  });

  it("stops whoever works on it: nothing is written back", async () => {
    const { work } = await begin(at, [1]);
    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [userChange(7)]);
    await at.store.deleteSource(work.source.id);
    const { lease, task, source } = next;
    await expect(at.store.applyNext(lease, task.id, source.id, 10)).rejects.toThrow(LeaseLostError);
    await expect(at.store.addChanges(lease, task.id, [userChange(8)])).rejects.toThrow(LeaseLostError);
    expect(await at.rows("select id from resource")).toEqual([]);
  });

  async function leftovers(): Promise<unknown> {
    const tables = (await at.database.db.introspection.getTables()).map(({ name }) => name).toSorted();
    // A lease keeps its number for ever; tasks and records stay as long as others do, and are found by the name that was.
    const kept = ["lease", "sync_task", "change", "change_member", "ended_source"];
    const counted = tables.filter((name) => !kept.includes(name));
    return Promise.all(counted.map(async (name) => [name, (await at.rows(`select * from ${name}`)).length]));
  }
});

/** Users and a group are at the target, the members of the group are not. */
async function begin(
  at: TestDatabase,
  members: readonly number[],
): Promise<{ readonly work: Work; readonly push: PushWork; readonly group: PendingGroup }> {
  const work = await beginWork(at.store);
  await fillDirectory(at.store, work, { users: members.length, members: { 1: members } });
  const push = await beginPush(at.store, work, at.clock);
  for (const type of ["User", "Group"] as const) {
    const pending = await at.store.pendingCreates(push.scope, type, { ...all, onlyReady: false });
    await at.store.saveOutcomes(
      push.lease,
      work.task.id,
      push.target.id,
      pending.map((each) => given(each)),
    );
  }
  const [group] = await at.store.pendingGroups(push.scope, all);
  return { work, push, group: must(group) };
}

async function giveMembers({ store }: TestDatabase, push: PushWork, work: Work, group: PendingGroup): Promise<void> {
  const delta = await store.memberDelta(push.target.id, group.id, "add", all);
  await store.saveMembers(push.lease, work.task.id, push.target.id, group, "add", delta, applied);
  const { membersVersion } = group;
  await store.finishMembers(push.lease, push.target.id, group.id, { membersVersion, lacksMembers: false });
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}
