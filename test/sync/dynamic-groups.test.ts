import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { RecordView, TaskRow } from "../../src/store/store.ts";
import {
  defaultSafeguards,
  type EngineFixture,
  type EngineFixtureOptions,
  noSafeguards,
  startEngineFixture,
} from "../support/engine.ts";
import {
  addCustomSource,
  type Client,
  everything,
  idsOf,
  membersAt,
  membersHere,
  settled,
  startClient,
  versionOf,
} from "../support/writing.ts";

const wecomSchema = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

interface Synced {
  readonly fixture: EngineFixture;
  readonly client: Client;
  /** Userids of members who lead nobody. */
  readonly people: readonly string[];
}

async function synced(options: EngineFixtureOptions = {}): Promise<Synced> {
  const fixture = await startEngineFixture(options);
  const { members } = fixture.corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  const people = members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
  await fixture.sync();
  return { fixture, client: await startClient(fixture), people };
}

function entitle({ corp }: EngineFixture, userids: readonly string[], position: string): void {
  for (const userid of userids) corp.patchMember(userid, { position });
}

/** What a task noted of one group in our directory. */
async function recordsOf(fixture: EngineFixture, task: TaskRow, groupId: string): Promise<readonly RecordView[]> {
  return (await fixture.records(task, { target: null })).filter(({ resourceId }) => resourceId === groupId);
}

describe("a dynamic group", () => {
  test("by title follows a sync in the same task, with a record, here and at the target", async () => {
    const { fixture, client, people } = await synced();
    const [a = "", b = "", c = ""] = people;
    entitle(fixture, [a, b], "顾问");
    await fixture.sync();
    const group = await client.createDynamic("顾问", 'title eq "顾问"');
    expect(await membersHere(fixture, group)).toEqual([a, b].sort());
    await settled(fixture);
    expect(membersAt(fixture, "顾问")).toEqual([a, b].sort());
    const before = await versionOf(fixture, group);

    entitle(fixture, [a], "经理");
    entitle(fixture, [c], "顾问");
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, group)).toEqual([b, c].sort());
    expect(membersAt(fixture, "顾问")).toEqual([b, c].sort());
    expect(await versionOf(fixture, group)).toBe(before + 1);
    const [record, ...others] = await recordsOf(fixture, task, group);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      action: "update",
      status: "applied",
      because: "whom the filter of the group finds",
    });
    expect(record?.changes).toMatchObject([{ attribute: "members", addedCount: 1, removedCount: 1 }]);
    expect(task.counts.groups.updated).toBe(1);

    fixture.control.resetJournal();
    const same = await fixture.sync();
    expect(same).toMatchObject({ state: "succeeded", counts: { groups: { updated: 0 } } });
    expect(await fixture.records(same)).toEqual([]);
    expect(await versionOf(fixture, group)).toBe(before + 1);
    expect(fixture.control.requests().total).toBe(0);
    expect(fixture.control.violations()).toEqual([]);
  });

  test("by the name of a department follows who moves there, and is not emptied unasked when that gets another name", async () => {
    const { fixture, client, people } = await synced();
    const id = fixture.corp.createDepartment({ name: "合作伙伴", parentid: 1 });
    await fixture.sync();
    const shown = await displayNameOf(fixture, `department:${id}`);
    const group = await client.createDynamic("by name", `groups.display eq "${shown}"`);
    const ids = await idsOf(fixture, "Group");
    const byId = await client.createDynamic("by id", `groups.value eq "${ids.get(`department:${id}`)}"`);
    expect(await membersHere(fixture, group)).toEqual([]);
    const [a = "", b = ""] = people;
    fixture.corp.moveMember(a, [id], id);
    fixture.corp.moveMember(b, [id], id);
    const task = await fixture.sync();
    expect(task.state).toBe("succeeded");
    expect(await membersHere(fixture, group)).toEqual([a, b].sort());
    expect(membersAt(fixture, "by name")).toEqual([a, b].sort());
    expect((await recordsOf(fixture, task, group))[0]?.changes).toMatchObject([{ addedCount: 2, removedCount: 0 }]);

    fixture.corp.patchDepartment(id, { name: "伙伴" });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 0, groups: 0, members: 2 } } });
    expect(held.hold?.reason).toBe('no member at all would be left in "by name"');
    // And again, though nothing changes any more.
    const again = await fixture.sync();
    expect(again).toMatchObject({ state: "held", hold: { removals: { members: 2 } } });
    expect(await membersHere(fixture, group)).toEqual([a, b].sort());
    expect(membersAt(fixture, "by name")).toEqual([a, b].sort());

    expect(await fixture.approve(again)).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, group)).toEqual([]);
    expect(membersAt(fixture, "by name")).toEqual([]);
    expect(await membersHere(fixture, byId)).toEqual([a, b].sort());
    expect(membersAt(fixture, "by id")).toEqual([a, b].sort());
  });

  test("loses who leaves the source, in one record", async () => {
    const { fixture, client, people } = await synced();
    const [a = "", b = ""] = people;
    entitle(fixture, [a, b], "顾问");
    await fixture.sync();
    const group = await client.createDynamic("顾问", 'title eq "顾问"');
    await settled(fixture);
    const before = await versionOf(fixture, group);
    fixture.corp.deleteMember(a);
    const task = await fixture.sync();
    expect(task.state).toBe("succeeded");
    expect(await membersHere(fixture, group)).toEqual([b]);
    expect(membersAt(fixture, "顾问")).toEqual([b]);
    expect(await versionOf(fixture, group)).toBe(before + 1);
    const records = await recordsOf(fixture, task, group);
    expect(records.map(({ changes }) => changes)).toMatchObject([[{ addedCount: 0, removedCount: 1 }]]);
  });

  test("is not looked at by a sync before which nothing has changed", async () => {
    const { fixture, client, people } = await synced();
    entitle(fixture, people.slice(0, 2), "顾问");
    const group = await client.createDynamic("顾问", 'title eq "顾问"');
    await fixture.sync();
    await fixture.sync();
    const looks = vi.spyOn(fixture.store, "ruleDelta");
    expect((await fixture.sync()).state).toBe("succeeded");
    expect(looks).not.toHaveBeenCalled();
    // What something else changed counts, too.
    await fixture.store.writeDirectory(async (write) => {
      await write.editMembers(group, { replace: true, add: [], remove: [] }, "all");
    });
    expect((await fixture.sync()).state).toBe("succeeded");
    expect(looks).toHaveBeenCalledTimes(1);
    expect(await membersHere(fixture, group)).toEqual(people.slice(0, 2).sort());
  });

  test("is left alone by a plan", async () => {
    const { fixture, client, people } = await synced();
    const group = await client.createDynamic("顾问", 'title eq "顾问"');
    entitle(fixture, people.slice(0, 3), "顾问");
    expect(await fixture.sync({ mode: "plan" })).toMatchObject({ state: "succeeded" });
    expect(await membersHere(fixture, group)).toEqual([]);
  });
});

describe("more members than may go at once", () => {
  async function withMany(options: EngineFixtureOptions = {}) {
    const { fixture, client, people } = await synced({
      source: { safeguards: { ...noSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } } },
      targetSettings: { safeguards: noSafeguards },
      ...options,
    });
    const many = [...people.slice(0, 10)].sort();
    entitle(fixture, many, "顾问");
    await fixture.sync();
    const group = await client.createDynamic("顾问", 'title eq "顾问"');
    await settled(fixture);
    expect(membersAt(fixture, "顾问")).toEqual(many);
    return { fixture, client, people, many, group };
  }

  test("wait with the task, time and again; approved, they go here and at the target", async () => {
    const { fixture, people, many, group } = await withMany();
    entitle(fixture, many.slice(0, 8), "经理");
    const joiner = people[12] ?? "";
    entitle(fixture, [joiner], "顾问");
    const first = await fixture.sync();
    expect(first).toMatchObject({
      state: "held",
      error: null,
      hold: { removals: { users: 0, groups: 0, members: 8 } },
    });
    expect(first.hold?.reason).toContain("would lose more members than allowed");
    // Who joins does not wait, nor do their titles.
    expect(await membersHere(fixture, group)).toEqual([...many, joiner].sort());
    expect(membersAt(fixture, "顾问")).toEqual([...many, joiner].sort());

    const again = await fixture.sync();
    expect(again).toMatchObject({ state: "held", hold: { removals: { members: 8 } } });
    expect(await fixture.store.findTask(first.id)).toMatchObject({ state: "cancelled" });
    expect(await membersHere(fixture, group)).toEqual([...many, joiner].sort());
    const [waiting] = (await recordsOf(fixture, again, group)).filter(({ status }) => status === "held");
    expect(waiting?.changes).toMatchObject([{ addedCount: 0, removedCount: 8 }]);

    expect(await fixture.approve(again)).toMatchObject({ state: "succeeded", hold: null, error: null });
    expect(await membersHere(fixture, group)).toEqual([...many.slice(8), joiner].sort());
    expect(membersAt(fixture, "顾问")).toEqual([...many.slice(8), joiner].sort());
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
  });

  test("approved for the directory, are not asked about again at the target", async () => {
    const safeguards = { ...noSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } };
    const { fixture, many, group } = await withMany({ targetSettings: { safeguards } });
    entitle(fixture, many.slice(0, 8), "经理");
    const held = await fixture.sync();
    expect(held.state).toBe("held");
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, group)).toEqual(many.slice(8));
    expect(membersAt(fixture, "顾问")).toEqual(many.slice(8));
  });

  test("stay when the titles are given back before anybody approved", async () => {
    const { fixture, many, group } = await withMany();
    entitle(fixture, many.slice(0, 8), "经理");
    const held = await fixture.sync();
    expect(held.state).toBe("held");
    entitle(fixture, many.slice(0, 8), "顾问");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, group)).toEqual(many);
    expect(membersAt(fixture, "顾问")).toEqual(many);
  });

  test("wait together with people who are to be removed", async () => {
    const { fixture, many, group, people } = await withMany({
      source: { safeguards: { ...defaultSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } } },
    });
    entitle(fixture, many.slice(0, 8), "经理");
    for (const userid of people.slice(15, 27)) fixture.corp.deleteMember(userid);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { users: 12, members: 8 } } });
    expect(await membersHere(fixture, group)).toEqual(many);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, group)).toEqual(many.slice(8));
    expect(membersAt(fixture, "顾问")).toEqual(many.slice(8));
    expect(fixture.control.violations()).toEqual([]);
  });
});

describe("members whom a sync holds", () => {
  async function withHeld() {
    const { fixture, client, people } = await synced({
      source: { safeguards: { ...noSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } } },
      targetSettings: { safeguards: noSafeguards },
    });
    const many = [...people.slice(0, 10)].sort();
    entitle(fixture, many, "顾问");
    await fixture.sync();
    const ids = await idsOf(fixture);
    const listed = await client.createGroup(
      "listed",
      many.map((name) => ids.get(name) ?? ""),
    );
    const group = await client.createDynamic("both", 'title eq "顾问" and groups.display ne "nobody"');
    entitle(fixture, many.slice(0, 8), "经理");
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { members: 8 } } });
    return { fixture, client, many, listed, group, held, ids };
  }
  const renamed = (value: string) => ({ op: "replace", path: "displayName", value });

  test("stay when a group is renamed, changed otherwise, or deleted", async () => {
    const { fixture, client, many, listed, group, held } = await withHeld();
    await client.patch("Group", listed, renamed("other"));
    await client.patch("Group", listed, { op: "replace", path: "externalId", value: "other" });
    await client.patch("Group", group, renamed("other both"));
    expect(await membersHere(fixture, group)).toEqual(many);
    await client.remove("Group", listed);
    expect(await membersHere(fixture, group)).toEqual(many);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, group)).toEqual(many.slice(8));
  });

  test("go with another filter of the group itself", async () => {
    const { fixture, client, many, group } = await withHeld();
    const path = "urn:ietf:params:scim:schemas:extension:bridge:2.0:Group:memberFilter";
    await client.patch("Group", group, { op: "replace", path, value: 'title eq "顾问"' });
    expect(await membersHere(fixture, group)).toEqual(many.slice(8));
  });
});

describe("a write to another group", () => {
  const renamed = (value: string) => ({ op: "replace", path: "displayName", value });

  /** Two listed groups, of few and of many, and a dynamic one by the name of each. */
  async function withListed() {
    const { fixture, client, people } = await synced();
    const ids = await idsOf(fixture);
    const idOf = (name: string) => ids.get(name) ?? "";
    const [few, many] = [people.slice(0, 5).sort(), people.slice(10, 35).sort()];
    expect(many.length).toBe(25);
    const listedFew = await client.createGroup("few", few.map(idOf));
    const listedMany = await client.createGroup("many", many.map(idOf));
    const ofFew = await client.createDynamic("of few", 'groups.display eq "few"');
    const ofMany = await client.createDynamic("of many", 'groups.display eq "many"');
    return { fixture, client, ids, idOf, few, many, listedFew, listedMany, ofFew, ofMany };
  }

  test("takes few members out at once, and leaves more of them to the next sync, which asks", async () => {
    const { fixture, client, few, many, listedFew, listedMany, ofFew, ofMany } = await withListed();
    expect(await membersHere(fixture, ofFew)).toEqual(few);
    await client.patch("Group", listedFew, renamed("other few"));
    await client.patch("Group", listedMany, renamed("other many"));
    expect(await membersHere(fixture, ofFew)).toEqual([]);
    expect(await membersHere(fixture, ofMany)).toEqual(many);
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { removals: { members: 25 } } });
    await client.patch("Group", listedMany, renamed("many"));
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    expect(await membersHere(fixture, ofMany)).toEqual(many);
    await client.patch("Group", listedFew, renamed("few"));
    expect(await membersHere(fixture, ofFew)).toEqual(few);
  });

  test("that is deleted, emptied or dynamic from now on does the same", async () => {
    const { fixture, client, few, many, listedFew, listedMany, ofFew, ofMany } = await withListed();
    const path = "urn:ietf:params:scim:schemas:extension:bridge:2.0:Group:memberFilter";
    await client.patch("Group", listedFew, { op: "add", path, value: "active eq true" });
    expect(await membersHere(fixture, ofFew)).toEqual([]);
    await client.patch("Group", listedFew, { op: "remove", path });
    expect((await membersHere(fixture, ofFew)).length).toBeGreaterThan(few.length);
    await client.patch("Group", listedMany, { op: "replace", path: "members", value: [] });
    expect(await membersHere(fixture, ofMany)).toEqual(many);
    await client.remove("Group", listedMany);
    expect(await membersHere(fixture, ofMany)).toEqual(many);
  });

  test("looks at the members of that group alone", async () => {
    const { fixture, client, idOf, many, listedFew, ofMany } = await withListed();
    // Somebody who belongs there and is not: only who looks at everybody finds him.
    await fixture.store.writeDirectory((write) =>
      write.editMembers(ofMany, { replace: false, add: [], remove: [idOf(many[0] ?? "")] }, "all"),
    );
    await client.patch("Group", listedFew, renamed("many of few"));
    expect(await membersHere(fixture, ofMany)).toEqual(many.slice(1));
  });
});

test("a dynamic group follows an event about one person, at the target too", async () => {
  const { fixture, client, people } = await synced();
  const [a = "", b = ""] = people;
  entitle(fixture, [a], "顾问");
  await fixture.sync();
  const group = await client.createDynamic("顾问", 'title eq "顾问"');
  await settled(fixture);
  entitle(fixture, [b], "顾问");
  await fixture.store.keepEvent(fixture.source.id, "contacts", [{ kind: "user", key: b.toLowerCase() }]);
  fixture.engine().nudge();
  await expect.poll(async () => membersHere(fixture, group)).toEqual([a, b].sort());
  await expect.poll(() => membersAt(fixture, "顾问")).toEqual([a, b].sort());
  expect(fixture.corp.requests()["user/get"]).toBe(1);
});

describe("the rule of a dynamic group", () => {
  test("that can no longer be understood leaves the group as it is", async () => {
    const { fixture, client, people } = await synced();
    editSchema(fixture, (attributes) => [...attributes, { name: "badge", type: "string", description: "Badge" }]);
    fixture.edit((mapping) => {
      mapping.user[`${wecomSchema}:badge`] = { from: "position" };
    });
    entitle(fixture, people.slice(0, 3), "顾问");
    await fixture.sync();
    await client.refresh();
    const three = [...people.slice(0, 3)].sort();
    const group = await client.createDynamic("badges", `${wecomSchema}:badge eq "顾问"`);
    const other = await client.createDynamic("titles", 'title eq "顾问"');
    await settled(fixture);
    expect(membersAt(fixture, "badges")).toEqual(three);

    fixture.edit((mapping) => {
      delete mapping.user[`${wecomSchema}:badge`];
    });
    editSchema(fixture, (attributes) => attributes.filter(({ name }) => name !== "badge"));
    entitle(fixture, people.slice(0, 1), "经理");
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    await client.refresh();
    expect(await membersHere(fixture, group)).toEqual(three);
    expect(membersAt(fixture, "badges")).toEqual(three);
    expect(await recordsOf(fixture, task, group)).toEqual([]);
    expect(await membersHere(fixture, other)).toEqual([...people.slice(1, 3)].sort());

    // The same when a client writes.
    await addCustomSource(fixture);
    await client.createUser("ann", { title: "顾问" });
    expect(await membersHere(fixture, group)).toEqual(three);
    expect(await membersHere(fixture, other)).toEqual(["ann", ...people.slice(1, 3)].sort());
  });

  test("over groups looks at listed groups and departments, not at dynamic ones", async () => {
    const { fixture, client, people } = await synced();
    const ids = await idsOf(fixture);
    const [a = "", b = "", c = ""] = people;
    entitle(fixture, [a], "顾问");
    await fixture.sync();
    await client.createDynamic("dynamic", 'title eq "顾问"');
    const listed = await client.createGroup("listed", [ids.get(b) ?? ""]);
    const either = await client.createDynamic("either", 'groups.display sw "dynamic" or groups.display eq "listed"');
    const own = await client.createDynamic("own", 'groups.display sw "own" or groups.display sw "either"');
    expect(await membersHere(fixture, either)).toEqual([b]);
    expect(await membersHere(fixture, own)).toEqual([]);
    entitle(fixture, [c], "顾问");
    const task = await fixture.sync();
    expect(task.state).toBe("succeeded");
    expect(await membersHere(fixture, either)).toEqual([b]);
    expect(await membersHere(fixture, own)).toEqual([]);
    expect(await recordsOf(fixture, task, either)).toEqual([]);

    for (const named of ["dynamic", "OWN", "another"]) {
      const made = client.createDynamic("another", `title pr and not (groups[display eq "${named}"])`);
      await expect(made).rejects.toThrow(`eq ${JSON.stringify(named)} names a dynamic group`);
    }
    await expect(client.createDynamic("another", `groups.value eq "${own}"`)).rejects.toThrow("names a dynamic group");

    await client.patch("Group", listed, { op: "add", path: "members", value: [{ value: ids.get(a) ?? "" }] });
    expect(await membersHere(fixture, either)).toEqual([a, b].sort());
    await settled(fixture);
    expect(membersAt(fixture, "either")).toEqual([a, b].sort());
    // Who leaves the source leaves the listed group, and with it what goes by that.
    fixture.corp.deleteMember(a);
    expect((await fixture.sync()).state).toBe("succeeded");
    expect(await membersHere(fixture, either)).toEqual([b]);
    expect(membersAt(fixture, "either")).toEqual([b]);
  });

  test("finds nobody of a source that its maker does not see", async () => {
    const { fixture, client, people } = await synced();
    const custom = await addCustomSource(fixture);
    await fixture.patchTarget({ sources: [fixture.source.id, custom.id] });
    const [a = "", b = ""] = people;
    entitle(fixture, [a], "顾问");
    await fixture.sync();
    const ofCustom = await client.createDynamic("of custom", 'title eq "顾问"', {
      ...everything,
      sources: [custom.id],
    });
    const ofCorp = await client.createDynamic("of corp", 'title eq "顾问"', {
      ...everything,
      sources: [fixture.source.id],
    });
    const ofAll = await client.createDynamic("of all", 'title eq "顾问"');
    await client.createUser("ann", { title: "顾问" });
    entitle(fixture, [b], "顾问");
    const task = await fixture.sync();
    expect(task.state).toBe("succeeded");
    expect(await membersHere(fixture, ofCustom)).toEqual(["ann"]);
    expect(await membersHere(fixture, ofCorp)).toEqual([a, b].sort());
    expect(await membersHere(fixture, ofAll)).toEqual(["ann", a, b].sort());
    expect(await recordsOf(fixture, task, ofCustom)).toEqual([]);
    await settled(fixture);
    await fixture.push();
    expect(membersAt(fixture, "of custom")).toEqual(["ann"]);
    expect(membersAt(fixture, "of corp")).toEqual([a, b].sort());
    expect(membersAt(fixture, "of all")).toEqual(["ann", a, b].sort());
  });
});

async function displayNameOf({ store }: EngineFixture, externalId: string): Promise<string> {
  const { rows } = await store.queryResources({
    type: "Group",
    sources: "all",
    filter: null,
    startIndex: 1,
    count: 1000,
  });
  const found = rows.map(({ document }) => JSON.parse(document)).find((document) => document.externalId === externalId);
  return String(found?.displayName);
}

function editSchema(
  { schemasDir }: EngineFixture,
  change: (attributes: readonly JsonObject[]) => readonly JsonObject[],
) {
  const file = join(schemasDir, "extensions", "wecom.json");
  const schema = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...schema, attributes: change(schema.attributes) }));
}
