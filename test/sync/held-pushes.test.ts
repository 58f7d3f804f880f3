import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, type EngineFixtureOptions, startEngineFixture } from "../support/engine.ts";
import { addCustomSource, type Client, membersAt, settled, startClient, tasksOf, userAt } from "../support/writing.ts";

interface Written {
  readonly fixture: EngineFixture;
  readonly client: Client;
  /** Of thirty people, all at the target. */
  readonly ids: readonly string[];
}

const names: readonly string[] = Array.from({ length: 30 }, (_, at) => `person-${at}`);

/** A target of a custom source alone, with thirty people whom a client wrote. */
async function withPeople(options: EngineFixtureOptions = {}): Promise<Written> {
  const fixture = await startEngineFixture(options);
  const custom = await addCustomSource(fixture);
  await fixture.patchTarget({ sources: [custom.id] });
  const client = await startClient(fixture);
  const ids: string[] = [];
  for (const name of names) ids.push(await client.createUser(name));
  await settled(fixture);
  return { fixture, client, ids };
}

/** Writes while no push runs, and waits for the push of it. */
async function atOnce(fixture: EngineFixture, write: () => Promise<void>): Promise<void> {
  await fixture.stop();
  await write();
  fixture.start();
  await settled(fixture);
}

/** Ten people are deleted, which waits at the target. */
async function withTenHeld(options: EngineFixtureOptions = {}): Promise<Written & { readonly held: TaskRow }> {
  const written = await withPeople(options);
  const { fixture, client, ids } = written;
  await atOnce(fixture, async () => {
    for (const id of ids.slice(0, 10)) await client.remove("User", id);
  });
  const held = await heldTask(fixture);
  expect(held).toMatchObject({ trigger: "callback", hold: { removals: { users: 10, groups: 0, members: 0 } } });
  return { ...written, held };
}

/** The one task that waits for approval. */
async function heldTask(fixture: EngineFixture): Promise<TaskRow> {
  const [only, ...others] = (await tasksOf(fixture)).filter(({ state }) => state === "held");
  expect(others).toEqual([]);
  if (only === undefined) throw new Error("no task is held");
  return only;
}

/** The newest task holds nothing of its own, and says which one does. */
async function expectWaiting(fixture: EngineFixture, held: TaskRow): Promise<void> {
  const [newest] = await tasksOf(fixture);
  if (newest === undefined) throw new Error("there is no task");
  expect(newest.id).not.toBe(held.id);
  const detail = expect.stringContaining(`still wait for approval in task ${held.id}`);
  const error = { code: "target.held", detail };
  expect(newest).toMatchObject({ state: "partial", hold: null, error, targets: [{ state: "partial", error }] });
  expect(await fixture.records(newest, { status: "held" })).toEqual([]);
  expect(await heldTask(fixture)).toEqual(held);
}

async function expectReplaced(fixture: EngineFixture, before: TaskRow): Promise<TaskRow> {
  const now = await heldTask(fixture);
  expect(now.id).not.toBe(before.id);
  expect(await fixture.store.findTask(before.id)).toMatchObject({ state: "cancelled" });
  expect(await fixture.records(before, { status: "held" })).toEqual([]);
  return now;
}

function activeAt({ control }: EngineFixture): number {
  return control.dump().users.filter(({ resource }) => resource["active"] === true).length;
}

const title = (value: string) => ({ op: "replace", path: "title", value });
const active = (value: boolean) => ({ op: "replace", path: "active", value });

describe("removals that wait at a target", () => {
  test("wait in the same task over writes of other things, and go once it is approved", async () => {
    const { fixture, client, ids, held } = await withTenHeld();
    const shown = await fixture.records(held, { status: "held" });
    for (const value of ["Engineer", "Director", "President"]) {
      await client.patch("User", ids[20] ?? "", title(value));
      await settled(fixture);
      expect(userAt(fixture, "person-20")?.resource["title"]).toBe(value);
      await expectWaiting(fixture, held);
    }
    expect(await fixture.records(held, { status: "held" })).toEqual(shown);
    expect(activeAt(fixture)).toBe(30);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null, error: null });
    expect(activeAt(fixture)).toBe(20);
    for (const name of names.slice(0, 10)) expect(userAt(fixture, name)?.resource["active"]).toBe(false);
    await client.patch("User", ids[20] ?? "", title("Chairman"));
    await settled(fixture);
    expect((await tasksOf(fixture))[0]).toMatchObject({ state: "succeeded", error: null });
  });

  test("wait in another task once there is one more, and then in that", async () => {
    const { fixture, client, ids, held } = await withTenHeld();
    await client.remove("User", ids[10] ?? "");
    await settled(fixture);
    const more = await expectReplaced(fixture, held);
    expect(more.hold?.removals.users).toBe(11);
    expect(await fixture.records(more, { status: "held" })).toHaveLength(11);
    await client.createUser("joiner");
    await settled(fixture);
    await expectWaiting(fixture, more);
    expect(await fixture.store.approveTask(held.id, null)).toBe(false);
    expect(await fixture.approve(more)).toMatchObject({ state: "succeeded", hold: null });
    expect(activeAt(fixture)).toBe(20);
  });

  test("wait in another task once there is one less, or another one in its place", async () => {
    const { fixture, client, ids } = await withPeople();
    await atOnce(fixture, async () => {
      for (const id of ids.slice(0, 10)) await client.patch("User", id, active(false));
    });
    const ten = await heldTask(fixture);
    await client.patch("User", ids[0] ?? "", active(true));
    await settled(fixture);
    const nine = await expectReplaced(fixture, ten);
    expect(nine.hold?.removals.users).toBe(9);
    await atOnce(fixture, async () => {
      await client.patch("User", ids[1] ?? "", active(true));
      await client.patch("User", ids[11] ?? "", active(false));
    });
    const others = await expectReplaced(fixture, nine);
    expect(others.hold?.removals.users).toBe(9);
    expect(await fixture.approve(others)).toMatchObject({ state: "succeeded", hold: null });
    expect(activeAt(fixture)).toBe(21);
    expect(userAt(fixture, "person-1")?.resource["active"]).toBe(true);
    expect(userAt(fixture, "person-11")?.resource["active"]).toBe(false);
  });

  test("wait no longer once all of it was taken back", async () => {
    const { fixture, client, ids } = await withPeople();
    await atOnce(fixture, async () => {
      for (const id of ids.slice(0, 10)) await client.patch("User", id, active(false));
    });
    const held = await heldTask(fixture);
    await atOnce(fixture, async () => {
      for (const id of ids.slice(0, 10)) await client.patch("User", id, active(true));
    });
    expect(await fixture.store.findTask(held.id)).toMatchObject({ state: "cancelled" });
    expect((await tasksOf(fixture))[0]).toMatchObject({ state: "succeeded", hold: null, error: null });
    expect(activeAt(fixture)).toBe(30);
  });

  test("wait in the newer task of a push that somebody asked for; those that follow by themselves leave it", async () => {
    const { fixture, client, ids, held } = await withTenHeld();
    const asked = await fixture.push();
    expect(asked).toMatchObject({ state: "held", trigger: "manual", hold: { removals: { users: 10 } } });
    expect(await expectReplaced(fixture, held)).toEqual(asked);
    const target = { sourceId: null, targetId: fixture.row.id, mode: "apply" } as const;
    const { task } = await fixture.store.queueTask({ ...target, trigger: "schedule" });
    fixture.engine().nudge();
    await fixture.ended(task);
    await expectWaiting(fixture, asked);
    await client.patch("User", ids[20] ?? "", title("Director"));
    await settled(fixture);
    await expectWaiting(fixture, asked);
    expect(await fixture.approve(asked)).toMatchObject({ state: "succeeded", hold: null });
    expect(activeAt(fixture)).toBe(20);
  });

  test("wait in the next task once theirs was cancelled, or nobody approved it in a week", async () => {
    const { fixture, client, ids, held } = await withTenHeld();
    expect(await fixture.store.cancelTask(held.id)).toBe(true);
    await client.patch("User", ids[20] ?? "", title("Director"));
    await settled(fixture);
    const next = await expectReplaced(fixture, held);
    fixture.advance(4 * 24 * 3_600_000);
    await client.patch("User", ids[20] ?? "", title("President"));
    await settled(fixture);
    await expectWaiting(fixture, next);
    // A write does not put it off.
    fixture.advance(4 * 24 * 3_600_000);
    fixture.engine().nudge();
    await expect.poll(async () => (await fixture.store.findTask(next.id))?.state).toBe("cancelled");
    await client.patch("User", ids[20] ?? "", title("Chairman"));
    await settled(fixture);
    expect((await expectReplaced(fixture, next)).hold?.removals.users).toBe(10);
    expect(activeAt(fixture)).toBe(30);
  });

  test("wait in the same task after a part of it was approved", async () => {
    const { fixture, client, ids } = await withTenHeld();
    await client.remove("User", ids[10] ?? "");
    await client.remove("User", ids[11] ?? "");
    await settled(fixture);
    const held = await heldTask(fixture);
    const chosen = (await fixture.records(held, { status: "held" })).slice(0, 4).map(({ id }) => id);
    const rest = await fixture.approve(held, chosen);
    expect(rest).toMatchObject({ id: held.id, state: "held", hold: { removals: { users: 8 } } });
    await client.patch("User", ids[20] ?? "", title("Director"));
    await settled(fixture);
    await expectWaiting(fixture, rest);
    expect(await fixture.approve(rest)).toMatchObject({ state: "succeeded", hold: null });
    expect(activeAt(fixture)).toBe(18);
  });
});

test("members who wait to leave a group wait in the same task, until another one is to leave", async () => {
  const { fixture, client, ids } = await withPeople();
  const group = await client.createGroup("VPN", ids);
  await settled(fixture);
  const leave = (list: readonly string[]) =>
    client.patch("Group", group, { op: "remove", path: "members", value: list.map((value) => ({ value })) });
  await leave(ids.slice(0, 22));
  await settled(fixture);
  const held = await heldTask(fixture);
  expect(held.hold?.removals).toEqual({ users: 0, groups: 0, members: 22 });
  await client.patch("User", ids[20] ?? "", title("Director"));
  await settled(fixture);
  await expectWaiting(fixture, held);
  await leave(ids.slice(22, 23));
  await settled(fixture);
  const more = await expectReplaced(fixture, held);
  expect(more.hold?.removals.members).toBe(23);
  await client.createUser("joiner");
  await settled(fixture);
  await expectWaiting(fixture, more);
  expect(membersAt(fixture, "VPN")).toHaveLength(30);
  expect(await fixture.approve(more)).toMatchObject({ state: "succeeded", hold: null });
  expect(membersAt(fixture, "VPN")).toEqual(names.slice(23).toSorted());
});

test("new names that wait at a target wait in the same task, until somebody is to be given something else", async () => {
  const { fixture, client, ids } = await withPeople();
  await atOnce(fixture, async () => {
    await fixture.patchTarget({ mapping: { user: { userName: { template: "{userName}@other.example" } } } });
    await client.createUser("first");
  });
  const held = await heldTask(fixture);
  expect(held.hold?.identities).toEqual({ users: 30, groups: 0 });
  await client.createUser("second");
  await settled(fixture);
  await expectWaiting(fixture, held);
  await client.patch("User", ids[0] ?? "", title("Director"));
  await settled(fixture);
  const other = await expectReplaced(fixture, held);
  expect(other.hold?.identities).toEqual({ users: 30, groups: 0 });
  await client.createUser("third");
  await settled(fixture);
  await expectWaiting(fixture, other);
  expect(await fixture.approve(other)).toMatchObject({ state: "succeeded", hold: null });
  for (const name of [...names, "first", "second", "third"]) {
    expect(userAt(fixture, name)?.resource["userName"]).toBe(`${name}@other.example`);
  }
  expect(userAt(fixture, "person-0")?.resource["title"]).toBe("Director");
});
