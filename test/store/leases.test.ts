import { beforeEach, expect, it } from "vitest";
import type { FullStore } from "../../src/store/open-store.ts";
import { type Lease, LeaseLostError, type PendingGroup } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { beginPush, given } from "./push-support.ts";
import { beginWork, departure, edge, fillDirectory, groupId, record, userChange, userId } from "./support.ts";

onEachDatabase("a lease", (at) => {
  it("belongs to whoever asks first", async () => {
    const other = await at.openAnother();
    expect(await at.store.takeLease("source:1", "one", 1000)).toEqual({ name: "source:1", holder: "one", fencing: 1 });
    expect(await other.takeLease("source:1", "two", 1000)).toBeNull();
    expect(await at.store.takeLease("source:1", "one", 1000)).toBeNull();
    expect(await other.takeLease("source:2", "two", 1000)).not.toBeNull();
  });

  it("goes to one of many who ask at once", async () => {
    const other = await at.openAnother();
    const asked = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? at.store : other).takeLease("source:1", `holder ${index}`, 1000),
    );
    expect((await Promise.all(asked)).filter((lease) => lease !== null)).toHaveLength(1);
  });

  it("can be taken by another once it has expired, with a higher number", async () => {
    await at.store.takeLease("source:1", "one", 1000);
    at.clock.now += 999;
    expect(await at.store.takeLease("source:1", "two", 1000)).toBeNull();
    at.clock.now += 1;
    expect(await at.store.takeLease("source:1", "two", 1000)).toMatchObject({ holder: "two", fencing: 2 });
  });

  it("lasts on when it is renewed", async () => {
    const lease = await taken(at.store, "source:1");
    at.clock.now += 900;
    await at.store.renewLease(lease, 1000);
    at.clock.now += 900;
    expect(await at.store.takeLease("source:1", "two", 1000)).toBeNull();
  });

  it("cannot be renewed or released by whom it was taken from", async () => {
    const lost = await taken(at.store, "source:1");
    at.clock.now += 1000;
    const lease = await at.store.takeLease("source:1", "two", 1000);
    await expect(at.store.renewLease(lost, 1000)).rejects.toThrow(LeaseLostError);
    await at.store.releaseLease(lost);
    expect(await at.store.takeLease("source:1", "three", 1000)).toBeNull();
    expect(lease?.fencing).toBe(2);
  });

  it("is free at once when it is released, and its number goes on growing", async () => {
    await at.store.releaseLease(await taken(at.store, "source:1"));
    expect(await at.store.takeLease("source:1", "two", 1000)).toMatchObject({ fencing: 2 });
  });

  it("that was asked back is not renewed nor free, and what came of it may be written until somebody takes it", async () => {
    const { task, lease: own } = await beginWork(at.store);
    const lease = await taken(at.store, "target:1");
    for (const _ of [1, 2]) await at.store.pauseTarget("1", { reason: null, by: "test" });
    await expect(at.store.renewLease(lease, 1000)).rejects.toMatchObject({ endsAtOnce: false });
    expect(await at.store.takeLease("target:1", "two", 1000)).toBeNull();
    await at.store.forgetPlanned(lease, task.id);
    await at.store.releaseLease(lease);
    expect(await at.store.takeLease("target:1", "one", 1000)).toMatchObject({ holder: "one", fencing: 2 });
    await expect(at.store.forgetPlanned(lease, task.id)).rejects.toMatchObject({ endsAtOnce: true });
    await at.store.forgetPlanned(own, task.id);
  });

  it("of somebody with the same name who restarted is not his", async () => {
    const before = await taken(at.store, "source:1");
    at.clock.now += 1000;
    await at.store.takeLease("source:1", "one", 1000);
    await expect(at.store.renewLease(before, 1000)).rejects.toThrow(LeaseLostError);
  });
});

const group: PendingGroup = {
  id: groupId(1),
  remoteId: `remote ${groupId(1)}`,
  externalId: "department:1",
  displayName: "Group 1",
  membersVersion: 2,
};

const seen = { remoteId: "1", externalId: null, state: "unmanaged" } as const;

type Write = (
  lease: Lease,
  on: { taskId: string; sourceId: string; targetId: string },
) => (store: FullStore) => Promise<unknown>;

/** Every write of the engine that proves its lease: in the directory, and at a target. */
const ofSource: Readonly<Record<string, Write>> = {
  saveRecords:
    (lease, { sourceId }) =>
    (store) =>
      store.saveRecords(lease, sourceId, "user", [record("new")]),
  saveBaseline:
    (lease, { sourceId }) =>
    (store) =>
      store.saveBaseline(lease, sourceId, { visibility: { roots: ["1"], granted: null }, scope: { mode: "all" } }),
  forgetRecords:
    (lease, { sourceId }) =>
    (store) =>
      store.forgetRecords(lease, sourceId, "user", ["user-1"]),
  forgetPlanned:
    (lease, { taskId }) =>
    (store) =>
      store.forgetPlanned(lease, taskId),
  addChanges:
    (lease, { taskId }) =>
    (store) =>
      store.addChanges(lease, taskId, [userChange(9)]),
  addMemberChanges:
    (lease, { taskId }) =>
    (store) =>
      store.addMemberChanges(lease, taskId, [edge("add", 1, 2)], { leavers: false, because: "test" }),
  countMemberChanges:
    (lease, { taskId }) =>
    (store) =>
      store.countMemberChanges(lease, taskId),
  holdRemovals:
    (lease, { taskId }) =>
    (store) =>
      store.holdRemovals(lease, taskId, ["User"]),
  holdMemberRemovals: (lease) => (store) => store.holdMemberRemovals(lease, [1]),
  forgetReleased:
    (lease, { taskId }) =>
    (store) =>
      store.forgetReleased(lease, taskId, []),
  applyNext:
    (lease, { taskId, sourceId }) =>
    (store) =>
      store.applyNext(lease, taskId, sourceId, 10),
  applyMembers:
    (lease, { taskId }) =>
    (store) =>
      store.applyMembers(lease, taskId, { leavers: false }, 10),
  logRemovals:
    (lease, { taskId, sourceId }) =>
    (store) =>
      store.logRemovals(lease, `source:${sourceId}`, taskId),
  markSame:
    (lease, { taskId }) =>
    (store) =>
      store.markSame(lease, taskId, [{ id: userId(1), fingerprint: "other" }], "m2"),
  skipChanges: (lease) => (store) => store.skipChanges(lease, [{ seq: 1, error: "protected" }]),
  keepMembers:
    (lease, { taskId }) =>
    (store) =>
      store.keepMembers(lease, taskId, [userId(1)]),
  applyMarks:
    (lease, { taskId }) =>
    (store) =>
      store.applyMarks(lease, taskId),
};

const ofTarget: Readonly<Record<string, Write>> = {
  forgetHeld:
    (lease, { taskId, targetId }) =>
    (store) =>
      store.forgetHeld(lease, taskId, targetId),
  saveRemoteMatches:
    (lease, { targetId }) =>
    (store) =>
      store.saveRemoteMatches(lease, targetId, "User", [{ attribute: "userName", value: "a", remoteId: "1" }]),
  noteContact:
    (lease, { targetId }) =>
    (store) =>
      store.noteContact(lease, targetId),
  forgetRemoteMatches:
    (lease, { targetId }) =>
    (store) =>
      store.forgetRemoteMatches(lease, targetId),
  intend:
    (lease, { targetId }) =>
    (store) =>
      store.intend(lease, targetId, [userId(2)]),
  saveOutcomes:
    (lease, { taskId, targetId }) =>
    (store) =>
      store.saveOutcomes(lease, taskId, targetId, [
        given({
          id: userId(2),
          type: "User",
          version: 1,
          managerId: null,
          managerRemoteId: null,
          document: "{}",
        }),
      ]),
  saveMembers:
    (lease, { taskId, targetId }) =>
    (store) =>
      store.saveMembers(
        lease,
        taskId,
        targetId,
        group,
        "add",
        [{ memberId: userId(1), memberType: "User", remoteId: "1", gone: false, approved: false }],
        { status: "applied", error: null },
      ),
  finishMembers:
    (lease, { targetId }) =>
    (store) =>
      store.finishMembers(lease, targetId, group.id, { membersVersion: 7, lacksMembers: true }),
  withholdMembers:
    (lease, { targetId }) =>
    (store) =>
      store.withholdMembers(lease, targetId, group.id, { by: "filter", membersVersion: 7 }),
  failMembers:
    (lease, { targetId }) =>
    (store) =>
      store.failMembers(lease, targetId, group.id, { error: "no", nextTryAt: 1 }),
  saveSeen:
    (lease, { taskId, targetId }) =>
    (store) =>
      store.saveSeen(lease, taskId, targetId, "User", { seen: [seen], letGo: [userId(2)] }),
  claimSeen:
    (lease, { targetId }) =>
    (store) =>
      store.claimSeen(lease, targetId, "User", [{ remoteId: "1", resourceId: userId(1) }]),
  forgetSeen:
    (lease, { targetId }) =>
    (store) =>
      store.forgetSeen(lease, targetId, ""),
  forgetRecordsOf:
    (lease, { taskId, targetId }) =>
    (store) =>
      store.forgetRecordsOf(lease, taskId, targetId),
  correctMembers:
    (lease, { targetId }) =>
    (store) =>
      store.correctMembers(lease, targetId, group.id, { gone: [], there: [userId(1)] }),
  noteVerifyFirst:
    (lease, { targetId }) =>
    (store) =>
      store.noteVerifyFirst(lease, targetId, "restored"),
  decideLink:
    (lease, { targetId }) =>
    async (store) => {
      const resource = await store.linkedOne(targetId, userId(2));
      if (resource === null) throw new Error("there is nobody to be linked");
      await store.decideLink(lease, targetId, resource, { remoteId: "2", held: "{}", active: true });
    },
};

onEachDatabase("somebody who was paused for longer than his lease", (at) => {
  let on: { taskId: string; sourceId: string; targetId: string };
  let leases: { source: Lease; target: Lease };

  beforeEach(async () => {
    const work = await beginWork(at.store);
    const { source, lease, task } = work;
    await fillDirectory(at.store, work, { users: 3, members: { 1: [1, 2] } });
    const push = await beginPush(at.store, work, at.clock);
    const pending = await at.store.pendingCreates(push.scope, "Group", { after: "", limit: 10, onlyReady: false });
    await at.store.saveOutcomes(
      push.lease,
      task.id,
      push.target.id,
      pending.map((each) => given(each)),
    );
    await at.store.addChanges(lease, task.id, [departure(userChange(3), 1)]);
    await at.store.applyNext(lease, task.id, source.id, 10);
    // Something of each kind to write, so that each write would have an effect.
    const removal = departure(userChange(1), 1);
    await at.store.addChanges(lease, task.id, [userChange(2, { action: "update", baseVersion: 1 }), removal]);
    on = { taskId: task.id, sourceId: source.id, targetId: push.target.id };
    leases = { source: lease, target: push.lease };
    at.clock.now += 120_000;
    const other = await at.openAnother();
    expect(await other.takeLease(lease.name, "another process", 60_000)).not.toBeNull();
    expect(await other.takeLease(push.lease.name, "another process", 60_000)).not.toBeNull();
  });

  for (const [side, writes] of [["source", ofSource] as const, ["target", ofTarget] as const]) {
    it.each(Object.entries(writes))(`writes nothing with %s (${side})`, async (_name, write) => {
      const before = await everything();
      await expect(write(leases[side], on)(at.store)).rejects.toThrow(LeaseLostError);
      expect(await everything()).toEqual(before);
    });
  }

  it("had his writes accepted before: each of them changes something or nothing, and none is refused", async () => {
    at.clock.now += 120_000;
    const other = await at.openAnother();
    for (const [name, writes] of [[leases.source.name, ofSource] as const, [leases.target.name, ofTarget] as const]) {
      const lease = await other.takeLease(name, "a third", 60_000);
      expect(lease).not.toBeNull();
      for (const write of Object.values(writes)) if (lease) await write(lease, on)(other);
    }
  });

  async function everything(): Promise<unknown> {
    const tables = ["source", "source_record", "resource", "member", "change", "change_member", "task_mark", "removal"];
    const pushed = ["target", "link", "link_member", "remote_match", "remote_seen", "sync_task"];
    return Promise.all([...tables, ...pushed].map((table) => at.rows(`select * from ${table}`)));
  }
});

async function taken(store: FullStore, name: string): Promise<Lease> {
  const lease = await store.takeLease(name, "one", 1000);
  if (lease === null) throw new Error("somebody else holds it");
  return lease;
}
