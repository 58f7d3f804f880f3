import { describe, expect, test } from "vitest";
import type { RecordView } from "../../../src/store/store.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../../support/engine.ts";
import { expectLikeTruth, refusal, startCasdoor } from "./casdoor-support.ts";
import { expectDone, expectQuiet, leavable, tagWith, userAt, writes } from "./support.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const genderPath = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User:gender";
const linkPath = "urn:ietf:params:scim:schemas:extension:casdoor:2.0:User:wecom";

function someone({ corp }: EngineFixture, said: string) {
  const { members } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  const found = members.find((each) => each.status === 1 && each.gender === said && !leads.has(each.userid));
  if (found === undefined) throw new Error("there is nobody like that");
  return found;
}

/** What a record says was changed: before and after, by attribute. */
const changesOf = (record: RecordView | undefined): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    (record?.changes ?? []).map((each) => [each.attribute, "before" in each ? [each.before, each.after] : []]),
  );

const apiUpdates = (fixture: EngineFixture): number => writes(fixture)["POST update-user"] ?? 0;

describe("a server like Casdoor whose own API is used", () => {
  test("gets gender and the link to WeCom, in the record of the create, and nothing a second time", async () => {
    const fixture = await startCasdoor();
    const task = await fixture.sync();
    expectDone(task);
    expectLikeTruth(fixture);
    const { userid } = someone(fixture, "1");
    const [record] = (await fixture.records(task, { target: fixture.row.id, action: "create" })).filter(
      ({ externalId }) => externalId === userid,
    );
    expect(record).toMatchObject({ status: "applied" });
    expect(changesOf(record)).toMatchObject({
      active: [null, true],
      [genderPath]: [null, "Male"],
      [linkPath]: [null, userid],
    });
    const updates = await fixture.records(task, { target: fixture.row.id, action: "update", resourceType: "User" });
    expect(updates).toEqual([]);
    expect(fixture.control.violations()).toEqual([]);
    await expectQuiet(fixture);
  });

  test("has who leaves or is disabled forbidden and nothing else of him touched, and let in again on his return", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const [disabled = "", leaver = ""] = leavable(fixture);
    const member = fixture.corp.truth().members.find(({ userid }) => userid === leaver);
    const before = userAt(fixture, leaver);
    fixture.corp.patchMember(disabled, { status: 2 });
    fixture.corp.deleteMember(leaver);
    const task = await fixture.sync();
    expectDone(task);
    for (const userid of [disabled, leaver]) {
      expect(userAt(fixture, userid)?.resource).toMatchObject({ isForbidden: true });
      const mine = (await fixture.records(task, { target: fixture.row.id })).filter(
        ({ externalId, resourceType }) => externalId === userid && resourceType === "User",
      );
      expect(mine.map(({ action, status }) => [action, status])).toEqual([["deactivate", "applied"]]);
    }
    expect(userAt(fixture, leaver)).toEqual({ ...before, resource: { ...before?.resource, isForbidden: true } });
    expectLikeTruth(fixture);
    await expectQuiet(fixture);

    fixture.corp.patchMember(disabled, { status: 1 });
    if (member === undefined) throw new Error("nobody left");
    const { name, department, gender: said } = member;
    fixture.corp.createMember({ userid: leaver, name, department, status: 1, gender: said });
    const back = await fixture.sync();
    expectDone(back);
    const actions = (await fixture.records(back, { target: fixture.row.id, action: "reactivate" })).map(
      ({ externalId }) => externalId,
    );
    expect(actions.sort()).toEqual([disabled, leaver].sort());
    expect(userAt(fixture, leaver)?.id).toBe(before?.id);
    expectLikeTruth(fixture);
    await expectQuiet(fixture);
  });

  test("gets a changed gender by the API alone, a cleared one too, and other changes by SCIM alone", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const { userid } = someone(fixture, "1");
    fixture.control.resetJournal();
    fixture.corp.patchMember(userid, { gender: "2" });
    const task = await fixture.sync();
    expectDone(task);
    expect(writes(fixture)).toEqual({ "POST update-user": 1 });
    expect(userAt(fixture, userid)?.resource["gender"]).toBe("Female");
    const [record] = await fixture.records(task, { target: fixture.row.id });
    expect(record).toMatchObject({ action: "update", status: "applied" });
    expect(changesOf(record)).toEqual({ [genderPath]: ["Male", "Female"] });

    fixture.corp.patchMember(userid, { gender: "0" });
    expectDone(await fixture.sync());
    expect(userAt(fixture, userid)?.resource).not.toHaveProperty("gender");

    fixture.control.resetJournal();
    fixture.corp.patchMember(userid, { name: "另一个名字" });
    expectDone(await fixture.sync());
    expect(writes(fixture)).toEqual({ "PATCH User": 1 });
    expectLikeTruth(fixture);
  });

  test("keeps what others wrote there: no column is touched that was not named", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const { userid } = someone(fixture, "1");
    const id = userAt(fixture, userid)?.id ?? "";
    const own = { title: "Chief", isAdmin: true, userType: "paid-user", score: 7 };
    fixture.control.modify(id, { ...own, addresses: [{ country: "CN" }] });
    fixture.corp.patchMember(userid, { gender: "2" });
    expectDone(await fixture.sync());
    expect(userAt(fixture, userid)?.resource).toMatchObject({
      ...own,
      gender: "Female",
      userName: userid,
      addresses: [{ country: "CN" }],
      [enterprise]: { organization: "acme" },
    });
  });

  test("makes no account for somebody who is disabled, and one as soon as he is not", async () => {
    const fixture = await startCasdoor();
    const [userid = ""] = leavable(fixture);
    fixture.corp.patchMember(userid, { status: 2 });
    expectDone(await fixture.sync());
    expect(userAt(fixture, userid)).toBeUndefined();
    await expectQuiet(fixture);
    fixture.corp.patchMember(userid, { status: 1 });
    expectDone(await fixture.sync());
    expectLikeTruth(fixture);
  });

  test("shows what was changed there by others, and a repair puts it right with as many requests as there are people", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const [one, two] = [someone(fixture, "1").userid, someone(fixture, "2").userid];
    const [leaver = ""] = leavable(fixture).filter((userid) => ![one, two].includes(userid));
    fixture.corp.deleteMember(leaver);
    expectDone(await fixture.sync());
    const modify = (userid: string, change: object) =>
      fixture.control.modify(userAt(fixture, userid)?.id ?? "", change as never);
    modify(one, { isForbidden: true });
    modify(two, { gender: "Other", wecom: "somebody-else" });
    modify(leaver, { isForbidden: false });
    const found = await fixture.readBack();
    expect(found.drift).toMatchObject({ users: { drifted: 3, pending: 0 }, groups: { drifted: 0, pending: 0 } });
    const drifted = await fixture.records(found, { status: "drifted" });
    const shown = Object.fromEntries(drifted.map(({ externalId, action }) => [externalId, action]));
    expect(shown).toEqual({ [one]: "reactivate", [two]: "update", [leaver]: "deactivate" });
    const other = drifted.find(({ externalId }) => externalId === two);
    expect(changesOf(other)).toEqual({ [genderPath]: ["Other", "Female"], [linkPath]: ["somebody-else", two] });
    fixture.control.resetJournal();
    expect(await fixture.readBack({ repair: true })).toMatchObject({ state: "succeeded" });
    expect(writes(fixture)).toEqual({ "POST update-user": 3 });
    expectLikeTruth(fixture);
    expect(userAt(fixture, leaver)?.resource["isForbidden"]).toBe(true);
    await expectQuiet(fixture);
  });

  test("has accounts that are there already adopted with what the API brings", async () => {
    const fixture = await startCasdoor({ match: { users: ["userName"], groups: ["displayName"] } });
    const { userid } = someone(fixture, "2");
    const id = fixture.control.add("User", {
      userName: userid,
      isForbidden: true,
      gender: "Male",
      [enterprise]: { organization: "acme" },
    });
    const elsewhere = { userName: "elsewhere", [enterprise]: { organization: "other" }, isForbidden: true };
    fixture.control.add("User", elsewhere);
    const task = await fixture.sync();
    expectDone(task);
    expect(userAt(fixture, userid)).toMatchObject({ id, resource: { gender: "Female", wecom: userid } });
    expect(userAt(fixture, userid)?.resource).not.toHaveProperty("isForbidden");
    const [record] = await fixture.records(task, { target: fixture.row.id, action: "adopt", resourceType: "User" });
    expect(record).toMatchObject({ status: "applied" });
    expect(userAt(fixture, "elsewhere")?.resource).toMatchObject({ isForbidden: true });
  });
});

describe("settings of the API", () => {
  test("that come later bring what was missing, those that go let nobody in and delete under the safeguards", async () => {
    const fixture = await startEngineFixture({
      target: { like: "casdoor" },
      targetSettings: { profile: "casdoor", constants: { organization: "acme" } },
    });
    expectDone(await fixture.sync());
    await fixture.patchTarget({ api: { userid: "externalId" } });
    expectDone(await fixture.sync());
    expectLikeTruth(fixture);
    const gone = leavable(fixture).slice(0, 12);
    await fixture.patchSource({ safeguards: noSafeguards });
    await fixture.patchTarget({ safeguards: noSafeguards });
    for (const userid of gone) fixture.corp.deleteMember(userid);
    expectDone(await fixture.sync());
    expectLikeTruth(fixture);
    const { settings } = (await fixture.store.findTarget(fixture.row.id)) ?? fixture.row;
    const { api: _, ...rest } = settings;
    await fixture.store.updateTarget(fixture.row.id, {
      settings: { ...rest, safeguards: fixture.source.settings.safeguards },
    });
    const task = await fixture.push();
    expect(task).toMatchObject({ state: "held", hold: { removals: { users: 12 } } });
    for (const userid of gone) expect(userAt(fixture, userid)?.resource).toMatchObject({ isForbidden: true });
  });

  test("without userid link nobody, and take a link of before away nowhere", async () => {
    const fixture = await startCasdoor({ api: {} });
    expectDone(await fixture.sync());
    for (const { resource } of fixture.control.dump().users) expect(resource).not.toHaveProperty("wecom");
  });

  test("take the userid from an externalId with a namespace", async () => {
    const fixture = await startEngineFixture({
      target: { like: "casdoor" },
      source: { namespace: "north" },
      targetSettings: { profile: "casdoor", constants: { organization: "acme" }, api: { userid: "externalId" } },
    });
    expectDone(await fixture.sync());
    const { userid } = someone(fixture, "1");
    const found = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === `north:${userid}`);
    expect(found?.resource["wecom"]).toBe(userid);
  });
});

describe("when the API refuses", () => {
  test("a new account is linked, its record says what is missing, and a later try brings just that", async () => {
    const fixture = await startCasdoor();
    const { userid } = someone(fixture, "1");
    const body = `"${userid}"`;
    fixture.control.fault({
      match: { type: "update-user", body },
      effect: refusal(`The Gender of ${userid} is immutable.`),
    });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial" });
    const mine = (await fixture.records(task, { target: fixture.row.id })).filter(
      ({ externalId, resourceType }) => externalId === userid && resourceType === "User",
    );
    expect(mine.map(({ action, status }) => [action, status]).sort()).toEqual([
      ["create", "applied"],
      ["update", "failed"],
    ]);
    expect(mine.find(({ status }) => status === "failed")?.error).toMatch(/update-user answered 200.*is immutable/);
    expect(JSON.stringify(mine.map(({ error }) => error))).not.toContain(userid);
    const { id } = userAt(fixture, userid) ?? {};
    expect(id).toBeDefined();

    // Who leaves before the rest came is switched off all the same.
    fixture.control.clearFault();
    fixture.corp.deleteMember(userid);
    expectDone(await fixture.sync());
    expect(userAt(fixture, userid)).toMatchObject({ id, resource: { isForbidden: true } });
    await expectQuiet(fixture);
  });

  test("the rest of a new account comes with the next try, and nobody is made twice", async () => {
    const fixture = await startCasdoor();
    fixture.control.fault({ match: { type: "update-user" }, times: 5, effect: refusal("no") });
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    fixture.advance(3_600_000);
    fixture.control.resetJournal();
    expectDone(await fixture.sync());
    expect(apiUpdates(fixture)).toBe(5);
    expectLikeTruth(fixture);
    await expectQuiet(fixture);
  });

  test("all of it is refused before anything is sent, and the task says that it is the credentials", async () => {
    const fixture = await startCasdoor();
    fixture.control.fault({ match: { type: "get-users" }, effect: refusal("Unauthorized operation") });
    const task = await fixture.sync();
    expect(task.targets).toMatchObject([{ state: "failed" }]);
    expect(JSON.stringify(task)).toMatch(/Unauthorized operation.*check the credentials/);
    expect(fixture.control.counts().users).toBe(0);
  });

  test("an account that is marked as deleted there is not called active", async () => {
    const fixture = await startCasdoor();
    expectDone(await fixture.sync());
    const { userid } = someone(fixture, "1");
    fixture.control.modify(userAt(fixture, userid)?.id ?? "", { isDeleted: true });
    expect(await fixture.readBack({ repair: true })).toMatchObject({ state: "partial" });
    const links = await fixture.store.listLinks(fixture.row.id, { limit: 10, state: "failed" });
    expect(links.items).toMatchObject([{ externalId: userid, lastError: expect.stringMatching(/marked as deleted/) }]);
    expect(userAt(fixture, userid)?.resource["isDeleted"]).toBe(true);
  });
});

test("a departed member of a group is out of it and forbidden", async () => {
  const fixture = await startCasdoor();
  const [one = "", two = ""] = leavable(fixture);
  tagWith(fixture, "班", [one, two]);
  expectDone(await fixture.sync());
  fixture.corp.deleteMember(one);
  expectDone(await fixture.sync());
  const group = fixture.control.dump().groups.find(({ resource }) => resource["displayName"] === "班");
  expect(group?.members.map(({ value }) => value)).toEqual([userAt(fixture, two)?.id]);
});
