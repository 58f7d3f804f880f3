import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { defaultSafeguards, type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

const hour = 3_600_000;

/** Active members who lead nobody: their going changes nobody else. */
function leavable({ corp }: EngineFixture): readonly string[] {
  const { members } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  return members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
}

function remove(fixture: EngineFixture, count: number): readonly string[] {
  const userids = leavable(fixture).slice(0, count);
  expect(userids).toHaveLength(count);
  for (const userid of userids) fixture.corp.deleteMember(userid);
  return userids;
}

function activeOf({ control }: EngineFixture, userids: readonly string[]): number {
  const wanted = new Set<unknown>(userids);
  return control
    .dump()
    .users.filter(({ resource }) => wanted.has(resource["externalId"]) && resource["active"] === true).length;
}

/** People of the corp who are in a group at the target, for whoever was deactivated but left in. */
function membershipsOf({ control }: EngineFixture, userids: readonly string[]): number {
  const { users, groups } = control.dump();
  const ids = new Set(
    users.filter(({ resource }) => userids.includes(String(resource["externalId"]))).map(({ id }) => id),
  );
  return groups.reduce((sum, { members }) => sum + members.filter(({ value }) => ids.has(value)).length, 0);
}

function expectHeld(task: TaskRow, removals: { users: number; groups: number; members: number }): void {
  expect(task).toMatchObject({ state: "held", error: null, hold: { removals } });
  expect(task.hold?.reason).toMatch(/would (be removed|lose)/);
  expect(task.hold?.expiresAt).toBeGreaterThan(task.createdAt + 6 * 24 * hour);
}

describe("removals of people", () => {
  test("up to the floor pass, whatever share of all they are", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 20, departments: 4, seed: 2, quirks: false } },
    });
    await fixture.sync();
    const gone = remove(fixture, 5);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    expect(activeOf(fixture, gone)).toBe(0);
    await fixture.verify();
  });

  test("beyond the floor and the share wait; joiners and updates go through; approved, they go", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const gone = remove(fixture, 12);
    const stays = leavable(fixture)[0] ?? "";
    fixture.corp.patchMember(stays, { position: "updated while held" });
    fixture.corp.createMember({ userid: "joiner", name: "新人", department: [1] });
    const held = await fixture.sync();
    expectHeld(held, { users: 12, groups: 0, members: 0 });
    expect(held.hold?.reason).toContain("12 of 60 users would be removed");
    expect(held.counts.users).toMatchObject({ created: 1, updated: 1, deactivated: 0 });
    expect(activeOf(fixture, gone)).toBe(12);
    expect(membershipsOf(fixture, gone)).toBeGreaterThanOrEqual(12);
    const { users } = fixture.control.dump();
    expect(users.some(({ resource }) => resource["externalId"] === "joiner")).toBe(true);
    expect(users.find(({ resource }) => resource["externalId"] === stays)?.resource["title"]).toBe(
      "updated while held",
    );
    const waiting = await fixture.records(held, { status: "held" });
    expect(waiting.filter(({ action }) => action === "deactivate")).toHaveLength(12);

    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null, error: null });
    expect(activeOf(fixture, gone)).toBe(0);
    await fixture.verify();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  });

  test.each(["source", "target"] as const)(
    "that a person let through at the %s do not have the next leaver wait",
    async (where) => {
      const fixture = await startEngineFixture({
        ...(where === "source" ? {} : { source: { safeguards: noSafeguards } }),
      });
      await fixture.sync();
      remove(fixture, 12);
      const held = await fixture.sync();
      expect(held.state).toBe("held");
      expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
      const next = remove(fixture, 5);
      expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
      expect(activeOf(fixture, next)).toBe(0);
      // Those five count.
      const last = remove(fixture, 1);
      expect(await fixture.sync()).toMatchObject({ state: "held" });
      expect(activeOf(fixture, last)).toBe(1);
    },
  );

  test("beyond the number wait though their share is small", async () => {
    const safeguards = { ...defaultSafeguards, maxRemovals: { floor: 1, percent: 100, count: 3 } };
    const fixture = await startEngineFixture({ source: { safeguards } });
    await fixture.sync();
    const gone = remove(fixture, 4);
    expectHeld(await fixture.sync(), { users: 4, groups: 0, members: 0 });
    expect(activeOf(fixture, gone)).toBe(4);
  });

  test("disabling people counts as removing them", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const disabled = leavable(fixture).slice(0, 10);
    for (const userid of disabled) fixture.corp.patchMember(userid, { status: 2 });
    const held = await fixture.sync();
    expectHeld(held, { users: 10, groups: 0, members: 0 });
    expect(activeOf(fixture, disabled)).toBe(10);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("in many small steps are counted together within the window, and forgotten after it", async () => {
    const fixture = await startEngineFixture({ targetSettings: { safeguards: noSafeguards } });
    await fixture.sync();
    let task: TaskRow | null = null;
    let steps = 0;
    for (; steps < 10 && task?.state !== "held"; steps += 1) {
      remove(fixture, 2);
      fixture.advance(hour);
      task = await fixture.sync({ trigger: "schedule" });
    }
    // 2, 4, 6 of 60: the third step reaches 10 %, the fourth is beyond it.
    expect(steps).toBe(4);
    expect(task?.hold?.removals.users).toBe(2);
    expect(task?.hold?.reason).toContain("6 more within the window already");
    fixture.advance(25 * hour);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    await fixture.verify();
  });

  test("of everybody in a small firm wait", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 8, departments: 3, seed: 3, quirks: false } },
    });
    await fixture.sync();
    const everybody = fixture.corp.truth().members.map(({ userid }) => userid);
    for (const userid of everybody) fixture.corp.deleteMember(userid);
    const active = fixture.control.dump().users.filter(({ resource }) => resource["active"] === true).length;
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 8 } } });
    expect(activeOf(fixture, everybody)).toBe(active);
  });
});

describe("what was held", () => {
  test("goes in part when a part is approved; the rest waits on", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const gone = remove(fixture, 10);
    const held = await fixture.sync();
    const records = await fixture.records(held, { status: "held", resourceType: "User", target: null });
    const chosen = records.slice(0, 3);
    const approved = await fixture.approve(
      held,
      chosen.map(({ id }) => id),
    );
    expect(approved.state).toBe("succeeded");
    expect(
      activeOf(
        fixture,
        chosen.map(({ externalId }) => externalId ?? ""),
      ),
    ).toBe(0);
    expect(
      membershipsOf(
        fixture,
        chosen.map(({ externalId }) => externalId ?? ""),
      ),
    ).toBe(0);
    const others = gone.filter((userid) => !chosen.some(({ externalId }) => externalId === userid));
    expect(activeOf(fixture, others)).toBe(7);
    expect(membershipsOf(fixture, others)).toBeGreaterThanOrEqual(7);
    expect((await fixture.records(held, { status: "skipped", resourceType: "User" })).length).toBe(7);
    expectHeld(await fixture.sync(), { users: 7, groups: 0, members: 0 });
  });

  test("is gone when it is cancelled, and asked for again by the next sync", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const gone = remove(fixture, 10);
    const held = await fixture.sync();
    expect(await fixture.store.cancelTask(held.id)).toBe(true);
    expect(await fixture.store.approveTask(held.id, null)).toBe(false);
    expect(activeOf(fixture, gone)).toBe(10);
    expectHeld(await fixture.sync(), { users: 10, groups: 0, members: 0 });
  });

  test("is replaced by a newer sync, and cannot be approved then", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const gone = remove(fixture, 10);
    const first = await fixture.sync();
    const second = await fixture.sync();
    expectHeld(second, { users: 10, groups: 0, members: 0 });
    expect(await fixture.store.findTask(first.id)).toMatchObject({ state: "cancelled" });
    expect(await fixture.store.approveTask(first.id, null)).toBe(false);
    expect((await fixture.records(first, { status: "skipped" })).at(0)?.error).toBe("replaced by a newer task");
    expect(activeOf(fixture, gone)).toBe(10);
    expect(await fixture.approve(second)).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("stays held when a newer sync could not read the source", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    remove(fixture, 10);
    const held = await fixture.sync();
    fixture.corp.addFault({ endpoint: "gettoken", answer: { kind: "errcode", errcode: 40001 } });
    expect(await fixture.sync()).toMatchObject({ state: "failed" });
    expect(await fixture.store.findTask(held.id)).toMatchObject({ state: "held" });
    fixture.corp.clearFaults();
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("expires after a week without anything being removed", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const gone = remove(fixture, 10);
    const held = await fixture.sync();
    fixture.advance(8 * 24 * hour);
    fixture.engine().nudge();
    await expect.poll(async () => (await fixture.store.findTask(held.id))?.state).toBe("cancelled");
    expect((await fixture.records(held, { status: "skipped" })).at(0)?.error).toBe("nobody approved it in time");
    expect(activeOf(fixture, gone)).toBe(10);
  });

  test("is removed once approved though the target was down, as soon as it is back", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const gone = remove(fixture, 10);
    const held = await fixture.sync();
    fixture.control.setDown(true);
    expect(await fixture.approve(held)).toMatchObject({ state: "partial" });
    fixture.control.setDown(false);
    expect(activeOf(fixture, gone)).toBe(10);
    // Somebody has said yes: he is not asked a second time.
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    expect(activeOf(fixture, gone)).toBe(0);
    await fixture.verify();
  });
});

describe("removals of groups", () => {
  test("wait beyond the safeguards, while people who left go with their memberships", async () => {
    const fixture = await startEngineFixture({
      source: { safeguards: { ...noSafeguards, maxRemovals: { floor: 2, percent: 5, count: 500 } } },
    });
    await fixture.sync();
    const tags = fixture.corp.truth().tags.slice(0, 4);
    for (const { tagid } of tags) fixture.corp.deleteTag(tagid);
    const gone = remove(fixture, 1);
    const held = await fixture.sync();
    expectHeld(held, { users: 0, groups: 4, members: 0 });
    const names = (): unknown[] => fixture.control.dump().groups.map(({ resource }) => resource["externalId"]);
    for (const { tagid } of tags) expect(names()).toContain(`tag:${tagid}`);
    expect(activeOf(fixture, gone)).toBe(0);
    expect(membershipsOf(fixture, gone)).toBe(0);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    for (const { tagid } of tags) expect(names()).not.toContain(`tag:${tagid}`);
    await fixture.verify();
  });

  test("go while removals of people wait, and leave the groups that they were in", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    // A leaf department without people: its parent lists it as a member.
    const id = fixture.corp.createDepartment({ name: "临时", parentid: 1 });
    await fixture.sync();
    fixture.corp.deleteDepartment(id);
    const gone = remove(fixture, 12);
    const held = await fixture.sync();
    expectHeld(held, { users: 12, groups: 0, members: 0 });
    expect(activeOf(fixture, gone)).toBe(12);
    const group = (
      await fixture.store.queryResources({ type: "Group", sources: "all", filter: null, startIndex: 1, count: 100 })
    ).rows;
    const members = await fixture.store.membersOf(
      group.map((row) => row.id),
      "all",
    );
    const there = new Set(group.map((row) => row.id));
    expect(members.filter(({ memberType, memberId }) => memberType === "Group" && !there.has(memberId))).toEqual([]);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("removals of members of one group", () => {
  async function withTag(settings: Parameters<typeof startEngineFixture>[0] = {}) {
    const fixture = await startEngineFixture(settings);
    const people = fixture.corp
      .truth()
      .members.slice(0, 30)
      .map(({ userid }) => userid);
    const tag = fixture.corp.createTag({ tagname: "三十人" });
    fixture.corp.changeTagMembers(tag, { addUsers: people });
    await fixture.sync();
    const membersThere = (): number =>
      fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `tag:${tag}`)?.members.length ??
      -1;
    expect(membersThere()).toBe(30);
    return { fixture, people, tag, membersThere };
  }

  test("wait (25 of 30 of a tag), time and again, until somebody approves", async () => {
    const { fixture, people, tag, membersThere } = await withTag();
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 25) });
    expectHeld(await fixture.sync(), { users: 0, groups: 0, members: 25 });
    expect(membersThere()).toBe(30);
    const again = await fixture.sync();
    expectHeld(again, { users: 0, groups: 0, members: 25 });
    expect(membersThere()).toBe(30);
    expect(await fixture.approve(again)).toMatchObject({ state: "succeeded", hold: null });
    expect(membersThere()).toBe(5);
    await fixture.verify();
  });

  test("let new members of the same group through", async () => {
    const { fixture, people, tag, membersThere } = await withTag();
    const joiner = fixture.corp.truth().members[40]?.userid ?? "";
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 25), addUsers: [joiner] });
    expectHeld(await fixture.sync(), { users: 0, groups: 0, members: 25 });
    expect(membersThere()).toBe(31);
  });

  test("wait (25 of 30 of a department), time and again, until somebody approves", async () => {
    const fixture = await startEngineFixture({ source: { safeguards: defaultSafeguards } });
    const from = fixture.corp.createDepartment({ name: "从", parentid: 1 });
    const to = fixture.corp.createDepartment({ name: "到", parentid: 1 });
    const people = fixture.corp
      .truth()
      .members.slice(0, 30)
      .map(({ userid }) => userid);
    for (const userid of people) fixture.corp.moveMember(userid, [from], from);
    await fixture.sync();
    const count = (id: number): number =>
      fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `department:${id}`)?.members
        .length ?? -1;
    expect(count(from)).toBe(30);
    for (const userid of people.slice(0, 25)) fixture.corp.moveMember(userid, [to], to);
    expectHeld(await fixture.sync(), { users: 0, groups: 0, members: 25 });
    expect([count(from), count(to)]).toEqual([30, 25]);
    const again = await fixture.sync();
    expectHeld(again, { users: 0, groups: 0, members: 25 });
    expect(await fixture.approve(again)).toMatchObject({ state: "succeeded" });
    expect([count(from), count(to)]).toEqual([5, 25]);
    await fixture.verify();
  });

  test("that a target alone holds back wait there, and go when approved", async () => {
    const { fixture, people, tag, membersThere } = await withTag({ source: { safeguards: noSafeguards } });
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 25) });
    const held = await fixture.sync();
    expectHeld(held, { users: 0, groups: 0, members: 25 });
    expect(held.hold?.reason).toContain(`tag:${tag}`);
    expect(membersThere()).toBe(30);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(membersThere()).toBe(5);
    await fixture.verify();
  });
});

describe("a target whose safeguards are stricter than the source's", () => {
  const strict = { ...defaultSafeguards, maxRemovals: { floor: 2, percent: 5, count: 500 } };

  test("holds the removals there, and only there, until they are approved", async () => {
    const fixture = await startEngineFixture({
      source: { safeguards: noSafeguards },
      targetSettings: { safeguards: strict },
    });
    const other = await fixture.addTarget({ safeguards: noSafeguards });
    await fixture.sync();
    const gone = remove(fixture, 8);
    fixture.corp.createMember({ userid: "joiner", name: "新人", department: [1] });
    const held = await fixture.sync();
    expectHeld(held, { users: 8, groups: 0, members: 0 });
    expect(held.targets.map(({ state }) => state).sort()).toEqual(["held", "succeeded"]);
    expect(activeOf(fixture, gone)).toBe(8);
    expect(membershipsOf(fixture, gone)).toBeGreaterThanOrEqual(8);
    expect(fixture.control.dump().users.some(({ resource }) => resource["externalId"] === "joiner")).toBe(true);
    await fixture.verify(other);

    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(activeOf(fixture, gone)).toBe(0);
    await fixture.verify();
  });

  test("sends those that were chosen when only some are approved", async () => {
    const fixture = await startEngineFixture({
      source: { safeguards: noSafeguards },
      targetSettings: { safeguards: strict },
    });
    await fixture.sync();
    const gone = remove(fixture, 9);
    const held = await fixture.sync();
    const records = await fixture.records(held, { status: "held", action: "deactivate", target: fixture.row.id });
    expect(records).toHaveLength(9);
    const chosen = records.slice(0, 4).map(({ externalId }) => externalId ?? "");
    const approved = await fixture.approve(
      held,
      records.slice(0, 4).map(({ id }) => id),
    );
    expect(activeOf(fixture, chosen)).toBe(0);
    expect(activeOf(fixture, gone)).toBe(5);
    expectHeld(approved, { users: 5, groups: 0, members: 0 });
  });
});
