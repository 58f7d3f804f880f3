import { describe, expect, test } from "vitest";
import { startEngineFixture } from "../support/engine.ts";

describe("what a target has lost", () => {
  test("one person is made again with his groups and those whom he leads, when he changes", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { members } = fixture.corp.truth();
    const leader = members.find(
      ({ userid, status }) => status === 1 && members.some(({ direct_leader }) => direct_leader[0] === userid),
    );
    if (!leader) throw new Error("nobody leads");
    const held = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === leader.userid);
    expect(fixture.control.remove(held?.id ?? "")).toBe(true);
    fixture.corp.patchMember(leader.userid, { position: "again" });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    await fixture.verify();
  });

  test("one group is made again with all its members, when its members change", async () => {
    const fixture = await startEngineFixture();
    const people = fixture.corp.truth().members.map(({ userid }) => userid);
    const tag = fixture.corp.createTag({ tagname: "多人" });
    fixture.corp.changeTagMembers(tag, { addUsers: people.slice(0, 30) });
    await fixture.sync();
    const held = fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `tag:${tag}`);
    fixture.control.remove(held?.id ?? "");
    fixture.corp.changeTagMembers(tag, { addUsers: people.slice(30, 32) });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("one group is made again when its name changes", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const tag = fixture.corp.truth().tags.find(({ users }) => users.length > 1);
    const held = fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `tag:${tag?.tagid}`);
    fixture.control.remove(held?.id ?? "");
    fixture.corp.renameTag(tag?.tagid ?? 0, "改名");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("a person who is to be deactivated is not made again only for that", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { members } = fixture.corp.truth();
    const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
    const gone = members.find(({ userid, status }) => status === 1 && !leads.has(userid))?.userid ?? "";
    fixture.control.remove(
      fixture.control.dump().users.find(({ resource }) => resource["externalId"] === gone)?.id ?? "",
    );
    fixture.corp.deleteMember(gone);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.dump().users.some(({ resource }) => resource["externalId"] === gone)).toBe(false);
    await fixture.verify();
  });

  test("a person who was disabled is made again, inactive, in the same task", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const one = fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "";
    fixture.control.remove(
      fixture.control.dump().users.find(({ resource }) => resource["externalId"] === one)?.id ?? "",
    );
    fixture.corp.patchMember(one, { status: 2 });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("somebody who was taken out of a group there by hand does not keep others from leaving it", async () => {
    const fixture = await startEngineFixture();
    const people = fixture.corp
      .truth()
      .members.slice(0, 12)
      .map(({ userid }) => userid);
    const tag = fixture.corp.createTag({ tagname: "十二人" });
    fixture.corp.changeTagMembers(tag, { addUsers: people });
    await fixture.sync();
    const { users, groups } = fixture.control.dump();
    const group = groups.find(({ resource }) => resource["externalId"] === `tag:${tag}`)?.id ?? "";
    const user = users.find(({ resource }) => resource["externalId"] === people[2])?.id ?? "";
    fixture.control.removeMember(group, user);
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 5) });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.differences()).toEqual([]);
  });

  test("everything comes back with memberships and managers, once everything is touched", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.control.loseEverything();
    for (const { userid } of fixture.corp.truth().members) fixture.corp.patchMember(userid, { alias: "touched" });
    for (const { id } of fixture.corp.truth().departments)
      if (id !== 1) fixture.corp.patchDepartment(id, { name: `新${id}` });
    for (const { tagid } of fixture.corp.truth().tags) fixture.corp.renameTag(tagid, `新${tagid}`);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    // The root was not touched by name; its members were.
    expect(fixture.differences().filter((sentence) => !/department:1\b/.test(sentence))).toEqual([]);
    // That ids are unknown there is what shows the loss.
    expect(fixture.control.violations().filter(({ rule }) => rule !== "member-unknown")).toEqual([]);
  });

  test("everything that a change leads to is made again in the same task", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const one = fixture.corp.truth().members.find(({ status }) => status === 1);
    fixture.control.loseEverything();
    fixture.corp.patchMember(one?.userid ?? "", { position: "touched" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    const { users, groups } = fixture.control.dump();
    const made = users.find(({ resource }) => resource["externalId"] === one?.userid);
    expect(made?.resource["title"]).toBe("touched");
    for (const id of one?.department ?? []) {
      const group = groups.find(({ resource }) => resource["externalId"] === `department:${id}`);
      expect(group?.members.some(({ value }) => value === made?.id)).toBe(true);
    }
  });
});
