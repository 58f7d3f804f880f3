import { describe, expect, it, vi } from "vitest";
import type { EventSubject } from "../../src/source/source.ts";
import type { TaskRow } from "../../src/store/store.ts";
import { mostPeople } from "../../src/sync/queue-marked.ts";
import {
  defaultSafeguards,
  type EngineFixture,
  type EngineFixtureOptions,
  noSafeguards,
  startEngineFixture,
} from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { membersOf } from "../support/who-is-where.ts";

/** An engine whose source was read once; later it syncs by itself only in hours. */
async function start(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture(options);
  expect((await fixture.sync()).state).toBe("succeeded");
  await fixture.verify();
  fixture.corp.resetRequests();
  return fixture;
}

const user = (userid: string, isGone = false): EventSubject => ({
  ...{ kind: "user", key: userid.toLowerCase() },
  ...(isGone && { isGone }),
});

/** Events come, all of them before the engine takes the first; answers the tasks that they lead to once nothing is marked any more. */
async function hear(fixture: EngineFixture, ...subjects: readonly EventSubject[]): Promise<readonly TaskRow[]> {
  const before = (await fixture.store.listTasks({ limit: 1000 })).items.map(({ id }) => id);
  await fixture.store.keepEvent(fixture.source.id, "contacts", subjects);
  fixture.engine().nudge();
  return settled(fixture, before);
}

async function settled({ store }: EngineFixture, before: readonly string[]): Promise<readonly TaskRow[]> {
  for (;;) {
    const open = (await store.openTasks()).length + (await store.markedSources()).length;
    if (open === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { items } = await store.listTasks({ limit: 1000 });
  return items.filter(({ id }) => !before.includes(id)).reverse();
}

/** Whom the target holds as inactive. */
const inactive = ({ control }: EngineFixture): readonly string[] =>
  control.dump().users.flatMap(({ id, resource }) => (resource["active"] === false ? [id] : []));

const someone = ({ corp }: EngineFixture, index = 5) => corp.truth().members[index]?.userid ?? "";

describe.each(["sqlite", "postgres"] as const)("events about people, on %s", (dialect) => {
  it("bring a change to the target with a read of that person alone", async () => {
    const fixture = await start(await onDatabase(dialect));
    const userid = someone(fixture);
    fixture.corp.patchMember(userid, { position: "总监" });
    const [task, ...more] = await hear(fixture, user(userid));
    expect(more).toEqual([]);
    expect(task).toMatchObject({ trigger: "callback", state: "succeeded", error: null, hold: null });
    expect(task?.counts.users).toMatchObject({ read: 1, updated: 1 });
    expect(fixture.corp.requests()).toEqual({ gettoken: 1, "user/get": 1 });
    await fixture.verify();
    // The connection and its token are there for the next one.
    fixture.corp.patchMember(userid, { position: "经理" });
    await hear(fixture, user(userid));
    expect(fixture.corp.requests()).toEqual({ gettoken: 1, "user/get": 2 });
    await fixture.verify();
  });

  it("bring who has joined, who has moved, and take out who has left", async () => {
    const fixture = await start(await onDatabase(dialect));
    const { corp } = fixture;
    const departments = corp.truth().departments.map(({ id }) => id);
    corp.createMember({ userid: "Newcomer", name: "新人", department: [departments[3] ?? 1] });
    corp.moveMember(someone(fixture, 7), [departments[4] ?? 1, departments[5] ?? 1]);
    const leaver = someone(fixture, 9);
    corp.deleteMember(leaver);
    const tasks = await hear(fixture, user("newcomer"), user(someone(fixture, 7)), user(leaver, true));
    expect(tasks.map(({ trigger, state }) => [trigger, state])).toEqual(tasks.map(() => ["callback", "succeeded"]));
    expect(corp.requests()["user/list"]).toBeUndefined();
    await fixture.verify();
  });
});

describe("events about people", () => {
  it("of which several came while nobody looked lead to one task, and survive a restart", async () => {
    const fixture = await start();
    await fixture.stop();
    for (const index of [3, 4, 5, 3]) {
      fixture.corp.patchMember(someone(fixture, index), { position: `职位${index}` });
      await fixture.store.keepEvent(fixture.source.id, "contacts", [user(someone(fixture, index))]);
    }
    const before = (await fixture.store.listTasks({ limit: 10 })).items.map(({ id }) => id);
    fixture.start();
    const tasks = await settled(fixture, before);
    expect(tasks.map(({ counts }) => counts.users.read)).toEqual([3]);
    await fixture.verify();
  });

  it("that change nothing lead to nothing that is written or sent", async () => {
    const fixture = await start();
    fixture.control.resetJournal();
    const [task] = await hear(fixture, user(someone(fixture)));
    expect(task?.counts.users).toMatchObject({ read: 1, updated: 0 });
    expect(fixture.control.requests().total).toBe(0);
  });

  it("who are not in the app's sight, and were not, lead to nothing", async () => {
    const fixture = await start();
    const tasks = await hear(fixture, user("stranger"), user("another", true));
    expect(tasks.every(({ state }) => state === "succeeded")).toBe(true);
    expect(fixture.corp.requests()["user/list"]).toBeUndefined();
    await fixture.verify();
  });

  it("are no evidence where the person is still to be read", async () => {
    const fixture = await start();
    await hear(fixture, user(someone(fixture), true));
    await fixture.verify();
  });

  it("let nobody go who is not to be found and of whom none said that he is gone: everything is read", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    fixture.corp.deleteMember(userid);
    const tasks = await hear(fixture, user(userid));
    expect(tasks).toHaveLength(2);
    expect(tasks[0]?.counts.users).toMatchObject({ read: 0, deactivated: 0 });
    expect(tasks[1]?.counts.users).toMatchObject({ deactivated: 1 });
    await fixture.verify();
  });

  it("who are out of sight, for the app sees less, let nobody go", async () => {
    const fixture = await start();
    const { corp } = fixture;
    const [, , second] = corp.truth().departments;
    corp.setScope({ departments: [second?.id ?? 2], users: [], tags: [] });
    const hidden = corp.truth().members.find(({ department }) => !department.includes(second?.id ?? 2));
    const before = inactive(fixture);
    const tasks = await hear(fixture, user(hidden?.userid ?? ""));
    expect(tasks.at(-1)).toMatchObject({ state: "partial", error: { code: "source.visibility-shrunken" } });
    expect(inactive(fixture)).toEqual(before);
  });

  it("wait for a person where more leave than the safeguards let pass, all of them in one task", async () => {
    const fixture = await start();
    const leavers = fixture.corp
      .truth()
      .members.slice(20, 50)
      .map(({ userid }) => userid);
    for (const userid of leavers) fixture.corp.deleteMember(userid);
    const before = inactive(fixture);
    const tasks = await hear(fixture, ...leavers.map((userid) => user(userid, true)));
    const held = tasks.filter(({ state }) => state === "held");
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ trigger: "callback", hold: { removals: { users: leavers.length } } });
    expect(inactive(fixture)).toEqual(before);

    // While they wait others are brought up to date, and the list of them stays.
    fixture.corp.patchMember(someone(fixture), { position: "总监" });
    const [other] = await hear(fixture, user(someone(fixture)));
    expect(other).toMatchObject({ state: "succeeded" });
    expect((await fixture.store.findTask(held[0]?.id ?? ""))?.state).toBe("held");
    await fixture.approve(held[0] as TaskRow);
    await fixture.verify();
  });

  it("follow the departments that were chosen: who moves out of them leaves, who moves into them comes", async () => {
    const fixture = await startEngineFixture();
    const { corp, store } = fixture;
    const { departments, members } = corp.truth();
    const chosen = departments.find(
      ({ id, parentid }) => parentid === 1 && members.some((one) => one.department[0] === id),
    );
    await fixture.patchSource({ scope: { mode: "partial", departments: [chosen?.id ?? 0] } });
    await fixture.sync();
    const namesOf = async () => {
      const query = { type: "User", sources: [fixture.source.id], filter: null, startIndex: 1, count: 1000 } as const;
      const { rows } = await store.queryResources(query);
      return rows.flatMap(({ document }) => {
        const { externalId, active } = JSON.parse(document) as { externalId: string; active: boolean };
        return active ? [externalId] : [];
      });
    };
    const inside = members.find(
      ({ department, status }) => status === 1 && department.every((id) => id === chosen?.id),
    );
    const outside = members.find(({ department, status }) => status === 1 && department.every((id) => id === 1));
    expect([inside?.userid, outside?.userid]).not.toContain(undefined);
    corp.moveMember(outside?.userid ?? "", [chosen?.id ?? 0]);
    corp.resetRequests();
    await hear(fixture, user(outside?.userid ?? ""), user("nobody"));
    expect(await namesOf()).toContain(outside?.userid);
    expect(corp.requests()["user/list"]).toBeUndefined();
    // A department below the chosen ones that is not known yet looks just the same: who leaves is for a whole read to say.
    corp.moveMember(inside?.userid ?? "", [1]);
    const below = corp.createDepartment({ name: "新部", parentid: chosen?.id ?? 0 });
    const stays = members.find(
      ({ userid, department, status }) =>
        status === 1 && userid !== inside?.userid && department.every((id) => id === chosen?.id),
    );
    expect(stays).toBeDefined();
    corp.moveMember(stays?.userid ?? "", [below]);
    const [part] = await hear(fixture, user(inside?.userid ?? ""), user(stays?.userid ?? ""));
    expect(part?.counts.users).toMatchObject({ deactivated: 0, deleted: 0 });
    const names = await namesOf();
    expect(names).toContain(stays?.userid);
    expect(names).not.toContain(inside?.userid);
  });

  it("of too many people become one sync of everything", async () => {
    const fixture = await start({ corp: { shape: { members: 260, departments: 12, seed: 1, quirks: false } } });
    const { members } = fixture.corp.truth();
    await fixture.stop();
    for (const { userid } of members) {
      fixture.corp.patchMember(userid, { position: "员工" });
      await fixture.store.keepEvent(fixture.source.id, "contacts", [user(userid)]);
    }
    const before = (await fixture.store.listTasks({ limit: 10 })).items.map(({ id }) => id);
    fixture.start();
    const tasks = await settled(fixture, before);
    expect(tasks).toHaveLength(1);
    expect(fixture.corp.requests()["user/get"]).toBeUndefined();
    await fixture.verify();
  });

  it("are looked at again later where the source could not be asked", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    fixture.corp.patchMember(userid, { position: "总监" });
    fixture.corp.setSettings({ appEnabled: false });
    await fixture.store.keepEvent(fixture.source.id, "contacts", [user(userid)]);
    fixture.engine().nudge();
    const failed = await waitFor(async () => {
      const { items } = await fixture.store.listTasks({ state: "failed", limit: 10 });
      return items.length > 0 ? items : null;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await fixture.store.listTasks({ state: "failed", limit: 10 })).items).toHaveLength(failed.length);
    expect(await fixture.store.markedPeople(fixture.source.id, 10)).toHaveLength(1);
    fixture.corp.setSettings({ appEnabled: true });
    fixture.advance(31_000);
    await settled(fixture, []);
    await fixture.verify();
  });

  it("of a source that brings the structure alone lead to nothing", async () => {
    const fixture = await start();
    await fixture.patchSource({ sync: { automatic: true, users: false, intervalHours: 1 } });
    fixture.corp.patchMember(someone(fixture), { position: "总监" });
    expect(await hear(fixture, user(someone(fixture)))).toEqual([]);
  });
});

describe("what a look at a few people pushes", () => {
  it("is made again with its memberships where the target has lost it", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    const held = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === userid);
    fixture.control.remove(held?.id ?? "");
    fixture.corp.patchMember(userid, { position: "总监" });
    const [task] = await hear(fixture, user(userid));
    expect(task).toMatchObject({ state: "succeeded", targets: [{ state: "succeeded" }] });
    await fixture.verify();
  });

  it("is everything where the target was not met yet", async () => {
    const fixture = await start();
    const added = await fixture.addTarget();
    fixture.corp.patchMember(someone(fixture), { position: "总监" });
    await hear(fixture, user(someone(fixture)));
    await fixture.verify();
    await fixture.verify(added);
  });

  it("leaves what failed there before to its next try, and the others as they are", async () => {
    const fixture = await start();
    const { corp, control } = fixture;
    const [first, second] = [someone(fixture, 5), someone(fixture, 8)];
    const refused = control.dump().users.find(({ resource }) => resource["externalId"] === first);
    const fault = control.fault({
      match: { method: "PATCH", path: `/Users/${refused?.id}` },
      effect: { kind: "status", status: 400 },
    });
    corp.patchMember(first, { position: "总监" });
    const [failed] = await hear(fixture, user(first));
    expect(failed).toMatchObject({ state: "partial", targets: [{ counts: { users: { failed: 1 } } }] });
    control.clearFault(fault);
    corp.patchMember(second, { position: "经理" });
    const [task] = await hear(fixture, user(second));
    expect(task).toMatchObject({ state: "succeeded", targets: [{ counts: { users: { updated: 1, failed: 0 } } }] });
    await fixture.sync();
    await fixture.verify();
  });
});

describe("a sync that somebody asks for while people are looked at", () => {
  it("is one of everything, and waits for its turn", async () => {
    const fixture = await start();
    const { corp, store, source } = fixture;
    await fixture.stop();
    corp.patchMember(someone(fixture, 4), { position: "总监" });
    corp.patchMember(someone(fixture, 6), { position: "经理" });
    await store.keepEvent(source.id, "contacts", [user(someone(fixture, 4))]);
    const asked = { sourceId: source.id, targetId: null, mode: "apply" } as const;
    const part = await store.queueTask({ ...asked, trigger: "callback", isPart: true });
    const whole = await store.queueTask({ ...asked, trigger: "manual" });
    expect([part.created, whole.created]).toEqual([true, true]);
    expect(await store.queueTask({ ...asked, trigger: "schedule" })).toMatchObject({ task: { id: whole.task.id } });
    fixture.start();
    expect((await fixture.ended(part.task)).counts.users).toMatchObject({ read: 1, updated: 1 });
    expect((await fixture.ended(whole.task)).counts.users).toMatchObject({ read: 60, updated: 1 });
    await fixture.verify();
  });

  it("is the only one that says that the source was read whole", async () => {
    const fixture = await start();
    const syncedAt = async () => (await fixture.store.findSource(fixture.source.id))?.syncedAt;
    const before = await syncedAt();
    fixture.advance(60_000);
    await hear(fixture, user(someone(fixture)));
    expect(await syncedAt()).toBe(before);
    await fixture.sync();
    expect(await syncedAt()).not.toBe(before);
  });
});

describe("events about departments and tags", () => {
  it("lead to one sync of everything for all that come together", async () => {
    const fixture = await start();
    const { corp } = fixture;
    const [, first, second] = corp.truth().departments;
    corp.patchDepartment(first?.id ?? 0, { name: "新部门" });
    const made = corp.createDepartment({ name: "又一个", parentid: second?.id ?? 1 });
    const tag = corp.createTag({ tagname: "新标签" });
    corp.changeTagMembers(tag, { addUsers: [someone(fixture)] });
    const tasks = await hear(
      fixture,
      { kind: "department", key: String(first?.id) },
      { kind: "department", key: String(made) },
      { kind: "tag", key: String(tag) },
    );
    expect(tasks.map(({ trigger, state }) => [trigger, state])).toEqual([["callback", "succeeded"]]);
    await fixture.verify();
  });

  it("come with people whose department is not known yet", async () => {
    const fixture = await start();
    const { corp } = fixture;
    const made = corp.createDepartment({ name: "新部门", parentid: 1 });
    corp.moveMember(someone(fixture), [made]);
    await hear(fixture, user(someone(fixture)));
    await fixture.verify();
  });
});

async function waitFor<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("what waits for a person", () => {
  it("at the target keeps its memberships there while others of the same department are looked at", async () => {
    const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
    const { corp } = fixture;
    const department = corp.createDepartment({ name: "甲部", parentid: 1 });
    const userids = ["h1", "h2", "h3", "stays"];
    for (const userid of userids) corp.createMember({ userid, name: "某人", department: [department], status: 1 });
    expect((await fixture.sync()).state).toBe("succeeded");
    await fixture.patchTarget({
      safeguards: { ...defaultSafeguards, maxRemovals: { floor: 0, percent: 0, count: 0 } },
    });
    for (const userid of ["h1", "h2", "h3"]) corp.deleteMember(userid);
    expect((await fixture.sync()).state).toBe("held");
    expect((await membersOf(fixture, department)).there).toBe(4);
    corp.patchMember("stays", { position: "总监" });
    const [task] = await hear(fixture, user("stays"));
    expect(task?.trigger).toBe("callback");
    expect((await membersOf(fixture, department)).there).toBe(4);
    expect(JSON.stringify(fixture.control.dump().users)).toContain("总监");
  });

  it("of members that leave a department is not gone round by looking at them one by one", async () => {
    const fixture = await startEngineFixture({
      source: { safeguards: { ...noSafeguards, maxMemberRemovals: { floor: 2, percent: 50 } } },
    });
    const { corp } = fixture;
    const [from, to] = ["甲部", "乙部"].map((name) => corp.createDepartment({ name, parentid: 1 }));
    const userids = Array.from({ length: 6 }, (_, index) => `m${index}`);
    for (const userid of userids) corp.createMember({ userid, name: "某人", department: [from ?? 0], status: 1 });
    expect((await fixture.sync()).state).toBe("succeeded");
    for (const userid of userids) corp.moveMember(userid, [to ?? 0]);
    expect((await fixture.sync()).state).toBe("held");
    for (const userid of userids) {
      await fixture.store.keepEvent(fixture.source.id, "contacts", [user(userid)]);
      fixture.engine().nudge();
      await vi.waitUntil(
        async () =>
          (await fixture.store.openTasks()).length === 0 &&
          (await fixture.store.markedSources()).every(({ people }) => people === 0),
        { timeout: 10_000, interval: 5 },
      );
    }
    expect((await membersOf(fixture, from ?? 0)).own).toHaveLength(6);
  });

  it("somebody of whom no department is shown does not come into a source of chosen departments", async () => {
    const fixture = await startEngineFixture();
    const { corp } = fixture;
    const [chosen, other] = ["甲部", "乙部"].map((name) => corp.createDepartment({ name, parentid: 1 }));
    corp.createMember({ userid: "inside", name: "某人", department: [chosen ?? 0], status: 1 });
    corp.createMember({ userid: "single", name: "某人", department: [other ?? 0], status: 1 });
    corp.setScope({ departments: [chosen ?? 0], users: ["single"], tags: [] });
    await fixture.patchSource({ scope: { mode: "partial", departments: [chosen ?? 0] } });
    await fixture.sync();
    await hear(fixture, user("single"));
    expect(JSON.stringify(fixture.control.dump().users)).not.toContain('"single"');
  });
});

const activeOnes = ({ corp }: EngineFixture): readonly string[] =>
  corp.truth().members.flatMap(({ userid, status }) => (status === 1 ? [userid] : []));

/** One department can't be read any more. */
function breakDepartment({ corp }: EngineFixture): void {
  const department = corp.truth().departments.at(-1)?.id;
  corp.addFault({ endpoint: "user/list", department, answer: { kind: "errcode", errcode: 60011 } });
}

/** That these are gone is heard of just before a sync of everything begins, which gathers it; answers the tasks from that one on. */
async function heardBeforeWhole(fixture: EngineFixture, userids: readonly string[]): Promise<readonly TaskRow[]> {
  const { store, source } = fixture;
  await fixture.stop();
  const before = (await store.listTasks({ limit: 1000 })).items.map(({ id }) => id);
  for (const userid of userids) await store.keepEvent(source.id, "contacts", [user(userid, true)]);
  await store.queueTask({ sourceId: source.id, targetId: null, trigger: "manual", mode: "apply" });
  fixture.start();
  return settled(fixture, before);
}

describe.each(["sqlite", "postgres"] as const)("that somebody is gone, on %s", (dialect) => {
  it("is known until a look or a whole sync has settled it, whatever comes between", { timeout: 60_000 }, async () => {
    const floor = { ...defaultSafeguards, maxRemovals: { floor: 0, percent: 100, count: 500 } };
    const fixture = await start({ ...(await onDatabase(dialect)), source: { safeguards: floor } });
    const { corp } = fixture;
    const before = inactive(fixture).length;
    const left = activeOnes(fixture).slice(0, 2);
    for (const userid of left) corp.deleteMember(userid);
    // More than may go by a look, and the sync of everything that is to decide is not whole.
    breakDepartment(fixture);
    const tasks = await hear(fixture, ...left.map((userid) => user(userid, true)));
    expect(tasks.at(-1)).toMatchObject({ trigger: "callback", state: "partial" });
    expect(inactive(fixture)).toHaveLength(before);
    expect(await fixture.store.countParked(fixture.source.id)).toBe(2);
    // Nothing goes on by itself for that.
    expect(await fixture.store.markedSources()).toEqual([]);
    corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(inactive(fixture)).toHaveLength(before + 2);
    expect(await fixture.store.countParked(fixture.source.id)).toBe(0);
  });

  it("is looked at after a sync of everything gathered it, and was not whole", { timeout: 60_000 }, async () => {
    const fixture = await start(await onDatabase(dialect));
    const [userid = ""] = activeOnes(fixture);
    const before = inactive(fixture).length;
    fixture.corp.deleteMember(userid);
    breakDepartment(fixture);
    const [whole, ...looks] = await heardBeforeWhole(fixture, [userid]);
    expect(whole).toMatchObject({ trigger: "manual", state: "partial" });
    expect(looks.map(({ trigger }) => trigger)).toEqual(["callback"]);
    expect(inactive(fixture)).toHaveLength(before + 1);
    expect(await fixture.store.countParked(fixture.source.id)).toBe(0);
  });

  it("leads to a look after a sync of everything that was not whole", { timeout: 60_000 }, async () => {
    const fixture = await start(await onDatabase(dialect));
    const { corp } = fixture;
    const [userid = ""] = activeOnes(fixture);
    const before = inactive(fixture).length;
    corp.deleteMember(userid);
    breakDepartment(fixture);
    const tasks = await hear(fixture, user(userid, true), { kind: "tag", key: "1" });
    expect(tasks.map(({ state }) => state)).toEqual(expect.arrayContaining(["partial"]));
    expect(inactive(fixture)).toHaveLength(before + 1);
  });
});

describe("that many are gone", () => {
  it("leads to no sync after another while none is whole, however many may leave", { timeout: 60_000 }, async () => {
    const fixture = await start({
      corp: { shape: { members: 260, departments: 6, seed: 11, quirks: false } },
      source: { safeguards: { ...noSafeguards, maxRemovals: { floor: 1000, percent: 100, count: 1000 } } },
    });
    const { corp, store, source } = fixture;
    const left = activeOnes(fixture).slice(0, mostPeople + 1);
    expect(left).toHaveLength(mostPeople + 1);
    for (const userid of left) corp.deleteMember(userid);
    breakDepartment(fixture);
    const [whole, ...others] = await heardBeforeWhole(fixture, left);
    expect(whole).toMatchObject({ trigger: "manual", state: "partial" });
    expect(others).toEqual([]);
    expect(await store.countParked(source.id)).toBe(mostPeople + 1);
    corp.clearFaults();
    await fixture.sync();
    expect(await store.countParked(source.id)).toBe(0);
  });

  it("stays known of those of whom a sync that was whole otherwise was told nothing", { timeout: 60_000 }, async () => {
    const fixture = await start();
    const { corp, store, source } = fixture;
    const [userid = ""] = activeOnes(fixture);
    const before = inactive(fixture).length;
    corp.deleteMember(userid);
    corp.addFault({ endpoint: "user/get", userid, answer: { kind: "errcode", errcode: 60011 } });
    await heardBeforeWhole(fixture, [userid]);
    expect(inactive(fixture)).toHaveLength(before);
    expect(await store.countParked(source.id)).toBe(1);
    corp.clearFaults();
    await fixture.sync();
    expect(inactive(fixture)).toHaveLength(before + 1);
    expect(await store.countParked(source.id)).toBe(0);
  });
});
