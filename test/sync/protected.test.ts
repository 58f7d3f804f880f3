import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { LeaseLostError } from "../../src/store/store.ts";
import { endSource } from "../../src/sync/end-source.ts";
import { defaultSafeguards, type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { groupAt, membersOf } from "./targets/support.ts";

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const dayMs = 86_400_000;

function ordinary({ corp }: EngineFixture): readonly string[] {
  return corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);
}

const account = ({ control }: EngineFixture, name: string) =>
  control.dump().users.find(({ resource }) => [resource["userName"], resource["externalId"]].includes(name));

const groupsOf = (fixture: EngineFixture, name: string): readonly string[] => {
  const id = account(fixture, name)?.id;
  return fixture.control
    .dump()
    .groups.filter(({ members }) => members.some(({ value }) => value === id))
    .map(({ resource }) => String(resource["externalId"] ?? resource["displayName"]))
    .sort();
};

const named = (name: string) => `userName eq "${name}"`;
const protecting = (name: string) => ({ safeguards: { ...defaultSafeguards, protected: named(name) } });

/** After it: nothing is sent any more, and nothing is said again. */
async function expectQuiet(fixture: EngineFixture): Promise<void> {
  fixture.control.resetJournal();
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
  expect(await fixture.records(task, { target: fixture.row.id })).toEqual([]);
  expect(fixture.control.requests().total).toBe(0);
}

describe.each([
  ["deactivate", "sqlite"],
  ["delete", "sqlite"],
  ["deactivate", "postgres"],
  ["delete", "postgres"],
] as const)("whom a target protects (onRemoval %s, %s)", (onRemoval, dialect) => {
  const provision = { users: true, groups: true, userGroups: true, onRemoval };

  test("stays as he is, in his groups, when he leaves the company", async () => {
    const fixture = await startEngineFixture({ targetSettings: { provision }, ...(await onDatabase(dialect)) });
    const [boss = "", other = ""] = ordinary(fixture);
    await fixture.patchTarget(protecting(boss));
    await fixture.sync();
    const [before, groups] = [account(fixture, boss), groupsOf(fixture, boss)];
    expect(groups.length).toBeGreaterThan(0);
    fixture.corp.deleteMember(boss);
    fixture.corp.deleteMember(other);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
    expect(account(fixture, boss)).toEqual(before);
    expect(groupsOf(fixture, boss)).toEqual(groups);
    expect(account(fixture, other)?.resource["active"] ?? false).toBe(false);
    const skipped = await fixture.records(task, { target: fixture.row.id, status: "skipped", resourceType: "User" });
    expect(skipped).toMatchObject([
      {
        externalId: boss,
        action: onRemoval,
        error: `protected by ${named(boss)}`,
        because: "this person left the source",
      },
    ]);
    const links = await fixture.store.listLinks(fixture.row.id, { state: "protected", limit: 10 });
    expect(links.items).toMatchObject([{ externalId: boss, lastError: null }]);
    expect(await fixture.store.countLinks(fixture.row.id)).toMatchObject({ pending: 0, failed: 0, protected: 1 });
    await expectQuiet(fixture);
    // Nor when his time in the directory is over, and nothing is known of him any more.
    fixture.advance(91 * dayMs);
    await fixture.store.deleteLeavers(fixture.now());
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(account(fixture, boss)).toEqual(before);
    expect(groupsOf(fixture, boss)).toEqual(groups);
  });
});

describe("whom a target protects", () => {
  test("stays active when he is disabled, is not renamed by another mapping, and converges once he is not protected", async () => {
    const fixture = await startEngineFixture();
    const [boss = ""] = ordinary(fixture);
    await fixture.patchTarget(protecting(boss));
    await fixture.sync();
    const before = account(fixture, boss);
    fixture.corp.patchMember(boss, { status: 2 });
    const disabled = await fixture.sync();
    expect(disabled).toMatchObject({ state: "succeeded" });
    expect(await fixture.records(disabled, { target: fixture.row.id })).toMatchObject([
      { action: "deactivate", status: "skipped" },
    ]);
    fixture.corp.patchMember(boss, { status: 1 });
    await fixture.sync();
    // What the directory says of him does not fit the filter any more: what he was given still does.
    fixture.edit((mapping) => {
      mapping.user.title = { const: "changed" };
      mapping.user.userName = { expr: `member.userid == "${boss}" ? "renamed" : member.userid` };
    });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded" });
    expect(await fixture.records(task, { target: fixture.row.id, status: "skipped" })).toMatchObject([
      { action: "update", externalId: boss, error: `protected by ${named(boss)}` },
    ]);
    expect(account(fixture, boss)).toEqual(before);
    await expectQuiet(fixture);
    await fixture.patchTarget({ safeguards: defaultSafeguards });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(account(fixture, boss)?.resource).toMatchObject({ userName: "renamed", title: "changed", active: true });
    expect(await fixture.store.countLinks(fixture.row.id)).toMatchObject({ pending: 0, protected: 0 });
  });

  test("is not taken out of a group, joins others, and leaves once he is not protected", async () => {
    const fixture = await startEngineFixture();
    const [boss = "", mover = ""] = ordinary(fixture);
    await fixture.patchTarget(protecting(boss));
    await fixture.sync();
    const [before, ofMover] = [groupsOf(fixture, boss), groupsOf(fixture, mover)];
    const fresh = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    for (const userid of [boss, mover]) fixture.corp.moveMember(userid, [fresh], fresh);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", hold: null });
    expect(groupsOf(fixture, boss)).toEqual([...before, `department:${fresh}`].sort());
    expect(groupsOf(fixture, mover)).not.toEqual(expect.arrayContaining([...ofMover]));
    const records = await fixture.records(task, { target: fixture.row.id, status: "skipped", resourceType: "Group" });
    expect(records.length).toBeGreaterThan(0);
    expect(records[0]).toMatchObject({ error: `protected by ${named(boss)}`, changes: [{ removedCount: 1 }] });
    await expectQuiet(fixture);
    await fixture.patchTarget({ safeguards: defaultSafeguards });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("keeps the group that is deleted, which everybody else leaves", async () => {
    const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
    const fresh = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    const [boss = "", ...others] = ordinary(fixture).slice(0, 4);
    for (const userid of [boss, ...others]) fixture.corp.moveMember(userid, [1, fresh], fresh);
    await fixture.patchTarget(protecting(boss));
    await fixture.sync();
    for (const userid of [boss, ...others]) fixture.corp.moveMember(userid, [1], 1);
    fixture.corp.deleteDepartment(fresh);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", hold: null, error: null });
    const group = fixture.control
      .dump()
      .groups.find(({ resource }) => resource["externalId"] === `department:${fresh}`);
    expect(group?.members).toEqual([expect.objectContaining({ value: account(fixture, boss)?.id })]);
    expect(await fixture.records(task, { action: "delete", target: fixture.row.id })).toMatchObject([
      { status: "skipped", error: `protected by ${named(boss)}` },
    ]);
    await expectQuiet(fixture);
    await fixture.patchTarget({ safeguards: defaultSafeguards });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test.each(["casdoor", "authentik"])("stays in a group whose members are all sent each time (%s)", async (profile) => {
    const casdoor = profile === "casdoor";
    const fixture = await startEngineFixture({
      target: { like: profile },
      targetSettings: { profile, ...(casdoor && { constants: { organization: "acme" } }) },
      source: { safeguards: noSafeguards },
    } as never);
    const [boss = "", other = ""] = ordinary(fixture);
    await fixture.patchTarget({ safeguards: { ...noSafeguards, protected: named(boss) } });
    await fixture.sync();
    const before = groupsOf(fixture, boss);
    expect(before.length).toBeGreaterThan(0);
    const fresh = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    for (const userid of [boss, other]) fixture.corp.moveMember(userid, [fresh], fresh);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(groupsOf(fixture, boss)).toEqual(expect.arrayContaining([...before]));
    expect(groupsOf(fixture, other)).toHaveLength(1);
  });

  test("is linked and not overwritten when he is found there, by what the target shows of him", async () => {
    const fixture = await startEngineFixture();
    const [boss = "", second = ""] = ordinary(fixture);
    await fixture.patchTarget({ safeguards: { ...defaultSafeguards, protected: 'title eq "Owner"' } });
    const add = (more: JsonObject) => fixture.control.add("User", { schemas: [userSchema], active: true, ...more });
    const id = add({ userName: boss, title: "Owner", displayName: "the owner" });
    add({ userName: second, title: "Clerk", displayName: "theirs" });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    expect(account(fixture, boss)).toMatchObject({ id, resource: { displayName: "the owner", title: "Owner" } });
    expect(account(fixture, second)?.resource["displayName"]).not.toBe("theirs");
    expect(await fixture.records(task, { action: "adopt", status: "skipped" })).toMatchObject([
      { externalId: boss, error: 'protected by title eq "Owner"', remoteId: id },
    ]);
    // He joins his groups, and stays as he is whatever changes.
    expect(groupsOf(fixture, boss).length).toBeGreaterThan(0);
    fixture.corp.patchMember(boss, { position: "经理" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    fixture.corp.deleteMember(boss);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(account(fixture, boss)).toMatchObject({ resource: { displayName: "the owner", active: true } });
    expect(groupsOf(fixture, boss).length).toBeGreaterThan(0);
  });

  test("is looked at before he is switched off: what was made of him there protects him", async () => {
    const fixture = await startEngineFixture();
    const [boss = ""] = ordinary(fixture);
    await fixture.patchTarget({ safeguards: { ...defaultSafeguards, protected: 'userType eq "Admin"' } });
    await fixture.sync();
    const id = account(fixture, boss)?.id ?? "";
    fixture.control.modify(id, { userType: "Admin" });
    fixture.corp.deleteMember(boss);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(account(fixture, boss)?.resource).toMatchObject({ active: true, userType: "Admin" });
    await expectQuiet(fixture);
  });

  test("is left alone by a repair", async () => {
    const fixture = await startEngineFixture();
    const [boss = "", other = ""] = ordinary(fixture);
    await fixture.patchTarget(protecting(boss));
    await fixture.sync();
    for (const name of [boss, other]) {
      fixture.control.modify(account(fixture, name)?.id ?? "", { displayName: "by hand" });
    }
    const task = await fixture.readBack({ repair: true });
    expect(task).toMatchObject({ state: "succeeded", drift: { users: { drifted: 1 } } });
    expect(account(fixture, boss)?.resource["displayName"]).toBe("by hand");
    expect(account(fixture, other)?.resource["displayName"]).not.toBe("by hand");
    expect(await fixture.records(task, { status: "skipped" })).toMatchObject([
      { externalId: boss, error: `protected by ${named(boss)}` },
    ]);
  });

  test.each(["deactivate", "delete"] as const)("outlives the end of his source (people: %s)", async (people) => {
    const fixture = await startEngineFixture();
    const [boss = ""] = ordinary(fixture);
    await fixture.patchTarget(protecting(boss));
    await fixture.sync();
    const before = account(fixture, boss);
    await endSource(fixture.store, fixture.source.id, people, "delete", fixture.now());
    fixture.engine().nudge();
    await expect.poll(() => fixture.store.findSource(fixture.source.id), { timeout: 20_000, interval: 10 }).toBeNull();
    expect(account(fixture, boss)).toEqual(before);
    const active = fixture.control.dump().users.filter(({ resource }) => resource["active"] === true);
    expect(active).toEqual([before]);
  });

  test("with a filter that cannot be used any more nothing is sent", async () => {
    const fixture = await startEngineFixture();
    await fixture.patchTarget({ safeguards: { ...defaultSafeguards, protected: "nothing eq 1" } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.protection" } });
    expect(fixture.control.counts().users).toBe(0);
  });
});

describe("whom a source protects in our own directory", () => {
  const directory = async (fixture: EngineFixture, name: string) => {
    const query = { type: "User", sources: "all", filter: null, startIndex: 1, count: 1000 } as const;
    const { rows } = await fixture.store.queryResources(query);
    return rows.map(({ document }) => JSON.parse(document) as JsonObject).find((one) => one["userName"] === name);
  };

  test("stays when he leaves, is disabled, or another mapping says otherwise; and in his groups", async () => {
    const fixture = await startEngineFixture();
    const [boss = ""] = ordinary(fixture);
    await fixture.patchSource(protecting(boss));
    await fixture.sync();
    const [before, groups] = [await directory(fixture, boss), groupsOf(fixture, boss)];
    fixture.edit((mapping) => {
      mapping.user.title = { const: "changed" };
    });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await directory(fixture, boss)).toEqual(before);
    fixture.corp.patchMember(boss, { status: 2 });
    const task = await fixture.sync();
    expect(await fixture.records(task, { target: null, status: "skipped" })).toMatchObject([
      { externalId: boss, action: "deactivate", error: `protected by ${named(boss)}` },
    ]);
    const fresh = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    fixture.corp.moveMember(boss, [fresh], fresh);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(groupsOf(fixture, boss)).toEqual(expect.arrayContaining([...groups]));
    fixture.corp.deleteMember(boss);
    const left = await fixture.sync();
    expect(left).toMatchObject({ state: "succeeded", hold: null });
    expect(await fixture.records(left, { target: null, status: "skipped" })).toMatchObject([
      { externalId: boss, action: "deactivate" },
    ]);
    expect(await directory(fixture, boss)).toEqual(before);
    expect(account(fixture, boss)?.resource).toMatchObject({ active: true });
    expect(groupsOf(fixture, boss)).toEqual(expect.arrayContaining([...groups]));
    await fixture.patchSource({ safeguards: defaultSafeguards });
    fixture.edit((mapping) => {
      mapping.user.title = { from: "position" };
    });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test.each(["sqlite", "postgres"] as const)(
    "is spared by what was planned before he was protected, and then held and approved (%s)",
    async (dialect) => {
      const none = { floor: 0, percent: 0 };
      const safeguards = { ...defaultSafeguards, maxRemovals: { ...none, count: 0 }, maxMemberRemovals: none };
      const fixture = await startEngineFixture({ source: { safeguards }, ...(await onDatabase(dialect)) });
      await fixture.patchTarget({ safeguards: noSafeguards });
      const [boss = "", mover = "", leaver = "", other = ""] = ordinary(fixture);
      const tag = fixture.corp.createTag({ tagname: "班" });
      fixture.corp.changeTagMembers(tag, { addUsers: [boss, mover] });
      await fixture.sync();
      for (const userid of [leaver, other]) fixture.corp.deleteMember(userid);
      fixture.corp.changeTagMembers(tag, { removeUsers: [boss, mover] });
      fixture.corp.renameTag(tag, "新班");
      const held = await fixture.sync();
      expect(held).toMatchObject({ state: "held", hold: { removals: { users: 2 } } });
      const filter = [boss, leaver].map(named).join(" or ");
      await fixture.patchSource({
        safeguards: { ...safeguards, protected: filter, protectedGroups: 'displayName eq "班"' },
      });
      expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", error: null });
      expect(account(fixture, leaver)?.resource).toMatchObject({ active: true });
      expect(account(fixture, other)?.resource).toMatchObject({ active: false });
      expect(groupsOf(fixture, boss)).toContain(`tag:${tag}`);
      expect(groupsOf(fixture, mover)).not.toContain(`tag:${tag}`);
      expect(await fixture.records(held, { target: null, status: "skipped" })).toMatchObject([
        { externalId: leaver, action: "deactivate", error: `protected by ${filter}` },
      ]);
      // Once he is not protected any more, what was kept from him is done.
      await fixture.patchSource({ safeguards: noSafeguards });
      expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
      await fixture.verify();
    },
  );

  test("is spared by what was planned before he was protected, and cut off before it was applied", async () => {
    const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
    const { store, corp } = fixture;
    const [boss = "", mover = "", leaver = "", other = ""] = ordinary(fixture);
    const tag = corp.createTag({ tagname: "班" });
    corp.changeTagMembers(tag, { addUsers: [boss, mover] });
    await fixture.sync();
    const before = await directory(fixture, boss);
    for (const userid of [leaver, other]) corp.deleteMember(userid);
    for (const userid of [boss, mover]) corp.patchMember(userid, { position: "新" });
    corp.changeTagMembers(tag, { removeUsers: [boss, mover] });
    corp.renameTag(tag, "新班");
    // The process dies when it is about to apply what it has planned.
    const { applyNext } = store;
    const cut = new Promise<void>((resolve) => {
      store.applyNext = async () => {
        store.applyNext = applyNext;
        resolve(fixture.stop());
        throw new LeaseLostError("of a process that died");
      };
    });
    const { task } = await store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
    });
    fixture.engine().nudge();
    await cut;
    expect(await store.findTask(task.id)).toMatchObject({ state: "running", stage: "apply" });
    const filter = [boss, leaver].map(named).join(" or ");
    const protects = { protected: filter, protectedGroups: 'displayName eq "班"' };
    await fixture.patchSource({ safeguards: { ...noSafeguards, ...protects } });
    fixture.start();
    expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", error: null });
    expect(await directory(fixture, boss)).toEqual(before);
    expect(await directory(fixture, mover)).toMatchObject({ title: "新" });
    expect([account(fixture, leaver), account(fixture, other)].map((each) => each?.resource["active"])).toEqual([
      true,
      false,
    ]);
    expect(groupAt(fixture, "班")).toBeDefined();
    expect(membersOf(fixture, "班")).toEqual([boss]);
    const skipped = await fixture.records(task, { target: null, status: "skipped" });
    expect(skipped.map(({ externalId, action, error }) => [externalId, action, error]).sort()).toEqual(
      [
        [boss, "update", `protected by ${filter}`],
        [leaver, "deactivate", `protected by ${filter}`],
        [`tag:${tag}`, "update", 'protected by displayName eq "班"'],
      ].sort(),
    );
    await fixture.patchSource({ safeguards: noSafeguards });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test.each(["disable", "delete"] as const)("outlives its end (%s)", async (then) => {
    const fixture = await startEngineFixture();
    const [boss = ""] = ordinary(fixture);
    await fixture.patchSource(protecting(boss));
    await fixture.sync();
    const before = account(fixture, boss);
    await endSource(fixture.store, fixture.source.id, "delete", then, fixture.now());
    fixture.engine().nudge();
    const state = async () => {
      const source = await fixture.store.findSource(fixture.source.id);
      return source?.settings.leaving === undefined && (then === "disable" || source === null);
    };
    await expect.poll(state, { timeout: 20_000, interval: 10 }).toBe(true);
    expect(account(fixture, boss)).toEqual(before);
    expect(fixture.control.counts().users).toBe(1);
    expect((await directory(fixture, boss)) !== undefined).toBe(then === "disable");
  });

  test("is not deleted though he left before he was protected", async () => {
    const fixture = await startEngineFixture();
    const [boss = "", other = ""] = ordinary(fixture);
    await fixture.sync();
    for (const userid of [boss, other]) fixture.corp.deleteMember(userid);
    await fixture.sync();
    await fixture.patchSource(protecting(boss));
    await fixture.stop();
    fixture.advance(91 * dayMs);
    fixture.start();
    await expect.poll(() => directory(fixture, other), { timeout: 20_000, interval: 20 }).toBeUndefined();
    expect(await directory(fixture, boss)).toMatchObject({ active: false });
  });
});
