import { describe, expect, test } from "vitest";
import type { Fault, FaultAnswer } from "../../src/simulator/wecom/faults.ts";
import type { RawMember } from "../../src/simulator/wecom/model.ts";
import type { Source } from "../../src/source/source.ts";
import { makeWecomSource } from "../../src/source/wecom/wecom-source.ts";
import { FakeClock } from "../source/wecom/fake-clock.ts";
import {
  defaultSafeguards,
  type EngineFixture,
  type EngineFixtureOptions,
  noSafeguards,
  startEngineFixture,
} from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { picture } from "../support/who-is-where.ts";

// With the contacts secret its list of all ids says who exists; what the app sees says only what is known of them.

const start = (options: EngineFixtureOptions = {}) => startEngineFixture({ contacts: true, ...options });

/** A department below the root with people, its subtree, and who is in it and who is not. */
function split({ corp }: EngineFixture) {
  const { departments, members } = corp.truth();
  const below = (top: number): ReadonlySet<number> => {
    const reached = new Set([top]);
    for (const id of reached) for (const one of departments) if (one.parentid === id) reached.add(one.id);
    return reached;
  };
  for (const { id } of departments) {
    const inside = below(id);
    const isIn = ({ department }: RawMember): boolean => department.some((one) => inside.has(one));
    const [seen, hidden] = [members.filter(isIn), members.filter((member) => !isIn(member))];
    if (id !== 1 && seen.length > 5 && hidden.length > 15) {
      return { id, seen, hidden, departments: departments.filter((one) => !inside.has(one.id)).map((one) => one.id) };
    }
  }
  throw new Error("no such department");
}

const narrow = (id: number) => ({ departments: [id], users: [], tags: [] });
const wholeCorp = { departments: [1], users: [], tags: [] };
const active = ({ status }: RawMember): boolean => status === 1;

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  test("a scope that shrank takes nobody away: they are out of sight, counted and named", async () => {
    const fixture = await start(await onDatabase(dialect));
    expect(await fixture.sync()).toMatchObject({
      state: "succeeded",
      counts: { users: { outOfSight: 0 }, groups: { outOfSight: 0 } },
    });
    const before = picture(fixture);
    const { id, hidden, departments } = split(fixture);
    fixture.corp.setScope(narrow(id));
    for (let time = 1; time <= 2; time += 1) {
      fixture.control.resetJournal();
      const task = await fixture.sync();
      expect(task).toMatchObject({ state: "partial", hold: null, error: { code: "source.out-of-sight" } });
      expect(task.counts.users).toMatchObject({ outOfSight: hidden.length, deactivated: 0, deleted: 0, failed: 0 });
      expect(task.counts.groups).toMatchObject({ outOfSight: departments.length, deleted: 0, failed: 0 });
      expect(task.error?.detail).toContain(`${hidden.length} people and ${departments.length} departments`);
      expect(task.error?.detail).toContain("可见范围");
      expect(task.error?.detail).toContain("see less than at the last complete read: department 1");
      expect(picture(fixture)).toEqual(before);
    }
    fixture.corp.setScope(wholeCorp);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { outOfSight: 0 } } });
    expect(picture(fixture)).toEqual(before);
    await fixture.verify();
  });

  test("who left departs, with the evidence, in sight or out of it, and nobody else", async () => {
    const fixture = await start(await onDatabase(dialect));
    await fixture.sync();
    const { id, seen, hidden } = split(fixture);
    const leavers = [seen.find(active), hidden.find(active)].map((member) => member?.userid ?? "");
    for (const userid of leavers) fixture.corp.deleteMember(userid);
    const before = picture(fixture);
    fixture.corp.setScope(narrow(id));
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "source.out-of-sight" } });
    expect(task.counts.users).toMatchObject({ outOfSight: hidden.length - 1, deactivated: 2 });
    const records = await fixture.records(task, { action: "deactivate", target: null });
    expect(records.map(({ externalId }) => externalId).sort()).toEqual([...leavers].sort());
    for (const { because } of records) expect(because).toContain("the id list of the contacts secret has him no more");
    const gone = new Set(leavers);
    expect(picture(fixture)).toEqual({
      active: before.active.filter((userid) => !gone.has(userid)),
      memberships: before.memberships.filter((text) => !gone.has(text.split(" has ")[1] ?? "")),
    });
    fixture.corp.setScope(wholeCorp);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("a department that was deleted goes although the scope shrank; one that is out of sight stays", async () => {
    const fixture = await start({ ...(await onDatabase(dialect)), source: { safeguards: noSafeguards } });
    const made = fixture.corp.createDepartment({ name: "短命", parentid: 1 });
    await fixture.sync();
    const { id } = split(fixture);
    fixture.corp.deleteDepartment(made);
    fixture.corp.setScope(narrow(id));
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "source.out-of-sight" } });
    const records = await fixture.records(task, { action: "delete", target: null });
    expect(records).toMatchObject([{ externalId: `department:${made}` }]);
    expect(records[0]?.because).toContain("the id list of the contacts secret has it no more");
  });

  test("a narrower scope set by an administrator means departure, with the list's word for it", async () => {
    const unguarded = { source: { safeguards: noSafeguards }, targetSettings: { safeguards: noSafeguards } };
    const fixture = await start({ ...(await onDatabase(dialect)), ...unguarded });
    await fixture.sync();
    const { id, seen, hidden } = split(fixture);
    fixture.corp.setScope(narrow(id));
    expect(await fixture.sync()).toMatchObject({ error: { code: "source.out-of-sight" } });
    await fixture.patchSource({ scope: { mode: "partial", departments: [id] } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null, counts: { users: { outOfSight: 0 } } });
    const records = await fixture.records(task, { action: "deactivate", target: null });
    expect(records).toHaveLength(hidden.length);
    for (const { because } of records) expect(because).toContain("in none of the departments chosen");
    expect(picture(fixture).active).toEqual(
      seen
        .filter(active)
        .map(({ userid }) => userid)
        .sort(),
    );
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  });
});

test("more leavers than the safeguards allow are held, whatever the list says", async () => {
  const fixture = await start({ source: { safeguards: defaultSafeguards } });
  await fixture.sync();
  for (const { userid } of fixture.corp.truth().members.slice(0, 20)) fixture.corp.deleteMember(userid);
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "held" });
});

test("who left departs although WeCom only says of him that the app has no right to him", async () => {
  const fixture = await start({ corp: { settings: { outOfScopeMember: 60011 } } });
  await fixture.sync();
  const leaver = fixture.corp.truth().members.find(active)?.userid ?? "";
  fixture.corp.deleteMember(leaver);
  fixture.corp.addFault({ endpoint: "user/get", userid: leaver, answer: { kind: "errcode", errcode: 60011 } });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { deactivated: 1 } } });
});

test("who is out of sight is not asked for by himself each time; who should have been seen is", async () => {
  const fixture = await start();
  const { corp } = fixture;
  await fixture.sync();
  const { id } = split(fixture);
  const moving = split(fixture).hidden.find(({ department }) => department.length === 1)?.userid ?? "";
  corp.setScope(narrow(id));
  for (let time = 1; time <= 2; time += 1) {
    corp.resetRequests();
    expect(await fixture.sync()).toMatchObject({ error: { code: "source.out-of-sight" } });
    expect(corp.requests()["user/get"] ?? 0).toBe(0);
  }
  // He comes into a department that the app sees, and its members are answered as they were before.
  const { outOfSight = 0 } = (await fixture.sync()).counts.users;
  corp.addFault({ endpoint: "user/list", department: id, answer: { kind: "empty" }, times: 1 });
  corp.moveMember(moving, [id]);
  const task = await fixture.sync();
  expect(task.counts.users).toMatchObject({ outOfSight: outOfSight - 1, deactivated: 0 });
  expect(corp.requests()["user/get"]).toBeGreaterThan(0);
});

test("what is held of both kinds is applied as it was shown, and who is out of sight stays counted", async () => {
  const fixture = await start();
  await fixture.sync();
  const { id, hidden } = split(fixture);
  const leavers = hidden.filter(active).slice(0, 9);
  for (const { userid } of leavers) fixture.corp.deleteMember(userid);
  fixture.corp.setScope(narrow(id));
  const held = await fixture.sync();
  const outOfSight = hidden.length - leavers.length;
  expect(held).toMatchObject({ state: "held", hold: { removals: { users: leavers.length } } });
  expect(held.counts.users).toMatchObject({ outOfSight, deactivated: 0 });
  expect(held.error).toMatchObject({ code: "source.out-of-sight" });
  const applied = await fixture.approve(held);
  expect(applied.counts.users).toMatchObject({ outOfSight, deactivated: leavers.length });
  expect(applied.error).toMatchObject({ code: "source.out-of-sight" });
});

test("a whole read counts as one although somebody is out of its sight", async () => {
  const fixture = await start();
  await fixture.sync();
  const syncedAt = async () => (await fixture.store.findSource(fixture.source.id))?.syncedAt ?? 0;
  const first = await syncedAt();
  fixture.corp.setScope(narrow(split(fixture).id));
  fixture.advance(60_000);
  expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "source.out-of-sight" } });
  const second = await syncedAt();
  expect(second).toBeGreaterThan(first);
  fixture.corp.addFault({ endpoint: "user/list_id", answer: { kind: "empty" } });
  fixture.advance(60_000);
  expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "wecom.id-list-empty" } });
  expect(await syncedAt()).toBe(second);
});

test("a department that cannot be read: nobody leaves, and the list is not asked for", async () => {
  const fixture = await start();
  await fixture.sync();
  const { id } = split(fixture);
  fixture.corp.deleteMember(split(fixture).hidden.find(active)?.userid ?? "");
  fixture.corp.addFault({ endpoint: "user/list", department: id, answer: { kind: "errcode", errcode: -1 } });
  fixture.corp.resetRequests();
  expect(await fixture.sync()).toMatchObject({
    state: "partial",
    error: { code: "wecom.department-unreadable" },
    counts: { users: { deactivated: 0 } },
  });
  expect(fixture.corp.requests()).not.toHaveProperty(["user/list_id"]);
});

describe("a list of ids that is of no use", () => {
  const error = (errcode: number): FaultAnswer => ({ kind: "errcode", errcode });
  const list = (answer: FaultAnswer, after = 0): Fault => ({ endpoint: "user/list_id", answer, after });
  const tree = (answer: FaultAnswer): Fault => ({ endpoint: "department/simplelist", answer });
  const unreadable = "wecom.id-list-unreadable";
  const disagrees = "source.id-list-disagrees";
  const cases: readonly [string, Fault, string, string][] = [
    ["is refused to this address", list(error(60020)), unreadable, "127.0.0.1"],
    ["is refused to this secret", list(error(48002)), unreadable, "通讯录同步"],
    ["stays busy", list(error(-1)), unreadable, "busy"],
    ["is refused with an errcode that nobody knows", list(error(7777777)), unreadable, "7777777"],
    ["is a web page", list({ kind: "html" }), unreadable, "HTML"],
    ["breaks off", list({ kind: "truncated" }), unreadable, "could not be reached"],
    ["is interrupted between two pages", list(error(-1), 2), unreadable, "busy"],
    ["is empty", list({ kind: "empty" }), "wecom.id-list-empty", "userids"],
    [
      "is shorter than what the app sees",
      list({ kind: "short" }),
      disagrees,
      "What the app sees is not in the id list",
    ],
    ["has no departments", tree({ kind: "empty" }), "wecom.id-list-empty", "departments"],
    ["has fewer departments than the app sees", tree({ kind: "short" }), disagrees, "department"],
    ["is refused its departments", tree(error(48009)), unreadable, "48009"],
    ["is without a token", { endpoint: "*", answer: error(40014) }, unreadable, "not the Secret of an app"],
  ];

  test.each(cases)("since it %s: partial, nobody leaves, what was read arrives", async (_, fault, code, words) => {
    const fixture = await start({ corp: { settings: { idListRows: 20 } } });
    await fixture.sync();
    const before = picture(fixture);
    const { members } = fixture.corp.truth();
    const leaders = new Set(members.flatMap(({ direct_leader }) => direct_leader));
    const [leaver, other] = members.filter((member) => active(member) && !leaders.has(member.userid));
    fixture.corp.deleteMember(leaver?.userid ?? "");
    fixture.corp.patchMember(other?.userid ?? "", { position: "arrived all the same" });
    fixture.corp.addFault({ credential: "contacts", ...fault });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", hold: null, error: { code } });
    expect(task.error?.detail.toLowerCase()).toContain(words.toLowerCase());
    expect(task.error?.detail).toContain("nothing is removed");
    expect(task.counts.users).toMatchObject({ deactivated: 0, deleted: 0, updated: 1 });
    expect(task.counts.users).not.toHaveProperty("outOfSight");
    expect(picture(fixture)).toEqual(before);
    expect(fixture.logLines.join("\n")).not.toContain(fixture.wecom.contactsSecret);

    fixture.corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { deactivated: 1 } } });
    await fixture.verify();
  });
});

test("a list that leaves out who is not active is no contradiction, and takes nobody who is out of sight", async () => {
  const fixture = await start({ corp: { settings: { inactiveListed: false } } });
  const idle = fixture.corp.truth().members.filter(active)[3]?.userid ?? "";
  fixture.corp.patchMember(idle, { status: 4 });
  await fixture.sync();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  const { id, hidden } = split(fixture);
  const before = picture(fixture);
  fixture.corp.setScope(narrow(id));
  // Somebody in sight is not active either, so that the list is seen to leave people out.
  fixture.corp.patchMember(split(fixture).seen.find(active)?.userid ?? "", { status: 4 });
  fixture.corp.deleteMember(hidden.find(active)?.userid ?? "");
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "partial", counts: { users: { deleted: 0 } } });
  expect(task.error?.detail).toContain("leaves out people who are not active, so nobody is removed");
  expect(picture(fixture).active.length).toBe(before.active.length - 1);
  expect(await fixture.records(task, { target: null, q: hidden.find(active)?.userid ?? "" })).toEqual([]);
});

test("a list that leaves out everybody who is out of sight, as not active, takes none of them", async () => {
  const fixture = await start({ corp: { settings: { inactiveListed: false } }, source: { safeguards: noSafeguards } });
  const { corp } = fixture;
  const [seen, far] = ["可见", "远"].map((name) => corp.createDepartment({ name, parentid: 1 }));
  corp.createMember({ userid: "idle.seen", name: "甲", department: [seen ?? 0], status: 4 });
  corp.createMember({ userid: "idle.far", name: "乙", department: [far ?? 0], status: 4 });
  const tag = corp.createTag({ tagname: "可见标签" });
  corp.changeTagMembers(tag, { addUsers: ["idle.far", "idle.seen"] });
  // He is granted one by one, so that no department goes out of sight with him.
  corp.setScope({ departments: [seen ?? 0], users: ["idle.far"], tags: [] });
  await fixture.sync();
  const before = picture(fixture);
  expect(before.memberships).toContain(`tag:${tag} has idle.far`);
  corp.setScope(narrow(seen ?? 0));
  expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "source.visibility-shrunken" } });
  expect(picture(fixture)).toEqual(before);
});

describe("while the list is read", () => {
  /** The corp's own source, with something that happens just before the list of ids is read. */
  function meanwhile(happens: (fixture: EngineFixture) => void) {
    const held: { fixture?: EngineFixture; armed: boolean } = { armed: false };
    const openSource = (): Source => {
      const { fixture } = held;
      if (!fixture) throw new Error("not yet");
      const { corpId, agentId, appSecret: corpSecret, contactsSecret, url: apiBaseUrl } = fixture.wecom;
      const source = makeWecomSource({
        corpId,
        agentId,
        corpSecret,
        contactsSecret,
        apiBaseUrl,
        clock: new FakeClock(),
      });
      const { idList } = source;
      if (!idList) throw new Error("no list");
      return {
        ...source,
        idList: {
          ...idList,
          read(options) {
            if (held.armed) happens(fixture);
            held.armed = false;
            return idList.read(options);
          },
        },
      };
    };
    return { held, openSource };
  }

  test("somebody who leaves just then is still there, and departs with the next sync", async () => {
    let leaver = "";
    const { held, openSource } = meanwhile(({ corp }) => corp.deleteMember(leaver));
    const fixture = await start({ openSource });
    held.fixture = fixture;
    await fixture.sync();
    leaver = fixture.corp.truth().members.find(active)?.userid ?? "";
    held.armed = true;
    expect(await fixture.sync()).toMatchObject({
      state: "succeeded",
      error: null,
      counts: { users: { deactivated: 0 } },
    });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { deactivated: 1 } } });
    await fixture.verify();
  });

  test("somebody whom a shifted page loses is found when it is read once more", async () => {
    let lost: string | null = null;
    let reads = 0;
    const { held, openSource } = meanwhile(() => {});
    const losing = (): Source => {
      const source = openSource();
      const { idList } = source;
      if (!idList) throw new Error("no list");
      return {
        ...source,
        idList: {
          ...idList,
          async *read(options) {
            reads += 1;
            for await (const event of idList.read(options)) {
              const hides = reads === 1 && event.type === "users";
              yield hides ? { ...event, entries: event.entries.filter(({ key }) => key !== lost) } : event;
            }
          },
        },
      };
    };
    const fixture = await start({ openSource: losing });
    held.fixture = fixture;
    await fixture.sync();
    const { id, hidden } = split(fixture);
    fixture.corp.setScope(narrow(id));
    lost = hidden.find(active)?.userid.toLowerCase() ?? null;
    reads = 0;
    expect(await fixture.sync()).toMatchObject({ counts: { users: { outOfSight: hidden.length, deactivated: 0 } } });
    expect(reads).toBe(2);
  });

  test("somebody who joins just then comes with the next sync, and a department that goes then goes then", async () => {
    let made = 0;
    const { held, openSource } = meanwhile(({ corp }) => {
      corp.createMember({ userid: "just.now", name: "新人", department: [1] });
      corp.deleteDepartment(made);
    });
    const fixture = await start({ openSource });
    held.fixture = fixture;
    made = fixture.corp.createDepartment({ name: "短命", parentid: 1 });
    await fixture.sync();
    held.armed = true;
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null, counts: { groups: { deleted: 0 } } });
    expect(await fixture.sync()).toMatchObject({
      state: "succeeded",
      counts: { users: { created: 1, deactivated: 0 }, groups: { deleted: 1 } },
    });
    await fixture.verify();
  });
});

test("who is moved out of the app's sight keeps his departments and tags, and so do those who stay", async () => {
  const fixture = await start({ source: { safeguards: noSafeguards } });
  const { corp } = fixture;
  const seen = corp.createDepartment({ name: "可见", parentid: 1 });
  const moved = corp.createDepartment({ name: "移走", parentid: seen });
  const elsewhere = corp.createDepartment({ name: "别处", parentid: 1 });
  corp.createMember({ userid: "both", name: "两处", department: [seen, moved], status: 1 });
  corp.createMember({ userid: "moved", name: "移走的人", department: [moved], status: 1 });
  const tag = corp.createTag({ tagname: "可见标签" });
  corp.changeTagMembers(tag, { addUsers: ["moved", "both"] });
  corp.setScope(narrow(seen));
  await fixture.sync();
  const before = picture(fixture);
  expect(before.memberships).toContain(`tag:${tag} has moved`);
  corp.patchDepartment(moved, { parentid: elsewhere });
  for (let time = 1; time <= 2; time += 1) {
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "source.out-of-sight" } });
    expect(task.counts).toMatchObject({ users: { outOfSight: 1 }, groups: { outOfSight: 1 } });
    expect(picture(fixture).active).toEqual(before.active);
    expect(picture(fixture).memberships).toContain(`tag:${tag} has moved`);
    expect(picture(fixture).memberships).toContain(`department:${moved} has both`);
  }
});

test("the structure alone asks for no list of people, and takes no department that is out of sight", async () => {
  const fixture = await start({ source: { sync: { automatic: true, users: false, intervalHours: 1 } } });
  await fixture.sync();
  const { id, departments } = split(fixture);
  fixture.corp.setScope(narrow(id));
  fixture.corp.resetRequests();
  const task = await fixture.sync({ trigger: "schedule" });
  expect(task).toMatchObject({ state: "partial", error: { code: "source.out-of-sight" } });
  expect(task.counts.groups).toMatchObject({ outOfSight: departments.length, deleted: 0 });
  expect(fixture.corp.requests()).not.toHaveProperty(["user/list_id"]);
});

test("a whole read asks once for the list, and once more only where somebody is not in it", async () => {
  const fixture = await start();
  await fixture.sync();
  fixture.corp.resetRequests();
  await fixture.sync();
  expect(fixture.corp.requests()).toMatchObject({ "user/list_id": 1, "department/simplelist": 1 });
  fixture.corp.deleteMember(fixture.corp.truth().members.find(active)?.userid ?? "");
  fixture.corp.resetRequests();
  await fixture.sync();
  expect(fixture.corp.requests()).toMatchObject({ "user/list_id": 2 });
  // Who has departed is no reason any more.
  fixture.corp.resetRequests();
  await fixture.sync();
  expect(fixture.corp.requests()).toMatchObject({ "user/list_id": 1 });
});

test("who was not active when he was last seen, and is in neither, is not taken for gone with what went out of sight", async () => {
  const fixture = await start({ corp: { settings: { inactiveListed: false } }, source: { safeguards: noSafeguards } });
  const { corp } = fixture;
  const [seen, far] = ["可见", "远"].map((name) => corp.createDepartment({ name, parentid: 1 }));
  corp.createMember({ userid: "ann.seen", name: "甲", department: [seen ?? 0], status: 1 });
  corp.createMember({ userid: "idle.far", name: "乙", department: [far ?? 0], status: 4 });
  corp.setScope({ departments: [seen ?? 0, far ?? 0], users: [], tags: [] });
  await fixture.sync();
  const before = picture(fixture);
  expect(before.memberships.some((text) => text.endsWith("has idle.far"))).toBe(true);
  corp.setScope(narrow(seen ?? 0));
  const task = await fixture.sync();
  expect(task.counts.users).toMatchObject({ deactivated: 0, deleted: 0 });
  expect(picture(fixture)).toEqual(before);
});

test("a list that does not name whom nothing can be learnt of either is no evidence", async () => {
  const fixture = await start({ source: { safeguards: noSafeguards } });
  await fixture.sync();
  const before = picture(fixture);
  const { id } = split(fixture);
  fixture.corp.setScope(narrow(id));
  fixture.corp.addFault({ endpoint: "user/list_id", answer: { kind: "short" } });
  fixture.corp.addFault({ endpoint: "user/get", answer: { kind: "errcode", errcode: 60011 } });
  const task = await fixture.sync();
  expect(task.counts.users).toMatchObject({ deactivated: 0, deleted: 0 });
  expect(picture(fixture).active).toEqual(before.active);
});
