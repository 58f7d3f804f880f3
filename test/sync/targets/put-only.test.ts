import { expect, test } from "vitest";
import { startEngineFixture } from "../../support/engine.ts";
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

test("a server without PATCH is kept up to date by PUT; what others wrote there stays", async () => {
  const fixture = await startEngineFixture({ target: { like: "put-only" } });
  const [one = "", two = "", three = ""] = leavable(fixture);
  const tag = tagWith(fixture, "班", [one, two]);
  expectDone(await fixture.sync());
  await fixture.verify();

  const stranger = fixture.control.add("User", { userName: "stranger" });
  const group = groupAt(fixture, "班")?.id ?? "";
  fixture.control.addMember(group, stranger);
  fixture.control.modify(userAt(fixture, one)?.id ?? "", { roles: [{ value: "theirs" }] });
  fixture.corp.patchMember(one, { position: "班长", alias: null });
  fixture.corp.changeTagMembers(tag, { addUsers: [three], removeUsers: [two] });
  fixture.corp.renameTag(tag, "新班");
  fixture.control.resetJournal();
  expectDone(await fixture.sync());
  expect(userAt(fixture, one)?.resource).toMatchObject({ title: "班长", roles: [{ value: "theirs" }] });
  expect(membersOf(fixture, "新班")).toEqual([one, three, "stranger"].sort());
  expect(writes(fixture)).toEqual({ "PUT User": 1, "PUT Group": 3 });
  expect(fixture.control.violations()).toEqual([]);
  expect(fixture.control.noops()).toEqual([]);
  await expectQuiet(fixture);
});

test("who is disabled, and who leaves, is made inactive by PUT", async () => {
  const fixture = await startEngineFixture({ target: { like: "put-only" } });
  expectDone(await fixture.sync());
  const [disabled = "", leaver = ""] = leavable(fixture);
  fixture.corp.patchMember(disabled, { status: 2 });
  fixture.corp.deleteMember(leaver);
  expectDone(await fixture.sync());
  expect(userAt(fixture, disabled)?.resource["active"]).toBe(false);
  expect(userAt(fixture, leaver)?.resource["active"]).toBe(false);
  await fixture.verify();
  await expectQuiet(fixture);
});

test("what was cut off in the middle is completed, and sent once", async () => {
  const fixture = await startEngineFixture({ target: { like: "put-only" } });
  const people = leavable(fixture);
  const tag = tagWith(fixture, "班", people.slice(0, 3));
  expectDone(await fixture.sync());
  fixture.corp.changeTagMembers(tag, { addUsers: people.slice(3, 6) });
  const answerLost = { kind: "reset", commit: true } as const;
  fixture.control.fault({ match: { method: "PUT", type: "Group" }, times: 1, effect: answerLost });
  expectDone(await fixture.sync());
  await fixture.verify();
  expect(membersOf(fixture, "班")).toEqual(people.slice(0, 6).sort());
});

test("where neither PATCH nor PUT may be used, changes fail with words, and the rest goes on", async () => {
  const fixture = await startEngineFixture({ target: { like: "put-only" } });
  writeProfile(fixture, "create-only", { put: false });
  await fixture.patchTarget({ profile: "create-only" });
  const first = await fixture.sync();
  expect(first).toMatchObject({ state: "partial" });
  expect(fixture.control.counts().users).toBe(60);
  fixture.corp.createMember({ userid: "newcomer", name: "新人", department: [1], status: 1 });
  const [one = ""] = leavable(fixture);
  fixture.corp.patchMember(one, { position: "班长" });
  fixture.control.resetJournal();
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "partial", error: { code: "target.pending" } });
  const failed = await fixture.records(task, { status: "failed", resourceType: "User" });
  expect(failed).toMatchObject([{ externalId: one, error: expect.stringMatching(/no PATCH.*PUT must not be used/) }]);
  expect(writes(fixture)).toEqual({ "POST User": 1 });
  // Nobody is looked for in groups to which nothing can be sent; the one that changed is read once, for it had failed before.
  const { log } = fixture.control.requests();
  expect(log.filter(({ method, path }) => method === "GET" && path.startsWith("/Groups"))).toHaveLength(1);
});

test("a member whose account is gone there keeps nobody else out of a group", async () => {
  const fixture = await startEngineFixture({ target: { like: "put-only" } });
  const [one = "", two = "", three = "", four = ""] = leavable(fixture);
  const tag = tagWith(fixture, "班", [one, two, three]);
  expectDone(await fixture.sync());
  // Gone, and out of the groups with that: the ledger still has him.
  fixture.control.remove(userAt(fixture, two)?.id ?? "");
  fixture.corp.changeTagMembers(tag, { addUsers: [four], removeUsers: [three] });
  expectDone(await fixture.sync());
  expect(membersOf(fixture, "班")).toEqual([one, two, four].sort());
  expect(fixture.differences()).toEqual([]);
});
