import { expect, test } from "vitest";
import type { SourceUse } from "../../src/source/source.ts";
import { makeWecomSource } from "../../src/source/wecom/wecom-source.ts";
import type { SourceRow } from "../../src/store/store.ts";
import { FakeClock } from "../source/wecom/fake-clock.ts";
import { startEngineFixture } from "../support/engine.ts";

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
