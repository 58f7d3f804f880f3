import { describe, expect, test } from "vitest";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

// Edits of a mapping that are taken back, cut off or held, while people come and go: afterwards everything is as if
// only the last mapping had ever been.

const unguarded = { source: { safeguards: noSafeguards }, targetSettings: { safeguards: noSafeguards } };

/** Takes rules for departments away and answers how to give them back. */
function withoutDepartments(fixture: EngineFixture): () => void {
  let rules: unknown;
  fixture.edit((mapping) => {
    rules = mapping.department;
    delete mapping.department;
    delete mapping.tests;
  });
  return () =>
    fixture.edit((mapping) => {
      mapping.department = rules;
    });
}

/** Cancels the next task at the moment in which everything is applied and nothing is noted yet. */
function cancelBeforeMarks(fixture: EngineFixture): void {
  const store = fixture.store as { applyMarks: EngineFixture["store"]["applyMarks"] };
  const { applyMarks } = store;
  store.applyMarks = async (lease, id) => {
    store.applyMarks = applyMarks;
    await fixture.store.cancelTask(id);
    return applyMarks(lease, id);
  };
}

const typesOf = (fixture: EngineFixture) =>
  fixture.control.dump().users.map(({ resource }) => resource["userType"] ?? null);
const namesOfGroups = (fixture: EngineFixture) =>
  fixture.control.dump().groups.map(({ resource }) => String(resource["externalId"]));

describe("rules for departments that are taken away and given back", () => {
  test("with a sync of the structure alone between: everybody is in his departments again", async () => {
    const sync = { automatic: true, users: false, intervalHours: 1 };
    const fixture = await startEngineFixture({ ...unguarded, source: { safeguards: noSafeguards, sync } });
    await fixture.sync();
    const before = fixture.control.counts();
    const giveBack = withoutDepartments(fixture);
    await fixture.sync({ trigger: "schedule" });
    expect(fixture.control.counts().memberships).toBeLessThan(before.memberships);
    giveBack();
    await fixture.sync({ trigger: "schedule" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.counts()).toEqual(before);
    await fixture.verify();
  });

  test("by a sync that somebody cancels at its end: everybody is in his departments again", async () => {
    const fixture = await startEngineFixture(unguarded);
    await fixture.sync();
    const before = fixture.control.counts();
    const giveBack = withoutDepartments(fixture);
    cancelBeforeMarks(fixture);
    await fixture.stop();
    fixture.start();
    expect(await fixture.sync()).toMatchObject({ state: "cancelled" });
    giveBack();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.counts()).toEqual(before);
    await fixture.verify();
  });

  test("their members alone, by a sync that is cancelled at its end: everybody is in again", async () => {
    const fixture = await startEngineFixture(unguarded);
    await fixture.sync();
    const before = fixture.control.counts();
    const members = (users: string) =>
      fixture.edit((mapping) => {
        mapping.department.members = { users, groups: "children" };
      });
    members("none");
    cancelBeforeMarks(fixture);
    await fixture.stop();
    fixture.start();
    expect(await fixture.sync()).toMatchObject({ state: "cancelled" });
    members("direct");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.counts()).toEqual(before);
    await fixture.verify();
  });

  test("leave the records of departments, so that nobody loses what he has from them, and no sync finds work", async () => {
    const fixture = await startEngineFixture(unguarded);
    fixture.corp.createTag({ tagid: 999, tagname: "核心" });
    fixture.corp.changeTagMembers(999, { addDepartments: [fixture.corp.truth().departments.at(-1)?.id ?? 0] });
    await fixture.sync();
    const departments = () =>
      fixture.control
        .dump()
        .users.map(({ resource }) =>
          JSON.stringify(resource["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]),
        );
    const before = departments();
    withoutDepartments(fixture);
    await fixture.sync();
    for (let time = 0; time < 2; time += 1) {
      fixture.control.resetJournal();
      const task = await fixture.sync();
      expect(task).toMatchObject({ state: "succeeded" });
      expect(await fixture.records(task)).toEqual([]);
      expect(fixture.control.requests().total).toBe(0);
    }
    expect(departments()).toEqual(before);
    const source = fixture.source.id;
    expect((await fixture.store.listSourceRecords(source, "department", 0, 100)).length).toBeGreaterThan(5);
  });
});

test("tags that cannot be read just after their rules were taken away are what they were last", async () => {
  const fixture = await startEngineFixture(unguarded);
  fixture.corp.createTag({ tagid: 999, tagname: "核心" });
  fixture.corp.changeTagMembers(999, { addUsers: fixture.corp.truth().members.map(({ userid }) => userid) });
  fixture.edit((mapping) => {
    mapping.user.userType = { expr: 'tags.exists(t, t.name == "核心") ? "core" : ""' };
    delete mapping.tests;
  });
  await fixture.sync();
  expect(new Set(typesOf(fixture))).toEqual(new Set(["core"]));
  fixture.edit((mapping) => {
    delete mapping.tag;
  });
  await fixture.sync();
  fixture.corp.addFault({ endpoint: "tag/list", answer: { kind: "errcode", errcode: 48002 } });
  fixture.corp.patchMember(fixture.corp.truth().members[0]?.userid ?? "", { position: "changed" });
  expect(await fixture.sync()).toMatchObject({ state: "partial", counts: { users: { updated: 1 } } });
  expect(new Set(typesOf(fixture))).toEqual(new Set(["core"]));
});

describe("what is held and then approved is applied whole", () => {
  const rename = (fixture: EngineFixture) =>
    fixture.edit((mapping) => {
      mapping.department.externalId = { template: "dept-{id}" };
      delete mapping.tests;
    });

  test("though somebody left a renamed group in the same task", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    rename(fixture);
    fixture.corp.deleteMember(fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "");
    const held = await fixture.sync();
    expect(held.state).toBe("held");
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(await fixture.records(held, { status: "skipped" })).toEqual([]);
    expect(namesOfGroups(fixture).filter((name) => name.startsWith("department:"))).toEqual([]);
  });

  test("though a renamed group would lose more members than allowed", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 200, departments: 12, seed: 1, quirks: false } },
    });
    await fixture.sync();
    const { members, departments } = fixture.corp.truth();
    const of = (id: number) => members.filter(({ department }) => department.includes(id));
    const [big, other] = departments.filter(({ id }) => id !== 1).sort((a, b) => of(b.id).length - of(a.id).length);
    for (const { userid } of of(big?.id ?? 0)) {
      fixture.corp.patchMember(userid, { department: [other?.id ?? 1], main_department: other?.id ?? 1 });
    }
    rename(fixture);
    const held = await fixture.sync();
    expect(held.hold).toMatchObject({ identities: { groups: 12 } });
    expect(held.hold?.removals.members).toBeGreaterThan(20);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(await fixture.records(held, { status: "skipped" })).toEqual([]);
    expect(namesOfGroups(fixture).filter((name) => name.startsWith("department:"))).toEqual([]);
  });

  test("groups that the mapping makes no longer, though somebody left one meanwhile", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    withoutDepartments(fixture);
    expect(await fixture.sync()).toMatchObject({ state: "held" });
    fixture.corp.deleteMember(fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "");
    const held = await fixture.sync();
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(namesOfGroups(fixture).filter((name) => name.startsWith("department:"))).toEqual([]);
    expect(fixture.control.violations()).toEqual([]);
  });
});

describe("the safeguard of identities", () => {
  const rename = (fixture: EngineFixture, people: readonly string[]) =>
    fixture.edit((mapping) => {
      mapping.user.userName = {
        expr: `member.userid in ${JSON.stringify(people)} ? member.userid + ".n" : member.userid`,
      };
      delete mapping.tests;
    });

  test("counts all steps of a window against all people", async () => {
    const maxRemovals = { floor: 0, percent: 50, count: 500 };
    const safeguards = { maxRemovals, maxMemberRemovals: { floor: 20, percent: 50 }, windowHours: 24 };
    const fixture = await startEngineFixture({ source: { safeguards }, targetSettings: { safeguards: noSafeguards } });
    await fixture.sync();
    const people = fixture.corp.truth().members.map(({ userid }) => userid);
    rename(fixture, people.slice(0, 30));
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 30 } } });
    rename(fixture, people.slice(0, 31));
    expect(await fixture.sync()).toMatchObject({ state: "held", hold: { identities: { users: 1 } } });
  });

  test("counts those whom an edit renames and those whom it switches off together", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 200, departments: 12, seed: 1, quirks: false } },
      targetSettings: { safeguards: noSafeguards },
    });
    await fixture.sync();
    const people = fixture.corp
      .truth()
      .members.filter(({ status }) => status === 1)
      .map(({ userid }) => userid);
    rename(fixture, people.slice(0, 19));
    fixture.edit((mapping) => {
      mapping.user.active.expr = `!(member.userid in ${JSON.stringify(people.slice(20, 39))}) && (${mapping.user.active.expr})`;
    });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { identities: { users: 38 }, removals: { users: 0 } } });
    expect(held.counts.users).toMatchObject({ updated: 0, deactivated: 0 });
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    const off = fixture.control.dump().users.filter(({ resource }) => resource["active"] === false);
    expect(off.map(({ resource }) => resource["externalId"])).toEqual(expect.arrayContaining(people.slice(20, 39)));
  });
});
