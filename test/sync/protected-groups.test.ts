import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { defaultSafeguards, type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { expectDone, expectQuiet, groupAt, leavable, membersOf, tagWith } from "./targets/support.ts";

// A group that gives rights has its members from whoever gave them, and not from a tag that is called like it.

const filter = 'displayName eq "Admins"';
const protects = { safeguards: { ...defaultSafeguards, protectedGroups: filter } };
const reason = `protected by ${filter}`;

/** A target with a group of its own that has one member, and a filter that protects it. */
function addAdmins({ control }: EngineFixture): string {
  const root = control.add("User", { userName: "root" });
  return control.add("Group", { displayName: "Admins" }, [root]);
}

const keptIn = async (fixture: EngineFixture, task: TaskRow) =>
  (await fixture.records(task, { status: "skipped", resourceType: "Group" })).map(({ error, changes }) => ({
    error,
    ...(changes as readonly object[]).find((each) => "addedCount" in each),
  }));

describe.each([
  ["plain", "sqlite"],
  ["put-only", "sqlite"],
  ["plain", "postgres"],
] as const)("a protected group that the target had already (%s, %s)", (like, dialect) => {
  test("is given nobody and loses nobody, and says so once, until it is not protected", async () => {
    const fixture = await startEngineFixture({
      ...(like === "plain" ? {} : { target: { like } }),
      ...(await onDatabase(dialect)),
    });
    const people = leavable(fixture).slice(0, 4);
    const [one = "", two = "", three = ""] = people;
    await fixture.patchTarget(protects);
    const group = addAdmins(fixture);
    const tag = tagWith(fixture, "Admins", [one, two]);
    const first = await fixture.sync();
    expectDone(first);
    expect(membersOf(fixture, "Admins")).toEqual(["root"]);
    expect(await keptIn(fixture, first)).toMatchObject([{ error: reason, addedCount: 2 }]);
    await expectQuiet(fixture);
    expectDone(await fixture.push());

    fixture.corp.changeTagMembers(tag, { addUsers: [three] });
    const plan = await fixture.sync({ mode: "plan" });
    expect(await keptIn(fixture, plan)).toMatchObject([{ error: reason, addedCount: 3 }]);
    expect((await fixture.store.listPlanRequests(plan.id, { limit: 10 })).items).toEqual([]);
    const second = await fixture.sync();
    expectDone(second);
    expect(membersOf(fixture, "Admins")).toEqual(["root"]);
    expect(await keptIn(fixture, second)).toMatchObject([{ error: reason, addedCount: 3 }]);
    await expectQuiet(fixture);
    const links = await fixture.store.listLinks(fixture.row.id, { state: "protected", limit: 10 });
    expect(links.items).toMatchObject([{ remoteId: group, reason }]);

    // Somebody there puts one of ours in, by hand: that is his to say.
    const theirs = fixture.control.dump().users.find(({ resource }) => resource["userName"] === people[3])?.id ?? "";
    fixture.control.addMember(group, theirs);
    const repaired = await fixture.readBack({ repair: true });
    expect(repaired).toMatchObject({ state: "succeeded", drift: { members: { missing: 0, extra: 0 } } });
    expect(membersOf(fixture, "Admins")).toEqual([people[3], "root"].sort());

    await fixture.patchTarget({ safeguards: defaultSafeguards });
    expectDone(await fixture.push());
    expect(membersOf(fixture, "Admins")).toEqual([...people, "root"].sort());
    await expectQuiet(fixture);
  });
});

describe("a protected group that the bridge made", () => {
  test("has the members that it was made with, whoever comes and goes afterwards", async () => {
    const fixture = await startEngineFixture();
    const [one = "", two = "", three = ""] = leavable(fixture);
    await fixture.patchTarget(protects);
    const tag = tagWith(fixture, "Admins", [one, two]);
    expectDone(await fixture.sync());
    expect(membersOf(fixture, "Admins")).toEqual([one, two].sort());
    fixture.corp.changeTagMembers(tag, { addUsers: [three], removeUsers: [one] });
    const task = await fixture.sync();
    expectDone(task);
    expect(membersOf(fixture, "Admins")).toEqual([one, two].sort());
    expect(await keptIn(fixture, task)).toMatchObject([{ error: reason, addedCount: 1, removedCount: 1 }]);
    await expectQuiet(fixture);
    // What it is made of again, should it be lost there, are its members too.
    fixture.control.remove(groupAt(fixture, "Admins")?.id ?? "");
    expectDone(await fixture.readBack({ repair: true }));
    expect(membersOf(fixture, "Admins")).toEqual([two, three].sort());
  });

  test("by what the target shows of it is protected too", async () => {
    const fixture = await startEngineFixture();
    const [one = "", two = ""] = leavable(fixture);
    const tag = tagWith(fixture, "班", [one]);
    await fixture.patchTarget(protects);
    expectDone(await fixture.sync());
    fixture.control.modify(groupAt(fixture, "班")?.id ?? "", { displayName: "Admins" });
    fixture.corp.changeTagMembers(tag, { addUsers: [two] });
    const task = await fixture.sync();
    expectDone(task);
    expect(membersOf(fixture, "Admins")).toEqual([one]);
    expect(await keptIn(fixture, task)).toMatchObject([{ error: reason, addedCount: 1 }]);
  });
});
