import { expect, it } from "vitest";
import { LeaseLostError } from "../../src/store/store.ts";
import { onEachDatabase, type TestDatabase } from "../support/databases.ts";
import { afterwards, begin, creates, giveAll, given, must, save, updates } from "./push-support.ts";
import { applyAll, departure, groupId, nextTask, takeLease, userChange, userDocument, userId } from "./support.ts";

const links = (at: TestDatabase) =>
  at.rows<Record<string, unknown>>("select * from link order by target_id, resource_id");

onEachDatabase("new rules of a target", (at) => {
  it("make all that it was given pending, its memberships and other targets not", async () => {
    const { push, work } = await begin(at, { users: 2, members: { 1: [1, 2] } });
    await giveAll(at, push, work);
    const other = await at.store.createTarget({ ...push.target, name: "other", secrets: {} });
    const lease = await takeLease(at.store, `target:${other.id}`);
    const toOther = { ...push, target: other, lease, scope: { ...push.scope, targetId: other.id } };
    const one = must((await creates(at, toOther, "User"))[0]);
    await save(at, toOther, work, [given(one, { remoteId: "there" })]);

    const next = await afterwards(at, push);
    expect(await at.store.countPending(next.scope)).toBe(0);
    await at.store.noteRules(push.lease, push.target.id, "v1");
    expect(await at.store.findTarget("app")).toMatchObject({ rulesVersion: "v1" });
    expect(await at.store.findTarget("other")).toMatchObject({ rulesVersion: null });
    expect(await at.store.countPending(next.scope)).toBe(3);
    expect(await updates(at, next, "User")).toMatchObject([
      { id: userId(1), version: 1, remoteId: `remote ${userId(1)}`, lookAgain: true, intended: false, attempts: 0 },
      { id: userId(2), version: 1, lookAgain: true },
    ]);
    expect(await updates(at, next, "Group")).toMatchObject([{ id: groupId(1), lookAgain: true }]);
    expect(await at.store.pendingGroups(next.scope, { after: "", limit: 10 })).toEqual([]);
    expect(await updates(at, { ...toOther, scope: { ...toOther.scope, startedAt: at.clock.now } }, "User")).toEqual([]);
    expect(await at.store.countLinks(push.target.id)).toMatchObject({ pending: 3, synced: 0, failed: 0 });
  });

  it("may be noted twice before anything was compared, and none again", async () => {
    const { push, work } = await begin(at, { users: 1 });
    await giveAll(at, push, work);
    await at.store.noteRules(push.lease, push.target.id, "v1");
    await at.store.noteRules(push.lease, push.target.id, null);
    const next = await afterwards(at, push);
    expect(await at.store.findTarget("app")).toMatchObject({ rulesVersion: null });
    const pending = await updates(at, next, "User");
    expect(pending).toMatchObject([{ lookAgain: true }]);
    await save(
      at,
      next,
      work,
      pending.map((each) => given(each)),
    );
    expect(await at.store.countPending((await afterwards(at, next)).scope)).toBe(0);
  });

  it("are not the reason where the directory changed as well", async () => {
    const { push, work } = await begin(at, { users: 1 });
    await giveAll(at, push, work);
    const later = await nextTask(at.store, work);
    const after = userDocument(1, { title: "changed" });
    await at.store.addChanges(later.lease, later.task.id, [userChange(1, { action: "update", after, baseVersion: 1 })]);
    await applyAll(at.store, later);
    await at.store.noteRules(push.lease, push.target.id, "v1");
    const found = await updates(at, await afterwards(at, push), "User");
    expect(found).toMatchObject([{ version: 2, lookAgain: false }]);
  });

  it("leave everything else as it was: requests in doubt, what failed and waits, who was not made or has left", async () => {
    const { push, work } = await begin(at, { users: 5 });
    const [one, two, three, four, five] = (await creates(at, push, "User")).map(must);
    const refused = { state: "failed", error: "400 no", attempts: 2, nextTryAt: at.clock.now + 60_000 } as const;
    await save(
      at,
      push,
      work,
      [one, two, four].map((each) => given(must(each))),
    );
    await save(at, push, work, [
      { ...given(must(two)), link: refused },
      { ...given(must(five)), link: refused },
    ]);
    await at.store.intend(push.lease, push.target.id, [must(one).id, must(three).id]);
    const later = await nextTask(at.store, work);
    await at.store.addChanges(later.lease, later.task.id, [departure(userChange(4), 1)]);
    await applyAll(at.store, later);
    const before = await links(at);
    await at.store.noteRules(push.lease, push.target.id, "v1");
    const after = await links(at);
    expect(after.map(({ version }) => Number(version))).toEqual([-1, -1, 0, -1, 0]);
    expect(after.map((link) => ({ ...link, version: null }))).toEqual(
      before.map((link) => ({ ...link, version: null })),
    );
    const next = await afterwards(at, push);
    // Who is in doubt is looked for, who failed waits for his next try, who left is only deactivated.
    expect(await updates(at, next, "User")).toMatchObject([{ id: userId(1), intended: true }]);
    expect(await creates(at, next, "User")).toMatchObject([{ id: userId(3), intended: true }]);
    const leaving = await at.store.pendingDeactivations(next.scope, { after: "", limit: 10 });
    expect(leaving).toMatchObject([{ id: userId(4), departed: true }]);
    expect((await at.store.countLinks(push.target.id)).failed).toBe(2);
  });

  it("are not noted by who has lost the lease, and then nothing is pending", async () => {
    const { push, work } = await begin(at, { users: 1 });
    await giveAll(at, push, work);
    at.clock.now += 120_000;
    await at.store.takeLease(push.lease.name, "somebody else", 60_000);
    await expect(at.store.noteRules(push.lease, push.target.id, "v1")).rejects.toThrow(LeaseLostError);
    expect(await at.store.findTarget("app")).toMatchObject({ rulesVersion: null });
    expect(await at.store.countPending((await afterwards(at, push)).scope)).toBe(0);
  });
});

onEachDatabase("what a target knows", (at) => {
  it("is noted without a look at what it holds when it is asked for the first time", async () => {
    const { push, work } = await begin(at, { users: 1 });
    expect(await at.store.findTarget("app")).toMatchObject({ vocabulary: null });
    await giveAll(at, push, work);
    await at.store.noteVocabulary(push.lease, push.target.id, "one", { lookAgain: false });
    expect(await at.store.findTarget("app")).toMatchObject({ vocabulary: "one", rulesVersion: null });
    expect(await at.store.countPending((await afterwards(at, push)).scope)).toBe(0);
  });

  it("makes all that it was given pending when it is something else, together with new rules too", async () => {
    const { push, work } = await begin(at, { users: 2, members: { 1: [1] } });
    await giveAll(at, push, work);
    const other = await at.store.createTarget({ ...push.target, name: "other", secrets: {} });
    await at.store.noteVocabulary(push.lease, push.target.id, "two", { lookAgain: true });
    const next = await afterwards(at, push);
    expect(await at.store.countPending(next.scope)).toBe(3);
    await at.store.noteRules(push.lease, push.target.id, "v1");
    expect(await at.store.findTarget("app")).toMatchObject({ vocabulary: "two", rulesVersion: "v1" });
    expect(await at.store.findTarget(other.id)).toMatchObject({ vocabulary: null });
    const pending = [...(await updates(at, next, "User")), ...(await updates(at, next, "Group"))];
    expect(pending).toMatchObject([{ lookAgain: true }, { lookAgain: true }, { lookAgain: true }]);
    await save(
      at,
      next,
      work,
      pending.map((each) => given(each)),
    );
    expect(await at.store.countPending((await afterwards(at, next)).scope)).toBe(0);
  });

  it("is not noted by who has lost the lease, and then nothing is pending", async () => {
    const { push, work } = await begin(at, { users: 1 });
    await giveAll(at, push, work);
    at.clock.now += 120_000;
    await at.store.takeLease(push.lease.name, "somebody else", 60_000);
    const noted = at.store.noteVocabulary(push.lease, push.target.id, "two", { lookAgain: true });
    await expect(noted).rejects.toThrow(LeaseLostError);
    expect(await at.store.findTarget("app")).toMatchObject({ vocabulary: null });
    expect(await at.store.countPending((await afterwards(at, push)).scope)).toBe(0);
  });

  it("is forgotten with everything that was given to it", async () => {
    const { push, work } = await begin(at, { users: 1 });
    await giveAll(at, push, work);
    await at.store.noteVocabulary(push.lease, push.target.id, "one", { lookAgain: false });
    await at.store.forgetLinks(push.target.id);
    expect(await at.store.findTarget("app")).toMatchObject({ vocabulary: null });
  });
});
