import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { type EngineFixture, type EngineFixtureOptions, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";

const add = ({ control }: EngineFixture, attributes: JsonObject): string =>
  control.add("User", { schemas: [userSchema], active: true, ...attributes });

/** A directory that has been read, and a target that has not been met. */
async function beforeFirstContact(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture({ ...options, target: { pageSize: 7 } });
  await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
  await fixture.sync();
  return fixture;
}

describe("a preview of matches", () => {
  test.each(["sqlite", "postgres"] as const)(
    "says what the first push would do with everybody, and the push does just that (%s)",
    async (dialect) => {
      const fixture = await beforeFirstContact(await onDatabase(dialect));
      const { members, departments } = fixture.corp.truth();
      const [a = "", b = "", c = "", d = ""] = members.map(({ userid }) => userid);
      const byId = add(fixture, { userName: "old-name", externalId: a });
      const byName = add(fixture, { userName: b.toUpperCase() });
      const twins = ["twin-1", "twin-2"].map((userName) => add(fixture, { userName, externalId: c }));
      add(fixture, { userName: "stranger" });
      // Its name is one's and its externalId is another's.
      const both = add(fixture, { userName: d, externalId: members[4]?.userid ?? "" });
      const group = fixture.control.add("Group", {
        schemas: [groupSchema],
        displayName: "old",
        externalId: `department:${departments[0]?.id}`,
      });
      fixture.control.add("Group", {
        schemas: [groupSchema],
        displayName: departments[0]?.name ?? "",
        externalId: "theirs",
      });
      const before = fixture.control.dump();
      const task = await fixture.readBack({ mode: "match" });
      expect(task).toMatchObject({ mode: "match", state: "succeeded", error: null });
      const people = members.length;
      const { users, groups } = task.matching ?? {};
      expect(users).toEqual({ listed: 6, adopted: { externalId: 2, userName: 1 }, created: people - 5, ambiguous: 2 });
      expect(groups).toMatchObject({ listed: 2, adopted: { externalId: 1 }, ambiguous: 0 });
      expect(fixture.control.dump()).toEqual(before);

      const adopted = await fixture.records(task, { action: "adopt" });
      expect(adopted.map(({ externalId, remoteId }) => [externalId, remoteId])).toEqual(
        expect.arrayContaining([
          [a, byId],
          [b, byName],
          [`department:${departments[0]?.id}`, group],
        ]),
      );
      const unclear = await fixture.records(task, { status: "failed" });
      const ofTwins = unclear.find(({ externalId }) => externalId === c);
      for (const id of twins) expect(ofTwins?.error).toContain(id);
      expect(unclear.find(({ externalId }) => externalId !== c)?.error).toContain(
        `the account ${both} there fits another`,
      );

      await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
      const push = await fixture.push();
      expect(push.targets[0]?.counts).toMatchObject({
        users: { adopted: 3, created: people - 5, failed: 2 },
        groups: { adopted: 1, created: groups?.created },
      });
      expect(fixture.control.dump().users).toHaveLength(before.users.length + people - 5);
    },
  );

  test("of a target that was pushed to says that there is nothing to preview", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    expect(await fixture.readBack({ mode: "match" })).toMatchObject({
      state: "failed",
      error: { code: "target.contacted" },
    });
  });

  test("begins anew after a restart", async () => {
    const fixture = await beforeFirstContact();
    const { members } = fixture.corp.truth();
    for (const { userid } of members.slice(0, 20)) add(fixture, { userName: userid });
    fixture.control.fault({ match: { method: "GET", type: "Group" }, effect: { kind: "hang" } });
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: null, targetId: fixture.row.id, trigger: "manual", mode: "match" },
    });
    fixture.engine().nudge();
    while ((await fixture.records(task)).length < members.length)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await fixture.stop();
    fixture.control.clearFault();
    fixture.start();
    const ended = await fixture.ended(task);
    expect(ended.matching?.users).toMatchObject({
      listed: 20,
      adopted: { userName: 20 },
      created: members.length - 20,
    });
    expect(await fixture.records(task, { resourceType: "User" })).toHaveLength(members.length);
  });
});
