import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

const corp = { shape: { members: 38, departments: 6, seed: 4, quirks: false } };

/** Active members who lead nobody, all of them in a tag as well. */
async function withTag(options: Parameters<typeof startEngineFixture>[0] = {}) {
  const fixture = await startEngineFixture({ corp, ...options });
  const people = leavable(fixture);
  const tag = fixture.corp.createTag({ tagname: "十二人" });
  fixture.corp.changeTagMembers(tag, { addUsers: people.slice(0, 12) });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  return { fixture, people, tag, before: await memberships(fixture) };
}

function leavable({ corp }: EngineFixture): readonly string[] {
  const { members } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  return members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
}

/** Who is in which group: `group userid`, in the directory and at the target. */
async function memberships({ control, database, source }: EngineFixture) {
  const own = await database.db
    .selectFrom("member")
    .innerJoin("resource as g", "g.id", "member.group_id")
    .innerJoin("resource as u", "u.id", "member.member_id")
    .select(["g.external_id as group", "u.external_id as member"])
    .where("g.source_id", "=", source.id)
    .execute();
  const { users, groups } = control.dump();
  const nameOf = new Map([...users, ...groups].map(({ id, resource }) => [id, String(resource["externalId"])]));
  const there = groups.flatMap(({ resource, members }) =>
    members.map(({ value }) => `${String(resource["externalId"])} ${nameOf.get(value)}`),
  );
  return { own: own.map(({ group, member }) => `${group} ${member}`).sort(), there: there.sort() };
}

/** Those without the memberships of these people. */
function without(all: Awaited<ReturnType<typeof memberships>>, userids: readonly string[]) {
  const stays = (line: string): boolean => !userids.some((userid) => line.endsWith(` ${userid}`));
  return { own: all.own.filter(stays), there: all.there.filter(stays) };
}

/** Memberships that a task's records of this status name, and why. */
async function removedIn(fixture: EngineFixture, task: TaskRow, status: "held" | "applied", target: string | null) {
  const records = await fixture.records(task, { status, target, resourceType: "Group" });
  return records.flatMap(({ changes, because }) =>
    changes.flatMap((change) => ("removed" in change ? change.removed.map(() => because) : [])),
  );
}

describe("of people whose removal is held in the directory", () => {
  test("all memberships stay when everybody left, and after it was cancelled", async () => {
    const { fixture, before } = await withTag();
    for (const { userid } of fixture.corp.truth().members) fixture.corp.deleteMember(userid);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 38, groups: 0, members: 0 } } });
    expect(await memberships(fixture)).toEqual(before);
    expect(await removedIn(fixture, held, "applied", null)).toEqual([]);
    const waiting = await removedIn(fixture, held, "held", null);
    const ofPeople = before.own.filter((line) => !/ department:/.test(line));
    expect(waiting).toHaveLength(ofPeople.length);
    for (const because of waiting) expect(because).toContain("than the safeguards allow");
    expect(await fixture.store.cancelTask(held.id)).toBe(true);
    expect(await memberships(fixture)).toEqual(before);
  });

  test("all stay when 12 left, go in part with a part that is approved, and in the end altogether", async () => {
    const { fixture, people, before } = await withTag();
    const gone = people.slice(0, 12);
    for (const userid of gone) fixture.corp.deleteMember(userid);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 12 } } });
    expect(await memberships(fixture)).toEqual(before);

    const records = await fixture.records(held, { status: "held", resourceType: "User", target: null });
    const chosen = records.slice(0, 3);
    await fixture.approve(
      held,
      chosen.map(({ id }) => id),
    );
    const went = chosen.map(({ externalId }) => externalId ?? "");
    expect(await memberships(fixture)).toEqual(without(before, went));
    // What was not approved is not said to be done.
    const lost = before.own.length - without(before, went).own.length;
    expect(await removedIn(fixture, held, "applied", null)).toHaveLength(lost);

    const again = await fixture.sync();
    expect(again).toMatchObject({ state: "held", hold: { removals: { users: 9 } } });
    expect(await memberships(fixture)).toEqual(without(before, went));
    expect(await fixture.approve(again)).toMatchObject({ state: "succeeded" });
    expect(await memberships(fixture)).toEqual(without(before, gone));
    await fixture.verify();
  });

  test("who is disabled, and taken out of a tag and his department, stays in both until it is approved", async () => {
    const { fixture, people, tag, before } = await withTag();
    const disabled = people.slice(0, 10);
    const others = fixture.corp.truth().departments.map(({ id }) => id);
    for (const userid of disabled) {
      const from = fixture.corp.truth().members.find((member) => member.userid === userid)?.department ?? [];
      const to = others.find((id) => !from.includes(id)) ?? 1;
      fixture.corp.patchMember(userid, { status: 2, department: [to] });
    }
    fixture.corp.changeTagMembers(tag, { removeUsers: disabled });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 10, members: 0 } } });
    const now = await memberships(fixture);
    expect(now.own).toEqual(expect.arrayContaining(before.own));
    expect(now.there).toEqual(expect.arrayContaining(before.there));

    const [one] = await fixture.records(held, { status: "held", resourceType: "User", target: null });
    await fixture.approve(held, [one?.id ?? ""]);
    const inTag = (await memberships(fixture)).there.filter((line) => line.startsWith(`tag:${tag} `));
    expect(inTag).toHaveLength(11);
    expect(inTag).not.toContain(`tag:${tag} ${one?.externalId}`);
    expect(await fixture.approve(await fixture.sync())).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("of people whose removal is held at a target", () => {
  test("all memberships there stay, of who left and of who was disabled, and go with what is approved", async () => {
    const { fixture, people, tag, before } = await withTag({ source: { safeguards: noSafeguards } });
    const [left, disabled] = [people.slice(0, 6), people.slice(6, 12)];
    for (const userid of left) fixture.corp.deleteMember(userid);
    for (const userid of disabled) fixture.corp.patchMember(userid, { status: 2 });
    fixture.corp.changeTagMembers(tag, { removeUsers: disabled });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 12, groups: 0, members: 0 } } });
    expect((await memberships(fixture)).there).toEqual(before.there);
    const waiting = await removedIn(fixture, held, "held", fixture.row.id);
    const ofLeft = before.there.length - without(before, left).there.length;
    expect(waiting).toHaveLength(ofLeft + disabled.length);
    for (const because of waiting) expect(because).toContain("than its safeguards allow");

    const records = await fixture.records(held, { status: "held", resourceType: "User", target: fixture.row.id });
    const chosen = records.filter(({ externalId }) => [left[0], disabled[0]].includes(externalId ?? ""));
    expect(chosen).toHaveLength(2);
    await fixture.approve(
      held,
      chosen.map(({ id }) => id),
    );
    const now = (await memberships(fixture)).there;
    expect(before.there.filter((line) => !now.includes(line))).toEqual(
      before.there.filter((line) => line.endsWith(` ${left[0]}`) || line === `tag:${tag} ${disabled[0]}`),
    );
    const again = await fixture.sync();
    expect(again).toMatchObject({ state: "held", hold: { removals: { users: 10 } } });
    expect(await fixture.approve(again)).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});
