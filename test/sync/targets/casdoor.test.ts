import { describe, expect, test } from "vitest";
import { type EngineFixture, startEngineFixture } from "../../support/engine.ts";
import {
  expectDone,
  expectQuiet,
  groupAt,
  leavable,
  membersOf,
  tagWith,
  userAt,
  writeProfile,
  writes,
} from "./support.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0";

/** A target that behaves like Casdoor, with the profile for it. */
function startCasdoor(): Promise<EngineFixture> {
  return startEngineFixture({
    target: { like: "casdoor" },
    targetSettings: { profile: "casdoor", constants: { organization: "acme" } },
  });
}

const activePeople = ({ corp }: EngineFixture): readonly string[] =>
  corp
    .truth()
    .members.filter(({ status, enable }) => status === 1 && enable !== 0)
    .map(({ userid }) => userid);

const peopleThere = ({ control }: EngineFixture): readonly unknown[] =>
  control.dump().users.map(({ resource }) => resource["userName"]);

/** In every group those active people whom the corp has there. */
function expectMembersLikeTruth(fixture: EngineFixture): void {
  const active = new Set(activePeople(fixture));
  for (const { tagname, users } of fixture.corp.truth().tags) {
    const wanted = users.filter((userid) => active.has(userid));
    expect([tagname, membersOf(fixture, tagname)]).toEqual([tagname, wanted.sort()]);
  }
}

describe("a server like Casdoor", () => {
  test("gets active people and groups as it takes them, and nothing a second time", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    expect([...peopleThere(fixture)].sort()).toEqual([...activePeople(fixture)].sort());
    const { userid = "", name } = fixture.corp.truth().members.find(({ status }) => status === 1) ?? {};
    expect(userAt(fixture, userid)?.resource).toMatchObject({
      externalId: userid,
      displayName: name,
      [`${enterprise}:User`]: { organization: "acme" },
    });
    for (const { resource } of fixture.control.dump().groups) {
      expect(resource[`${enterprise}:Group`]).toEqual({ organization: "acme" });
      expect(resource).not.toHaveProperty("externalId");
    }
    expectMembersLikeTruth(fixture);
    expect(fixture.control.violations()).toEqual([]);
    expect(fixture.control.noops()).toEqual([]);
    await expectQuiet(fixture);
  });

  test("loses just those members who leave a group; who was put there by others stays", async () => {
    const fixture = await startCasdoor();
    const people = leavable(fixture).slice(0, 6);
    const [one = "", two = "", ...rest] = people;
    const tag = tagWith(fixture, "班", people);
    expectDone(await fixture.sync());
    const others = { userName: "others", [`${enterprise}:User`]: { organization: "acme" } };
    fixture.control.addMember(groupAt(fixture, "班")?.id ?? "", fixture.control.add("User", others));
    fixture.corp.changeTagMembers(tag, { removeUsers: [one, two] });
    fixture.control.resetJournal();
    expectDone(await fixture.sync());
    expect(membersOf(fixture, "班")).toEqual([...rest, "others"].sort());
    expect(writes(fixture)).toEqual({ "PATCH Group": 1 });
    expect(fixture.control.violations()).toEqual([]);
    await expectQuiet(fixture);

    fixture.corp.changeTagMembers(tag, { removeUsers: [...rest] });
    expectDone(await fixture.sync());
    expect(membersOf(fixture, "班")).toEqual(["others"]);
  });

  test("has who is disabled, or left, deleted there, and made again when he comes back", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const [disabled = "", leaver = ""] = leavable(fixture);
    fixture.corp.patchMember(disabled, { status: 2 });
    fixture.corp.deleteMember(leaver);
    const task = await fixture.sync();
    expectDone(task);
    expect(userAt(fixture, disabled)).toBeUndefined();
    expect(userAt(fixture, leaver)).toBeUndefined();
    const records = await fixture.records(task, { target: fixture.row.id, action: "delete" });
    expect(Object.fromEntries(records.map(({ externalId, because }) => [externalId, because]))).toMatchObject({
      [disabled]: "disabled in the source, or out of the target's scope; the product knows no inactive accounts",
      [leaver]: "this person left the source",
    });
    await expectQuiet(fixture);
    // In our own directory both are there, inactive.
    const own = await fixture.store.listLinks(fixture.row.id, { limit: 500, state: "failed" });
    expect(own.items).toEqual([]);

    fixture.corp.patchMember(disabled, { status: 1 });
    expectDone(await fixture.sync());
    expect(userAt(fixture, disabled)).toBeDefined();
    expectMembersLikeTruth(fixture);
    await expectQuiet(fixture);
  });

  test("has its deletions held by the safeguards, and let through by an approval", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const gone = leavable(fixture).slice(0, 12);
    for (const userid of gone) fixture.corp.patchMember(userid, { status: 2 });
    const before = fixture.control.counts().users;
    let task = await fixture.sync();
    // First where they are to become inactive, in our own directory, then at the target.
    for (let held = 0; task.state === "held" && held < 2; held += 1) {
      expect(fixture.control.counts().users).toBe(before);
      task = await fixture.approve(task);
    }
    expect(task).toMatchObject({ state: "succeeded" });
    expect(fixture.control.counts().users).toBe(before - 12);
    await expectQuiet(fixture);
  });

  test("says that a call is refused, with its own words, though it answers 200", async () => {
    const fixture = await startCasdoor();
    const row = (await fixture.store.findTarget(fixture.row.id)) ?? fixture.row;
    await fixture.store.updateTarget(row.id, { secrets: { "/auth/token": "another" } });
    const task = await fixture.sync();
    expect(task.targets).toMatchObject([{ state: "failed" }]);
    expect(JSON.stringify(task)).toMatch(/Unauthorized operation.*check the credentials/);
  });
});

describe("the whole list of members", () => {
  async function startSmall(): Promise<{ fixture: EngineFixture; people: readonly string[]; tag: number }> {
    const fixture = await startCasdoor();
    writeProfile(fixture, "small", { membersPerRequest: 3 }, "casdoor");
    await fixture.patchTarget({ profile: "small" });
    const people = leavable(fixture).slice(0, 10);
    const tag = tagWith(fixture, "班", people);
    expectDone(await fixture.sync());
    return { fixture, people, tag };
  }

  test("that does not fit in a request is completed by additions", async () => {
    const { fixture, people, tag } = await startSmall();
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 2) });
    fixture.control.resetJournal();
    const task = await fixture.sync();
    expectDone(task);
    expect(membersOf(fixture, "班")).toEqual([...people.slice(2)].sort());
    expect(writes(fixture)).toEqual({ "PATCH Group": 3 });
    const [record] = await fixture.records(task, { target: fixture.row.id, resourceType: "Group" });
    expect(record).toMatchObject({ status: "applied" });
    await expectQuiet(fixture);
  });

  test("that was cut off after its first part is made whole by the next push", async () => {
    const { fixture, people, tag } = await startSmall();
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 2) });
    const refused = { kind: "status", status: 400 } as const;
    fixture.control.fault({ match: { method: "PATCH", type: "Group" }, skip: 1, effect: refused });
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    expect(membersOf(fixture, "班")).toHaveLength(3);
    fixture.control.clearFault();
    expectDone(await fixture.push());
    expect(membersOf(fixture, "班")).toEqual([...people.slice(2)].sort());
    await expectQuiet(fixture);
  });
});
