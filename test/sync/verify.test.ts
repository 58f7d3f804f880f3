import { describe, expect, test } from "vitest";
import type { Truth } from "../../src/simulator/scim/control.ts";
import { resourceRequests } from "../support/e2e-compare.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";

function held({ control }: EngineFixture, externalId: string): Truth {
  const { users, groups } = control.dump();
  const found = [...users, ...groups].find(({ resource }) => resource["externalId"] === externalId);
  if (found === undefined) throw new Error(`the target does not hold ${externalId}`);
  return found;
}

/** Active people who lead nobody. */
function people(fixture: EngineFixture): readonly string[] {
  const { members } = fixture.corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  return members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
}

/** A tag with these people. */
function tagOf(fixture: EngineFixture, userids: readonly string[]): string {
  const tag = fixture.corp.createTag({ tagname: "读回" });
  fixture.corp.changeTagMembers(tag, { addUsers: [...userids] });
  return `tag:${tag}`;
}

const clean = { missing: 0, drifted: 0, unmanaged: 0, pending: 0 };

describe("reading a target back", () => {
  test("finds nothing where everything is as it was given, and changes nothing", async () => {
    const fixture = await startEngineFixture({ target: { pageSize: 7 } });
    await fixture.sync();
    fixture.control.resetJournal();
    const task = await fixture.readBack();
    expect(task).toMatchObject({ mode: "verify", state: "succeeded", error: null, repair: false });
    const { users, groups } = fixture.control.counts();
    expect(task.drift).toEqual({
      users: { ...clean, checked: users },
      groups: { ...clean, checked: groups },
      members: { missing: 0, extra: 0, unmanaged: 0 },
    });
    expect(await fixture.records(task)).toEqual([]);
    expect(Object.keys(fixture.control.requests().counts).every((request) => request.startsWith("GET"))).toBe(true);
    expect(fixture.control.violations()).toEqual([]);
  });

  test.each(["sqlite", "postgres"] as const)(
    "says what is missing, different, nobody's, and pending; and repairs what is ours (%s)",
    async (dialect) => {
      const fixture = await startEngineFixture(await onDatabase(dialect));
      const [lost = "", renamed = "", off = "", waits = "", out = "", ...in3] = people(fixture);
      const tag = tagOf(fixture, [out, ...in3.slice(0, 3)]);
      await fixture.sync();
      const { control } = fixture;
      control.remove(held(fixture, lost).id);
      control.modify(held(fixture, renamed).id, { displayName: "别人", title: "theirs" });
      control.modify(held(fixture, off).id, { active: false });
      control.removeMember(held(fixture, tag).id, held(fixture, out).id);
      control.addMember(held(fixture, tag).id, held(fixture, renamed).id);
      const stranger = control.add("User", {
        schemas: [userSchema],
        userName: "stranger",
        externalId: "4711",
        active: true,
      });
      control.addMember(held(fixture, tag).id, stranger);
      const foreign = control.add("Group", { schemas: [groupSchema], displayName: "theirs" });
      // Something that the target refused is only pending.
      control.fault({ match: { method: "PATCH", type: "User" }, effect: { kind: "status", status: 400 } });
      fixture.corp.patchMember(waits, { position: "waits" });
      await fixture.sync();
      control.clearFault();

      const before = control.dump();
      const task = await fixture.readBack();
      expect(task).toMatchObject({ state: "succeeded", error: null });
      expect(task.drift).toMatchObject({
        users: { missing: 1, drifted: 2, unmanaged: 1, pending: 1 },
        groups: { missing: 0, unmanaged: 1, pending: 0 },
        members: { missing: 1, extra: 1, unmanaged: 1 },
      });
      expect(control.dump()).toEqual(before);
      const said = async (query: Parameters<EngineFixture["records"]>[1]) => await fixture.records(task, query);
      expect(await said({ status: "missing" })).toMatchObject([{ externalId: lost, action: "create" }]);
      const drifted = await said({ status: "drifted", resourceType: "User" });
      expect(drifted.map(({ externalId, action }) => [externalId, action]).sort()).toEqual(
        [
          [renamed, "update"],
          [off, "reactivate"],
        ].sort(),
      );
      const changes = drifted.find(({ externalId }) => externalId === renamed)?.changes;
      expect(changes?.map(({ attribute }) => attribute).sort()).toEqual(["displayName", "title"]);
      expect(changes).toContainEqual(expect.objectContaining({ attribute: "displayName", before: "别人" }));
      expect(await said({ status: "unmanaged" })).toMatchObject([
        {
          resourceId: null,
          remoteId: stranger,
          displayName: "stranger",
          externalId: "4711",
          action: "keep",
          changes: [],
        },
        { resourceId: null, remoteId: foreign, displayName: "theirs", action: "keep" },
      ]);
      const [ofGroup] = (await said({ resourceType: "Group", status: "drifted" })).filter(
        ({ externalId }) => externalId === tag,
      );
      expect(ofGroup?.changes).toMatchObject([{ attribute: "members", addedCount: 1, removedCount: 1 }]);

      control.resetJournal();
      const repair = await fixture.readBack({ repair: true });
      expect(repair).toMatchObject({ mode: "verify", repair: true, state: "succeeded", error: null });
      expect(repair.drift?.users).toMatchObject({ missing: 1, drifted: 2, unmanaged: 1 });
      expect(
        fixture.differences().filter((sentence) => !/stranger|4711/.test(sentence) && !sentence.includes(foreign)),
      ).toEqual([]);
      // The smallest requests: one is made, two are put right, one was pending; nobody is deleted.
      const requests = resourceRequests(control.requests().counts);
      expect(requests).toMatchObject({ "POST User": 1, "PATCH User": 3 });
      expect(Object.keys(requests).filter((request) => /DELETE|PUT|POST Group/.test(request))).toEqual([]);
      expect(control.noops()).toEqual([]);
      expect(held(fixture, renamed).resource["title"]).not.toBe("theirs");
      expect(control.dump().users.find(({ id }) => id === stranger)?.resource).toMatchObject({ active: true });
      expect(control.dump().groups.find(({ id }) => id === foreign)?.resource["displayName"]).toBe("theirs");
      expect(held(fixture, tag).members.map(({ value }) => value)).toContain(stranger);
      expect(held(fixture, tag).members).toHaveLength(5);

      const again = await fixture.readBack({ repair: true });
      expect(again.drift).toMatchObject({
        users: { missing: 0, drifted: 0, unmanaged: 1, pending: 0 },
        groups: { missing: 0, drifted: 0, unmanaged: 1, pending: 0 },
        members: { missing: 0, extra: 0, unmanaged: 1 },
      });
      control.resetJournal();
      expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
      expect(control.requests().total).toBe(0);
    },
  );

  test("finds a leaver who was switched on again, and switches him off under the safeguards", async () => {
    const fixture = await startEngineFixture();
    const leavers = people(fixture).slice(0, 8);
    await fixture.sync();
    await fixture.patchSource({ safeguards: noSafeguards });
    await fixture.patchTarget({ safeguards: noSafeguards });
    for (const userid of leavers) fixture.corp.deleteMember(userid);
    await fixture.sync();
    for (const userid of leavers) fixture.control.modify(held(fixture, userid).id, { active: true, title: "back" });
    await fixture.patchTarget({ safeguards: { ...noSafeguards, maxRemovals: { floor: 2, percent: 5, count: 500 } } });
    const task = await fixture.readBack({ repair: true });
    expect(task).toMatchObject({ state: "held", hold: { removals: { users: 8 } } });
    expect(await fixture.records(task, { status: "drifted" })).toHaveLength(8);
    expect(held(fixture, leavers[0] ?? "").resource["active"]).toBe(true);
    expect(await fixture.approve(task)).toMatchObject({ state: "succeeded", drift: { users: { drifted: 8 } } });
    for (const userid of leavers) {
      expect(held(fixture, userid).resource).toMatchObject({ active: false, title: "back" });
    }
  });

  test("makes everything again that a target has lost, once somebody asks for it", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.control.loseEverything();
    const task = await fixture.readBack();
    const total = task.drift?.users.checked ?? 0;
    expect(task.drift?.users).toMatchObject({ missing: total, drifted: 0, unmanaged: 0 });
    expect(fixture.control.counts().users).toBe(0);
    expect(await fixture.readBack({ repair: true })).toMatchObject({ state: "succeeded", error: null });
    expect(fixture.differences()).toEqual([]);
  });

  test("does not take for missing what the list leaves out, nor for empty what does not show members", async () => {
    const fixture = await startEngineFixture({ target: { returnMembers: false } });
    await fixture.sync();
    const [userid = ""] = people(fixture);
    fixture.control.modify(held(fixture, userid).id, { title: "theirs" });
    // An empty list: what is there has to be asked for one by one.
    const empty = JSON.stringify({ totalResults: 0, Resources: [] });
    fixture.control.fault({
      match: { method: "GET", type: "User", path: "startIndex" },
      effect: { kind: "status", status: 200, body: empty },
    });
    const task = await fixture.readBack();
    expect(task).toMatchObject({ state: "succeeded", drift: { users: { missing: 0, drifted: 1 }, members: null } });
  });

  test("ends failed with the target's words where it can't be read, and what it found before a restart counts", async () => {
    const fixture = await startEngineFixture({ target: { pageSize: 10 } });
    await fixture.sync();
    fixture.control.setDown(true);
    expect(await fixture.readBack()).toMatchObject({
      state: "failed",
      error: { code: "target.unavailable" },
      drift: null,
    });
    fixture.control.setDown(false);
    const [first = "", second = ""] = people(fixture);
    for (const userid of [first, second]) fixture.control.modify(held(fixture, userid).id, { title: "theirs" });
    fixture.control.fault({ match: { method: "GET", type: "Group" }, effect: { kind: "hang" } });
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: null, targetId: fixture.row.id, trigger: "manual", mode: "verify", repair: true },
    });
    fixture.engine().nudge();
    while ((await fixture.records(task)).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await fixture.stop();
    fixture.control.clearFault();
    fixture.start();
    const ended = await fixture.ended(task);
    expect(ended).toMatchObject({ state: "succeeded", drift: { users: { drifted: 2 }, groups: { drifted: 0 } } });
    expect(await fixture.records(task, { status: "drifted" })).toHaveLength(2);
    await fixture.verify();
  });

  test("happens on a schedule, and leaves to a person what looks like another server", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const [userid = ""] = people(fixture);
    fixture.control.modify(held(fixture, userid).id, { title: "theirs" });
    await fixture.patchTarget({ verify: { everyHours: 2, repair: true } });
    const scheduled = async () => {
      fixture.advance(2 * 3_600_000 + 61_000);
      for (;;) {
        fixture.engine().nudge();
        const { items } = await fixture.store.listTasks({ limit: 20 });
        const found = items.find(({ mode, trigger }) => mode === "verify" && trigger === "schedule");
        if (found !== undefined && !seen.has(found.id)) {
          seen.add(found.id);
          return fixture.ended(found);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const seen = new Set<string>();
    expect(await scheduled()).toMatchObject({ state: "succeeded", drift: { users: { drifted: 1 } } });
    await fixture.verify();
    fixture.control.loseEverything();
    const task = await scheduled();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.verify-first" } });
    expect(fixture.control.counts().users).toBe(0);
  });
});

describe("a target that has to be verified first", () => {
  test("whose address changed is not pushed to; a verify says whether the links still hold", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const other = await fixture.addTarget();
    await fixture.patchTarget({ baseUrl: other.simulator.url });
    const row = await fixture.store.findTarget(fixture.row.id);
    expect(row?.verifyFirst).toBe("moved");
    await fixture.store.updateTarget(fixture.row.id, { secrets: { "/auth/token": other.simulator.token } });
    await fixture.store.deleteTarget(other.row.id);
    const [userid = ""] = people(fixture);
    fixture.corp.patchMember(userid, { position: "touched" });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.verify-first" } });
    expect(task.error?.detail).toContain("its baseUrl was changed");
    expect(other.control.requests().total).toBe(0);
    // Nothing of what we hold links to is there: still no push.
    expect(await fixture.readBack()).toMatchObject({ state: "partial", error: { code: "target.verify-first" } });
    expect(await fixture.push()).toMatchObject({ state: "partial", error: { code: "target.verify-first" } });
    expect(other.control.counts().users).toBe(0);
    await fixture.patchTarget({ baseUrl: fixture.simulator.url });
    await fixture.store.updateTarget(fixture.row.id, { secrets: { "/auth/token": fixture.simulator.token } });
    expect(await fixture.readBack()).toMatchObject({
      state: "succeeded",
      drift: { users: { missing: 0, pending: 1 } },
    });
    expect((await fixture.store.findTarget(fixture.row.id))?.verifyFirst).toBeNull();
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});
