import { describe, expect, test } from "vitest";
import type { OnRemoval } from "../../src/store/store.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

const day = 86_400_000;

function there({ control }: EngineFixture, userid: string) {
  const found = control.dump().users.filter(({ resource }) => resource["externalId"] === userid);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0];
}

function groupsOf({ control }: EngineFixture, remoteId: string): number {
  return control.dump().groups.filter(({ members }) => members.some(({ value }) => value === remoteId)).length;
}

async function withLeaver(onRemoval: OnRemoval) {
  const fixture = await startEngineFixture({
    targetSettings: { provision: { users: true, groups: true, userGroups: true, onRemoval } },
  });
  await fixture.sync();
  const { members } = fixture.corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  const member = members.find(({ userid, status }) => status === 1 && !leads.has(userid));
  if (!member) throw new Error("nobody can leave");
  const remoteId = there(fixture, member.userid)?.id ?? "";
  const own = async () =>
    (
      await fixture.store.queryResources({ type: "User", sources: "all", filter: null, startIndex: 1, count: 1000 })
    ).rows.find(({ document }) => JSON.parse(document).externalId === member.userid);
  const id = (await own())?.id ?? "";
  expect(groupsOf(fixture, remoteId)).toBeGreaterThan(0);
  return { fixture, member, remoteId, id, own };
}

describe("who left", () => {
  test("is deactivated at the target and in no group; in our directory he stays to be seen, inactive", async () => {
    const { fixture, member, remoteId, id, own } = await withLeaver("deactivate");
    fixture.corp.deleteMember(member.userid);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", counts: { users: { deactivated: 1, deleted: 0 } } });
    expect(task.targets[0]?.counts.users).toMatchObject({ deactivated: 1, deleted: 0 });
    expect(there(fixture, member.userid)).toMatchObject({ id: remoteId, resource: { active: false } });
    expect(groupsOf(fixture, remoteId)).toBe(0);
    expect(JSON.parse((await own())?.document ?? "{}")).toMatchObject({ active: false });
    expect(await fixture.store.groupsOf([id], "all")).toEqual([]);
    await fixture.verify();
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.requests().total).toBe(0);
  });

  test("is deleted at a target that is told so", async () => {
    const { fixture, member, remoteId } = await withLeaver("delete");
    fixture.corp.deleteMember(member.userid);
    const task = await fixture.sync();
    expect(task.targets[0]?.counts.users).toMatchObject({ deactivated: 0, deleted: 1 });
    expect(there(fixture, member.userid)).toBeUndefined();
    expect(groupsOf(fixture, remoteId)).toBe(0);
    await fixture.verify();
  });

  test("is deactivated at once and deleted after the days that were said", async () => {
    const { fixture, member, remoteId } = await withLeaver({ deactivateThenDeleteAfterDays: 30 });
    fixture.corp.deleteMember(member.userid);
    await fixture.sync();
    expect(there(fixture, member.userid)).toMatchObject({ id: remoteId, resource: { active: false } });
    fixture.advance(29 * day);
    await fixture.sync();
    expect(there(fixture, member.userid)).toBeDefined();
    fixture.advance(2 * day);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(there(fixture, member.userid)).toBeUndefined();
    await fixture.verify();
  });

  test("who was disabled in WeCom is only ever deactivated", async () => {
    const { fixture, member, remoteId } = await withLeaver("delete");
    fixture.corp.patchMember(member.userid, { status: 2 });
    await fixture.sync();
    expect(there(fixture, member.userid)).toMatchObject({ id: remoteId, resource: { active: false } });
    expect(groupsOf(fixture, remoteId)).toBeGreaterThan(0);
    fixture.corp.patchMember(member.userid, { status: 1, enable: null });
    expect((await fixture.sync()).counts.users).toMatchObject({ reactivated: 1 });
    await fixture.verify();
  });

  test("and comes back has his id, his account there and his groups again", async () => {
    for (const onRemoval of ["deactivate", { deactivateThenDeleteAfterDays: 30 }] as const) {
      const { fixture, member, remoteId, id, own } = await withLeaver(onRemoval);
      const groups = groupsOf(fixture, remoteId);
      const tags = fixture.corp.truth().tags.filter(({ users }) => users.includes(member.userid)).length;
      fixture.corp.deleteMember(member.userid);
      await fixture.sync();
      fixture.advance(3 * day);
      const { userid, name, department } = member;
      fixture.corp.createMember({ userid, name, department, status: 1 });
      const task = await fixture.sync();
      expect(task).toMatchObject({ state: "succeeded", counts: { users: { reactivated: 1, created: 0 } } });
      expect((await own())?.id).toBe(id);
      expect(there(fixture, userid)).toMatchObject({ id: remoteId, resource: { active: true } });
      expect(groupsOf(fixture, remoteId)).toBe(groups - tags);
      await fixture.verify();
    }
  });

  test("and comes back after having been deleted there gets a new account, and keeps our id", async () => {
    const { fixture, member, remoteId, id, own } = await withLeaver("delete");
    fixture.corp.deleteMember(member.userid);
    await fixture.sync();
    fixture.corp.createMember({ userid: member.userid, name: member.name, department: member.department });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect((await own())?.id).toBe(id);
    expect(there(fixture, member.userid)?.id).not.toBe(remoteId);
    await fixture.verify();
  });

  test("is gone from our directory after the retention, his userName is free, his id stays his", async () => {
    const { fixture, member, id, own } = await withLeaver("deactivate");
    fixture.corp.deleteMember(member.userid);
    await fixture.sync();
    expect(await fixture.store.readResource("User", id, "all")).not.toBeNull();
    fixture.advance(91 * day);
    fixture.engine().nudge();
    await expect.poll(() => fixture.store.readResource("User", id, "all")).toBeNull();
    expect(await own()).toBeUndefined();
    expect((await fixture.store.userNameHolders([member.userid.toLowerCase()])).size).toBe(0);
    const row = await fixture.database.db.selectFrom("resource").selectAll().where("id", "=", id).executeTakeFirst();
    expect(row).toMatchObject({ document: "{}", display_name: null, user_name: null, external_id: null });
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.requests().total).toBe(0);
    fixture.corp.createMember({ userid: member.userid, name: member.name, department: member.department });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect((await own())?.id).toBe(id);
    await fixture.verify();
  });

  test("is deleted at the target in time though our directory has forgotten him before", async () => {
    const { fixture, member } = await withLeaver({ deactivateThenDeleteAfterDays: 120 });
    fixture.corp.deleteMember(member.userid);
    await fixture.sync();
    fixture.advance(100 * day);
    fixture.engine().nudge();
    await fixture.sync();
    expect(there(fixture, member.userid)).toBeDefined();
    fixture.advance(30 * day);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(there(fixture, member.userid)).toBeUndefined();
    await fixture.verify();
  });

  test("is deactivated as soon as a target is back that was down when he left, however long that took", async () => {
    const { fixture, member, remoteId } = await withLeaver("deactivate");
    fixture.control.setDown(true);
    fixture.corp.deleteMember(member.userid);
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "target.unavailable" } });
    fixture.advance(100 * day);
    fixture.engine().nudge();
    fixture.control.setDown(false);
    await fixture.sync();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(there(fixture, member.userid)).toMatchObject({ id: remoteId, resource: { active: false } });
    expect(groupsOf(fixture, remoteId)).toBe(0);
  });

  test("under another userid (renamed without an event) is a departure and an arrival where nobody is to be asked", async () => {
    const { fixture, member, remoteId } = await withLeaver("deactivate");
    await fixture.patchSource({ sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: false } } });
    fixture.corp.renameUserid(member.userid, "renamed-person");
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", counts: { users: { created: 1, deactivated: 1 } } });
    expect(there(fixture, "renamed-person")?.id).not.toBe(remoteId);
    await fixture.verify();
  });
});
