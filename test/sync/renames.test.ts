import { describe, expect, it } from "vitest";
import type { EventSubject } from "../../src/source/source.ts";
import type { ListedIdentityCase, TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, type EngineFixtureOptions, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

const asking = { sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: true } } } as const;

/** An engine whose source was read once. */
async function start(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture({ ...options, source: { ...asking, ...options.source } });
  expect((await fixture.sync()).state).toBe("succeeded");
  await fixture.verify();
  return fixture;
}

const someone = ({ corp }: EngineFixture, index = 5) =>
  corp.truth().members.filter(({ status }) => status === 1)[index]?.userid ?? "";

/** The account of a userid at the target. */
const accountOf = ({ control }: EngineFixture, userid: string) =>
  control.dump().users.find(({ resource }) => resource["externalId"] === userid);

/** Ids and names of the directory's resource of a userid. */
async function ownOf({ store, source }: EngineFixture, userid: string) {
  const query = { type: "User", sources: [source.id], filter: null, startIndex: 1, count: 10_000 } as const;
  const { rows } = await store.queryResources(query);
  const found = rows.find(({ document }) => JSON.parse(document)["externalId"] === userid);
  return found === undefined ? undefined : { id: found.id, document: JSON.parse(found.document) };
}

const cases = async ({ store }: EngineFixture, state?: ListedIdentityCase["state"]) =>
  (await store.listIdentityCases({ limit: 100, ...(state && { state }) })).items;

/** The event of a changed userid, as WeCom's door opens it. */
async function tell({ store, source }: EngineFixture, from: string, to: string): Promise<void> {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  const subjects: readonly EventSubject[] = [
    { kind: "user", key: a, isGone: true },
    { kind: "user", key: b },
  ];
  await store.keepEvent(source.id, "contacts", subjects, { from: a, to: b });
}

/** Lets what is marked be looked at; answers the tasks that it led to. */
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

const decide = ({ store }: EngineFixture, { id }: Pick<ListedIdentityCase, "id">, state: "accepted" | "declined") =>
  store.decideIdentityCase(id, state, "admin");

describe.each(["sqlite", "postgres"] as const)("a userid that was changed, on %s", (dialect) => {
  it("is followed where an event tells of it: the same resource, the same account, by an update", async () => {
    const fixture = await start(await onDatabase(dialect));
    const { corp, control } = fixture;
    const userid = someone(fixture);
    const [own, account] = [await ownOf(fixture, userid), accountOf(fixture, userid)];
    corp.renameUserid(userid, "New.Name");
    await tell(fixture, userid, "New.Name");
    control.resetJournal();
    const [task, ...more] = await settled(fixture);
    expect(more).toEqual([]);
    expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
    expect(task?.counts.users).toMatchObject({ created: 0, updated: 1, deactivated: 0 });
    expect(await ownOf(fixture, "New.Name")).toMatchObject({ id: own?.id, document: { userName: "New.Name" } });
    expect(accountOf(fixture, "New.Name")).toMatchObject({
      id: account?.id,
      resource: { userName: "New.Name", active: true },
    });
    const [record] = await fixture.records(task as TaskRow, { resourceType: "User", target: null });
    expect(record?.because).toContain(
      `calls this person new.name now, and not ${userid.toLowerCase()}: an event said so`,
    );
    expect(await cases(fixture)).toMatchObject([{ kind: "rename", state: "accepted", isTold: true, isDone: true }]);
    await fixture.verify();
    // Nothing is left to be done, whoever leads him and whichever tags he carries.
    control.resetJournal();
    expect((await fixture.sync()).state).toBe("succeeded");
    await fixture.verify();
    expect(control.requests().total).toBe(0);
  });

  it("is followed by a read of everything as well", async () => {
    const fixture = await start(await onDatabase(dialect));
    const userid = someone(fixture);
    const account = accountOf(fixture, userid);
    await fixture.stop();
    fixture.corp.renameUserid(userid, "New.Name");
    await tell(fixture, userid, "New.Name");
    await fixture.store.markEverything(fixture.source.id);
    fixture.start();
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    expect(task.counts.users).toMatchObject({ created: 0, updated: 1, deactivated: 0 });
    expect(accountOf(fixture, "New.Name")?.id).toBe(account?.id);
    await fixture.verify();
  });

  it("is asked about where no event tells of it; nobody leaves and nobody comes until that is answered: the same", async () => {
    const fixture = await start(await onDatabase(dialect));
    const { corp } = fixture;
    const userid = someone(fixture);
    const [own, account] = [await ownOf(fixture, userid), accountOf(fixture, userid)];
    corp.renameUserid(userid, "New.Name");
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "source.identity-unclear" } });
    expect(task.counts.users).toMatchObject({ created: 0, deactivated: 0 });
    const [open, ...more] = await cases(fixture, "open");
    expect(more).toEqual([]);
    expect(open).toMatchObject({ kind: "rename", from: userid.toLowerCase(), to: "new.name", resourceId: own?.id });
    expect(open?.evidence).toEqual(expect.arrayContaining(["mobile"]));
    const records = await fixture.records(task, { resourceType: "User", target: null });
    expect(records.map(({ action, status }) => [action, status]).sort()).toEqual([
      ["create", "skipped"],
      ["deactivate", "skipped"],
    ]);
    expect(records.every(({ error }) => error?.includes(open?.id ?? "?"))).toBe(true);
    expect(accountOf(fixture, userid)).toMatchObject({ id: account?.id, resource: { active: true } });
    // Asked once.
    expect((await fixture.sync()).state).toBe("partial");
    expect(await cases(fixture)).toHaveLength(1);
    expect(await decide(fixture, open as ListedIdentityCase, "accepted")).toBe(true);
    expect(await decide(fixture, open as ListedIdentityCase, "declined")).toBe(false);
    const after = await fixture.sync();
    expect(after).toMatchObject({ state: "succeeded", error: null });
    expect(after.counts.users).toMatchObject({ created: 0, updated: 1, deactivated: 0 });
    expect(accountOf(fixture, "New.Name")).toMatchObject({ id: account?.id, resource: { active: true } });
    expect((await ownOf(fixture, "New.Name"))?.id).toBe(own?.id);
    expect(await cases(fixture)).toMatchObject([{ state: "accepted", isDone: true }]);
    await fixture.verify();
  });

  it("is asked about where no event tells of it; another one", async () => {
    const fixture = await start(await onDatabase(dialect));
    const userid = someone(fixture);
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "New.Name");
    await fixture.sync();
    const [open] = await cases(fixture, "open");
    await decide(fixture, open as ListedIdentityCase, "declined");
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    expect(task.counts.users).toMatchObject({ created: 1, deactivated: 1 });
    expect(accountOf(fixture, userid)).toMatchObject({ id: account?.id, resource: { active: false } });
    expect(accountOf(fixture, "New.Name")?.id).not.toBe(account?.id);
    expect(await cases(fixture, "open")).toEqual([]);
    await fixture.verify();
    expect((await fixture.sync()).state).toBe("succeeded");
  });

  it("of which nobody says anything for a week goes by the userid", async () => {
    const fixture = await start(await onDatabase(dialect));
    const userid = someone(fixture);
    fixture.corp.renameUserid(userid, "New.Name");
    await fixture.sync();
    fixture.advance(6.9 * 86_400_000);
    expect((await fixture.sync()).state).toBe("partial");
    fixture.advance(0.2 * 86_400_000);
    expect((await fixture.sync()).counts.users).toMatchObject({ created: 1, deactivated: 1 });
    expect(await cases(fixture)).toMatchObject([{ state: "expired", isDone: true, decidedBy: null }]);
    await fixture.verify();
  });
});

describe.each(["sqlite", "postgres"] as const)("somebody who comes back, on %s", (dialect) => {
  /** He leaves; somebody comes by the same userid. */
  async function comeBack(fixture: EngineFixture, other: Readonly<Record<string, string>>): Promise<string> {
    const { corp } = fixture;
    const userid = someone(fixture);
    const before = corp.truth().members.find((one) => one.userid === userid);
    corp.deleteMember(userid);
    expect((await fixture.sync()).counts.users).toMatchObject({ deactivated: 1 });
    const { name = "", mobile, email, department = [1] } = before ?? {};
    const same = { ...(mobile && { mobile }), ...(email && { email }) };
    corp.createMember({ userid, name, status: 1, department: [...department], ...same, ...other });
    return userid;
  }
  const another = { name: "另一个", mobile: "13999990000", email: "other@corp.example" };

  it("with another name, mobile and e-mail is asked about: the same", async () => {
    const fixture = await start(await onDatabase(dialect));
    const account = accountOf(fixture, someone(fixture));
    const userid = await comeBack(fixture, another);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "source.identity-unclear" } });
    const [open] = await cases(fixture, "open");
    expect(open).toMatchObject({ kind: "return", evidence: ["name", "mobile", "e-mail"], expiresAt: null });
    expect(accountOf(fixture, userid)).toMatchObject({ resource: { active: false } });
    fixture.advance(30 * 86_400_000);
    expect((await fixture.sync()).state).toBe("partial");
    await decide(fixture, open as ListedIdentityCase, "accepted");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, userid)).toMatchObject({
      id: account?.id,
      resource: { active: true, displayName: "另一个" },
    });
    expect(await cases(fixture)).toMatchObject([{ state: "accepted", isDone: true }]);
    await fixture.verify();
  });

  it("with another name, mobile and e-mail is asked about: another one", async () => {
    const fixture = await start(await onDatabase(dialect));
    const account = accountOf(fixture, someone(fixture));
    const before = await ownOf(fixture, someone(fixture));
    const userid = await comeBack(fixture, another);
    await fixture.sync();
    const [open] = await cases(fixture, "open");
    await decide(fixture, open as ListedIdentityCase, "declined");
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    const now = accountOf(fixture, userid);
    expect(now).toMatchObject({ resource: { active: true, displayName: "另一个", userName: userid } });
    expect(now?.id).not.toBe(account?.id);
    expect((await ownOf(fixture, userid))?.id).not.toBe(before?.id);
    const former = fixture.control.dump().users.find(({ id }) => id === account?.id);
    expect(former?.resource).toMatchObject({
      active: false,
      displayName: before?.document.displayName,
      userName: `former-${before?.id.slice(-8)}-${userid}`,
    });
    expect(fixture.control.violations()).toEqual([]);
    fixture.control.resetJournal();
    expect((await fixture.sync()).state).toBe("succeeded");
    expect(fixture.control.requests().total).toBe(0);
  });

  it("with the mobile that he had is the same, and nobody is asked", async () => {
    const fixture = await start(await onDatabase(dialect));
    const account = accountOf(fixture, someone(fixture));
    const userid = await comeBack(fixture, { name: "另一个", email: "other@corp.example" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, userid)).toMatchObject({ id: account?.id, resource: { active: true } });
    expect(await cases(fixture)).toEqual([]);
    await fixture.verify();
  });
});
