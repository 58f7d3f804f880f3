import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
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

  test("by the name of a department follows who moves there, and is empty when that gets another name", async () => {
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
    expect((await fixture.sync()).state).toBe("succeeded");
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
    const either = await client.createDynamic("either", 'groups.display eq "dynamic" or groups.display eq "listed"');
    const own = await client.createDynamic("own", 'groups.display eq "own" or groups.display eq "either"');
    expect(await membersHere(fixture, either)).toEqual([b]);
    expect(await membersHere(fixture, own)).toEqual([]);
    entitle(fixture, [c], "顾问");
    const task = await fixture.sync();
    expect(task.state).toBe("succeeded");
    expect(await membersHere(fixture, either)).toEqual([b]);
    expect(await membersHere(fixture, own)).toEqual([]);
    expect(await recordsOf(fixture, task, either)).toEqual([]);

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
