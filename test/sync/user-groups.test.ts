import { describe, expect, test } from "vitest";
import { type EngineFixture, type EngineFixtureOptions, startEngineFixture } from "../support/engine.ts";
import {
  addCustomSource,
  idsOf,
  membersAt,
  membersHere,
  settled,
  startClient,
  userAt,
  versionOf,
} from "../support/writing.ts";

/** Active members who lead nobody: their going changes nobody else. */
function leavable({ corp }: EngineFixture): readonly string[] {
  const { members } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  return members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
}

/** WeCom, a custom source with two people, and a user group of both with three. */
async function withGroup(options: EngineFixtureOptions = {}) {
  const fixture = await startEngineFixture(options);
  const custom = await addCustomSource(fixture);
  await fixture.sync();
  const client = await startClient(fixture);
  const [first = "", second = ""] = leavable(fixture);
  const ids = await idsOf(fixture);
  const ann = await client.createUser("ann");
  const bob = await client.createUser("bob");
  const group = await client.createGroup("VPN", [ids.get(first) ?? "", ids.get(second) ?? "", ann]);
  return { fixture, custom, client, first, second, ids, ann, bob, group };
}

function groupNames({ control }: EngineFixture): readonly unknown[] {
  return control.dump().groups.map(({ resource }) => resource["externalId"]);
}

const provision = { users: true, groups: true, userGroups: true, onRemoval: "deactivate" as const };

describe("a user group with members of two sources", () => {
  test("is whole at a target that has both, and follows what is written to it", async () => {
    const { fixture, custom, client, first, second, bob, group, ann } = await withGroup();
    await fixture.patchTarget({ sources: [fixture.source.id, custom.id] });
    await settled(fixture);
    await fixture.push();
    expect(membersAt(fixture, "VPN")).toEqual(["ann", first, second].sort());

    await client.patch("Group", group, { op: "add", path: "members", value: [{ value: bob }] });
    await client.patch("Group", group, { op: "remove", path: `members[value eq "${ann}"]` });
    await settled(fixture);
    expect(membersAt(fixture, "VPN")).toEqual(["bob", first, second].sort());

    await client.patch("Group", group, { op: "replace", path: "displayName", value: "VPN 2" });
    await settled(fixture);
    expect(membersAt(fixture, "VPN")).toBeNull();
    expect(membersAt(fixture, "VPN 2")).toEqual(["bob", first, second].sort());

    await client.remove("User", bob);
    await settled(fixture);
    expect(membersAt(fixture, "VPN 2")).toEqual([first, second].sort());
    expect(await membersHere(fixture, group)).toEqual([first, second].sort());

    await client.remove("Group", group);
    await settled(fixture);
    expect(membersAt(fixture, "VPN 2")).toBeNull();
    expect(fixture.control.violations()).toEqual([]);
  });

  test("has at a target with one source the members of that one; nothing is left to do", async () => {
    const { fixture, custom, first, second } = await withGroup();
    await settled(fixture);
    expect(membersAt(fixture, "VPN")).toEqual([first, second].sort());
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    fixture.control.resetJournal();
    expect(await fixture.push()).toMatchObject({ state: "succeeded", error: null });
    // Asked for by hand, it looks at the target; it sends nothing.
    expect(writes(fixture)).toEqual([]);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(writes(fixture)).toEqual([]);

    // The other source comes, and its member with it.
    await fixture.patchTarget({ sources: [fixture.source.id, custom.id] });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(membersAt(fixture, "VPN")).toEqual(["ann", first, second].sort());
    expect(fixture.control.violations()).toEqual([]);
  });

  test("can hold a department of WeCom", async () => {
    const { fixture, client, first, second } = await withGroup();
    const departments = await idsOf(fixture, "Group");
    const group = await client.createGroup("Sites", [departments.get("department:1") ?? ""]);
    await settled(fixture);
    expect(membersAt(fixture, "Sites")).toEqual(["department:1"]);
    const outer = await client.createGroup("All", [group]);
    await settled(fixture);
    expect(membersAt(fixture, "All")).toEqual(["Sites"]);
    await client.remove("Group", group);
    await settled(fixture);
    expect(membersAt(fixture, "All")).toEqual([]);
    expect(await membersHere(fixture, outer)).toEqual([]);
    expect(membersAt(fixture, "VPN")).toEqual([first, second].sort());
  });
});

describe("a target", () => {
  test("with provision.userGroups false has no user group", async () => {
    const { fixture, client } = await withGroup({ targetSettings: { provision: { ...provision, userGroups: false } } });
    await client.createGroup("Other");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(membersAt(fixture, "VPN")).toBeNull();
    expect(membersAt(fixture, "Other")).toBeNull();
    expect(groupNames(fixture)).toContain("department:1");
    await fixture.verify();
  });

  test("with provision.groups false and userGroups true has user groups alone", async () => {
    const { fixture, first, second } = await withGroup({
      targetSettings: { provision: { ...provision, groups: false } },
    });
    await settled(fixture);
    expect(groupNames(fixture)).toEqual(["VPN"]);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(groupNames(fixture)).toEqual(["VPN"]);
    expect(membersAt(fixture, "VPN")).toEqual([first, second].sort());
  });

  test("that is not to have groups of a source keeps a department out of a user group, and has nothing left to do", async () => {
    const { fixture, client, ids, first } = await withGroup({
      targetSettings: { provision: { ...provision, groups: false } },
    });
    const departments = await idsOf(fixture, "Group");
    await client.createGroup("Sites", [departments.get("department:1") ?? "", ids.get(first) ?? ""]);
    await settled(fixture);
    expect(membersAt(fixture, "Sites")).toEqual([first]);
    fixture.control.resetJournal();
    expect(await fixture.push()).toMatchObject({ state: "succeeded", error: null });
    expect(writes(fixture)).toEqual([]);
  });
});

describe("a member from WeCom who leaves", () => {
  test("is taken out of the user group here and at the target, in the same task", async () => {
    const { fixture, first, second, group } = await withGroup();
    await settled(fixture);
    const before = await versionOf(fixture, group);
    const { name = "" } = fixture.corp.truth().members.find(({ userid }) => userid === first) ?? {};
    fixture.corp.deleteMember(first);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", counts: { users: { deactivated: 1 } } });
    expect(await membersHere(fixture, group)).toEqual(["ann", second].sort());
    expect(await versionOf(fixture, group)).toBeGreaterThan(before);
    expect(membersAt(fixture, "VPN")).toEqual([second]);
    expect(userAt(fixture, first)?.resource["active"]).toBe(false);
    const [record] = (await fixture.records(task, { target: null })).filter(({ resourceId }) => resourceId === group);
    expect(record).toMatchObject({ action: "update", status: "applied", changes: [{ removedCount: 1 }] });

    // Back, he is not put in again: nobody has listed him.
    fixture.corp.createMember({ userid: first, name, department: [1], status: 1 });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await membersHere(fixture, group)).toEqual(["ann", second].sort());
    expect(membersAt(fixture, "VPN")).toEqual([second]);
  });

  test("stays in it while his removal waits for approval", async () => {
    const { fixture, first, second, group } = await withGroup();
    await settled(fixture);
    for (const userid of leavable(fixture).slice(0, 12)) fixture.corp.deleteMember(userid);
    const held = await fixture.sync();
    expect(held.state).toBe("held");
    expect(await membersHere(fixture, group)).toEqual(["ann", first, second].sort());
    expect(membersAt(fixture, "VPN")).toEqual([first, second].sort());
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(await membersHere(fixture, group)).toEqual(["ann"]);
    expect(membersAt(fixture, "VPN")).toEqual([]);
  });
});

/** Requests at the target that were no reading. */
function writes({ control }: EngineFixture): readonly string[] {
  return Object.keys(control.requests().counts).filter((request) => !request.startsWith("GET"));
}
