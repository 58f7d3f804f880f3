import { expect, it } from "vitest";
import { onEachDatabase } from "../support/databases.ts";
import { beginPush, given } from "./push-support.ts";
import { beginWork, fillDirectory, record, userChange, userDocument, userId } from "./support.ts";

/** What no text column of PostgreSQL takes, and what breaks statements that are put together badly. */
const strange = ["a\0b", "half \ud83d pair", "'; drop table source; --", '{"a":[1,"}"]}', "{NULL}", "\\", "😀"];

onEachDatabase("text from outside", (at) => {
  it("that a target answers is recorded, whatever it is", async () => {
    const work = await beginWork(at.store);
    await fillDirectory(at.store, work, { users: strange.length });
    const push = await beginPush(at.store, work, at.clock);
    const page = { after: "", limit: 100, onlyReady: false };
    const pending = await at.store.pendingCreates(push.scope, "User", page);
    const outcomes = pending.map((each, index) => {
      const error = strange[index] ?? "";
      const record = { action: "create", status: "failed", error, because: "", before: null, after: null } as const;
      const link = { state: "failed", error, attempts: 1, nextTryAt: 0 } as const;
      return { ...given(each), record, link };
    });
    await at.store.saveOutcomes(push.lease, work.task.id, push.target.id, outcomes);
    const records = await at.store.listRecords(work.task.id, { limit: 100, target: push.target.id });
    expect(records.items).toHaveLength(strange.length);
    // A NUL can be kept as itself or as U+FFFD; what can be kept is kept.
    expect(records.items.map(({ error }) => error).slice(2)).toEqual(strange.slice(2));
    await at.store.failMembers(push.lease, push.target.id, userId(1), { error: "\0", nextTryAt: 1 });
  });

  it("is found again by keys and names that hold it, and finds nothing it should not", async () => {
    const work = await beginWork(at.store);
    const keys = strange.slice(2);
    await at.store.saveRecords(
      work.lease,
      work.source.id,
      "user",
      keys.map((key) => record(key)),
    );
    expect((await at.store.resolveKeys(work.source.id, "user", strange)).size).toBe(keys.length);
    for (const text of strange) {
      expect(await at.store.findSource(text)).toBeNull();
      expect(await at.store.findTarget(text)).toBeNull();
      expect(await at.store.findTask(text)).toBeNull();
      expect(await at.store.listTasks({ source: text, cursor: text, limit: 1 })).toEqual({
        items: [],
        nextCursor: null,
      });
    }
    expect(await at.store.listSources()).toHaveLength(1);
  });

  it("is quoted by no error of the database: those are logged", async () => {
    const work = await beginWork(at.store);
    const named = userDocument(1, { userName: "planted-person" });
    await at.store.addChanges(work.lease, work.task.id, [userChange(1, { after: named })]);
    await at.store.applyNext(work.lease, work.task.id, work.source.id, 10);
    const twice = at.database.write(async (trx) => {
      const row = await trx.selectFrom("resource").selectAll().executeTakeFirstOrThrow();
      await trx
        .insertInto("resource")
        .values({ ...row, id: "another", key: "another" })
        .execute();
    });
    const error: unknown = await twice.catch((thrown: unknown) => thrown);
    expect(at.database.isTaken(error)).toBe(true);
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(shown).not.toContain("planted-person");
  });
});
