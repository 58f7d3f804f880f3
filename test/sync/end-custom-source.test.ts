import { describe, expect, test } from "vitest";
import { makeCustomSourceWriting } from "../../src/directory/custom-source.ts";
import type { SourceRow } from "../../src/store/store.ts";
import { endSource } from "../../src/sync/end-source.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import {
  addCustomSource,
  idsOf,
  membersAt,
  membersHere,
  settled,
  startClient,
  userAt,
  versionOf,
} from "../support/writing.ts";

/** WeCom and a custom source at one target: user groups of both, listed and dynamic, and a department of the custom one. */
async function withBoth() {
  const fixture = await startEngineFixture();
  const custom = await addCustomSource(fixture);
  await fixture.patchTarget({ sources: [fixture.source.id, custom.id] });
  const [member = ""] = fixture.corp.truth().members.map(({ userid }) => userid);
  fixture.corp.patchMember(member, { position: "顾问" });
  await fixture.sync();
  const client = await startClient(fixture);
  const ann = await client.createUser("ann", { title: "顾问" });
  const bob = await client.createUser("bob");
  const departments = makeCustomSourceWriting({ writer: fixture.store, catalog: client.catalog });
  const department = await departments.createDepartment(custom.id, { name: "合作伙伴", parent: null });
  await departments.setDepartments(custom.id, bob, [department.id]);
  const corpMember = (await idsOf(fixture)).get(member) ?? "";
  const listed = await client.createGroup("listed", [ann, bob, corpMember]);
  const dynamic = await client.createDynamic("dynamic", 'title eq "顾问"');
  const untouched = await client.createGroup("untouched", [corpMember]);
  await settled(fixture);
  expect(membersAt(fixture, "listed")).toEqual(["ann", "bob", member].sort());
  expect(membersAt(fixture, "dynamic")).toEqual(["ann", member].sort());
  expect(membersAt(fixture, "合作伙伴")).toEqual(["bob"]);
  return { fixture, custom, client, member, ann, bob, listed, dynamic, untouched };
}

async function end(
  fixture: EngineFixture,
  source: SourceRow,
  people: "keep" | "deactivate" | "delete",
  then: "disable" | "delete",
): Promise<void> {
  await endSource(fixture.store, source.id, people, then, fixture.now());
  fixture.engine().nudge();
  await settled(fixture);
  // The push of what user groups lost is queued by the task itself, at its end.
  await settled(fixture);
}

/** Rows of a source, and of its links, that are left in the database. */
async function rowsOf({ database: { db } }: EngineFixture, sourceId: string): Promise<number> {
  const resources = await db.selectFrom("resource").select("id").where("source_id", "=", sourceId).execute();
  return resources.length;
}

async function expectSucceeded({ store }: EngineFixture): Promise<void> {
  for (const { state, error } of (await store.listTasks({ limit: 100 })).items) {
    expect({ state, error }).toEqual({ state: "succeeded", error: null });
  }
}

describe("the end of a custom source", () => {
  test.each([
    ["deactivate", "disable"],
    ["deactivate", "delete"],
    ["delete", "disable"],
    ["delete", "delete"],
  ] as const)("people: %s, then %s: they leave the targets and the user groups", async (people, then) => {
    const { fixture, custom, member, listed, dynamic, untouched } = await withBoth();
    const versions = [await versionOf(fixture, listed), await versionOf(fixture, dynamic)];
    const unchanged = await versionOf(fixture, untouched);
    const others = fixture.control.counts().users - 2;
    await end(fixture, custom, people, then);

    for (const name of ["ann", "bob"]) {
      if (people === "delete") expect(userAt(fixture, name)).toBeUndefined();
      else expect(userAt(fixture, name)?.resource["active"]).toBe(false);
    }
    expect(fixture.control.counts().users).toBe(people === "delete" ? others : others + 2);
    expect(membersAt(fixture, "合作伙伴")).toBeNull();
    for (const [at, [id, name]] of (
      [
        [listed, "listed"],
        [dynamic, "dynamic"],
      ] as const
    ).entries()) {
      expect(await membersHere(fixture, id)).toEqual([member]);
      expect(membersAt(fixture, name)).toEqual([member]);
      expect(await versionOf(fixture, id)).toBeGreaterThan(versions[at] ?? 0);
    }
    expect(await versionOf(fixture, untouched)).toBe(unchanged);
    expect(membersAt(fixture, "untouched")).toEqual([member]);

    const source = await fixture.store.findSource(custom.id);
    const { sources } = (await fixture.store.findTarget(fixture.row.id))?.settings ?? {};
    if (then === "delete") {
      expect(source).toBeNull();
      expect(sources).toEqual([fixture.source.id]);
      expect(await rowsOf(fixture, custom.id)).toBe(0);
    } else {
      expect(source).toMatchObject({ status: "disabled", nextRunAt: null });
      expect(source?.settings.leaving).toBeUndefined();
      expect(sources).toEqual([fixture.source.id, custom.id]);
    }
    await expectSucceeded(fixture);
    expect(fixture.control.violations()).toEqual([]);
    // Nothing is left to do.
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.requests().total).toBe(0);
  });

  test("people: keep, then delete: they stay at the targets, and are here no more", async () => {
    const { fixture, custom, member, listed, dynamic, untouched } = await withBoth();
    const versions = [await versionOf(fixture, listed), await versionOf(fixture, dynamic)];
    const unchanged = await versionOf(fixture, untouched);
    const before = fixture.control.counts();
    await end(fixture, custom, "keep", "delete");
    expect(await fixture.store.findSource(custom.id)).toBeNull();
    expect(await rowsOf(fixture, custom.id)).toBe(0);
    for (const name of ["ann", "bob"]) expect(userAt(fixture, name)?.resource["active"]).toBe(true);
    expect(fixture.control.counts()).toEqual(before);
    expect(membersAt(fixture, "listed")).toEqual(["ann", "bob", member].sort());
    expect(await membersHere(fixture, listed)).toEqual([member]);
    expect(await membersHere(fixture, dynamic)).toEqual([member]);
    expect(await versionOf(fixture, listed)).toBeGreaterThan(versions[0] ?? 0);
    expect(await versionOf(fixture, dynamic)).toBeGreaterThan(versions[1] ?? 0);
    expect(await versionOf(fixture, untouched)).toBe(unchanged);
    await expectSucceeded(fixture);
    expect(await fixture.push()).toMatchObject({ state: "succeeded", error: null });
    expect(fixture.control.counts()).toEqual(before);
    expect(fixture.control.violations()).toEqual([]);
  });

  test("is not kept by what other user groups wait for", async () => {
    const { fixture, custom, client, listed } = await withBoth();
    fixture.control.fault({
      match: { method: "POST", type: "Group", body: "refused" },
      effect: { kind: "status", status: 400 },
    });
    await client.createGroup("refused");
    await settled(fixture);
    await end(fixture, custom, "deactivate", "delete");
    expect(await fixture.store.findSource(custom.id)).toBeNull();
    expect(membersAt(fixture, "listed")).toEqual(await membersHere(fixture, listed));
    // Nor does what went with it count for the safeguards of what is left.
    expect(await fixture.store.recentRemovals(`target:${fixture.row.id}`, 0)).toEqual({ users: 0, groups: 0 });
  });

  test("waits for a target that is down, and goes on once it is back", async () => {
    const { fixture, custom, member } = await withBoth();
    fixture.control.setDown(true);
    await end(fixture, custom, "deactivate", "delete");
    expect(await fixture.store.findSource(custom.id)).not.toBeNull();
    expect(userAt(fixture, "ann")?.resource["active"]).toBe(true);
    fixture.control.setDown(false);
    fixture.advance(11 * 60_000);
    fixture.engine().nudge();
    await expect.poll(() => fixture.store.findSource(custom.id), { timeout: 20_000, interval: 10 }).toBeNull();
    await settled(fixture);
    await fixture.push();
    expect(userAt(fixture, "ann")?.resource["active"]).toBe(false);
    expect(membersAt(fixture, "listed")).toEqual([member]);
    expect(membersAt(fixture, "合作伙伴")).toBeNull();
  });

  test("says so to clients meanwhile, and not that it is disabled", async () => {
    const { fixture, custom, client, ann } = await withBoth();
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await end(fixture, custom, "delete", "delete");
    await expect(client.createUser("new")).rejects.toThrow("the custom source that this client sees is being deleted");
    await expect(client.patch("User", ann, { op: "replace", path: "title", value: "x" })).rejects.toThrow(
      /deleted|not found/,
    );
    await addCustomSource(fixture, "another");
    await client.createUser("new");
  });

  test("waits for a target that is disabled", async () => {
    const { fixture, custom } = await withBoth();
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await end(fixture, custom, "delete", "delete");
    expect(await fixture.store.findSource(custom.id)).not.toBeNull();
    expect(userAt(fixture, "ann")?.resource["active"]).toBe(true);
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    fixture.advance(11 * 60_000);
    fixture.engine().nudge();
    await expect.poll(() => fixture.store.findSource(custom.id), { timeout: 20_000, interval: 10 }).toBeNull();
    expect(userAt(fixture, "ann")).toBeUndefined();
  });

  test("enabled again, who is switched on is back with the same account", async () => {
    const { fixture, custom, client, ann, dynamic, member } = await withBoth();
    const account = userAt(fixture, "ann")?.id;
    await end(fixture, custom, "deactivate", "disable");
    await expect(client.patch("User", ann, { op: "replace", path: "active", value: true })).rejects.toMatchObject({
      status: 403,
    });
    await fixture.store.updateSource(custom.id, { status: "enabled" });
    await client.patch("User", ann, { op: "replace", path: "active", value: true });
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: account, resource: { active: true } });
    expect(userAt(fixture, "bob")?.resource["active"]).toBe(false);
    expect(await membersHere(fixture, dynamic)).toEqual(["ann", member].sort());
    expect(membersAt(fixture, "dynamic")).toEqual(["ann", member].sort());
    expect(membersAt(fixture, "listed")).toEqual([member]);
  });
});

describe("the end of a WeCom source", () => {
  test("with people: keep, then delete: user groups that had them have new versions, others do not", async () => {
    const { fixture, client, ann, listed, dynamic, untouched, member } = await withBoth();
    const own = await client.createGroup("own", [ann]);
    await settled(fixture);
    const before = new Map<string, number>();
    for (const id of [listed, dynamic, untouched, own]) before.set(id, await versionOf(fixture, id));
    await end(fixture, fixture.source, "keep", "delete");
    expect(await fixture.store.findSource(fixture.source.id)).toBeNull();
    for (const id of [listed, dynamic, untouched]) {
      expect(await versionOf(fixture, id)).toBeGreaterThan(before.get(id) ?? 0);
    }
    expect(await versionOf(fixture, own)).toBe(before.get(own));
    expect(await membersHere(fixture, listed)).toEqual(["ann", "bob"]);
    expect(await membersHere(fixture, dynamic)).toEqual(["ann"]);
    expect(await membersHere(fixture, untouched)).toEqual([]);
    // Kept, also in the groups that they are in there.
    expect(userAt(fixture, member)?.resource["active"]).toBe(true);
    expect(membersAt(fixture, "listed")).toEqual(["ann", "bob", member].sort());
    await expectSucceeded(fixture);
  });

  test("with people: delete, takes them out of user groups at a target that keeps the custom source", async () => {
    const { fixture, custom, member } = await withBoth();
    await end(fixture, fixture.source, "delete", "delete");
    expect(await fixture.store.findSource(fixture.source.id)).toBeNull();
    expect((await fixture.store.findTarget(fixture.row.id))?.settings.sources).toEqual([custom.id]);
    expect(userAt(fixture, member)).toBeUndefined();
    expect(fixture.control.counts()).toMatchObject({ users: 2 });
    expect(membersAt(fixture, "listed")).toEqual(["ann", "bob"]);
    expect(membersAt(fixture, "dynamic")).toEqual(["ann"]);
    expect(membersAt(fixture, "untouched")).toEqual([]);
    await expectSucceeded(fixture);
    expect(fixture.control.violations()).toEqual([]);
  });
});
