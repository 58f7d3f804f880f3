import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { TaskRow } from "../../src/store/store.ts";
import { defaultSafeguards, type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

const everybody = { user: { userName: { template: "{userName}@other.example" } } };

/** Other names for these people, and nobody else. */
function namesFor(userids: readonly string[]): JsonObject {
  const expr = `resource.externalId in ${JSON.stringify(userids)} ? resource.userName + "@other.example" : resource.userName`;
  return { user: { userName: { expr } } };
}

/** Sets the rules of the main target, or takes them away. */
async function setRules({ store, row }: EngineFixture, mapping: JsonObject | null): Promise<void> {
  const now = await store.findTarget(row.id);
  if (now === null) throw new Error("the target is gone");
  const { mapping: _, ...settings } = now.settings;
  await store.updateTarget(row.id, { settings: mapping === null ? settings : { ...settings, mapping } });
}

function renamed({ control }: Pick<EngineFixture, "control">): readonly string[] {
  const names = control.dump().users.map(({ resource }) => String(resource["userName"]));
  return names.filter((name) => name.endsWith("@other.example"));
}

function userOf({ control }: EngineFixture, userid: string): JsonObject | undefined {
  return control.dump().users.find(({ resource }) => resource["externalId"] === userid)?.resource;
}

/** Requests that changed something, by kind, since the journal was reset. */
function sent({ control }: EngineFixture): Readonly<Record<string, number>> {
  const { counts } = control.requests();
  return Object.fromEntries(Object.entries(counts).filter(([what]) => !what.startsWith("GET")));
}

/** Active members who lead nobody, so that what happens to them changes nobody else. */
function ordinary({ corp }: EngineFixture): readonly string[] {
  const { members } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  return members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
}

function expectHeld(task: TaskRow, users: number): void {
  expect(task).toMatchObject({
    state: "held",
    error: null,
    hold: { removals: { users: 0, groups: 0, members: 0 }, identities: { users, groups: 0 } },
  });
  expect(task.hold?.reason).toContain("would get another userName or externalId by the rules of this target");
}

async function expectNothingToSay(fixture: EngineFixture): Promise<void> {
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
  expect(sent(fixture)).toEqual({});
}

describe("rules that rename everybody at a target", () => {
  test.each(["push", "sync"] as const)("wait for a person (%s), time and again; approved, they go", async (kind) => {
    const fixture = await startEngineFixture();
    const run = (): Promise<TaskRow> => (kind === "push" ? fixture.push() : fixture.sync());
    await fixture.sync();
    await setRules(fixture, everybody);
    fixture.control.resetJournal();
    const first = await run();
    expectHeld(first, 60);
    expect(first.hold?.reason).toContain("60 of 60 users at this target");
    expect(first.targets).toMatchObject([{ state: "held", error: null }]);
    expect([sent(fixture), renamed(fixture)]).toEqual([{}, []]);
    const records = await fixture.records(first, { status: "held" });
    expect(records).toHaveLength(60);
    const { externalId } = records[0] ?? {};
    expect(records[0]).toMatchObject({
      target: fixture.row.id,
      action: "update",
      changes: [{ attribute: "userName", before: externalId, after: `${externalId}@other.example` }],
    });

    const second = await run();
    expectHeld(second, 60);
    expect(await fixture.store.findTask(first.id)).toMatchObject({ state: "cancelled" });
    expect(await fixture.store.approveTask(first.id, null)).toBe(false);
    expect(renamed(fixture)).toEqual([]);

    fixture.control.resetJournal();
    const approved = await fixture.approve(second);
    expect(approved).toMatchObject({ state: "succeeded", hold: null, error: null });
    expect(approved.targets).toMatchObject([{ counts: { users: { updated: 60 } } }]);
    expect(sent(fixture)).toEqual({ "PATCH User": 60 });
    expect(renamed(fixture)).toHaveLength(60);
    await expectNothingToSay(fixture);
    expect(await fixture.push()).toMatchObject({ state: "succeeded", hold: null });
  });

  test("taken back leave nothing held, and send nothing", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, everybody);
    const held = await fixture.push();
    expectHeld(held, 60);
    await setRules(fixture, null);
    fixture.control.resetJournal();
    expect(await fixture.push()).toMatchObject({ state: "succeeded", hold: null, error: null });
    expect(sent(fixture)).toEqual({});
    expect(await fixture.store.findTask(held.id)).toMatchObject({ state: "cancelled" });
    expect(await fixture.store.countLinks(fixture.row.id)).toMatchObject({ pending: 0, failed: 0 });
    await fixture.verify();
    await expectNothingToSay(fixture);
  });

  test("hold nothing else up: other attributes of others, joiners, memberships, who is to be inactive", async () => {
    const fixture = await startEngineFixture();
    const [stays = "", disabled = "", left = "", mover = "", other = ""] = ordinary(fixture);
    await fixture.sync();
    await setRules(fixture, {
      user: {
        userName: { template: "{userName}@other.example", when: `resource.externalId != "${other}"` },
        title: { const: "staff" },
      },
    });
    const department = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    fixture.corp.createMember({ userid: "joiner", name: "新人", department: [1], status: 1 });
    fixture.corp.moveMember(mover, [department], department);
    fixture.corp.patchMember(disabled, { status: 2 });
    fixture.corp.deleteMember(left);
    const held = await fixture.sync();
    // Who has left is sent nothing but that; the joiner comes with his new name.
    expectHeld(held, 58);
    expect(renamed(fixture)).toEqual(["joiner@other.example"]);
    expect(userOf(fixture, stays)).toMatchObject({ userName: stays, active: true });
    expect(userOf(fixture, stays)?.["title"]).not.toBe("staff");
    expect(userOf(fixture, other)).toMatchObject({ userName: other, title: "staff" });
    expect(userOf(fixture, disabled)).toMatchObject({ userName: disabled, active: false });
    expect(userOf(fixture, left)).toMatchObject({ userName: left, active: false });
    const { users, groups } = fixture.control.dump();
    const moverId = users.find(({ resource }) => resource["externalId"] === mover)?.id;
    const group = groups.find(({ resource }) => resource["externalId"] === `department:${department}`);
    expect(group?.members.map(({ value }) => value)).toEqual([moverId]);
    const records = await fixture.records(held, { status: "held" });
    expect(records).toHaveLength(58);
    expect(new Set(records.map(({ action }) => action))).toEqual(new Set(["update"]));

    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(59);
    expect(userOf(fixture, disabled)).toMatchObject({ userName: `${disabled}@other.example`, active: false });
    expect(userOf(fixture, left)).toMatchObject({ userName: left, active: false });
    await expectNothingToSay(fixture);
  });

  test("are not let in by whatever else changes about somebody who waits", async () => {
    const fixture = await startEngineFixture();
    const [first = ""] = ordinary(fixture);
    await fixture.sync();
    await setRules(fixture, everybody);
    expectHeld(await fixture.sync(), 60);
    fixture.corp.patchMember(first, { position: "later" });
    const held = await fixture.sync();
    expectHeld(held, 60);
    expect(renamed(fixture)).toEqual([]);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(userOf(fixture, first)).toMatchObject({ userName: `${first}@other.example`, title: "later" });
    await expectNothingToSay(fixture);
  });

  test("do not count those whom a mapping has made known otherwise in the directory: that was judged there", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, { user: { title: null } });
    fixture.edit((mapping) => {
      mapping.user.userName = { template: "{userid}@other.example" };
    });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { identities: { users: 60, groups: 0 } } });
    expect(held.hold?.reason).toContain("by the mapping");
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(60);
  });

  test("wait at their target alone, and go in part where a part is approved", async () => {
    const fixture = await startEngineFixture();
    const other = await fixture.addTarget();
    await fixture.sync();
    await setRules(fixture, everybody);
    fixture.corp.createMember({ userid: "joiner", name: "新人", department: [1], status: 1 });
    const held = await fixture.sync();
    expectHeld(held, 60);
    expect(held.targets.map(({ state }) => state).sort()).toEqual(["held", "succeeded"]);
    await fixture.verify(other);
    const chosen = (await fixture.records(held, { status: "held" })).slice(0, 40);
    const approved = await fixture.approve(
      held,
      chosen.map(({ id }) => id),
    );
    expectHeld(approved, 20);
    expect(new Set(renamed(fixture))).toEqual(
      new Set(["joiner", ...chosen.map(({ externalId }) => externalId)].map((name) => `${name}@other.example`)),
    );
  });
});

describe("what was approved", () => {
  test("goes once a target that was down is back, and nobody is asked a second time", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, everybody);
    const held = await fixture.sync();
    fixture.control.setDown(true);
    expect(await fixture.approve(held)).toMatchObject({ state: "partial" });
    fixture.control.setDown(false);
    expect(renamed(fixture)).toEqual([]);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(60);
    await expectNothingToSay(fixture);
  });

  test("is the name that was shown: other rules wait again", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, everybody);
    const held = await fixture.push();
    await setRules(fixture, { user: { userName: { template: "{userName}@third.example" } } });
    const approved = await fixture.approve(held);
    expectHeld(approved, 60);
    const names = fixture.control.dump().users.map(({ resource }) => String(resource["userName"]));
    expect(names.filter((name) => /@(other|third)\.example$/.test(name))).toEqual([]);
  });

  test.each(["push", "sync"] as const)("survives an end in the middle of the requests (%s)", async (kind) => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, everybody);
    const held = await (kind === "push" ? fixture.push() : fixture.sync());
    expectHeld(held, 60);
    fixture.control.fault({
      match: { method: "PATCH", type: "User" },
      skip: 20,
      effect: { kind: "hang", commit: true },
    });
    expect(await fixture.store.approveTask(held.id, null)).toBe(true);
    fixture.engine().nudge();
    await expect.poll(() => renamed(fixture).length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(20);
    await fixture.stop();
    expect(renamed(fixture).length).toBeLessThan(60);
    fixture.control.clearFault();
    fixture.start();
    expect(await fixture.ended(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(60);
    expect(fixture.control.violations()).toEqual([]);
    await expectNothingToSay(fixture);
  });
});

describe("the numbers", () => {
  test("an end after the records were written records them once", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, {
      ...everybody,
      group: { displayName: { template: "{displayName}!", when: 'resource.externalId == "department:1"' } },
    });
    fixture.control.fault({ match: { method: "PATCH", type: "Group" }, effect: { kind: "hang", commit: false } });
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: null, targetId: fixture.row.id, trigger: "manual", mode: "apply" },
    });
    fixture.engine().nudge();
    const held = () => fixture.records(task, { status: "held" });
    await expect.poll(async () => (await held()).length, { timeout: 20_000, interval: 5 }).toBe(60);
    await fixture.stop();
    fixture.control.clearFault();
    fixture.start();
    expectHeld(await fixture.ended(task), 60);
    expect(await held()).toHaveLength(60);
    expect(renamed(fixture)).toEqual([]);
    const root = fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === "department:1");
    expect(root?.resource["displayName"]).toMatch(/!$/);
  });

  test("small steps are counted together within the window", async () => {
    const fixture = await startEngineFixture();
    const people = ordinary(fixture);
    await fixture.sync();
    await setRules(fixture, namesFor(people.slice(0, 5)));
    expect(await fixture.push()).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(5);
    await setRules(fixture, namesFor(people.slice(0, 8)));
    const held = await fixture.push();
    expectHeld(held, 3);
    expect(held.hold?.reason).toContain("5 more within the window already");
    expect(renamed(fixture)).toHaveLength(5);
    fixture.advance(25 * 3_600_000);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(8);
  });

  test("are those of the sources that are pushed; a sync of one source leaves the others as they are", async () => {
    const fixture = await startEngineFixture({ source: { namespace: "one" } });
    const other = await fixture.addSource("other", {}, { namespace: "two" });
    await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
    await fixture.sync();
    await fixture.sync({ source: other.row });
    await setRules(fixture, everybody);
    const mine = await fixture.sync();
    expectHeld(mine, 60);
    const theirs = await fixture.sync({ source: other.row });
    expectHeld(theirs, 60);
    expect(await fixture.store.findTask(mine.id)).toMatchObject({ state: "held" });
    const all = await fixture.push();
    expectHeld(all, 120);
    expect(all.hold?.reason).toContain("120 of 120 users");
    expect(await fixture.approve(mine)).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(60);
    expect(renamed(fixture).every((name) => name.includes("@one@"))).toBe(true);
    expect(await fixture.approve(all)).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(120);
  });

  test("a target whose safeguards allow it is renamed at once", async () => {
    const fixture = await startEngineFixture({ targetSettings: { safeguards: noSafeguards } });
    await fixture.sync();
    await setRules(fixture, everybody);
    expect(await fixture.push()).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(60);
  });

  test("more than the number wait though their share is small", async () => {
    const safeguards = { ...defaultSafeguards, maxRemovals: { floor: 1, percent: 100, count: 3 } };
    const fixture = await startEngineFixture({ targetSettings: { safeguards } });
    await fixture.sync();
    await setRules(fixture, namesFor(ordinary(fixture).slice(0, 4)));
    expectHeld(await fixture.push(), 4);
  });
});
