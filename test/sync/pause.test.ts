import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { defaultSafeguards, type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

const by = { reason: "under investigation", by: "administrator" };

function ordinary({ corp }: EngineFixture): readonly string[] {
  return corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);
}

const account = ({ control }: EngineFixture, name: string) =>
  control.dump().users.find(({ resource }) => resource["externalId"] === name);

const groupsOf = (fixture: EngineFixture, name: string): readonly string[] => {
  const id = account(fixture, name)?.id;
  const { groups } = fixture.control.dump();
  const own = groups.filter(({ members }) => members.some(({ value }) => value === id));
  return own.map(({ resource }) => String(resource["externalId"])).sort();
};

async function idOf({ store }: EngineFixture, name: string): Promise<string> {
  const [id] = await store.findPeople(name);
  if (id === undefined) throw new Error("nobody is called so");
  return id;
}

async function provision(fixture: EngineFixture, resourceId: string, targetId: string | null = null): Promise<TaskRow> {
  const { task } = await fixture.store.queueTask({
    ...{ sourceId: null, targetId, trigger: "manual", mode: "apply", resourceId },
  });
  fixture.engine().nudge();
  return fixture.ended(task);
}

async function expectQuiet(fixture: EngineFixture): Promise<void> {
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null, error: null });
  expect(fixture.control.requests().total).toBe(0);
}

describe("a person who is paused", () => {
  test.each([
    ["at one target", "sqlite"],
    ["at all", "sqlite"],
    ["at one target", "postgres"],
  ] as const)("is sent nothing (%s, %s): his changes wait, those of others go on", async (where, dialect) => {
    const fixture = await startEngineFixture(await onDatabase(dialect));
    const [someone = "", other = ""] = ordinary(fixture);
    await fixture.sync();
    const [before, groups] = [account(fixture, someone), groupsOf(fixture, someone)];
    const id = await idOf(fixture, someone);
    const target = where === "at all" ? null : fixture.row.id;
    await fixture.store.pausePerson(id, target, by);
    const fresh = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    for (const userid of [someone, other]) {
      fixture.corp.patchMember(userid, { position: "新职务" });
      fixture.corp.moveMember(userid, [fresh], fresh);
    }
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(account(fixture, someone)).toEqual(before);
    expect(groupsOf(fixture, someone)).toEqual(groups);
    expect(account(fixture, other)?.resource["title"]).toBe("新职务");
    expect(groupsOf(fixture, other)).toContain(`department:${fresh}`);
    await expectQuiet(fixture);
    const links = await fixture.store.listLinks(fixture.row.id, { state: "paused", limit: 10 });
    expect(links.items).toMatchObject([{ externalId: someone, reason: "under investigation" }]);
    expect(await fixture.store.listPauses(id)).toMatchObject([{ target, ...by }]);
    // Not when he leaves either, nor by a repair.
    fixture.corp.deleteMember(someone);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    fixture.control.modify(before?.id ?? "", { displayName: "by hand" });
    await fixture.readBack({ repair: true });
    expect(account(fixture, someone)?.resource).toMatchObject({ active: true, displayName: "by hand" });
    expect(groupsOf(fixture, someone)).toEqual(groups);
    expect(await fixture.store.resumePerson(id, target)).toBe(true);
    expect(await provision(fixture, id)).toMatchObject({ state: "succeeded" });
    expect(account(fixture, someone)?.resource["active"]).toBe(false);
    expect(groupsOf(fixture, someone)).toEqual([]);
    await fixture.sync();
    await fixture.verify();
    await expectQuiet(fixture);
  });

  test("is not made before he is resumed", async () => {
    const fixture = await startEngineFixture();
    await fixture.stop();
    const [someone = ""] = ordinary(fixture);
    fixture.start();
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await fixture.sync();
    const id = await idOf(fixture, someone);
    await fixture.store.pausePerson(id, null, by);
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(account(fixture, someone)).toBeUndefined();
    await expectQuiet(fixture);
    await fixture.store.resumePerson(id, null);
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("a target that is paused", () => {
  test("is sent nothing, its tasks say so and are no failures, and what waited goes afterwards", async () => {
    const fixture = await startEngineFixture();
    const second = await fixture.addTarget();
    await fixture.sync();
    await fixture.store.pauseTarget(fixture.row.id, { reason: "maintenance", by: "administrator" });
    fixture.control.resetJournal();
    const [someone = "", leaver = ""] = ordinary(fixture);
    fixture.corp.patchMember(someone, { position: "新职务" });
    fixture.corp.deleteMember(leaver);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
    const paused = task.targets.find(({ target }) => target === fixture.row.id);
    expect(paused).toMatchObject({ state: "paused", error: { code: "target.paused" } });
    expect(paused?.error?.detail).toContain("maintenance");
    expect(await fixture.push()).toMatchObject({ targets: [{ state: "paused" }] });
    expect(fixture.control.requests().total).toBe(0);
    expect((await fixture.store.openAlerts()).size).toBe(0);
    await fixture.verify(second);
    // It may be looked at.
    expect(await fixture.readBack()).toMatchObject({ state: "succeeded" });
    fixture.control.resetJournal();
    expect(await fixture.readBack({ repair: true })).toMatchObject({ targets: [{ state: "paused" }] });
    expect(fixture.control.requests().total).toBe(0);
    await fixture.store.pauseTarget(fixture.row.id, null);
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("in the middle of a push ends it, and the rest goes once it is resumed", async () => {
    const fixture = await startEngineFixture();
    fixture.control.fault({
      match: { method: "POST", type: "User" },
      skip: 10,
      effect: { kind: "hang", commit: false },
    });
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
    });
    fixture.engine().nudge();
    await expect.poll(() => fixture.control.counts().users, { timeout: 20_000, interval: 5 }).toBeGreaterThan(5);
    await fixture.store.pauseTarget(fixture.row.id, { reason: null, by: "administrator" });
    expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", targets: [{ state: "paused" }] });
    fixture.control.clearFault();
    await fixture.store.pauseTarget(fixture.row.id, null);
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  }, 60_000);
});

describe("what was on its way when a push is ended", () => {
  const ends: Readonly<Record<string, (fixture: EngineFixture) => Promise<void>>> = {
    "the target is paused": ({ store, row }) => store.pauseTarget(row.id, { reason: null, by: "administrator" }),
    "everything is paused": async ({ store, engine }) => {
      await store.writeSettings({ paused: true });
      engine().nudge();
    },
    "the program stops": ({ stop }) => stop(),
    "other safeguards hold": ({ patchTarget }) => patchTarget({ safeguards: { ...defaultSafeguards, windowHours: 1 } }),
  };

  test.each(Object.keys(ends))("has its record and its link: %s", async (why) => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 12, departments: 2, seed: 1, quirks: false } },
    });
    const { store, control, row } = fixture;
    const order = { match: { method: "POST" }, skip: 1, effect: { kind: "delay", ms: 400 } } as const;
    control.fault(order);
    const { task } = await store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
    });
    fixture.engine().nudge();
    await expect.poll(() => control.faults()[0]?.struck ?? 0, { timeout: 20_000, interval: 2 }).toBeGreaterThan(3);
    await (ends[why] as (fixture: EngineFixture) => Promise<void>)(fixture);
    // Its lease is free again: nobody works on it.
    const lease = () => store.takeLease(`target:${row.id}`, "test", 1);
    await expect.poll(lease, { timeout: 20_000, interval: 5 }).not.toBeNull();
    const made = control.dump().users.map(({ id }) => id);
    expect(made.length).toBeGreaterThan(3);
    const links = (await store.listLinks(row.id, { limit: 100 })).items.flatMap(({ remoteId }) => remoteId ?? []);
    expect(links.sort()).toEqual(made.sort());
    const records = await fixture.records(task, { target: row.id, action: "create", status: "applied" });
    expect(records.map(({ remoteId }) => remoteId).sort()).toEqual(made);
  });
});

describe("everything paused", () => {
  test("ends what is under way at a safe point, starts nothing, and goes on afterwards", async () => {
    const fixture = await startEngineFixture();
    fixture.control.fault({
      match: { method: "POST", type: "User" },
      skip: 10,
      effect: { kind: "hang", commit: false },
    });
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
    });
    fixture.engine().nudge();
    await expect.poll(() => fixture.control.counts().users, { timeout: 20_000, interval: 5 }).toBeGreaterThan(5);
    await fixture.store.writeSettings({ paused: true });
    fixture.engine().nudge();
    // Its lease is free again: nobody works on it.
    const lease = () => fixture.store.takeLease(`target:${fixture.row.id}`, "test", 1);
    await expect.poll(lease, { timeout: 20_000, interval: 10 }).not.toBeNull();
    fixture.control.clearFault();
    // What was on its way when the pause came arrives.
    await new Promise((resolve) => setTimeout(resolve, 500));
    fixture.control.resetJournal();
    for (const mode of ["apply", "verify"] as const) {
      await fixture.store.queueTask({
        sourceId: null,
        targetId: fixture.row.id,
        trigger: "manual",
        mode,
        repair: false,
      });
    }
    const ticks = fixture.engine();
    for (let tick = 0; tick < 5; tick += 1) {
      ticks.nudge();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(fixture.control.requests().total).toBe(0);
    expect(await fixture.store.findTask(task.id)).toMatchObject({ state: "running" });
    await fixture.store.writeSettings({ paused: false });
    fixture.engine().nudge();
    expect(await fixture.ended(task)).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  }, 60_000);
});

describe("a push of one person", () => {
  test("sends what is pending of him and his memberships, and nothing of anybody else", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const [someone = "", other = ""] = ordinary(fixture);
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    const fresh = fixture.corp.createDepartment({ name: "新部门", parentid: 1 });
    for (const userid of [someone, other]) {
      fixture.corp.patchMember(userid, { position: "新职务" });
      fixture.corp.moveMember(userid, [fresh], fresh);
    }
    await fixture.sync();
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    const ofOther = [account(fixture, other), groupsOf(fixture, other)];
    const task = await provision(fixture, await idOf(fixture, someone), fixture.row.id);
    expect(task).toMatchObject({ state: "succeeded", targets: [{ target: fixture.row.id, state: "succeeded" }] });
    expect(account(fixture, someone)?.resource["title"]).toBe("新职务");
    expect(groupsOf(fixture, someone).filter((group) => group.startsWith("department:"))).toEqual([
      `department:${fresh}`,
    ]);
    expect([account(fixture, other), groupsOf(fixture, other)]).toEqual(ofOther);
    const records = await fixture.records(task);
    expect(records.find(({ resourceType }) => resourceType === "User")).toMatchObject({
      externalId: someone,
      status: "applied",
    });
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("tries again at once what failed and waits for its next try", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const [someone = ""] = ordinary(fixture);
    fixture.control.fault({ match: { method: "PATCH", type: "User" }, effect: { kind: "status", status: 400 } });
    fixture.corp.patchMember(someone, { position: "新职务" });
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    fixture.control.clearFault();
    expect(await provision(fixture, await idOf(fixture, someone))).toMatchObject({ state: "succeeded" });
    expect(account(fixture, someone)?.resource["title"]).toBe("新职务");
    await expectQuiet(fixture);
  });

  test("as the first one makes him with his groups, and leaves everybody else to be found later", async () => {
    const fixture = await startEngineFixture();
    const [someone = "", known = ""] = ordinary(fixture);
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    fixture.control.add("User", { schemas, userName: "somebody@else", externalId: known, active: true });
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await fixture.sync();
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    expect(await provision(fixture, await idOf(fixture, someone))).toMatchObject({ state: "succeeded" });
    expect(fixture.control.counts().users).toBe(2);
    expect(groupsOf(fixture, someone).length).toBeGreaterThan(0);
    // Who was listed at the first contact is still adopted.
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});
