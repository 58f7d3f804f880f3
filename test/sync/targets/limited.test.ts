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

test("a server like AWS gets one value each, members a hundred at a time, and is never asked for them", async () => {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 260, departments: 6, seed: 3, quirks: false } },
    source: { mapping: "sase" },
    target: { like: "aws" },
  });
  writeProfile(fixture, "aws-fast", { requestsPerSecond: 0 }, "aws-identity-center");
  await fixture.patchTarget({ profile: "aws-fast" });
  const people = leavable(fixture);
  expect(people.length).toBeGreaterThan(100);
  const tag = tagWith(fixture, "全体", people);
  expectDone(await fixture.sync());
  expect(groupAt(fixture, "全体")?.members).toHaveLength(people.length);
  expect(fixture.control.violations()).toEqual([]);
  fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 2) });
  fixture.control.resetJournal();
  expectDone(await fixture.sync());
  expect(groupAt(fixture, "全体")?.members).toHaveLength(people.length - 2);
  expect(writes(fixture)).toEqual({ "PATCH Group": 1 });
  expect(fixture.control.violations()).toEqual([]);
  await expectQuiet(fixture);
});

test("who lacks what the product needs is not sent, and told what he lacks", async () => {
  const fixture = await startEngineFixture({
    target: { like: "aws" },
  });
  writeProfile(fixture, "aws-fast", { requestsPerSecond: 0 }, "aws-identity-center");
  await fixture.patchTarget({ profile: "aws-fast" });
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "partial" });
  const failed = await fixture.records(task, { status: "failed", resourceType: "User" });
  expect(failed.length).toBe(60);
  expect(failed[0]?.error).toMatch(/does not take it without name\.givenName, name\.familyName/);
  expect(writes(fixture)).not.toHaveProperty("POST User");
});

test("a group that can't be renamed keeps its name with words, and goes on getting members", async () => {
  const fixture = await startEngineFixture();
  writeProfile(fixture, "fixed-names", { groupRename: false });
  await fixture.patchTarget({ profile: "fixed-names" });
  const [one = "", two = ""] = leavable(fixture);
  const tag = tagWith(fixture, "旧名", [one]);
  expectDone(await fixture.sync());
  const { id } = groupAt(fixture, "旧名") ?? { id: "" };
  fixture.corp.renameTag(tag, "新名");
  fixture.corp.changeTagMembers(tag, { addUsers: [two] });
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "partial" });
  const failed = await fixture.records(task, { status: "failed" });
  expect(failed).toMatchObject([
    { externalId: `tag:${tag}`, action: "update", error: expect.stringMatching(/does not let a group be renamed/) },
  ]);
  expect(groupAt(fixture, "旧名")?.id).toBe(id);
  expect(membersOf(fixture, "旧名")).toEqual([one, two].sort());
  // Renamed there by hand: the next try finds it done.
  fixture.control.modify(id, { displayName: "新名" });
  expectDone(await fixture.push());
  await expectQuiet(fixture);
});

test("a server that takes one operation at a time gets one", async () => {
  const fixture = await startEngineFixture();
  writeProfile(fixture, "one-by-one", { operationsPerPatch: 1 });
  await fixture.patchTarget({ profile: "one-by-one" });
  expectDone(await fixture.sync());
  const [one = ""] = leavable(fixture);
  fixture.corp.patchMember(one, { position: "班长", alias: "老大", telephone: "010-1" });
  fixture.control.resetJournal();
  expectDone(await fixture.sync());
  expect(writes(fixture)).toEqual({ "PATCH User": 3 });
  await fixture.verify();
});

test("another profile brings what was given up to date, and an edited one too", async () => {
  const fixture = await startEngineFixture();
  expectDone(await fixture.sync());
  const [one = ""] = leavable(fixture);
  const phones = () => userAt(fixture, one)?.resource["phoneNumbers"];
  fixture.corp.patchMember(one, { mobile: "13800000000", telephone: "010-1" });
  expectDone(await fixture.sync());
  expect(phones()).toHaveLength(2);
  writeProfile(fixture, "own", { singleValued: true });
  await fixture.patchTarget({ profile: "own" });
  expectDone(await fixture.sync());
  expect(phones()).toHaveLength(1);
  await expectQuiet(fixture);
  // What is not sent any more is left alone there.
  writeProfile(fixture, "own", { singleValued: true, omit: { users: ["phoneNumbers"] } });
  expectDone(await fixture.sync());
  expect(phones()).toHaveLength(1);
  await expectQuiet(fixture);
});

test("a profile that does not send externalId any more makes nobody known by another name", async () => {
  const fixture = await startEngineFixture();
  expectDone(await fixture.sync());
  writeProfile(fixture, "own", { externalId: false });
  await fixture.patchTarget({ profile: "own" });
  expectDone(await fixture.sync());
  expect(fixture.differences()).toEqual([]);
  await expectQuiet(fixture);
});

test("a server like GitHub, which wants to know who calls, is served", async () => {
  const fixture = await startEngineFixture({ target: { like: "github" } });
  writeProfile(fixture, "github-fast", { requestsPerSecond: 0, require: { users: [], groups: [] } }, "github");
  await fixture.patchTarget({ profile: "github-fast" });
  expectDone(await fixture.sync());
  expect(fixture.control.counts().users).toBe(60);
  expect(fixture.control.violations()).toEqual([]);
  await expectQuiet(fixture);
});
