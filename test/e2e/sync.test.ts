import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readState } from "../support/e2e.ts";
import { fewestRequests, resourceRequests, wrongAt } from "../support/e2e-compare.ts";
import { changeAndSync, type Line, makeLine, membersPerRequest } from "../support/e2e-line.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

// The whole line: simulated WeCom → the bridge as it is shipped → simulated SCIM target, all over HTTP.

describe.each([
  { database: "SQLite", members: 600, inSteps: [1], atOnce: [4] },
  { database: "PostgreSQL", members: 300, inSteps: [3], atOnce: [] },
])("a corp on its way to a target, kept in $database", ({ database, members, inSteps, atOnce }) => {
  let postgres: TestPostgres | null = null;
  let line: Line | null = null;

  beforeAll(async () => {
    if (database === "PostgreSQL") postgres = await startPostgres();
  });
  afterEach(() => line?.close());
  afterAll(() => postgres?.close());

  const start = async (seed: number): Promise<Line> => {
    line = await makeLine({ members, departments: 40, seed }, await postgres?.createDatabase());
    return line;
  };

  it("arrives whole with the first sync, and costs nothing with the second", { timeout: 180_000 }, async () => {
    const { wecom, target, home, sync } = await start(11);
    const empty = target.control.dump();
    const first = await sync();
    expect(first).toMatchObject({ state: "succeeded", error: null, hold: null });
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
    expect(target.control.violations()).toEqual([]);
    expect(target.control.noops()).toEqual([]);

    // First contact lists each type once, in pages; the pages of an empty server are one.
    expect(resourceRequests(target.control.requests().counts)).toEqual({
      ...fewestRequests(empty, target.control.dump(), membersPerRequest),
      "GET User": 1,
      "GET Group": 1,
    });

    const state = await readState(home.databaseUrl);
    target.control.resetJournal();
    const second = await sync();
    expect(second).toMatchObject({ state: "succeeded", error: null, hold: null });
    expect(second.counts.users).toMatchObject({ read: members, created: 0, updated: 0, unchanged: members });
    expect(target.control.requests().total).toBe(0);
    expect(await readState(home.databaseUrl)).toEqual(state);
  });

  it.each(inSteps)(
    "200 random changes in four steps arrive with the fewest requests there can be (seed %i)",
    { timeout: 180_000 },
    async (seed) => {
      const line = await start(seed);
      expect((await line.sync()).state).toBe("succeeded");
      for (let step = 0; step < 4; step += 1) await changeAndSync(line, 50, `${seed}.${step}`);
    },
  );

  it.each(atOnce)(
    "200 random changes at once arrive with the fewest requests there can be (seed %i)",
    { timeout: 180_000 },
    async (seed) => {
      const line = await start(seed);
      expect((await line.sync()).state).toBe("succeeded");
      await changeAndSync(line, 200, seed);
    },
  );

  it("a userid renamed without its event is a departure and an arrival", { timeout: 180_000 }, async () => {
    const { wecom, target, sync } = await start(6);
    await sync();
    const [member] = wecom.control.visibleTruth().members;
    const before = target.control.dump();
    const old = before.users.find(({ resource }) => resource["externalId"] === member?.userid);
    wecom.control.renameUserid(member?.userid ?? "", "renamed-without-event");

    const task = await sync();
    expect(task.state).toBe("succeeded");
    expect(task.counts.users).toMatchObject({ created: 1, deactivated: 1 });
    const after = target.control.dump();
    expect(wrongAt(after, wecom.control.visibleTruth())).toEqual([]);
    expect(after.users.find(({ id }) => id === old?.id)?.resource).toEqual({ ...old?.resource, active: false });
    expect(after.users.filter(({ resource }) => resource["externalId"] === "renamed-without-event")).toHaveLength(1);
    expect(after.users).toHaveLength(before.users.length + 1);
  });

  it("leavers are deleted at a target that wants it so", { timeout: 180_000 }, async () => {
    const { wecom, target, bridge, sync } = await start(7);
    await bridge.api.call("PATCH", "/targets/target", { provision: { onRemoval: "delete" } });
    await sync();
    const gone = wecom.control
      .visibleTruth()
      .members.slice(100, 120)
      .map(({ userid }) => userid);
    for (const userid of gone) wecom.control.deleteMember(userid);
    const before = target.control.dump();
    target.control.resetJournal();

    expect((await sync()).state).toBe("succeeded");
    const after = target.control.dump();
    expect(after.users).toHaveLength(before.users.length - gone.length);
    expect(wrongAt(after, wecom.control.visibleTruth())).toEqual([]);
    expect(target.control.requests().counts["DELETE User"]).toBe(gone.length);
    expect(target.control.violations()).toEqual([]);
  });
});
