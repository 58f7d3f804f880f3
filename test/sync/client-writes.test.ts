import { describe, expect, test } from "vitest";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { addCustomSource, settled, startClient, tasksOf, userAt, withCustom } from "../support/writing.ts";

function activeAt({ control }: EngineFixture): number {
  return control.dump().users.filter(({ resource }) => resource["active"] === true).length;
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `person-${at}`);

describe("what a client writes to a custom source", () => {
  test("reaches the target without any sync: who is made, changed, switched off, deleted", async () => {
    const { fixture, client } = await withCustom();
    const id = await client.createUser("ann", { title: "Engineer" });
    await settled(fixture);
    expect(userAt(fixture, "ann")?.resource).toMatchObject({ userName: "ann", title: "Engineer", active: true });
    const remoteId = userAt(fixture, "ann")?.id;

    await client.patch("User", id, { op: "replace", path: "title", value: "Director" });
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: remoteId, resource: { title: "Director" } });

    await client.patch("User", id, { op: "replace", path: "active", value: false });
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: remoteId, resource: { active: false } });

    await client.patch("User", id, { op: "replace", path: "active", value: true });
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: remoteId, resource: { active: true } });

    await client.remove("User", id);
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: remoteId, resource: { active: false } });
    const tasks = await tasksOf(fixture);
    expect(tasks.every(({ trigger, sourceId }) => trigger === "callback" && sourceId === null)).toBe(true);
    expect(tasks.map(({ state }) => state)).toEqual(tasks.map(() => "succeeded"));
    expect(fixture.corp.requests()).toEqual({});
    expect(fixture.control.violations()).toEqual([]);
  });

  test("is deleted at a target that is told so, and his name can be given again", async () => {
    const { fixture, client } = await withCustom({
      targetSettings: { provision: { users: true, groups: true, userGroups: true, onRemoval: "delete" } },
    });
    const first = await client.createUser("ann");
    await settled(fixture);
    const remoteId = userAt(fixture, "ann")?.id;
    await client.remove("User", first);
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeUndefined();
    expect(await client.createUser("ann")).not.toBe(first);
    await settled(fixture);
    expect(userAt(fixture, "ann")?.resource["active"]).toBe(true);
    expect(userAt(fixture, "ann")?.id).not.toBe(remoteId);
  });

  test("in a burst makes few tasks, and none of it is lost", async () => {
    const { fixture, client } = await withCustom();
    const everybody = names(80);
    const begun = Date.now();
    for (const name of everybody) {
      const id = await client.createUser(name);
      // Some of it while a push runs.
      if (name.endsWith("0")) await new Promise((resolve) => setTimeout(resolve, 120));
      await client.patch("User", id, { op: "replace", path: "title", value: `title of ${name}` });
    }
    await settled(fixture);
    for (const name of everybody) {
      expect(userAt(fixture, name)?.resource).toMatchObject({ active: true, title: `title of ${name}` });
    }
    // At most one in a second, and one at each end, for 160 writes.
    expect((await tasksOf(fixture)).length).toBeLessThanOrEqual(2 + Math.ceil((Date.now() - begun) / 1000));
    expect(fixture.control.violations()).toEqual([]);
  });

  test("written while the engine does not run is pushed by the next one, once", async () => {
    const { fixture, client } = await withCustom();
    await fixture.stop();
    await client.createUser("ann");
    fixture.start();
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeDefined();
    await fixture.stop();
    fixture.start();
    await settled(fixture);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await tasksOf(fixture)).toHaveLength(1);
  });

  test("makes no task for a target that does not have the source", async () => {
    const { fixture, client } = await withCustom();
    const other = await fixture.addTarget({
      sources: [fixture.source.id],
      provision: { users: true, groups: true, userGroups: false, onRemoval: "deactivate" },
    });
    await client.createUser("ann");
    await client.createGroup("VPN");
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeDefined();
    expect((await tasksOf(fixture)).filter(({ targetId }) => targetId === other.row.id)).toEqual([]);
    expect(other.control.requests().total).toBe(0);
  });

  test("reaches a target that was disabled when it is enabled again", async () => {
    const { fixture, custom, client } = await withCustom();
    const other = await fixture.addTarget({ sources: [custom.id] });
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await client.createUser("ann");
    await settled(fixture);
    expect(userAt(other, "ann")).toBeDefined();
    expect(fixture.control.requests().total).toBe(0);
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeDefined();
  });

  test.each([
    ["was down", 31_000, (fixture: EngineFixture) => fixture.control.setDown(true)],
    [
      "refused the token",
      301_000,
      (fixture: EngineFixture) => fixture.control.fault({ effect: { kind: "status", status: 401 } }),
    ],
  ] as const)("reaches a target that %s once that is back, without another write", async (_what, waitMs, breakIt) => {
    const { fixture, client } = await withCustom();
    breakIt(fixture);
    await client.createUser("ann");
    const failed = async () => (await tasksOf(fixture)).filter(({ state }) => state === "partial").length;
    await expect.poll(failed, { timeout: 20_000, interval: 20 }).toBe(1);
    // Nor is it asked all the time meanwhile.
    await client.createUser("bob");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await failed()).toBe(1);
    fixture.control.setDown(false);
    fixture.control.clearFault();
    fixture.advance(waitMs);
    fixture.engine().nudge();
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeDefined();
    expect(userAt(fixture, "bob")).toBeDefined();
  });

  test("is pushed again after a push that was cancelled", async () => {
    const { fixture, client } = await withCustom();
    await fixture.stop();
    await client.createUser("ann");
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: null, targetId: fixture.row.id, trigger: "callback", mode: "apply" },
    });
    await fixture.store.cancelTask(task.id);
    fixture.start();
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeDefined();
  });

  test("is there as soon as the source is one of the target's", async () => {
    const fixture = await startEngineFixture();
    const custom = await addCustomSource(fixture);
    await fixture.sync();
    const client = await startClient(fixture);
    await client.createUser("ann");
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeUndefined();
    await fixture.patchTarget({ sources: [fixture.source.id, custom.id] });
    fixture.engine().nudge();
    await settled(fixture);
    expect(userAt(fixture, "ann")).toBeDefined();
  });

  test("while a push runs makes no task partial; what failed is counted where its record is", async () => {
    const { fixture, client } = await withCustom();
    fixture.control.fault({ match: { method: "POST", body: "refused" }, effect: { kind: "status", status: 400 } });
    await client.createUser("ann");
    await client.createUser("refused");
    await settled(fixture);
    expect((await tasksOf(fixture))[0]).toMatchObject({
      state: "partial",
      error: { detail: expect.stringContaining("1 resources could not be brought") },
    });
    await client.createUser("bob");
    await settled(fixture);
    expect((await tasksOf(fixture))[0]).toMatchObject({
      state: "partial",
      error: { detail: expect.stringMatching(/: 1 failed in an earlier task/) },
    });
  });
});

describe("deletions by a client", () => {
  test("beyond the safeguards of the target wait there, what else is written goes on; approved, they go", async () => {
    const { fixture, client } = await withCustom();
    const ids: string[] = [];
    for (const name of names(30)) ids.push(await client.createUser(name));
    await settled(fixture);
    expect(activeAt(fixture)).toBe(30);
    await fixture.stop();
    for (const id of ids.slice(0, 10)) await client.remove("User", id);
    await client.createUser("joiner");
    fixture.start();
    await settled(fixture);
    expect(activeAt(fixture)).toBe(31);
    const held = (await tasksOf(fixture)).find(({ state }) => state === "held");
    expect(held).toMatchObject({ trigger: "callback", hold: { removals: { users: 10, groups: 0, members: 0 } } });
    expect(await fixture.records(held ?? fail(), { status: "held" })).toHaveLength(10);

    // A later write asks again, and lets nothing through.
    await client.patch("User", ids[20] ?? "", { op: "replace", path: "title", value: "Director" });
    await settled(fixture);
    expect(activeAt(fixture)).toBe(31);
    expect(userAt(fixture, "person-20")?.resource["title"]).toBe("Director");
    const [again, ...others] = (await tasksOf(fixture)).filter(({ state }) => state === "held");
    expect(others).toEqual([]);
    expect(again?.hold?.removals.users).toBe(10);
    expect(await fixture.approve(again ?? fail())).toMatchObject({ state: "succeeded", hold: null });
    expect(activeAt(fixture)).toBe(21);
  });
});

function fail(): never {
  throw new Error("no task is held");
}

test("a small source beside a large one is guarded by itself", async () => {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 200, departments: 4, seed: 1, quirks: false } },
  });
  const custom = await addCustomSource(fixture);
  await fixture.patchTarget({ sources: [fixture.source.id, custom.id] });
  await fixture.sync();
  const client = await startClient(fixture);
  const ids: string[] = [];
  for (const name of names(8)) ids.push(await client.createUser(name));
  await settled(fixture);
  // Far less than a share of everybody there, and in two steps.
  const users = activeAt(fixture);
  expect(8 / users).toBeLessThan(0.05);
  for (const id of ids.slice(0, 4)) await client.remove("User", id);
  await settled(fixture);
  expect(activeAt(fixture)).toBe(users - 4);
  for (const id of ids.slice(4)) await client.remove("User", id);
  await settled(fixture);
  const held = (await tasksOf(fixture)).find(({ state }) => state === "held");
  expect(held?.hold).toMatchObject({ removals: { users: 4, groups: 0, members: 0 } });
  expect(held?.hold?.reason).toContain("of the source custom at this target");
  expect(activeAt(fixture)).toBe(users - 4);
  expect(await fixture.approve(held ?? fail())).toMatchObject({ state: "succeeded" });
  expect(activeAt(fixture)).toBe(users - 8);
});
