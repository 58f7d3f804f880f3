import { expect, it } from "vitest";
import type { PushOutcome } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { afterwards, all, begin, giveAll, given, must, save, updates } from "./push-support.ts";
import { applyAll, departure, nextTask, userChange, userDocument, userId } from "./support.ts";

/** A record at a target of a resource that the rules make known otherwise. */
function renamedOutcome(n: number, status: "held" | "applied", userName = `other-${n}`): PushOutcome {
  return {
    resourceId: userId(n),
    resourceType: "User",
    externalId: null,
    displayName: null,
    record: {
      action: "update",
      status,
      error: null,
      because: "the rules changed",
      before: "{}",
      after: JSON.stringify({ userName }),
      changesIdentity: true,
    },
    link: null,
  };
}

onEachDatabase("names that wait at a target", (at) => {
  const changes = () =>
    at.rows<Record<string, unknown>>(
      "select resource_id, status, approved, error from change where target_id is not null order by seq",
    );

  it("are known as approved once somebody let their task through, until that push is over", async () => {
    const { push, work } = await begin(at, { users: 3 });
    await giveAll(at, push, work);
    const { task } = await at.store.queueTask({ sourceId: null, targetId: "app", trigger: "manual", mode: "apply" });
    await at.store.startTask(task.id);
    await at.store.saveOutcomes(push.lease, task.id, push.target.id, [
      renamedOutcome(1, "held"),
      renamedOutcome(2, "held"),
    ]);
    const ids = [1, 2, 3].map(userId);
    expect(await at.store.approvedRenames(push.target.id, ids)).toEqual(new Map());
    const { counts } = task;
    const hold = { reason: "r", removals: { users: 0, groups: 0, members: 0 }, expiresAt: at.clock.now + 1000 };
    await at.store.finishTask(task.id, { state: "held", counts, targets: [], error: null, hold });
    expect(await at.store.approveTask(task.id, null)).toBe(true);
    expect(await at.store.approvedRenames(push.target.id, ids)).toEqual(
      new Map([1, 2].map((n) => [userId(n), [JSON.stringify({ userName: `other-${n}` })]])),
    );
    expect(await at.store.approvedRenames("elsewhere", ids)).toEqual(new Map());
    await at.store.forgetReleased(push.lease, push.target.id, [work.source.id]);
    expect(await at.store.approvedRenames(push.target.id, ids)).toEqual(new Map());
  });

  it("are forgotten where their own task begins anew, and no other's are", async () => {
    const { push, work } = await begin(at, { users: 3 });
    await giveAll(at, push, work);
    const before = (await changes()).length;
    const later = await nextTask(at.store, work);
    await save(at, push, work, [renamedOutcome(1, "held")]);
    await save(at, push, later, [renamedOutcome(2, "held"), renamedOutcome(3, "applied")]);
    await at.store.forgetHeld(push.lease, later.task.id, push.target.id);
    expect((await changes()).slice(before)).toMatchObject([
      { resource_id: userId(1), status: "held" },
      { resource_id: userId(3), status: "applied" },
    ]);
  });

  it("count within the window of the target's safeguards once they were sent", async () => {
    const { push, work } = await begin(at, { users: 3 });
    await giveAll(at, push, work);
    await save(at, push, work, [renamedOutcome(1, "applied"), renamedOutcome(2, "held"), renamedOutcome(3, "applied")]);
    await at.store.logIdentityChanges(push.lease, `target:${push.target.id}`, work.task.id);
    await at.store.logRemovals(push.lease, `target:${push.target.id}`, work.task.id);
    const since = at.clock.now - 1;
    expect(await at.store.recentRemovals(`target:${push.target.id}:identity`, since)).toEqual({ users: 2, groups: 0 });
    expect(await at.store.recentRemovals(`target:${push.target.id}`, since)).toEqual({ users: 0, groups: 0 });
    expect(await at.store.recentRemovals(`source:${push.target.id}:identity`, since)).toEqual({ users: 0, groups: 0 });
  });

  it("are those of who is there: of who has left nothing is counted", async () => {
    const { push, work } = await begin(at, { users: 3, members: { 1: [1, 2] } });
    await giveAll(at, push, work);
    expect(await at.store.countLinked(push.scope)).toEqual({ users: 3, groups: 1 });
    const later = await nextTask(at.store, work);
    await at.store.addChanges(later.lease, later.task.id, [departure(userChange(3), 1)]);
    await applyAll(at.store, later);
    expect(await at.store.countLinked(push.scope)).toEqual({ users: 2, groups: 1 });
    expect(await at.store.countLinked({ ...push.scope, types: ["User"] })).toEqual({ users: 2, groups: 0 });
    expect(await at.store.countLinked({ ...push.scope, sourceIds: [] })).toEqual({ users: 0, groups: 0 });
  });

  it("come by other rules, unless a mapping has made somebody known otherwise since; a version that is kept stays so", async () => {
    const { push, work } = await begin(at, { users: 3 });
    await giveAll(at, push, work);
    const later = await nextTask(at.store, work);
    const update = { action: "update", baseVersion: 1 } as const;
    await at.store.addChanges(later.lease, later.task.id, [
      userChange(1, { ...update, after: userDocument(1, { title: "changed" }) }),
      userChange(2, { ...update, after: userDocument(2, { userName: "other" }), changesIdentity: true }),
    ]);
    await applyAll(at.store, later);
    const changed = await updates(at, await afterwards(at, push), "User");
    expect(changed).toMatchObject([
      { id: userId(1), otherRules: false, givenVersion: 1 },
      { id: userId(2), otherRules: false },
    ]);
    await at.store.noteRules(push.lease, push.target.id, "v1");
    const next = await afterwards(at, push);
    const pending = await at.store.pendingUpdates(next.scope, "User", { ...all, lookAgain: true });
    expect(pending.map(({ id, otherRules, givenVersion }) => [id, otherRules, givenVersion])).toEqual([
      [userId(1), true, -1],
      [userId(2), false, -1],
      [userId(3), true, -1],
    ]);
    const [one, two, three] = pending.map(must);
    await save(at, next, work, [
      given(must(one)),
      given(must(two)),
      given(must(three), { version: must(three).givenVersion }),
    ]);
    const after = await afterwards(at, next);
    expect(await at.store.pendingUpdates(after.scope, "User", { ...all, lookAgain: true })).toMatchObject([
      { id: userId(3), otherRules: true },
    ]);
  });

  it("of a push are replaced by a newer push of that target, and by no other task", async () => {
    await begin(at, { users: 1 });
    const held = async (targetId: string) => {
      const { task } = await at.store.queueTask({ sourceId: null, targetId, trigger: "manual", mode: "apply" });
      await at.store.startTask(task.id);
      const hold = { reason: "r", removals: { users: 0, groups: 0, members: 0 }, expiresAt: at.clock.now + 1000 };
      await at.store.finishTask(task.id, { state: "held", counts: task.counts, targets: [], error: null, hold });
      return task.id;
    };
    const [first, elsewhere, second] = [await held("app"), await held("other"), await held("app")];
    await at.store.replaceHeldPush("app", second);
    const states = await Promise.all([first, elsewhere, second].map((id) => at.store.findTask(id)));
    expect(states.map((task) => task?.state)).toEqual(["cancelled", "held", "held"]);
  });
});
