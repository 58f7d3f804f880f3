import { describe, expect, it } from "vitest";
import type { EventSubject } from "../../src/source/source.ts";
import { defaultSafeguards, type EngineFixture, startEngineFixture } from "../support/engine.ts";

// Changes of userids that events told of, and that are not to be followed any more.

async function start(options: Parameters<typeof startEngineFixture>[0] = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture(options);
  expect((await fixture.sync()).state).toBe("succeeded");
  await fixture.verify();
  // The events below wait for the syncs that the tests ask for.
  await fixture.patchSource({ sync: { automatic: false, users: true, intervalHours: 1 } });
  return fixture;
}

const active = ({ corp }: EngineFixture) =>
  corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);

const accountOf = ({ control }: EngineFixture, userid: string) =>
  control.dump().users.find(({ resource }) => resource["externalId"] === userid);

const cases = async ({ store }: EngineFixture) => (await store.listIdentityCases({ limit: 100 })).items;

async function tell({ store, source }: EngineFixture, from: string, to: string): Promise<void> {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  const subjects: readonly EventSubject[] = [
    { kind: "user", key: a, isGone: true },
    { kind: "user", key: b },
  ];
  await store.keepEvent(source.id, "contacts", subjects, { from: a, to: b });
}

describe("what is not followed", () => {
  it("is a change that was followed, and was taken back before anything came of it", async () => {
    const fixture = await start();
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    await fixture.patchSource({ safeguards: { ...defaultSafeguards, protected: `userName eq "${userid}"` } });
    fixture.corp.renameUserid(userid, "for.a.while");
    await tell(fixture, userid, "for.a.while");
    await fixture.sync();
    fixture.corp.renameUserid("for.a.while", userid);
    await tell(fixture, "for.a.while", userid);
    await fixture.sync();
    await fixture.patchSource({ safeguards: defaultSafeguards });
    for (let turn = 0; turn < 3; turn += 1) {
      const { state, counts } = await fixture.sync();
      expect([state, counts.users.created, counts.users.deactivated]).toEqual(["succeeded", 0, 0]);
    }
    expect(accountOf(fixture, userid)).toMatchObject({ id: account?.id, resource: { active: true } });
    await fixture.verify();
  });

  it("is an old event, to somebody else who has the userid by now: people are asked", async () => {
    const fixture = await start();
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "short.lived");
    fixture.corp.deleteMember("short.lived");
    await tell(fixture, userid, "short.lived");
    expect((await fixture.sync()).counts.users).toMatchObject({ deactivated: 1 });
    const other = { name: "另一个", mobile: "13999990000", email: "other@corp.example" };
    fixture.corp.createMember({ userid: "short.lived", status: 1, department: [1], ...other });
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "source.identity-unclear" } });
    expect(fixture.control.dump().users.find(({ id }) => id === account?.id)?.resource["active"]).toBe(false);
    const open = (await cases(fixture)).find(({ state }) => state === "open");
    expect(open).toMatchObject({ kind: "return" });
    await fixture.store.decideIdentityCase(open?.id ?? "", "declined", "admin");
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, "short.lived")).toMatchObject({ resource: { active: true, displayName: "另一个" } });
    expect(accountOf(fixture, "short.lived")?.id).not.toBe(account?.id);
  });
});

describe("whoever takes the userid that another one leaves", () => {
  it("does not get his tags, nor he those of that one, with a read of everything", async () => {
    const fixture = await start();
    const [first = "", second = ""] = active(fixture);
    const [one, two] = [accountOf(fixture, first), accountOf(fixture, second)];
    fixture.corp.createTag({ tagname: "值班" });
    const tag = fixture.corp.truth().tags.find(({ tagname }) => tagname === "值班")?.tagid ?? 0;
    fixture.corp.changeTagMembers(tag, { addUsers: [first] });
    await fixture.sync();
    fixture.corp.renameUserid(second, "free.one");
    fixture.corp.renameUserid(first, second);
    await tell(fixture, first, second);
    await tell(fixture, second, "free.one");
    for (let turn = 0; turn < 3; turn += 1) await fixture.sync();
    fixture.advance(86_400_000);
    await fixture.push();
    const members = fixture.control.dump().groups.find(({ resource }) => resource["displayName"] === "值班")?.members;
    expect(members?.map(({ value }) => value)).toContain(one?.id);
    expect(members?.map(({ value }) => value)).not.toContain(two?.id);
    await fixture.verify();
  });
});
