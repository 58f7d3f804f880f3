import { expect, it } from "vitest";
import { onEachDatabase } from "../support/databases.ts";
import { all, begin, creates, giveAll, given, must, save } from "./push-support.ts";
import { groupId, userId } from "./support.ts";

onEachDatabase("first contact with a target", (at) => {
  it("keeps what it held by the values that matching uses, until it is forgotten", async () => {
    const { push } = await begin(at, { users: 1 });
    const { lease, target } = push;
    expect(await at.store.contactedAt(target.id)).toBeNull();
    expect(await at.store.hasRemoteMatches(target.id)).toBe(false);
    const matches = [
      { attribute: "userName", value: "张三", remoteId: "r1" },
      { attribute: "userName", value: "张三", remoteId: "r2" },
      { attribute: "externalId", value: "张三", remoteId: "r3" },
    ];
    await at.store.saveRemoteMatches(lease, target.id, "User", matches);
    await at.store.saveRemoteMatches(lease, target.id, "User", matches);
    await at.store.noteContact(lease, target.id);
    expect(await at.store.contactedAt(target.id)).toBe(at.clock.now);
    expect((await at.store.remoteMatches(target.id, "User", "userName", "张三")).toSorted()).toEqual(["r1", "r2"]);
    expect(await at.store.remoteMatches(target.id, "Group", "userName", "张三")).toEqual([]);
    expect(await at.store.hasRemoteMatches(target.id)).toBe(true);
    await at.store.forgetRemoteMatches(lease, target.id);
    expect(await at.store.hasRemoteMatches(target.id)).toBe(false);
  });

  it("knows whose a remote account is already", async () => {
    const { push, work } = await begin(at, { users: 2 });
    await giveAll(at, push, work);
    const linked = await at.store.linkedTo(push.target.id, [`remote ${userId(1)}`, "unknown"]);
    const holder = { resourceId: userId(1), resourceType: "User", isGone: false, sourceName: "corp" };
    expect([...linked]).toEqual([[`remote ${userId(1)}`, { ...holder, held: expect.stringContaining("userName") }]]);
    expect((await at.store.linkedTo(push.target.id, [])).size).toBe(0);
  });

  it("lets the account of somebody who was deleted for good be another's, of the same type alone", async () => {
    const { push, work } = await begin(at, { users: 3, members: { 1: [1] } });
    const [one, two, three] = await creates(at, push, "User");
    const [group] = await creates(at, push, "Group");
    await save(at, push, work, [given(must(one), { remoteId: "7" }), given(must(group), { remoteId: "8" })]);
    const delta = await at.store.memberDelta(push.target.id, groupId(1), "add", all);
    const pending = must((await at.store.pendingGroups(push.scope, all))[0]);
    await at.store.saveMembers(push.lease, work.task.id, push.target.id, pending, "add", delta, {
      ...{ status: "applied", error: null },
    });
    for (const id of [userId(1), groupId(1)]) {
      await at.database.db.updateTable("resource").set({ deleted_at: 1 }).where("id", "=", id).execute();
    }
    // Some servers count the ids of Users and Groups by themselves: "8" is a group, and stays one that is to be deleted.
    await expect(save(at, push, work, [given(must(three), { remoteId: "8" })])).rejects.toThrow();
    expect((await at.store.linkedTo(push.target.id, ["8"])).get("8")).toMatchObject({ resourceId: groupId(1) });
    await save(at, push, work, [given(must(two), { remoteId: "7" })]);
    expect([...(await at.store.linkedTo(push.target.id, ["7", "8"])).values()]).toMatchObject([
      { resourceId: userId(2), isGone: false },
      { resourceId: groupId(1), isGone: true },
    ]);
    // What the target was given of the old one's memberships is the new one's.
    const given2 = await at.database.db.selectFrom("link_member").select(["group_id", "member_id"]).execute();
    expect(given2).toEqual([{ group_id: groupId(1), member_id: userId(2) }]);
  });

  it("tries again only what is of the sources that it has", async () => {
    const { push, work } = await begin(at, { users: 1 });
    const [user] = await creates(at, push, "User");
    const failed = { state: "failed", error: "no", attempts: 1, nextTryAt: 5 } as const;
    await save(at, push, work, [{ ...given(must(user)), link: failed }]);
    expect(await at.store.hasDueRetries(push.target.id, push.scope.sourceIds, 5)).toBe(true);
    expect(await at.store.hasDueRetries(push.target.id, ["another"], 5)).toBe(false);
  });

  it("knows whom it holds, and of people who is active there", async () => {
    const { push, work } = await begin(at, { users: 3, members: { 1: [1] } });
    const ids = [userId(1), userId(2), userId(3), groupId(1)];
    expect((await at.store.heldAmong(push.target.id, ids)).size).toBe(0);
    const [one, two] = await creates(at, push, "User");
    const [group] = await creates(at, push, "Group");
    await save(at, push, work, [given(must(one)), given(must(two), { active: false }), given(must(group))]);
    expect([...(await at.store.heldAmong(push.target.id, ids))].toSorted()).toEqual([userId(1), groupId(1)].toSorted());
    expect((await at.store.heldAmong(push.target.id, [])).size).toBe(0);
    expect((await at.store.heldAmong("another", ids)).size).toBe(0);
  });

  it("ties no remote account to two resources", async () => {
    const { push, work } = await begin(at, { users: 2 });
    const [one, two] = await creates(at, push, "User");
    await save(at, push, work, [given(must(one), { remoteId: "same" })]);
    await expect(save(at, push, work, [given(must(two), { remoteId: "same" })])).rejects.toThrow();
    expect(await at.rows("select resource_id from link where remote_id = 'same'")).toEqual([
      { resource_id: userId(1) },
    ]);
  });
});

onEachDatabase("links, as people see them", (at) => {
  it("are pending, synced or failed, and are listed in pages", async () => {
    const { push, work } = await begin(at, { users: 5, members: { 1: [1] } });
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ pending: 0, synced: 0, failed: 0 });
    const users = await creates(at, push, "User");
    const [one, two, three, four] = users.map(must);
    const nextTryAt = at.clock.now + 1000;
    await save(at, push, work, [
      given(must(one)),
      given(must(two), { version: 0 }),
      { ...given(must(three)), link: { state: "failed", error: "400 no", attempts: 2, nextTryAt } },
    ]);
    await at.store.intend(push.lease, push.target.id, [must(four).id]);
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ pending: 2, synced: 1, failed: 1 });
    const list = async (query: { state?: "pending" | "synced" | "failed" }) => {
      const found = [];
      for (let cursor: string | null = null; ; ) {
        const page = await at.store.listLinks(push.target.id, { ...query, limit: 2, ...(cursor ? { cursor } : {}) });
        found.push(...page.items);
        cursor = page.nextCursor;
        if (cursor === null) return found;
      }
    };
    expect((await list({})).map(({ state }) => state)).toEqual(["synced", "pending", "failed", "pending"]);
    expect(await list({ state: "failed" })).toEqual([
      {
        ...{ resourceId: userId(3), resourceType: "User", externalId: "user-3", displayName: "User 3", remoteId: null },
        ...{ state: "failed", attempts: 2, lastError: "400 no", nextTryAt, reason: null },
      },
    ]);
    expect(await list({ state: "synced" })).toMatchObject([{ remoteId: `remote ${userId(1)}` }]);
  });

  it("of a group are synced when its members are there too", async () => {
    const { push, work } = await begin(at, { users: 1, members: { 1: [1] } });
    const groups = await creates(at, push, "Group");
    await save(
      at,
      push,
      work,
      groups.map((each) => given(each)),
    );
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ pending: 1, synced: 0, failed: 0 });
    await at.store.finishMembers(push.lease, push.target.id, groupId(1), { membersVersion: 1, lacksMembers: false });
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ pending: 0, synced: 1, failed: 0 });
  });
});
