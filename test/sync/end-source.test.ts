import { describe, expect, test } from "vitest";
import type { FullStore } from "../../src/store/open-store.ts";
import { endSource, type Leaving, settleLeaving } from "../../src/sync/end-source.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

function people({ control }: EngineFixture): { all: number; active: number; memberships: number; groups: number } {
  const { users, groups } = control.dump();
  return {
    all: users.length,
    active: users.filter(({ resource }) => resource["active"] === true).length,
    memberships: groups.reduce((sum, { members }) => sum + members.length, 0),
    groups: groups.length,
  };
}

async function finished(fixture: EngineFixture): Promise<void> {
  await expect.poll(async () => (await fixture.store.openTasks()).length, { timeout: 20_000, interval: 10 }).toBe(0);
}

async function end(
  fixture: EngineFixture,
  how: "keep" | "deactivate" | "delete",
  then: "disable" | "delete",
): Promise<void> {
  await endSource(fixture.store, fixture.source.id, how, then, fixture.now());
  fixture.engine().nudge();
  await finished(fixture);
}

describe("the end of a source", () => {
  test.each([
    ["deactivate", "disable"],
    ["deactivate", "delete"],
    ["delete", "delete"],
    ["delete", "disable"],
    ["keep", "delete"],
    ["keep", "disable"],
  ] as const)("people: %s, then %s", async (how, then) => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const before = people(fixture);
    await end(fixture, how, then);
    const after = people(fixture);
    if (how === "keep") expect(after).toEqual(before);
    if (how === "deactivate") expect(after).toEqual({ all: before.all, active: 0, memberships: 0, groups: 0 });
    if (how === "delete") expect(after).toEqual({ all: 0, active: 0, memberships: 0, groups: 0 });
    expect(fixture.control.violations()).toEqual([]);
    const source = await fixture.store.findSource(fixture.source.id);
    if (then === "delete") {
      expect(source).toBeNull();
      expect((await fixture.store.findTarget(fixture.row.id))?.settings.sources).toEqual([]);
      for (const table of ["resource", "source_record", "link", "link_member", "member"] as const) {
        const rows = await fixture.database.db.selectFrom(table).selectAll().execute();
        expect([table, rows.length]).toEqual([table, 0]);
      }
    } else if (how !== "keep") {
      expect(source).toMatchObject({ status: "disabled", nextRunAt: null });
      expect(source?.settings.leaving).toBeUndefined();
    }
  });

  test("waits for a target that is down, and goes on once it is back", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.control.setDown(true);
    await end(fixture, "deactivate", "delete");
    expect(await fixture.store.findSource(fixture.source.id)).not.toBeNull();
    expect(people(fixture).active).toBeGreaterThan(0);
    fixture.control.setDown(false);
    fixture.advance(11 * 60_000);
    fixture.engine().nudge();
    await expect.poll(() => fixture.store.findSource(fixture.source.id), { timeout: 20_000, interval: 10 }).toBeNull();
    expect(people(fixture)).toMatchObject({ active: 0, memberships: 0, groups: 0 });
  });

  test("ordered while a plan waits for its turn still tells the targets", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await fixture.stop();
    await fixture.store.queueTask({ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "plan" });
    await endSource(fixture.store, fixture.source.id, "deactivate", "delete", fixture.now());
    fixture.start();
    await expect.poll(() => fixture.store.findSource(fixture.source.id), { timeout: 20_000, interval: 10 }).toBeNull();
    expect(people(fixture)).toMatchObject({ active: 0, memberships: 0, groups: 0 });
  });

  test("ordered while something held was just approved still tells the targets", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { members } = fixture.corp.truth();
    for (const { userid } of members.slice(0, 10)) fixture.corp.deleteMember(userid);
    const held = await fixture.sync();
    expect(held.state).toBe("held");
    await fixture.stop();
    expect(await fixture.store.approveTask(held.id, null)).toBe(true);
    await endSource(fixture.store, fixture.source.id, "deactivate", "delete", fixture.now());
    fixture.start();
    await expect.poll(() => fixture.store.findSource(fixture.source.id), { timeout: 20_000, interval: 10 }).toBeNull();
    expect(people(fixture)).toMatchObject({ active: 0, memberships: 0, groups: 0 });
  });

  test("enabled again, it brings everybody back with the same accounts", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const ids = fixture.control
      .dump()
      .users.map(({ id }) => id)
      .sort();
    await end(fixture, "deactivate", "disable");
    await fixture.store.updateSource(fixture.source.id, { status: "enabled" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(
      fixture.control
        .dump()
        .users.map(({ id }) => id)
        .sort(),
    ).toEqual(ids);
    await fixture.verify();
  });

  test("touches nothing of another source at the same target", async () => {
    const fixture = await startEngineFixture({ source: { namespace: "one" } });
    const other = await fixture.addSource(
      "other",
      { shape: { members: 40, departments: 8, seed: 9, quirks: false } },
      { namespace: "two" },
    );
    await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
    await fixture.sync();
    await fixture.sync({ source: other.row });
    const ofOther = () => {
      const { users, groups } = fixture.control.dump();
      return [...users, ...groups].filter(({ resource }) => String(resource["externalId"]).includes("two:"));
    };
    const before = ofOther();
    expect(before.length).toBeGreaterThan(40);
    await end(fixture, "delete", "delete");
    expect(ofOther()).toEqual(before);
    expect(fixture.control.dump().users).toHaveLength(40);
  });
});

test.each(["sqlite", "postgres"] as const)(
  "an end that was withdrawn, or changed, as its last step began does not go on, on %s",
  { timeout: 60_000 },
  async (dialect) => {
    const fixture = await startEngineFixture({ withTarget: false, ...(await onDatabase(dialect)) });
    const { store, source } = fixture;
    await fixture.sync();
    await fixture.stop();
    const order = (people: Leaving["people"], then: Leaving["then"]): Leaving => ({ people, then });
    const leaving = order("delete", "delete");
    const task = { mode: "apply", stage: "plan" } as const;
    const settings = { ...source.settings, leaving };
    /** What an administrator does between the last look at the order and the deletion. */
    const settleWhile = async (change: () => Promise<unknown>): Promise<void> => {
      await store.updateSource(source.id, { status: "disabled", settings });
      const late: FullStore = {
        ...store,
        async deleteSource(...order) {
          await change();
          return store.deleteSource(...order);
        },
      };
      await settleLeaving(late, task, source.id, { leaving, waitsFor: null, now: fixture.now() });
    };
    await settleWhile(() => store.updateSource(source.id, { status: "enabled", settings: source.settings }));
    expect(await store.findSource(source.id)).toMatchObject({ status: "enabled" });
    const other = { ...source.settings, leaving: order("deactivate", "disable") };
    await settleWhile(() => store.updateSource(source.id, { settings: other }));
    expect(await store.findSource(source.id)).toMatchObject({ settings: other });
    await settleWhile(async () => {});
    expect(await store.findSource(source.id)).toBeNull();
  },
);
