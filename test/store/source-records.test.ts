import { expect, it } from "vitest";
import { onEachDatabase, type TestDatabase } from "../support/databases.ts";
import { applyAll, beginWork, departure, nextTask, record, userChange, userId, type Work } from "./support.ts";

onEachDatabase("records of a source", (at) => {
  it("are written when they are new or changed, and only then", async () => {
    const work = await beginWork(at.store);
    const save = saving(at, work);
    await watchWrites(at);
    expect(await save([record("a"), record("b")])).toMatchObject({ written: 2 });
    expect(await writes(at)).toBe(2);
    expect(await save([record("a"), record("b")])).toMatchObject({ written: 0 });
    expect(await writes(at)).toBe(2);
    expect(await save([record("a"), record("b", { hash: "other", raw: '{"new":1}' }), record("c")])).toMatchObject({
      written: 2,
    });
    expect(await writes(at)).toBe(4);
    // The same content under another name of its department.
    expect(await save([record("a", { fingerprint: "other" })])).toMatchObject({ written: 1 });
    const stored = await at.store.readSourceRecords(work.source.id, "user", 0, 10);
    expect(stored.map(({ key, raw, fingerprint }) => [key, raw, fingerprint])).toEqual([
      ["a", '{"userid":"a"}', "other"],
      ["b", '{"new":1}', "print b"],
      ["c", '{"userid":"c"}', "print c"],
    ]);
    await unwatchWrites(at);
  });

  it("are read in pages, also without their contents", async () => {
    const work = await beginWork(at.store);
    await saving(at, work)([record("a"), record("b"), record("c")]);
    const whole = await at.store.readSourceRecords(work.source.id, "user", 0, 10);
    const first = await at.store.readRelations(work.source.id, "user", 0, 2);
    const rest = await at.store.readRelations(work.source.id, "user", first[1]?.seq ?? 0, 2);
    expect([...first, ...rest]).toEqual(
      whole.map(({ seq, key, relations, resourceId }) => ({ seq, key, relations, resourceId })),
    );
    expect(await at.store.readRelations(work.source.id, "tag", 0, 2)).toEqual([]);
  });

  it("answer their seqs in the order in which they were given, the same each time", async () => {
    const work = await beginWork(at.store);
    const save = saving(at, work);
    const { seqs } = await save([record("a"), record("b"), record("c")]);
    expect(new Set(seqs).size).toBe(3);
    const [a, b, c] = seqs;
    expect((await save([record("c"), record("a"), record("new"), record("b", { hash: "2" })])).seqs).toEqual([
      c,
      a,
      expect.any(Number),
      b,
    ]);
  });

  it("are found by their keys; unknown ones, and those of another kind, are missing", async () => {
    const work = await beginWork(at.store);
    const { seqs } = await saving(at, work)([record("a"), record("b")]);
    const found = await at.store.seqsOf(work.source.id, "user", ["b", "nobody", "a"]);
    expect(Object.fromEntries(found)).toEqual({ a: seqs[0], b: seqs[1] });
    expect(await at.store.seqsOf(work.source.id, "department", ["a"])).toEqual(new Map());
    expect(await at.store.seqsOf(work.source.id, "user", [])).toEqual(new Map());
  });

  it("that stand twice in a batch are one record, and the last of them counts", async () => {
    const work = await beginWork(at.store);
    const { seqs, written } = await saving(at, work)([record("a"), record("b"), record("a", { hash: "2", raw: "{}" })]);
    expect(written).toBe(2);
    expect(seqs[0]).toBe(seqs[2]);
    const stored = await at.store.readSourceRecords(work.source.id, "user", 0, 10);
    expect(stored.filter(({ key }) => key === "a").map(({ raw }) => raw)).toEqual(["{}"]);
  });

  it("of two sources, and of two kinds, with the same key have nothing to do with each other", async () => {
    const one = await beginWork(at.store, "one");
    const two = await beginWork(at.store, "two");
    await saving(at, one)([record("7")]);
    await at.store.saveRecords(one.lease, one.source.id, "department", [record("7")]);
    await saving(at, two)([record("7")]);
    const ids = await Promise.all([
      at.store.resolveKeys(one.source.id, "user", ["7", "8"]),
      at.store.resolveKeys(one.source.id, "department", ["7"]),
      at.store.resolveKeys(two.source.id, "user", ["7"]),
    ]);
    expect(new Set(ids.map((found) => found.get("7"))).size).toBe(3);
    expect(ids[0].has("8")).toBe(false);
    await at.store.forgetRecords(one.lease, one.source.id, "user", ["7"]);
    expect(await at.store.readSourceRecords(one.source.id, "user", 0, 10)).toEqual([]);
    expect(await at.store.readSourceRecords(two.source.id, "user", 0, 10)).toHaveLength(1);
    expect(await at.store.readSourceRecords(one.source.id, "department", 0, 10)).toHaveLength(1);
  });

  it("are listed in pages by seq, with keys of any spelling", async () => {
    const work = await beginWork(at.store);
    const keys = ["__proto__", "constructor", "a'b", 'a"b', "a\\b", "{x,y}", "张三", "😀", "NULL", " "];
    await saving(at, work)(keys.map((key) => record(key)));
    const found: string[] = [];
    for (let after = 0; ; ) {
      const page = await at.store.listSourceRecords(work.source.id, "user", after, 3);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.seq;
      found.push(...page.map(({ key }) => key));
    }
    expect(found).toEqual(keys);
    expect((await at.store.resolveKeys(work.source.id, "user", keys)).size).toBe(keys.length);
  });

  it("are dirty until their resource is as they and the mapping say", async () => {
    const work = await beginWork(at.store);
    const save = saving(at, work);
    const dirty = async (version = "m1") =>
      (await at.store.listDirty(work.source.id, "user", version, 0, 10)).map((each) => each.record.key);
    await save([record("user-1"), record("user-2")]);
    expect(await dirty()).toEqual(["user-1", "user-2"]);
    await apply(at, work, [1, 2]);
    expect(await dirty()).toEqual([]);
    await save([record("user-2", { hash: "2", fingerprint: "changed" })]);
    expect(await dirty()).toEqual(["user-2"]);
    // Another mapping: everybody.
    expect(await dirty("m2")).toEqual(["user-1", "user-2"]);
  });

  it("are dirty again when the manager whom they name has turned up", async () => {
    const work = await beginWork(at.store);
    await saving(at, work)([record("user-1")]);
    await apply(at, work, [1], { managerKey: "user-2" });
    const dirty = async () =>
      (await at.store.listDirty(work.source.id, "user", "m1", 0, 10)).map((each) => each.record.key);
    expect(await dirty()).toEqual([]);
    await saving(at, work)([record("user-2")]);
    expect(await dirty()).toEqual(["user-1", "user-2"]);
  });

  it("show what the directory has of them, and that it has left", async () => {
    const first = await beginWork(at.store);
    await saving(at, first)([record("user-1")]);
    const [before] = await at.store.listDirty(first.source.id, "user", "m1", 0, 10);
    expect(before?.current).toBeNull();
    await apply(at, first, [1]);
    const second = await nextTask(at.store, first);
    await at.store.addChanges(second.lease, second.task.id, [departure(changeOf(await idOf(at, first)), 1)]);
    await applyAll(at.store, second);
    // Back again: the same person has the same id.
    await saving(at, second)([record("user-1")]);
    const [after] = await at.store.listDirty(first.source.id, "user", "m1", 0, 10);
    expect(after?.current).toMatchObject({ departed: true, deleted: false, active: false, version: 2 });
    expect(after?.record.resourceId).toBe(before?.record.resourceId);
  });

  it("keep what a complete read could see", async () => {
    const { lease, source } = await beginWork(at.store);
    expect(await at.store.readBaseline(source.id)).toBeNull();
    const baseline = { visibility: { roots: ["1"], granted: null }, scope: { mode: "all" } } as const;
    await at.store.saveBaseline(lease, source.id, baseline);
    expect(await at.store.readBaseline(source.id)).toEqual(baseline);
  });

  async function apply(
    { store }: TestDatabase,
    work: Work,
    numbers: readonly number[],
    more: { managerKey?: string } = {},
  ): Promise<void> {
    const changes = [];
    for (const number of numbers) {
      const id = await idOf({ store }, work, `user-${number}`);
      changes.push({ ...changeOf(id, number), ...more });
    }
    await store.addChanges(work.lease, work.task.id, changes);
    await applyAll(store, work);
  }
});

function changeOf(id: string, number = 1) {
  return userChange(number, { resourceId: id });
}

async function idOf({ store }: Pick<TestDatabase, "store">, { source }: Work, key = "user-1"): Promise<string> {
  return (await store.resolveKeys(source.id, "user", [key])).get(key) ?? userId(0);
}

function saving({ store }: TestDatabase, { source, lease }: Work) {
  return (records: readonly ReturnType<typeof record>[]) => store.saveRecords(lease, source.id, "user", records);
}

/** Counts each row of source_record that is written, in the database itself. */
async function watchWrites(at: TestDatabase): Promise<void> {
  await at.rows("create table written (row_key text)");
  for (const event of ["insert", "update"]) {
    if (at.dialect === "sqlite") {
      await at.rows(
        `create trigger watch_${event} after ${event} on source_record begin insert into written values (new.key); end`,
      );
    }
  }
  if (at.dialect === "sqlite") return;
  await at.rows(`create function watch() returns trigger language plpgsql as
    $$ begin insert into written values (new.key); return new; end $$`);
  await at.rows("create trigger watch after insert or update on source_record for each row execute function watch()");
}

async function unwatchWrites(at: TestDatabase): Promise<void> {
  if (at.dialect === "sqlite") for (const event of ["insert", "update"]) await at.rows(`drop trigger watch_${event}`);
  else await at.rows("drop function watch cascade");
  await at.rows("drop table written");
}

async function writes(at: TestDatabase): Promise<number> {
  return (await at.rows("select row_key from written")).length;
}
