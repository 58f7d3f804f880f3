import { expect, it } from "vitest";
import type { PushOutcome } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { begin, giveAll, must, type PushWork } from "./push-support.ts";
import { groupId, userId } from "./support.ts";

type Record = NonNullable<PushOutcome["record"]>;

/** A record of a removal that waits. */
function removal(n: number, record: Partial<Record> = {}, displayName: string | null = null): PushOutcome {
  return {
    ...{ resourceId: userId(n), resourceType: "User", externalId: null, displayName, link: null },
    record: {
      ...{ action: "deactivate", status: "held", error: null, because: "more than the safeguards allow" },
      ...{ before: '{"active":true}', after: '{"active":false}' },
      ...record,
    },
  };
}

onEachDatabase("pushes that wait for a person", (at) => {
  /** A push that is running, with these records. */
  const running = async ({ lease, target }: PushWork, outcomes: readonly PushOutcome[]): Promise<string> => {
    const queue = { sourceId: null, targetId: target.id, trigger: "callback", mode: "apply" } as const;
    const { task } = await at.store.queueTask(queue);
    await at.store.startTask(task.id);
    await at.store.saveOutcomes(lease, task.id, target.id, outcomes);
    return task.id;
  };
  /** These members wait to leave the first group. */
  const leaving = async (push: PushWork, taskId: string, members: readonly number[]): Promise<void> => {
    const group = { id: groupId(1), remoteId: "remote", externalId: null, displayName: null, membersVersion: 2 };
    const delta = members.map((n) => {
      return { memberId: userId(n), memberType: "User", remoteId: null, gone: false, approved: false } as const;
    });
    const held = { status: "held", error: null } as const;
    await at.store.saveMembers(push.lease, taskId, push.target.id, group, "remove", delta, held);
  };
  const hold = async (taskId: string): Promise<string> => {
    const { counts } = must((await at.store.findTask(taskId)) ?? undefined);
    const held = { reason: "r", removals: { users: 2, groups: 0, members: 0 }, expiresAt: at.clock.now + 1000 };
    await at.store.finishTask(taskId, { state: "held", counts, targets: [], error: null, hold: held });
    return taskId;
  };
  const heldOf = async (taskId: string): Promise<number> => {
    return (await at.store.listRecords(taskId, { limit: 100, status: "held" })).items.length;
  };

  it("are kept by another that holds the same, which forgets what it holds and nothing else", async () => {
    const { push, work } = await begin(at, { users: 4, members: { 1: [1, 2, 3] } });
    await giveAll(at, push, work);
    const first = await running(push, [removal(1), removal(2), removal(3, { status: "applied" })]);
    await leaving(push, first, [2, 3]);
    await hold(first);
    const second = await running(push, [removal(2), removal(4, { status: "applied" }), removal(1)]);
    await leaving(push, second, [3]);
    await leaving(push, second, [2]);
    expect(await at.store.keepHeldPush(push.lease, push.target.id, second)).toBe(first);
    expect([await heldOf(first), await heldOf(second)]).toEqual([3, 0]);
    expect((await at.store.listRecords(second, { limit: 100 })).items).toMatchObject([{ resourceId: userId(4) }]);
    expect(
      await at.rows("select change_seq from change_member where change_seq not in (select seq from change)"),
    ).toEqual([]);
    expect(await at.store.findTask(first)).toMatchObject({ state: "held", hold: { reason: "r" } });
  });

  it.each([
    ["one more", [removal(1), removal(2), removal(3)]],
    ["one less", [removal(1)]],
    ["another one", [removal(1), removal(3)]],
    ["another action", [removal(1), removal(2, { action: "delete", after: null })]],
    ["another document before", [removal(1), removal(2, { before: '{"active":true,"title":"t"}' })]],
    ["another document after", [removal(1), removal(2, { after: '{"active":false,"title":"t"}' })]],
    ["another name to show", [removal(1), removal(2, {}, "somebody")]],
    ["nothing", []],
  ])("are not kept by one that holds %s", async (_what, outcomes) => {
    const { push, work } = await begin(at, { users: 4 });
    await giveAll(at, push, work);
    const first = await hold(await running(push, [removal(1), removal(2)]));
    const second = await running(push, outcomes);
    expect(await at.store.keepHeldPush(push.lease, push.target.id, second)).toBeNull();
    expect([await heldOf(first), await heldOf(second)]).toEqual([2, outcomes.length]);
  });

  it.each([
    ["more", [1, 2, 3]],
    ["less", [1]],
    ["others", [1, 3]],
  ])("are not kept by one that holds %s members of a group", async (_what, members) => {
    const { push, work } = await begin(at, { users: 3, members: { 1: [1, 2, 3] } });
    await giveAll(at, push, work);
    const first = await running(push, []);
    await leaving(push, first, [1, 2]);
    await hold(first);
    const second = await running(push, []);
    await leaving(push, second, members);
    expect(await at.store.keepHeldPush(push.lease, push.target.id, second)).toBeNull();
  });

  it("are not kept where they wait no more, hold nothing, or are of another target", async () => {
    const { push, work } = await begin(at, { users: 3 });
    await giveAll(at, push, work);
    const cancelled = await hold(await running(push, [removal(1)]));
    await at.store.cancelTask(cancelled);
    const empty = await hold(await running(push, []));
    const keep = (taskId: string, targetId = push.target.id) => at.store.keepHeldPush(push.lease, targetId, taskId);
    const next = await running(push, []);
    expect(await keep(next)).toBeNull();
    await at.store.saveOutcomes(push.lease, next, push.target.id, [removal(1)]);
    expect(await keep(next)).toBeNull();
    await hold(next);
    const last = await running(push, [removal(1)]);
    expect(await keep(last, "elsewhere")).toBeNull();
    expect(await keep(last)).toBe(next);
    expect(await at.store.findTask(empty)).toMatchObject({ state: "held" });
  });
});
