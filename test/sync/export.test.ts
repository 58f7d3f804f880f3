import { expect, test } from "vitest";
import type { SourceUse } from "../../src/source/source.ts";
import { makeWecomSource } from "../../src/source/wecom/wecom-source.ts";
import type { SourceRow, TaskRow } from "../../src/store/store.ts";
import { FakeClock } from "../source/wecom/fake-clock.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

/** A source that is read by an export. */
function exporting(row: SourceRow, use: SourceUse) {
  const { corpId = "", agentId, apiBaseUrl } = row.settings.wecom ?? {};
  const corpSecret = row.secrets["/wecom/corpSecret"] ?? "";
  return makeWecomSource({
    ...use,
    corpId,
    agentId,
    apiBaseUrl,
    corpSecret,
    clock: new FakeClock(),
    reading: "export",
  });
}

/** Records of groups that somebody was taken from. */
async function leftGroups({ store }: EngineFixture, task: TaskRow): Promise<readonly unknown[]> {
  const { items } = await store.listRecords(task.id, { limit: 500 });
  return items.filter(({ changes }) => changes.some((change) => "removed" in change && change.removed.length > 0));
}

test("a sync by export brings what the corp has, and says which way it took", async () => {
  const fixture = await startEngineFixture({ openSource: exporting, corp: { settings: { exportBlock: 9 } } });
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", error: null });
  expect(task.requests?.reading).toEqual({ way: "export", because: expect.stringContaining("wecom.reading") });
  expect(task.requests?.byApi.map(({ api }) => api)).toEqual(
    expect.arrayContaining(["export/user", "export/get_result"]),
  );
  await fixture.verify();
});

test("where exports begin to show less, nothing is cleared, and nobody leaves", async () => {
  const fixture = await startEngineFixture({ openSource: exporting });
  await fixture.sync();
  fixture.corp.setSettings({ exportFields: "few" });
  fixture.control.resetJournal();
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", requests: { reading: { way: "departments" } } });
  expect(fixture.control.requests().total).toBe(0);
  await fixture.verify();
});

test("after an export that breaks changes and departures are found department by department", async () => {
  const fixture = await startEngineFixture({ openSource: exporting });
  await fixture.sync();
  const { members } = fixture.corp.truth();
  for (const { userid } of members.slice(0, 3)) fixture.corp.deleteMember(userid);
  for (const { userid } of members.slice(5, 9)) fixture.corp.patchMember(userid, { position: "新职位" });
  fixture.corp.addFault({ endpoint: "export/file", answer: { kind: "reset" } });
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", requests: { reading: { way: "departments" } } });
  await fixture.verify();
});

test("people of a file that an export leaves out are looked for one by one", async () => {
  const fixture = await startEngineFixture({
    openSource: exporting,
    corp: { shape: { members: 120, departments: 6, seed: 4 }, settings: { exportBlock: 118 } },
  });
  await fixture.sync();
  fixture.corp.setSettings({ exportLostFiles: 1 });
  fixture.control.resetJournal();
  const { userid = "" } = fixture.corp.truth().members[50] ?? {};
  fixture.corp.deleteMember(userid);
  fixture.corp.setSettings({ exportBlock: 117 });
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", requests: { reading: { way: "export" } } });
  expect(task.counts?.users).toMatchObject({ deactivated: 1 });
  await fixture.verify();
});

test("nobody is removed where an export lacks more people than can be looked for, and some of them are there", {
  timeout: 60_000,
}, async () => {
  const fixture = await startEngineFixture({
    openSource: exporting,
    corp: { shape: { members: 1200, departments: 12, seed: 4, quirks: false } },
    source: { safeguards: noSafeguards },
    targetSettings: { safeguards: noSafeguards },
  });
  const { corp } = fixture;
  const before = corp.truth().members;
  const department = [corp.createDepartment({ name: "后来", parentid: 1 })];
  for (let n = 0; n < 1100; n += 1) corp.createMember({ userid: `late-${n}`, name: `后${n}`, department });
  await fixture.sync();
  for (const { userid } of before.slice(100, 150)) corp.deleteMember(userid);
  // Everybody who is compared with user/list is in the first file.
  corp.setSettings({ exportBlock: before.length - 50, exportLostFiles: 1 });
  const task = await fixture.sync();
  expect(task.requests?.reading?.way).toBe("export");
  expect(task).toMatchObject({ state: "partial", error: { code: "source.export-incomplete" } });
  expect(task.counts?.users).toMatchObject({ deactivated: 0, deleted: 0 });
  expect(await leftGroups(fixture, task)).toEqual([]);
  corp.setSettings({ exportLostFiles: 0 });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  await fixture.verify();
});

test("more people than can be looked for leave where an export without them is right", {
  timeout: 60_000,
}, async () => {
  const fixture = await startEngineFixture({
    openSource: exporting,
    corp: { shape: { members: 1500, departments: 15, seed: 4, quirks: false } },
    source: { safeguards: noSafeguards },
    targetSettings: { safeguards: noSafeguards },
  });
  await fixture.sync();
  for (const { userid } of fixture.corp.truth().members.slice(200, 1300)) fixture.corp.deleteMember(userid);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  await fixture.verify();
});
