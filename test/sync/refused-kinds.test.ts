import { describe, expect, test } from "vitest";
import { endSource } from "../../src/sync/end-source.ts";
import { type EngineFixture, type EngineFixtureOptions, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { idle, nextTry, quarantineOf } from "./quarantine-support.ts";
import { leavable, membersOf, tagWith, userAt } from "./targets/support.ts";

// Where the licences are used up a target refuses whoever joins. Who leaves is switched off all the same.

const corp = { shape: { members: 12, departments: 3, seed: 3, quirks: false } } as const;

const start = (options: EngineFixtureOptions = {}) =>
  startEngineFixture({ corp, impatient: true, source: { safeguards: noSafeguards }, ...options });

function refuse({ control }: EngineFixture, match: { method?: "POST" | "PATCH"; body?: string }): void {
  control.fault({ match: { type: "User", ...match }, effect: { kind: "status", status: 403 } });
}

function join({ corp: simulated }: EngineFixture, count: number, name = "joiner"): void {
  for (let index = 0; index < count; index += 1) {
    simulated.createMember({ userid: `${name}-${index}`, name: "新人", department: [1] });
  }
}

/** Who is made and refused counts as one request; a request costs a target something, so this is bounded. */
const creates = ({ control }: EngineFixture): number => control.requests().counts["POST User"] ?? 0;

const isOff = (fixture: EngineFixture, userName: string): boolean =>
  userAt(fixture, userName)?.resource["active"] === false;

describe("a target that refuses joiners", () => {
  test("gets updates, members and leavers in the same push, and is not in quarantine", async () => {
    const fixture = await start();
    const [leaver = "", stays = "", moves = ""] = leavable(fixture);
    const tag = tagWith(fixture, "班", [leaver, stays]);
    await fixture.sync();
    refuse(fixture, { method: "POST" });
    fixture.control.resetJournal();
    join(fixture, 40);
    fixture.corp.deleteMember(leaver);
    fixture.corp.patchMember(stays, { position: "新" });
    fixture.corp.changeTagMembers(tag, { addUsers: [moves] });
    tagWith(fixture, "新", [stays]);
    const task = await fixture.sync({ trigger: "schedule" });
    expect(task).toMatchObject({ state: "partial", error: { code: "target.pending" } });
    expect(isOff(fixture, leaver)).toBe(true);
    expect(userAt(fixture, stays)?.resource["title"]).toBe("新");
    expect(membersOf(fixture, "班")).toEqual([moves, stays].sort());
    expect(membersOf(fixture, "新")).toEqual([stays]);
    expect(creates(fixture)).toBeGreaterThanOrEqual(20);
    // What was on its way already.
    expect(creates(fixture)).toBeLessThan(20 + 8);
    expect(await quarantineOf(fixture)).toBeNull();

    // All are there once it takes them, by itself.
    fixture.control.clearFault();
    fixture.advance(600_000);
    fixture.engine().nudge();
    const links = () => fixture.store.countLinks(fixture.row.id);
    await expect.poll(links, { timeout: 20_000, interval: 10 }).toMatchObject({ pending: 0, failed: 0 });
    await idle(fixture);
    await fixture.verify();
  });

  test("is in quarantine while there are only joiners; who leaves then goes with the next try, and with a push by hand", async () => {
    const fixture = await start();
    await fixture.sync();
    const [one = "", two = ""] = leavable(fixture);
    refuse(fixture, { method: "POST" });
    join(fixture, 40);
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ error: { code: "target.refused" } });
    const quarantined = await quarantineOf(fixture);
    expect(quarantined).toMatchObject({ code: "target.refused", tries: 0 });
    fixture.corp.deleteMember(one);
    await fixture.sync({ trigger: "schedule" });
    expect(isOff(fixture, one)).toBe(false);
    const before = creates(fixture);
    await nextTry(fixture);
    expect(isOff(fixture, one)).toBe(true);
    expect(await quarantineOf(fixture)).toBeNull();
    // One before it was known that it takes anything, and no more than of a healthy one afterwards.
    expect(creates(fixture) - before).toBeLessThanOrEqual(1 + 20 + 8);

    join(fixture, 40, "another");
    expect(await fixture.sync()).toMatchObject({ error: { code: "target.refused" } });
    fixture.corp.deleteMember(two);
    await fixture.sync({ trigger: "schedule" });
    expect(isOff(fixture, two)).toBe(false);
    await fixture.push();
    expect(isOff(fixture, two)).toBe(true);
  });

  test("is tried with those that it was never sent, before those that it refused", async () => {
    const fixture = await start();
    await fixture.sync();
    refuse(fixture, { method: "POST", body: "bad-" });
    join(fixture, 30, "bad");
    join(fixture, 30, "good");
    await fixture.sync({ trigger: "schedule" });
    expect(userAt(fixture, "good-29")).toBeUndefined();
    expect(await quarantineOf(fixture)).toMatchObject({ code: "target.refused" });
    // 20 to 27 were refused: the bad ones that are left, and then a good one, come before these.
    for (let tries = 0; userAt(fixture, "good-29") === undefined && tries < 4; tries += 1) await nextTry(fixture);
    expect(userAt(fixture, "good-29")).toBeDefined();
    expect(await quarantineOf(fixture)).toBeNull();
  });

  test("shows all the same which leavers wait for approval, and gets them once they are approved", async () => {
    const fixture = await start({ corp: { shape: { ...corp.shape, members: 24 } } });
    await fixture.sync();
    refuse(fixture, { method: "POST" });
    join(fixture, 20);
    const leavers = leavable(fixture)
      .filter((userid) => !userid.startsWith("joiner"))
      .slice(0, 8);
    for (const userid of leavers) fixture.corp.deleteMember(userid);
    const task = await fixture.sync({ trigger: "schedule" });
    expect(task).toMatchObject({ state: "held", error: { code: "target.refused" }, hold: { removals: { users: 8 } } });
    expect(await quarantineOf(fixture)).toMatchObject({ code: "target.refused" });
    await fixture.approve(task);
    expect(leavers.filter((userid) => !isOff(fixture, userid))).toEqual([]);
    expect(await quarantineOf(fixture)).toBeNull();
  });

  test("and everything else is in quarantine", async () => {
    const fixture = await start();
    const [leaver = "", ...others] = leavable(fixture);
    await fixture.sync();
    refuse(fixture, {});
    join(fixture, 12);
    for (const userid of others.slice(0, 8)) fixture.corp.patchMember(userid, { position: "新" });
    fixture.corp.deleteMember(leaver);
    fixture.control.fault({ match: { type: "Group" }, effect: { kind: "status", status: 403 } });
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ error: { code: "target.refused" } });
    expect(await quarantineOf(fixture)).toMatchObject({
      code: "target.refused",
      detail: expect.stringMatching(/HTTP 403/),
    });
  });
});

test("a target that refused everything, and is to be given nothing any more, is free, also while a source of it ends", async () => {
  const fixture = await start({ corp: { shape: { ...corp.shape, members: 40 } } });
  const { store, source, row } = fixture;
  const other = await fixture.addTarget();
  // Connected, and not read yet.
  const second = await fixture.addSource("second", { shape: corp.shape });
  await fixture.patchTarget({ sources: [source.id, second.row.id] });
  fixture.control.fault({ match: { method: "POST" }, effect: { kind: "status", status: 403 } });
  await fixture.sync({ trigger: "schedule" });
  expect(await quarantineOf(fixture)).toMatchObject({ code: "target.refused" });
  // The end waits for the other target.
  await store.pauseTarget(other.row.id, { reason: null, by: "admin" });
  await endSource(store, source.id, "deactivate", "disable", fixture.now());
  fixture.engine().nudge();
  await expect.poll(async () => (await store.listEndings())[0]?.waitsFor, { interval: 10 }).toContain("paused");
  await idle(fixture);

  await nextTry(fixture);
  expect(await quarantineOf(fixture)).toBeNull();
  const tries = (await store.listTasks({ limit: 100 })).items.filter(({ targetId }) => targetId === row.id);
  expect(tries).toHaveLength(1);
});
