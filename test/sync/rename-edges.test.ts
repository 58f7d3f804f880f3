import { describe, expect, it } from "vitest";
import type { RawMember } from "../../src/simulator/wecom/model.ts";
import type { EventSubject } from "../../src/source/source.ts";
import type { ListedIdentityCase, TaskRow } from "../../src/store/store.ts";
import { resourceRequests } from "../support/e2e-compare.ts";
import {
  defaultSafeguards,
  type EngineFixture,
  type EngineFixtureOptions,
  startEngineFixture,
} from "../support/engine.ts";

// What else may happen while people's keys change.

const asking = { sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: true } } } as const;

async function start(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture({ ...options, source: { ...asking, ...options.source } });
  expect((await fixture.sync()).state).toBe("succeeded");
  return fixture;
}

const active = ({ corp }: EngineFixture) =>
  corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);

const accountOf = ({ control }: EngineFixture, userid: string) =>
  control.dump().users.find(({ resource }) => resource["externalId"] === userid);

const cases = async ({ store }: EngineFixture, state?: ListedIdentityCase["state"]) =>
  (await store.listIdentityCases({ limit: 1000, ...(state && { state }) })).items;

async function tell({ store, source }: EngineFixture, from: string, to: string): Promise<void> {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  const subjects: readonly EventSubject[] = [
    { kind: "user", key: a, isGone: true },
    { kind: "user", key: b },
  ];
  await store.keepEvent(source.id, "contacts", subjects, { from: a, to: b });
}

async function settled({ store, engine }: EngineFixture): Promise<readonly TaskRow[]> {
  const before = (await store.listTasks({ limit: 1000 })).items.map(({ id }) => id);
  engine().nudge();
  for (;;) {
    const open = (await store.openTasks()).length + (await store.markedSources()).length;
    if (open === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { items } = await store.listTasks({ limit: 1000 });
  return items.filter(({ id }) => !before.includes(id)).reverse();
}

describe("a changed userid", () => {
  it("that differs in its case alone is the same key: an update of the names", async () => {
    const fixture = await start();
    const userid = active(fixture).find((one) => /[a-z]/i.test(one)) ?? "";
    const account = accountOf(fixture, userid);
    const to = userid === userid.toUpperCase() ? userid.toLowerCase() : userid.toUpperCase();
    fixture.corp.renameUserid(userid, to);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 1, created: 0 } } });
    expect(accountOf(fixture, to)).toMatchObject({ id: account?.id, resource: { userName: to } });
    expect(await cases(fixture)).toEqual([]);
    await fixture.verify();
  });

  it("is followed to its end where it changed twice, and the events came the other way round", async () => {
    const fixture = await start();
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    await fixture.stop();
    fixture.corp.renameUserid(userid, "step.one");
    fixture.corp.renameUserid("step.one", "step.two");
    await tell(fixture, "step.one", "step.two");
    await tell(fixture, userid, "step.one");
    fixture.start();
    await settled(fixture);
    expect(accountOf(fixture, "step.two")).toMatchObject({ id: account?.id, resource: { active: true } });
    expect(fixture.control.dump().users).toHaveLength(60);
    await fixture.verify();
    expect(await fixture.store.toldRenames(fixture.source.id)).toEqual([]);
  });

  it("waits for the event that belongs before it: nobody new is made", async () => {
    const fixture = await start();
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "step.one");
    fixture.corp.renameUserid("step.one", "step.two");
    await tell(fixture, "step.one", "step.two");
    const [first] = await settled(fixture);
    expect(first?.counts.users).toMatchObject({ created: 0 });
    // The sync of everything in between has asked, and is answered by the event.
    expect(await cases(fixture, "open")).toHaveLength(1);
    await tell(fixture, userid, "step.one");
    await fixture.sync();
    expect(await cases(fixture, "open")).toEqual([]);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, "step.two")).toMatchObject({ id: account?.id, resource: { active: true } });
    expect(fixture.control.dump().users).toHaveLength(60);
    await fixture.verify();
  });

  it("goes to whoever takes the one that another leaves: each keeps his account", async () => {
    const fixture = await start();
    const [first = "", second = ""] = active(fixture);
    const [one, two] = [accountOf(fixture, first), accountOf(fixture, second)];
    await fixture.stop();
    fixture.corp.renameUserid(second, "free.one");
    fixture.corp.renameUserid(first, second);
    await tell(fixture, first, second);
    await tell(fixture, second, "free.one");
    fixture.start();
    await settled(fixture);
    await fixture.sync();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    fixture.advance(86_400_000);
    await fixture.push();
    expect(accountOf(fixture, "free.one")).toMatchObject({ id: two?.id, resource: { active: true } });
    expect(accountOf(fixture, second)).toMatchObject({ id: one?.id, resource: { active: true } });
    await fixture.verify();
  });

  it("that two people exchanged is not followed, and nobody gets what is the other's until it is answered", async () => {
    const fixture = await start();
    const [first = "", second = ""] = active(fixture);
    const [one, two] = [accountOf(fixture, first), accountOf(fixture, second)];
    await fixture.stop();
    fixture.corp.renameUserid(first, "between");
    fixture.corp.renameUserid(second, first);
    fixture.corp.renameUserid("between", second);
    await tell(fixture, first, second);
    await tell(fixture, second, first);
    fixture.start();
    await settled(fixture);
    await fixture.sync();
    expect(new Set((await cases(fixture, "open")).map(({ kind }) => kind))).toEqual(new Set(["exchange"]));
    expect(accountOf(fixture, first)).toEqual(one);
    expect(accountOf(fixture, second)).toEqual(two);
    for (const { id } of await cases(fixture, "open")) await fixture.store.decideIdentityCase(id, "declined", "admin");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, first)?.id).toBe(one?.id);
    await fixture.verify();
  });

  it.each(["accepted", "declined"] as const)("whose event came after a sync is a question: %s", async (answer) => {
    const fixture = await start({ source: { sync: { ...automatic, identity: { ask: false } } } });
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "too.late");
    expect((await fixture.sync()).counts.users).toMatchObject({ created: 1, deactivated: 1 });
    const made = accountOf(fixture, "too.late");
    await tell(fixture, userid, "too.late");
    await tell(fixture, userid, "too.late");
    await settled(fixture);
    const [open, ...more] = await cases(fixture, "open");
    expect(more).toEqual([]);
    expect(open).toMatchObject({ kind: "rename", isTold: true, otherId: expect.any(String) });
    await fixture.store.decideIdentityCase(open?.id ?? "", answer, "admin");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    const is = accountOf(fixture, "too.late");
    expect(is).toMatchObject({ id: answer === "accepted" ? account?.id : made?.id, resource: { active: true } });
    const other = fixture.control.dump().users.find(({ id }) => id === (answer === "accepted" ? made : account)?.id);
    expect(other?.resource["active"]).toBe(false);
    expect(fixture.control.violations()).toEqual([]);
    expect((await fixture.sync()).state).toBe("succeeded");
    expect(await cases(fixture, "open")).toEqual([]);
  });

  it("that an event told of wrongly changes nothing", async () => {
    const fixture = await start();
    const [userid = "", other = ""] = active(fixture);
    await tell(fixture, userid, "nobody.there");
    await tell(fixture, other, userid);
    await settled(fixture);
    await fixture.sync();
    expect(await cases(fixture)).toEqual([]);
    await fixture.verify();
  });

  it("leaves him in his groups, with those whom he leads, and one request for himself", async () => {
    const fixture = await start();
    const { corp, control, store } = fixture;
    const [userid = "", led = "", other = ""] = active(fixture);
    corp.patchMember(led, { direct_leader: [userid] });
    corp.createTag({ tagname: "值班" });
    const tag = corp.truth().tags.find(({ tagname }) => tagname === "值班")?.tagid ?? 0;
    corp.changeTagMembers(tag, { addUsers: [userid, other] });
    await fixture.sync();
    const account = accountOf(fixture, userid);
    corp.renameUserid(userid, "leads.still");
    await tell(fixture, userid, "leads.still");
    control.resetJournal();
    await settled(fixture);
    expect(resourceRequests(control.requests().counts)).toEqual({ "PATCH User": 1 });
    await fixture.sync();
    expect(resourceRequests(control.requests().counts)).toEqual({ "PATCH User": 1 });
    const group = control.dump().groups.find(({ resource }) => resource["displayName"] === "值班");
    expect(group?.members.map(({ value }) => value)).toContain(account?.id);
    await fixture.verify();
    expect(await store.toldRenames(fixture.source.id)).toEqual([]);
  });

  it("of many at once waits for a person, as other changes of names do", async () => {
    const fixture = await start();
    const userids = active(fixture).slice(0, 10);
    const ids = userids.map((userid) => accountOf(fixture, userid)?.id);
    await fixture.stop();
    for (const userid of userids) {
      fixture.corp.renameUserid(userid, `mass.${userid}`);
      await tell(fixture, userid, `mass.${userid}`);
    }
    fixture.start();
    await settled(fixture);
    const held = (await fixture.store.listTasks({ state: "held", limit: 10 })).items;
    expect(held).toHaveLength(1);
    expect(held[0]?.hold).toMatchObject({ identities: { users: 10, groups: 0 } });
    expect(held[0]?.hold?.reason).toContain("would get another userName, externalId or active");
    expect(accountOf(fixture, userids[0] ?? "")?.resource["active"]).toBe(true);
    await fixture.approve(held[0] as TaskRow);
    expect(userids.map((userid) => accountOf(fixture, `mass.${userid}`)?.id)).toEqual(ids);
    await fixture.verify();
    expect((await fixture.sync()).state).toBe("succeeded");
  });

  it("of a protected person is recorded, and not done", async () => {
    const fixture = await start();
    const [userid = ""] = active(fixture);
    const before = accountOf(fixture, userid);
    await fixture.patchSource({ safeguards: { ...defaultSafeguards, protected: `userName eq "${userid}"` } });
    fixture.corp.renameUserid(userid, "kept.name");
    await tell(fixture, userid, "kept.name");
    await settled(fixture);
    await fixture.sync();
    expect(accountOf(fixture, userid)).toEqual(before);
    await fixture.patchSource({ safeguards: defaultSafeguards });
    await fixture.sync();
    expect(accountOf(fixture, "kept.name")?.id).toBe(before?.id);
    await fixture.verify();
  });

  it("can be undone, and stays so until the source says something else of him", async () => {
    const fixture = await start();
    // Nobody's leader: whoever is in a department is looked at again when its leader has another name.
    const follower = ({ status, is_leader_in_dept: leads }: RawMember) => status === 1 && !leads.includes(1);
    const userid = fixture.corp.truth().members.find(follower)?.userid ?? "";
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "un.done");
    await tell(fixture, userid, "un.done");
    const [task] = await settled(fixture);
    const { task: undo } = await fixture.store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
      undoes: task?.id ?? "",
    });
    fixture.engine().nudge();
    expect(await fixture.ended(undo)).toMatchObject({ state: "succeeded" });
    expect(accountOf(fixture, userid)?.id).toBe(account?.id);
    await fixture.sync();
    expect(accountOf(fixture, userid)?.id).toBe(account?.id);
    fixture.corp.patchMember("un.done", { position: "总监" });
    await fixture.sync();
    expect(accountOf(fixture, "un.done")?.id).toBe(account?.id);
    await fixture.verify();
  });

  it("of a person who is paused arrives when he is not any more", async () => {
    const fixture = await start();
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    const key = userid.toLowerCase();
    const id = (await fixture.store.keyHolders(fixture.source.id, [key])).get(key)?.resourceId ?? "";
    await fixture.store.pausePerson(id, null, { reason: "waits", by: "admin" });
    fixture.corp.renameUserid(userid, "paused.one");
    await tell(fixture, userid, "paused.one");
    await settled(fixture);
    expect(accountOf(fixture, userid)).toEqual(account);
    await fixture.store.resumePerson(id, null);
    await fixture.push();
    expect(accountOf(fixture, "paused.one")?.id).toBe(account?.id);
    await fixture.verify();
  });
});

const automatic = { automatic: true, users: true, intervalHours: 1 } as const;
