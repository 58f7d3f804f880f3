import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { makeCipher } from "../../src/lib/cipher.ts";
import { makeStore, openDatabase } from "../../src/store/open-store.ts";
import { applyAll, beginWork, fillDirectory, nextTask, userChange, userId } from "./support.ts";

/** More than three transactions let go of. */
const count = 1201;

async function startKept() {
  const database = await openDatabase("file::memory:");
  const store = makeStore(database, makeCipher(randomBytes(32)), () => 1_000_000);
  onTestFinished(() => store.close());
  const made = await beginWork(store);
  await fillDirectory(store, made, { users: count });
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const ids = numbers.map(userId);
  const records = await database.db.selectFrom("source_record").select(["key", "fingerprint"]).execute();
  const saidOf = new Map(records.map(({ key, fingerprint }) => [key, fingerprint]));
  const undo = await nextTask(store, made);
  await database.db.updateTable("sync_task").set({ undoes: made.task.id }).where("id", "=", undo.task.id).execute();
  const changes = numbers.map((number) => {
    const kept = { fingerprint: saidOf.get(`user-${number}`) ?? null, mappingVersion: "m1" };
    return userChange(number, {
      action: "update",
      baseVersion: 1,
      fingerprint: "undone",
      mappingVersion: "undone",
      kept,
    });
  });
  await store.addChanges(undo.lease, undo.task.id, changes);
  await applyAll(store, undo);
  const { lease, source, task } = undo;
  return {
    database,
    store,
    lease,
    source,
    task,
    ids,
    keptBy: (version: string) => store.keptAmong(source.id, [version], ids),
  };
}

test("all that an undo keeps is let go of, however much, and none of it twice", async () => {
  const { database, store, task, keptBy } = await startKept();
  expect((await keptBy("m1")).size).toBe(count);
  await database.db.deleteFrom("source_record").where("key", "=", "user-7").execute();
  expect(await store.endKept({ task: task.id })).toBe(count);
  expect(await store.endKept({ task: task.id })).toBe(0);
  // Whom the source does not have leaves with its next whole read; the others are looked at again.
  expect((await store.listKept({ limit: 9 })).items).toMatchObject([{ resourceId: userId(7), isEnded: true }]);
  const open = await database.db.selectFrom("resource").select("id").where("fingerprint", "is", null).execute();
  expect(open).toHaveLength(count - 1);
});

test("what the mapping says something else of is released, however much, and nothing under another name of the same", async () => {
  const { database, store, lease, source, task, keptBy } = await startKept();
  await store.renameKeptVersion(lease, task.id, "m1", "m");
  expect([(await keptBy("m1")).size, (await keptBy("m")).size]).toEqual([0, count]);
  await store.releaseKept(lease, source.id, ["m1", "m"]);
  await store.releaseKept(lease, source.id, null);
  expect((await keptBy("m")).size).toBe(count);
  await database.db.updateTable("source_record").set({ fingerprint: "new" }).where("key", "=", "user-7").execute();
  await store.releaseKept(lease, source.id, null);
  expect(await store.findKept(userId(7))).toBeNull();
  expect((await keptBy("m")).size).toBe(count - 1);
  await store.releaseKept(lease, source.id, ["m2"]);
  expect((await store.listKept({ limit: 9 })).items).toEqual([]);
});
