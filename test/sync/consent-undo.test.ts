import { expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { undo } from "./undo-support.ts";

// What an undo does with what somebody gave by consent.

const given = { mobile: "+86 13800000001", email: "given@example.com" };

async function settled({ store, engine }: EngineFixture): Promise<void> {
  engine().nudge();
  await expect
    .poll(async () => (await store.openTasks()).length + (await store.markedSources()).length, { timeout: 20_000 })
    .toBe(0);
}

async function start(): Promise<EngineFixture> {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 30, departments: 4, seed: 1, quirks: false }, settings: { privacy: "new" } },
    source: { safeguards: noSafeguards },
  });
  await fixture.sync();
  return fixture;
}

const someone = ({ corp }: EngineFixture) => corp.truth().members[5]?.userid ?? "";

async function agree(fixture: EngineFixture, userid: string, values: JsonObject): Promise<void> {
  await fixture.store.saveConsent(fixture.source.id, { key: userid.toLowerCase(), userid }, values);
  await settled(fixture);
}

async function withdraw(fixture: EngineFixture, userid: string): Promise<void> {
  expect(await fixture.store.withdrawConsent(fixture.source.id, userid.toLowerCase())).not.toBeNull();
  await settled(fixture);
}

async function lastTask({ store, source }: EngineFixture) {
  const [task] = (await store.listTasks({ source: source.id, limit: 1 })).items;
  if (task === undefined) throw new Error("no task");
  return task;
}

const shownOf = ({ control }: EngineFixture, userid: string): string =>
  JSON.stringify(control.dump().users.find(({ resource }) => resource["externalId"] === userid)?.resource ?? {});

it("puts nothing back of what was withdrawn", async () => {
  const fixture = await start();
  const userid = someone(fixture);
  await agree(fixture, userid, given);
  await withdraw(fixture, userid);
  const undone = await undo(fixture, await lastTask(fixture));
  const records = await fixture.records(undone, { target: null });
  expect(records).toMatchObject([{ status: "skipped", error: expect.stringContaining("withdrawn his consent") }]);
  await settled(fixture);
  for (const value of ["given@example.com", "13800000001"]) expect(shownOf(fixture, userid)).not.toContain(value);
});

it("that has put back an older value does not keep it when the consent is withdrawn", async () => {
  const fixture = await start();
  const userid = someone(fixture);
  await agree(fixture, userid, given);
  await agree(fixture, userid, { ...given, email: "later@example.com" });
  await undo(fixture, await lastTask(fixture));
  await settled(fixture);
  expect(shownOf(fixture, userid)).toContain("given@example.com");
  await withdraw(fixture, userid);
  for (const value of ["given@example.com", "13800000001"]) expect(shownOf(fixture, userid)).not.toContain(value);
});

it("takes back somebody whom a task made, though he has withdrawn", async () => {
  const fixture = await start();
  const userid = "new.person";
  await fixture.store.saveConsent(fixture.source.id, { key: userid, userid }, given);
  await withdraw(fixture, userid);
  fixture.corp.createMember({ userid, name: "New Person", department: [1], status: 1 });
  const undone = await undo(fixture, await fixture.sync());
  const records = await fixture.records(undone, { target: null });
  expect(records.filter(({ resourceType }) => resourceType === "User")).toMatchObject([
    { action: "deactivate", status: "applied" },
  ]);
});
