import { expect, test } from "vitest";
import { type EngineFixture, type EngineFixtureOptions, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { leavable } from "./targets/support.ts";
import { apply, idOf, planUndo, stateOf, undo, unguarded } from "./undo-support.ts";

// Nobody who left WeCom, or was disabled there, stays active for an undo, other than by somebody's plain decision.

const small: EngineFixtureOptions = {
  ...unguarded,
  // Who comes back under another name is not asked about: these tests are about what an undo takes back.
  source: { ...unguarded.source, sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: false } } },
  corp: { shape: { members: 12, departments: 3, seed: 2, quirks: false } },
};

/** The safeguards of a fresh installation: more than five removals wait. */
const guarded: EngineFixtureOptions = {
  corp: { shape: { members: 20, departments: 3, seed: 2, quirks: false } },
  targetSettings: { safeguards: noSafeguards },
};

const joiners = Array.from({ length: 7 }, (_, index) => `joiner-${index}`);

const join = ({ corp }: EngineFixture): void => {
  for (const userid of joiners) corp.createMember({ userid, name: "新人", department: [1], status: 1 });
};

/** A sync that reads all of it, and then comes to nothing. */
async function readInVain(fixture: EngineFixture): Promise<void> {
  const { store } = fixture;
  const { saveUnseenFields } = store;
  store.saveUnseenFields = () => Promise.reject(new Error("in the middle"));
  expect(await fixture.sync()).toMatchObject({ state: "failed" });
  store.saveUnseenFields = saveUnseenFields;
}

const keptNow = async ({ store }: EngineFixture) => (await store.listKept({ limit: 100 })).items;

test.each(["failed", "cancelled"] as const)("who an undo has brought back leaves again when it %s", async (state) => {
  const fixture = await startEngineFixture(small);
  const { corp, store } = fixture;
  await fixture.sync();
  const [a = ""] = leavable(fixture);
  corp.deleteMember(a);
  const task = await fixture.sync();
  const plan = await planUndo(fixture, task);
  const { applyMembers } = store;
  store.applyMembers = async (_lease, taskId) => {
    if (state === "cancelled") await store.cancelTask(taskId);
    throw new Error("in the middle");
  };
  expect(await apply(fixture, plan)).toMatchObject({ state });
  store.applyMembers = applyMembers;
  // Half of him is back: without his groups. That is nothing to keep.
  expect(await stateOf(fixture, a)).toBe("active");
  expect(await keptNow(fixture)).toMatchObject([{ externalId: a, isEnded: true }]);
  await expect.poll(async () => (await store.openTasks()).length).toBe(0);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { deactivated: 1 } } });
  expect(await stateOf(fixture, a)).toBe("gone");
  expect(await keptNow(fixture)).toEqual([]);
  await fixture.verify();
});

test("who an earlier version brought back, and forgot, leaves with the next whole read", async () => {
  const fixture = await startEngineFixture(small);
  const { corp, database } = fixture;
  await fixture.sync();
  const [a = ""] = leavable(fixture);
  corp.deleteMember(a);
  await undo(fixture, await fixture.sync());
  expect(await fixture.sync()).toMatchObject({ counts: { users: { deactivated: 0 } } });
  await database.db.deleteFrom("kept").execute();
  expect(await fixture.sync()).toMatchObject({ counts: { users: { deactivated: 1 } } });
  expect(await stateOf(fixture, a)).toBe("gone");
  await fixture.verify();
});

test("what WeCom has said since, and no sync has brought yet, is not taken back nor ignored", async () => {
  const fixture = await startEngineFixture(small);
  const { corp } = fixture;
  await fixture.sync();
  const [a = "", b = "", c = ""] = leavable(fixture);
  for (const each of [a, b]) corp.patchMember(each, { position: "队长" });
  corp.deleteMember(c);
  const task = await fixture.sync();
  corp.patchMember(a, { status: 2 });
  corp.createMember({ userid: c, name: "归来", department: [1], status: 2 });
  await readInVain(fixture);
  const plan = await planUndo(fixture, task);
  const left = await fixture.records(plan, { status: "skipped" });
  expect(left.map(({ externalId, error }) => [externalId, error]).sort()).toEqual(
    [a, c].map((each) => [each, "the source says something else of it that no sync has brought here yet"]).sort(),
  );
  expect(await apply(fixture, plan)).toMatchObject({ state: "succeeded", error: null });
  expect((await keptNow(fixture)).map(({ externalId }) => externalId)).toEqual([b]);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect([await stateOf(fixture, a), await stateOf(fixture, b), await stateOf(fixture, c)]).toEqual([
    "inactive",
    "active",
    "inactive",
  ]);
});

test("whom a held sync would switch off is left out, and the next one would again", async () => {
  const fixture = await startEngineFixture(guarded);
  const { corp } = fixture;
  await fixture.sync();
  const people = leavable(fixture).slice(0, 7);
  for (const each of people) corp.patchMember(each, { position: "队长" });
  const task = await fixture.sync();
  for (const each of people) corp.patchMember(each, { status: 2 });
  expect(await fixture.sync()).toMatchObject({ state: "held" });
  expect(await undo(fixture, task)).toMatchObject({ state: "succeeded" });
  expect(await keptNow(fixture)).toEqual([]);
  const held = await fixture.sync();
  expect(held).toMatchObject({ state: "held", hold: { removals: { users: 7 } } });
  await fixture.approve(held);
  for (const each of people) expect(await stateOf(fixture, each)).toBe("inactive");
});

test("what a mapping would make of people, and has not yet, ends what is kept", async () => {
  const fixture = await startEngineFixture(small);
  await fixture.sync();
  const [a = ""] = leavable(fixture);
  fixture.corp.patchMember(a, { position: "队长" });
  const task = await fixture.sync();
  fixture.edit((mapping) => {
    mapping.user.active = { const: false };
  });
  await undo(fixture, task);
  await fixture.sync();
  expect(await stateOf(fixture, a)).toBe("inactive");
});

test("what is let through of an undo later keeps nobody anew of whom the source's word counts", async () => {
  const fixture = await startEngineFixture(guarded);
  const { corp, store } = fixture;
  await fixture.sync();
  const [a = "", b = "", c = ""] = leavable(fixture);
  corp.deleteMember(a);
  corp.patchMember(b, { position: "队长" });
  join(fixture);
  const waiting = await undo(fixture, await fixture.sync());
  expect(waiting).toMatchObject({ state: "held" });
  expect(await stateOf(fixture, a)).toBe("active");
  expect(await store.endKept({ resourceId: await idOf(fixture, a) })).toBe(1);
  for (const each of [b, c]) corp.patchMember(each, { status: 2 });
  await readInVain(fixture);
  expect(await fixture.approve(waiting)).toMatchObject({ state: "succeeded", error: null });
  expect((await keptNow(fixture)).filter(({ isEnded }) => isEnded)).toMatchObject([{ externalId: a }]);
  await fixture.sync();
  const states = await Promise.all([a, b, c].map((each) => stateOf(fixture, each)));
  expect(states).toEqual(["gone", "inactive", "inactive"]);
  expect((await keptNow(fixture)).map(({ externalId }) => externalId).sort()).toEqual(joiners);
});

test.each(["given up and planned anew", "let through without them"])(
  "who left and came back, or came to a group, is not taken away by what an undo holds, %s",
  async (way) => {
    const fixture = await startEngineFixture(guarded);
    const { corp } = fixture;
    const tag = corp.createTag({ tagname: "特权" });
    await fixture.sync();
    join(fixture);
    const task = await fixture.sync();
    const waiting = await undo(fixture, task);
    expect(waiting).toMatchObject({ state: "held" });
    const [returned = "", tagged = "", ...others] = joiners;
    corp.deleteMember(returned);
    await fixture.sync();
    corp.createMember({ userid: returned, name: "新人", department: [1], status: 1 });
    corp.changeTagMembers(tag, { addUsers: [tagged] });
    await fixture.sync();

    await expect(fixture.approve(waiting)).rejects.toMatchObject({ name: "HoldMovedError", moved: 2 });
    expect(await fixture.store.findTask(waiting.id)).toMatchObject({ state: "held" });
    for (const each of joiners) expect(await stateOf(fixture, each)).toBe("active");
    if (way === "let through without them") {
      const held = await fixture.records(waiting, { status: "held", resourceType: "User" });
      const named = held.flatMap(({ id, externalId }) => (others.includes(externalId ?? "") ? [id] : []));
      expect(await fixture.store.approveTask(waiting.id, named)).toBe(true);
      fixture.engine().nudge();
      expect(await fixture.ended(waiting)).toMatchObject({ state: "succeeded", error: null });
    } else {
      expect(await fixture.store.cancelTask(waiting.id)).toBe(true);
      const again = await undo(fixture, task);
      expect(again).toMatchObject({ state: "held", hold: { removals: { users: 5 } } });
      expect(await fixture.approve(again)).toMatchObject({ state: "succeeded", error: null });
    }
    for (const each of [returned, tagged]) expect(await stateOf(fixture, each)).toBe("active");
    for (const each of others) expect(await stateOf(fixture, each)).toBe("gone");
    await fixture.sync();
    await fixture.readBack();
  },
);

test("who leaves by an undo leaves the groups of others too, and every tag that he comes to", async () => {
  const fixture = await startEngineFixture(small);
  const { corp, database, store } = fixture;
  const tag = corp.createTag({ tagname: "特权" });
  await fixture.sync();
  corp.createMember({ userid: "joiner", name: "新人", department: [1], status: 1 });
  const plan = await planUndo(fixture, await fixture.sync());
  const id = await idOf(fixture, "joiner");
  const inGroups = async () => (await store.edgesAnywhere([id])).map(({ groupId }) => groupId);
  expect(await inGroups()).toHaveLength(1);
  const [group] = await database.db
    .selectFrom("resource")
    .select(["id", "version"])
    .where("external_id", "=", `tag:${tag}`)
    .execute();
  // He comes to it behind the plan's back.
  const { applyNext } = store;
  const edge = { group_id: group?.id ?? "", member_id: id, member_type: "User" } as const;
  store.applyNext = async (...args) => {
    await database.db
      .insertInto("member")
      .values(edge)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    store.applyNext = applyNext;
    return applyNext(...args);
  };
  expect(await apply(fixture, plan)).toMatchObject({ state: "succeeded" });
  expect(await inGroups()).toEqual([]);
  const versions = database.db
    .selectFrom("resource")
    .select("version")
    .where("id", "=", group?.id ?? "");
  expect((await versions.executeTakeFirst())?.version).toBeGreaterThan(group?.version ?? 0);

  // As a version before left it.
  await database.db.insertInto("member").values(edge).execute();
  await fixture.sync();
  expect(await inGroups()).toEqual([]);
});

test("a department that an undo put back into a tag leaves it once the tag is another", async () => {
  const fixture = await startEngineFixture(small);
  const { corp, database } = fixture;
  const tag = corp.createTag({ tagname: "特权" });
  const unit = corp.createDepartment({ name: "部", parentid: 1 });
  corp.changeTagMembers(tag, { addDepartments: [unit] });
  await fixture.sync();
  const isIn = async (): Promise<boolean> => {
    const rows = await database.db
      .selectFrom("member as m")
      .innerJoin("resource as g", "g.id", "m.group_id")
      .innerJoin("resource as x", "x.id", "m.member_id")
      .select("m.member_id")
      .where("g.external_id", "=", `tag:${tag}`)
      .where("x.external_id", "=", `department:${unit}`)
      .execute();
    return rows.length > 0;
  };
  corp.changeTagMembers(tag, { removeDepartments: [unit] });
  const task = await fixture.sync();
  expect(await isIn()).toBe(false);
  await undo(fixture, task);
  await fixture.sync();
  expect(await isIn()).toBe(true);
  // WeCom is put right as well, and months later the department really loses the tag.
  corp.changeTagMembers(tag, { addDepartments: [unit] });
  await fixture.sync();
  expect(await isIn()).toBe(true);
  corp.changeTagMembers(tag, { removeDepartments: [unit] });
  await fixture.sync();
  expect(await isIn()).toBe(false);
  await fixture.verify();
});

test("what a task did that was cut off goes back, and is no more brought again", async () => {
  const fixture = await startEngineFixture(small);
  const { corp, store } = fixture;
  await fixture.sync();
  const [a = ""] = leavable(fixture);
  corp.patchMember(a, { status: 2 });
  corp.createMember({ userid: "joiner", name: "新人", department: [1], status: 1 });
  const { applyMembers } = store;
  store.applyMembers = () => Promise.reject(new Error("in the middle"));
  const task = await fixture.sync();
  store.applyMembers = applyMembers;
  expect(task).toMatchObject({ state: "failed" });
  expect([await stateOf(fixture, a), await stateOf(fixture, "joiner")]).toEqual(["inactive", "active"]);
  expect(await undo(fixture, task)).toMatchObject({ state: "succeeded", error: null });
  await fixture.sync();
  expect([await stateOf(fixture, a), await stateOf(fixture, "joiner")]).toEqual(["active", "gone"]);
});

test("what is kept outlasts syncs that see other fields of people, or nobody", async () => {
  const fixture = await startEngineFixture(small);
  const { corp } = fixture;
  await fixture.patchSource({ sync: { automatic: true, users: false, intervalHours: 1 } });
  const [a = "", b = ""] = leavable(fixture);
  for (const { userid } of corp.truth().members) corp.patchMember(userid, { address: userid === b ? "某路1号" : "" });
  await fixture.sync();
  corp.patchMember(a, { position: "队长" });
  const task = await fixture.sync();
  await fixture.sync({ trigger: "schedule" });
  await undo(fixture, task);
  const unseen = async () => (await fixture.store.readUnseenFields(fixture.source.id)) ?? [];
  const before = await unseen();
  await fixture.sync({ trigger: "schedule" });
  expect(await unseen()).toEqual(before);
  corp.patchMember(b, { address: "" });
  await fixture.sync();
  expect(await unseen()).toEqual([...before, "address"].sort());
  expect(await keptNow(fixture)).toMatchObject([{ externalId: a }]);
});

test("what is let through of an undo after a sync that saw other fields is kept as well", async () => {
  const fixture = await startEngineFixture(guarded);
  const { corp } = fixture;
  const [b = ""] = leavable(fixture);
  for (const { userid } of corp.truth().members) corp.patchMember(userid, { address: userid === b ? "某路1号" : "" });
  await fixture.sync();
  join(fixture);
  const waiting = await undo(fixture, await fixture.sync());
  expect(waiting).toMatchObject({ state: "held" });
  corp.patchMember(b, { address: "" });
  await fixture.sync();
  expect(await fixture.approve(waiting)).toMatchObject({ state: "succeeded", error: null });
  await fixture.sync();
  for (const each of joiners) expect(await stateOf(fixture, each)).toBe("gone");
  expect((await keptNow(fixture)).map(({ externalId }) => externalId).sort()).toEqual(joiners);
});
