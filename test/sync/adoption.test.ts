import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";

function user({ control }: EngineFixture, userid: string) {
  const found = control
    .dump()
    .users.filter(({ resource }) => String(resource["userName"]).toLowerCase() === userid.toLowerCase());
  expect(found).toHaveLength(1);
  return found[0];
}

describe("accounts that a target holds before the first contact", () => {
  test("are adopted by externalId or userName, whatever their case; nobody is made twice", async () => {
    const fixture = await startEngineFixture();
    const [first, second, third] = fixture.corp.truth().members.filter(({ status }) => status === 1);
    if (!first || !second || !third) throw new Error("too few people");
    const add = (attributes: JsonObject): string =>
      fixture.control.add("User", { schemas: [userSchema], ...attributes });
    const ids = [
      add({ userName: "somebody@else", externalId: first.userid, active: true, locale: "zh-CN" }),
      add({ userName: second.userid.toUpperCase(), active: true, nickName: "theirs" }),
      add({ userName: third.userid, externalId: "from-another-system", active: false }),
    ];
    const stranger = add({ userName: "stranger", externalId: "4711", active: true });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    expect(task.targets[0]?.counts.users).toMatchObject({ adopted: 3, created: 57, failed: 0 });
    expect([first, second, third].map(({ userid }) => user(fixture, userid)?.id)).toEqual(ids);
    // A value that the source never had is left alone, and so is whom the source does not know.
    expect(user(fixture, first.userid)?.resource).toMatchObject({ locale: "zh-CN", userName: first.userid });
    expect(user(fixture, third.userid)?.resource).toMatchObject({ active: true, externalId: third.userid });
    expect(user(fixture, "stranger")).toMatchObject({ id: stranger, resource: { active: true } });
    const records = await fixture.records(task, { action: "adopt" });
    expect(records).toHaveLength(3);
    expect(records.map(({ because }) => because)).toContain("the target held it already, with the same userName");
    expect(fixture.control.violations()).toEqual([]);
    fixture.control.resetJournal();
    await fixture.sync();
    expect(fixture.control.requests().total).toBe(0);
  });

  test("are all found when the target fails in the middle of listing them", async () => {
    const fixture = await startEngineFixture({ target: { pageSize: 10 } });
    const { members } = fixture.corp.truth();
    for (const { userid } of members) {
      fixture.control.add("User", {
        schemas: [userSchema],
        userName: `old-${userid}`,
        externalId: userid,
        active: true,
      });
    }
    fixture.control.fault({
      match: { method: "GET", type: "User" },
      skip: 2,
      times: 2,
      effect: { kind: "status", status: 500 },
    });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    // Their names collide with nobody's: whoever was not listed would be made a second time.
    expect(task.targets[0]?.counts.users).toMatchObject({ adopted: members.length, created: 0 });
    expect(fixture.control.counts().users).toBe(members.length);
  });

  test("that two of one name share are left to a person, and the others go ahead", async () => {
    const fixture = await startEngineFixture();
    const member = fixture.corp.truth().members.find(({ status }) => status === 1);
    if (!member) throw new Error("nobody");
    for (const userName of ["double-a", "double-b"]) {
      fixture.control.add("User", { schemas: [userSchema], userName, externalId: member.userid, active: true });
    }
    const before = fixture.control.dump().users;
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.pending" } });
    const failed = await fixture.records(task, { status: "failed" });
    expect(failed).toMatchObject([{ resourceType: "User", externalId: member.userid }]);
    expect(failed[0]?.error).toContain("2 accounts there have the same externalId");
    const after = fixture.control.dump().users;
    expect(after.filter(({ id }) => before.some((one) => one.id === id))).toEqual(before);
    expect(after).toHaveLength(before.length + 59);
    // A person has cleared it up.
    fixture.control.remove(before[1]?.id ?? "");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("that are groups are adopted by externalId, or by displayName where they have none; others' members stay", async () => {
    const fixture = await startEngineFixture();
    const { departments, tags } = fixture.corp.truth();
    const [root, child] = departments;
    const tag = tags[0];
    if (!root || !child || !tag) throw new Error("no departments");
    const somebody = fixture.control.add("User", { schemas: [userSchema], userName: "stranger", active: true });
    const add = (attributes: JsonObject): string =>
      fixture.control.add("Group", { schemas: [groupSchema], ...attributes }, [somebody]);
    const byExternalId = add({ displayName: "called otherwise", externalId: `department:${child.id}` });
    const byName = add({ displayName: tag.tagname });
    const foreign = add({ displayName: root.name, externalId: "of-another-system" });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded" });
    expect(task.targets[0]?.counts.groups).toMatchObject({ adopted: 2 });
    const { groups } = fixture.control.dump();
    const find = (id: string) => groups.find((group) => group.id === id);
    expect(find(byExternalId)?.resource["externalId"]).toBe(`department:${child.id}`);
    expect(find(byName)?.resource["externalId"]).toBe(`tag:${tag.tagid}`);
    expect(find(foreign)).toMatchObject({
      resource: { externalId: "of-another-system" },
      members: [{ value: somebody }],
    });
    for (const id of [byExternalId, byName])
      expect(find(id)?.members.some(({ value }) => value === somebody)).toBe(true);
    expect(fixture.control.violations()).toEqual([]);
  });
});

describe("an account that appears after the first contact", () => {
  test("answers a create with 409 and is adopted", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const id = fixture.control.add("User", { schemas: [userSchema], userName: "Late.Comer", active: true });
    fixture.corp.createMember({ userid: "late.comer", name: "后来", department: [1], status: 1 });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded" });
    expect(task.targets[0]?.counts.users).toMatchObject({ adopted: 1, created: 0 });
    expect(user(fixture, "late.comer")?.id).toBe(id);
    await fixture.verify();
  });

  test("that is hidden from searches is reported, and keeps nobody else back", async () => {
    const fixture = await startEngineFixture();
    fixture.control.fault({
      match: { method: "POST", type: "User", body: '"hidden"' },
      effect: { kind: "status", status: 409 },
    });
    fixture.corp.createMember({ userid: "hidden", name: "隐", department: [1], status: 1 });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial" });
    const [failed] = await fixture.records(task, { status: "failed" });
    expect(failed).toMatchObject({ externalId: "hidden", action: "create" });
    expect(failed?.error).toContain("says that it exists and shows no such account");
    expect(fixture.control.counts().users).toBe(60);
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("two sources with the same userids and department ids at one target", () => {
  test("never touch each other's accounts, with a namespace or without", async () => {
    for (const namespaces of [
      ["one", "two"],
      [undefined, "two"],
    ] as const) {
      const [mine, theirs] = namespaces;
      const fixture = await startEngineFixture({ source: mine === undefined ? {} : { namespace: mine } });
      const other = await fixture.addSource("other", {}, { namespace: theirs });
      await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
      expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
      const own = fixture.control.dump();
      expect(await fixture.sync({ source: other.row })).toMatchObject({ state: "succeeded" });
      const both = fixture.control.dump();
      expect(both.users).toHaveLength(120);
      expect(both.groups).toHaveLength(2 * own.groups.length);
      for (const type of ["users", "groups"] as const) {
        const ids = new Set(own[type].map(({ id }) => id));
        expect(both[type].filter(({ id }) => ids.has(id))).toEqual(own[type]);
      }
    }
  });

  test("without a namespace: the second one's people are refused one by one, with the other source's name", async () => {
    const fixture = await startEngineFixture();
    const other = await fixture.addSource("other", {});
    await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
    await fixture.sync();
    const before = fixture.control.dump().users;
    const task = await fixture.sync({ source: other.row });
    expect(task).toMatchObject({
      state: "partial",
      error: { code: "records.failed" },
      counts: { users: { failed: 60 } },
    });
    const [failed] = await fixture.records(task, { status: "failed", resourceType: "User" });
    expect(failed?.error).toContain("already used in the source corp");
    expect(fixture.control.dump().users).toEqual(before);
    await fixture.sync();
    expect(fixture.control.dump().users).toEqual(before);
  });
});
