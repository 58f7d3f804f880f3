import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { defaultSafeguards, type EngineFixture, ownDirectory, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { idle } from "./quarantine-support.ts";
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

async function adminsHere({ store, source }: EngineFixture) {
  const { groups } = await ownDirectory(store, source.id);
  return groups.find(({ resource }) => resource["displayName"] === "Admins")?.resource ?? {};
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

  test.each(["in the push", "by the program"] as const)(
    "has its members also where the answer to its create was lost (%s)",
    async (lostBy) => {
      const fixture = await startEngineFixture({ impatient: true });
      await fixture.patchTarget(protects);
      await fixture.sync();
      const [one = "", two = ""] = leavable(fixture);
      tagWith(fixture, "Admins", [one, two]);
      const kind = lostBy === "in the push" ? "reset" : "hang";
      fixture.control.fault({ match: { method: "POST", type: "Group" }, times: 1, effect: { kind, commit: true } });
      if (lostBy === "by the program") {
        await fixture.store.queueTask({
          ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
        });
        fixture.engine().nudge();
        await expect.poll(() => groupAt(fixture, "Admins"), { timeout: 20_000, interval: 10 }).toBeDefined();
        await fixture.stop();
        fixture.start();
        await idle(fixture);
      } else {
        await fixture.sync();
      }
      expectDone(await fixture.sync());
      expect(fixture.control.requests().counts["POST Group"]).toBeGreaterThan(0);
      expect(membersOf(fixture, "Admins")).toEqual([one, two].sort());
      await expectQuiet(fixture);
    },
  );

  test("and somebody was put into meanwhile, while its create was in doubt, is left as it is", async () => {
    const fixture = await startEngineFixture({ impatient: true });
    await fixture.patchTarget(protects);
    await fixture.sync();
    const [one = ""] = leavable(fixture);
    tagWith(fixture, "Admins", [one]);
    fixture.control.fault({ match: { method: "POST", type: "Group" }, effect: { kind: "status", status: 500 } });
    await fixture.sync();
    // A group of theirs that looks like ours, made when ours was to be made.
    const root = fixture.control.add("User", { userName: "root" });
    const externalId = String((await adminsHere(fixture))["externalId"]);
    fixture.control.add("Group", { displayName: "Admins", externalId }, [root]);
    fixture.control.clearFault();
    const task = await fixture.push();
    expect(membersOf(fixture, "Admins")).toEqual(["root"]);
    expect(await keptIn(fixture, task)).toMatchObject([{ error: reason, addedCount: 1 }]);
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
