import { expect, it } from "vitest";
import type { PushScope } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import {
  added,
  afterwards,
  all,
  begin,
  creates,
  filter,
  giveAll,
  given,
  must,
  save,
  unlinked,
  updates,
} from "./push-support.ts";
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
  withManager,
} from "./support.ts";

const numbersOf = (found: readonly { readonly id: string }[]) => found.map(({ id }) => Number(id.slice(-6)));

onEachDatabase("what a target lacks", (at) => {
  it("comes page by page, users and groups by themselves", async () => {
    const { push } = await begin(at, { users: 5, members: { 1: [1] } });
    const first = await creates(at, push, "User", { after: "", limit: 3 });
    expect(numbersOf(first)).toEqual([1, 2, 3]);
    expect(numbersOf(await creates(at, push, "User", { after: first.at(-1)?.id ?? "", limit: 3 }))).toEqual([4, 5]);
    expect(numbersOf(await creates(at, push, "Group"))).toEqual([1]);
    expect(first[0]).toMatchObject({
      ...{ type: "User", version: 1, externalId: "user-1", userName: "user-1", displayName: "User 1" },
      ...{ departed: false, remoteId: null, held: null, attempts: 0, intended: false },
    });
    expect(JSON.parse(first[0]?.document ?? "")).toEqual(userDocument(1));
  });

  it("comes in waves: managers before those they lead", async () => {
    const { push, work } = await begin(at, { users: 0 });
    await at.store.addChanges(work.lease, work.task.id, [
      userChange(1, { after: withManager(userDocument(1), userId(2)) }),
      userChange(2, { after: withManager(userDocument(2), userId(3)) }),
      userChange(3),
      userChange(4, { after: withManager(userDocument(4), userId(5)) }),
      userChange(5, { after: withManager(userDocument(5), userId(4)) }),
    ]);
    await applyAll(at.store, work);
    const waves: number[][] = [];
    for (;;) {
      const wave = await creates(at, push, "User", all, true);
      if (wave.length === 0) break;
      waves.push(numbersOf(wave));
      await save(
        at,
        push,
        work,
        wave.map((each) => given(each)),
      );
    }
    expect(waves).toEqual([[3], [2], [1]]);
    // Who leads each other in a circle is made without, and looked at again when the other is there.
    const circle = await creates(at, push, "User");
    expect(numbersOf(circle)).toEqual([4, 5]);
    await save(
      at,
      push,
      work,
      circle.map((each) => given(each)),
    );
    const again = await updates(at, push, "User");
    expect(again.map(({ managerRemoteId }) => managerRemoteId)).toEqual([`remote ${userId(5)}`, `remote ${userId(4)}`]);
    await save(
      at,
      push,
      work,
      again.map((each) => given(each)),
    );
    expect(await updates(at, push, "User")).toEqual([]);
    expect(await at.store.countPending(push.scope)).toBe(0);
  });

  it("remembers that a create may be under way, so that a crash makes nobody twice", async () => {
    const { push } = await begin(at, { users: 2 });
    await at.store.intend(push.lease, push.target.id, [userId(1)]);
    // This push has dealt with him; the next one sees that it has to look first.
    expect(numbersOf(await creates(at, push, "User"))).toEqual([2]);
    const next = { ...push, scope: { ...push.scope, startedAt: at.clock.now + 1 } };
    const found = await creates(at, next, "User");
    expect(found.map(({ intended }) => intended)).toEqual([true, false]);
  });

  it("is what failed only when its next try has come, or when somebody asks by hand", async () => {
    const { push, work } = await begin(at, { users: 1 });
    const [user] = await creates(at, push, "User");
    const link = { state: "failed", error: "refused", attempts: 3, nextTryAt: at.clock.now + 1000 } as const;
    await save(at, push, work, [{ ...given(must(user)), link }]);
    expect(await creates(at, push, "User")).toEqual([]);
    expect(await at.store.countPending(push.scope)).toBe(1);
    const later = (ms: number, retryAll = false) => ({
      ...push,
      scope: { ...push.scope, startedAt: at.clock.now + ms, retryAll },
    });
    expect(await creates(at, later(999), "User")).toEqual([]);
    expect(await creates(at, later(1000), "User")).toMatchObject([{ attempts: 3 }]);
    expect(await creates(at, later(10, true), "User")).toHaveLength(1);
    expect(await at.store.hasDueRetries(push.target.id, push.scope.sourceIds, at.clock.now + 999)).toBe(false);
    expect(await at.store.hasDueRetries(push.target.id, push.scope.sourceIds, at.clock.now + 1000)).toBe(true);
    await save(at, push, work, [given(must(user))]);
    expect(await at.store.hasDueRetries(push.target.id, push.scope.sourceIds, at.clock.now + 1000)).toBe(false);
  });

  it("is only what its scope names, in type, source and filter", async () => {
    const { push, work } = await begin(at, { users: 3, members: { 1: [] } });
    const other = await beginWork(at.store, "other");
    await at.store.addChanges(other.lease, other.task.id, [userChange(9)]);
    await applyAll(at.store, other);
    const within = (scope: Partial<PushScope>) => ({ ...push, scope: { ...push.scope, ...scope } });
    expect(numbersOf(await creates(at, push, "User"))).toEqual([1, 2, 3]);
    const both = within({ sourceIds: [work.source.id, other.source.id] });
    expect(numbersOf(await creates(at, both, "User"))).toEqual([1, 2, 3, 9]);
    expect(await creates(at, within({ sourceIds: [] }), "User")).toEqual([]);
    expect(await creates(at, within({ types: ["Group"] }), "User")).toEqual([]);
    expect(
      numbersOf(await creates(at, within({ userFilter: filter('externalId eq "user-2"', "User") }), "User")),
    ).toEqual([2]);
    const nobody = within({ groupFilter: filter('displayName eq "nothing"', "Group") });
    expect(await creates(at, nobody, "Group")).toEqual([]);
    const nobodyFits = within({ userFilter: filter("title pr", "User"), types: ["User"] });
    expect(await at.store.countPending(nobodyFits.scope)).toBe(0);
    expect(await at.store.countPending(push.scope)).toBe(4);
  });
});

onEachDatabase("what a target has otherwise than the directory", (at) => {
  it("is updated, reactivated, deactivated and deleted, each found by its own query", async () => {
    const { push, work } = await begin(at, { users: 5, members: { 1: [], 2: [] } });
    await giveAll(at, push, work);
    expect(await at.store.countPending(push.scope)).toBe(0);
    const next = await nextTask(at.store, work);
    const inactive = userDocument(2, { active: false });
    await at.store.addChanges(next.lease, next.task.id, [
      userChange(1, { action: "update", baseVersion: 1, after: userDocument(1, { title: "x" }) }),
      userChange(2, { action: "deactivate", baseVersion: 1, after: inactive }),
      departure(userChange(3), 1),
      departure(groupChange(2), 1),
    ]);
    await applyAll(at.store, next);
    const later = await afterwards(at, push);
    expect(numbersOf(await updates(at, later, "User"))).toEqual([1]);
    expect(numbersOf(await at.store.pendingDeactivations(later.scope, all))).toEqual([2, 3]);
    expect(numbersOf(await at.store.pendingDeletes(later.scope, "Group", all))).toEqual([2]);
    expect(await at.store.pendingDeletes(later.scope, "User", all)).toEqual([]);
    expect(await at.store.countPendingRemovals(later.scope)).toEqual({
      pending: { users: 2, groups: 1 },
      total: { users: 5, groups: 2 },
    });
    expect(await at.store.countPending(later.scope)).toBe(4);
    // A target that deletes leavers: who left is deleted, who is disabled is only deactivated.
    const deleting = { ...later, scope: { ...later.scope, deleteDepartedBefore: at.clock.now } };
    expect(numbersOf(await at.store.pendingDeactivations(deleting.scope, all))).toEqual([2]);
    expect(numbersOf(await at.store.pendingDeletes(deleting.scope, "User", all))).toEqual([3]);
    // One that deletes them after a while deactivates them first.
    const waiting = { ...later, scope: { ...later.scope, deleteDepartedBefore: at.clock.now - 2000 } };
    expect(numbersOf(await at.store.pendingDeactivations(waiting.scope, all))).toEqual([2, 3]);
    expect(await at.store.pendingDeletes(waiting.scope, "User", all)).toEqual([]);
  });

  it("comes from a scope that was narrowed too: people are deactivated, groups deleted", async () => {
    const { push, work } = await begin(at, { users: 2, members: { 1: [], 2: [] } });
    await giveAll(at, push, work);
    const later = await afterwards(at, push);
    const narrowed: PushScope = {
      ...later.scope,
      userFilter: filter('userName eq "user-1"', "User"),
      groupFilter: filter('externalId eq "department:1"', "Group"),
    };
    expect(numbersOf(await at.store.pendingDeactivations(narrowed, all))).toEqual([2]);
    expect(numbersOf(await at.store.pendingDeletes(narrowed, "Group", all))).toEqual([2]);
    expect(await updates(at, { ...later, scope: narrowed }, "User")).toEqual([]);
  });

  it("is nothing once it was given, and nothing for who is inactive on both sides", async () => {
    const { push, work } = await begin(at, { users: 2 });
    await giveAll(at, push, work);
    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [departure(userChange(1), 1)]);
    await applyAll(at.store, next);
    const later = await afterwards(at, push);
    const leavers = await at.store.pendingDeactivations(later.scope, all);
    expect(leavers).toMatchObject([{ departed: true, remoteId: `remote ${userId(1)}` }]);
    await save(
      at,
      later,
      next,
      leavers.map((each) => given(each, { active: false })),
    );
    const last = await afterwards(at, later);
    expect(await at.store.pendingDeactivations(last.scope, all)).toEqual([]);
    expect(await at.store.countPending(last.scope)).toBe(0);
    await at.store.deleteLeavers(at.clock.now);
    expect(await at.store.countPending(last.scope)).toBe(0);
    // Nothing of the person is left here, with the link either.
    expect(JSON.stringify(await at.rows("select * from link"))).not.toContain("User 1");
    // Also when a push that had begun before writes it down after that, and when neither saw the other.
    await save(at, last, next, [given(must(leavers[0]), { active: false })]);
    expect(JSON.stringify(await at.rows("select * from link"))).not.toContain("User 1");
    const held = JSON.stringify({ displayName: "User 1" });
    await at.database.db.updateTable("link").set({ held }).where("resource_id", "=", userId(1)).execute();
    await at.store.deleteLeavers(at.clock.now);
    expect(JSON.stringify(await at.rows("select * from link"))).not.toContain("User 1");
  });
});

onEachDatabase("a resource that a target has lost", (at) => {
  it("is made again in the same push, with its memberships and as a manager", async () => {
    const { push, work } = await begin(at, { users: 0 });
    await at.store.addChanges(work.lease, work.task.id, [
      groupChange(1),
      groupChange(2),
      userChange(1),
      userChange(2, { after: withManager(userDocument(2), userId(1)) }),
    ]);
    await planMembers(at.store, work, [edge("add", 1, 1), edge("add", 1, 2), edge("add", 2, 1)]);
    await applyAll(at.store, work);
    await giveAll(at, push, work);
    expect(await at.store.pendingGroups(push.scope, all)).toEqual([]);
    await save(at, push, work, [unlinked(userId(1), true)]);
    expect(numbersOf(await creates(at, push, "User"))).toEqual([1]);
    // Not before he is there again.
    expect(await at.store.pendingGroups(push.scope, all)).toEqual([]);
    expect(await updates(at, push, "User")).toEqual([]);
    const [again] = await creates(at, push, "User");
    await save(at, push, work, [given(must(again), { remoteId: "new id" })]);
    expect(numbersOf(await at.store.pendingGroups(push.scope, all))).toEqual([1, 2]);
    const delta = await at.store.memberDelta(push.target.id, groupId(1), "add", all);
    expect(delta).toMatchObject([{ memberId: userId(1), remoteId: "new id" }]);
    expect(await updates(at, push, "User")).toMatchObject([{ id: userId(2), managerRemoteId: "new id" }]);
  });

  it("is not made again in the same push when it was removed on purpose", async () => {
    const { push, work } = await begin(at, { users: 1 });
    await giveAll(at, push, work);
    await save(at, push, work, [unlinked(userId(1), false)]);
    expect(await creates(at, push, "User")).toEqual([]);
    const later = await afterwards(at, push);
    expect(numbersOf(await creates(at, later, "User"))).toEqual([1]);
  });

  it("takes all its members with it when it is a group", async () => {
    const { push, work } = await begin(at, { users: 2, members: { 1: [1, 2] } });
    await giveAll(at, push, work);
    await save(at, push, work, [unlinked(groupId(1), true, "Group")]);
    expect(await at.rows("select * from link_member")).toEqual([]);
    await save(
      at,
      push,
      work,
      (await creates(at, push, "Group")).map((each) => given(each)),
    );
    expect(numbersOf(await at.store.pendingGroups(push.scope, all))).toEqual([1]);
    expect(numbersOf(await added(at, push, 1))).toEqual([1, 2]);
  });

  it("that knows no inactive accounts: they are not made, and those that are there are to be deleted", async () => {
    const { work, push: plain } = await begin(at, { users: 4 });
    const push = { ...plain, scope: { ...plain.scope, removesInactive: true } };
    await at.store.addChanges(work.lease, work.task.id, [
      userChange(1, { action: "deactivate", after: userDocument(1, { active: false }), baseVersion: 1 }),
    ]);
    await applyAll(at.store, work);
    const open = await creates(at, push, "User");
    expect(numbersOf(open)).toEqual([2, 3, 4]);
    expect(numbersOf(await creates(at, plain, "User"))).toEqual([1, 2, 3, 4]);
    expect(await at.store.countPending(push.scope)).toBe(3);
    await save(
      at,
      push,
      work,
      open.map((each) => given(each)),
    );
    expect(await at.store.countPending(push.scope)).toBe(0);

    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [
      userChange(2, { action: "deactivate", after: userDocument(2, { active: false }), baseVersion: 1 }),
      departure(userChange(3), 1),
    ]);
    await applyAll(at.store, next);
    const later = { ...push, scope: { ...push.scope, startedAt: at.clock.now + 1 } };
    expect(numbersOf(await at.store.pendingDeletes(later.scope, "User", all))).toEqual([2, 3]);
    expect(await at.store.pendingDeactivations(later.scope, all)).toEqual([]);
    expect(await updates(at, later, "User")).toEqual([]);
    expect(await at.store.countPendingRemovals(later.scope)).toMatchObject({
      pending: { users: 2 },
      total: { users: 3 },
    });
  });
});
