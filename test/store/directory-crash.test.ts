import { expect, it } from "vitest";
import { makeCipher } from "../../src/lib/cipher.ts";
import type { Database } from "../../src/store/database.ts";
import { type FullStore, makeStore } from "../../src/store/open-store.ts";
import { onEachDatabase, type TestDatabase } from "../support/databases.ts";
import {
  applyAll,
  beginWork,
  departure,
  edge,
  fillDirectory,
  groupChange,
  membersNow,
  nextTask,
  planMembers,
  record,
  userChange,
  userDocument,
  userId,
  type Work,
} from "./support.ts";

onEachDatabase("applying a plan", (at) => {
  it("that is cut off inside any of its writes, and repeated, ends as if it had not been", async () => {
    const expected = await run(at, null);
    let cuts = 0;
    for (let cut = 1; ; cut += 1) {
      await at.empty();
      const found = await run(at, cut);
      expect(found.state, `cut off in write ${cut}`).toEqual(expected.state);
      if (!found.wasCut) break;
      cuts += 1;
    }
    // Resources twice or more, memberships, those of leavers, marks, removals: each was cut off once.
    expect(cuts).toBeGreaterThanOrEqual(8);
  });
});

onEachDatabase("a task that is cancelled while it applies", (at) => {
  it("leaves those whose memberships were still to come to the next task", async () => {
    const work = await beginWork(at.store);
    await at.store.saveRecords(work.lease, work.source.id, "user", [record("user-1"), record("user-2")]);
    const ids = await at.store.resolveKeys(work.source.id, "user", ["user-1", "user-2"]);
    const [one = "", two = ""] = [ids.get("user-1"), ids.get("user-2")];
    await at.store.addChanges(work.lease, work.task.id, [
      groupChange(1),
      userChange(1, { resourceId: one }),
      userChange(2, { resourceId: two }),
    ]);
    const wanted = { ...edge("add", 1, 1), memberId: one };
    await at.store.addMemberChanges(work.lease, work.task.id, [wanted], { leavers: false, because: "test" });
    await at.store.countMemberChanges(work.lease, work.task.id);
    while ((await at.store.applyNext(work.lease, work.task.id, work.source.id, 10)) > 0);
    expect(await at.store.cancelTask(work.task.id)).toBe(true);
    expect(await at.store.applyMembers(work.lease, work.task.id, { leavers: false }, 10)).toBe(0);
    const dirty = await at.store.listDirty(work.source.id, "user", "m1", 0, 10);
    // The first lacks his group; the second has all that he was to have.
    expect(dirty.map(({ record: { key } }) => key)).toEqual(["user-1"]);
  });

  it("takes who has left out of his groups: no later task would find him", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 3, members: { 1: [1, 2, 3] } });
    const second = await nextTask(at.store, first);
    await planDeparture(at.store, second, [1, 2]);
    // One of the two has left when somebody cancels.
    await at.store.applyNext(second.lease, second.task.id, second.source.id, 1);
    expect(await at.store.cancelTask(second.task.id)).toBe(true);
    expect(await membersNow(at.store, 1)).toEqual([2, 3]);
    const { items } = await at.store.listRecords(second.task.id, { limit: 10, resourceType: "User" });
    expect(items.map(({ status, error }) => [status, error])).toEqual([
      ["applied", null],
      ["skipped", "the task was cancelled"],
    ]);
  });

  it("does the same when it ends by an error", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 2, members: { 1: [1, 2] } });
    const second = await nextTask(at.store, first);
    await planDeparture(at.store, second, [1]);
    await at.store.applyNext(second.lease, second.task.id, second.source.id, 10);
    const error = { code: "internal", detail: "the test says so" };
    const { counts } = second.task;
    await at.store.finishTask(second.task.id, { state: "failed", counts, targets: [], error, hold: null });
    expect(await membersNow(at.store, 1)).toEqual([2]);
    expect(await at.store.findTask(second.task.id)).toMatchObject({ state: "failed", error });
  });
});

async function planDeparture(store: FullStore, work: Work, users: readonly number[]): Promise<void> {
  await store.addChanges(
    work.lease,
    work.task.id,
    users.map((user) => departure(userChange(user), 1)),
  );
  await planMembers(
    store,
    work,
    users.map((user) => edge("remove", 1, user)),
    { leavers: true },
  );
}

/** A plan with something of each kind, applied in small steps. @param cut the write that is cut off; null: none */
async function run(at: TestDatabase, cut: number | null): Promise<{ wasCut: boolean; state: unknown }> {
  const first = await beginWork(at.store);
  await fillDirectory(at.store, first, { users: 5, members: { 1: [1, 2, 3], 2: [4], 3: [5] } });
  const work = await nextTask(at.store, first);
  const { lease, task } = work;
  await at.store.addChanges(lease, task.id, [
    groupChange(4),
    groupChange(1, { action: "update", baseVersion: 1, after: { displayName: "renamed" } }),
    userChange(1, { action: "update", baseVersion: 1, after: userDocument(1, { title: "经理" }) }),
    userChange(6),
    userChange(7, { after: userDocument(7, { userName: "user-2" }) }),
  ]);
  await at.store.markSame(lease, task.id, [{ id: userId(3), fingerprint: "looked at" }], "m2");
  await planMembers(at.store, work, [edge("remove", 1, 1), edge("add", 4, 1), edge("add", 4, 6), edge("add", 1, 7)]);
  await at.store.addChanges(lease, task.id, [departure(userChange(4), 1), departure(groupChange(3), 1)]);
  await planMembers(at.store, work, [edge("remove", 2, 4)], { leavers: true });
  let wasCut = false;
  if (cut !== null) {
    let writes = 0;
    const database: Database = {
      ...at.database,
      write: (doing) =>
        at.database.write(async (trx) => {
          const result = await doing(trx);
          writes += 1;
          if (writes === cut) throw new Error("cut off");
          return result;
        }),
    };
    const interrupted = makeStore(database, makeCipher(at.encryptionKey), () => at.clock.now);
    wasCut = await applyAll(interrupted, work, 2).then(
      () => false,
      (error: unknown) => String(error) === "Error: cut off",
    );
  }
  await applyAll(at.store, work, 2);
  const state = await Promise.all([
    at.rows(
      "select id, version, members_version, fingerprint, document, active, departed_at, deleted_at from resource order by id",
    ),
    at.rows("select * from member order by group_id, member_id"),
    at.rows("select resource_id, action, status, error, members_applied from change order by seq"),
    at.rows("select resource_type, count from removal order by resource_type"),
    at.rows("select resource_id from task_mark"),
    at.rows("select key from source_record order by key"),
  ]);
  return { wasCut, state: withoutSource(state, work) };
}

/** Names of sources and errors that quote them differ between two runs. */
function withoutSource(state: unknown, { source }: Work): string {
  return JSON.stringify(state, null, 1).replaceAll(source.id, "source");
}
