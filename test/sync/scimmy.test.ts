import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { TargetRow } from "../../src/store/store.ts";
import { noSafeguards, ownDirectory, startEngineFixture, targetSettings } from "../support/engine.ts";
import { type ScimmyServer, type StoredResource, startScimmyServer } from "../support/scimmy-server.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

interface Plain {
  readonly users: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<Record<string, unknown>>;
}

/** What this server can hold of a directory: no extension of ours, ids as names. */
function plain(
  users: readonly JsonObject[],
  groups: readonly JsonObject[],
  membersOf: (id: string) => readonly string[],
): Plain {
  const names = new Map([...users, ...groups].map((each) => [String(each["id"]), String(each["externalId"])]));
  return {
    users: Object.fromEntries(
      users.map((user) => {
        const more = (user[enterprise] ?? {}) as { department?: string; manager?: { value?: string } };
        const list = (key: string) =>
          ((user[key] ?? []) as JsonObject[]).map(({ value, type, primary }) => [value, type, primary === true]);
        return [
          String(user["externalId"]),
          {
            userName: user["userName"],
            displayName: user["displayName"],
            formatted: (user["name"] as JsonObject | undefined)?.["formatted"],
            nickName: user["nickName"],
            title: user["title"],
            active: user["active"],
            emails: list("emails"),
            phoneNumbers: list("phoneNumbers"),
            photos: list("photos"),
            department: more.department,
            manager: more.manager?.value === undefined ? undefined : names.get(more.manager.value),
          },
        ];
      }),
    ),
    groups: Object.fromEntries(
      groups.map((group) => [
        String(group["externalId"]),
        {
          displayName: group["displayName"],
          members: membersOf(String(group["id"]))
            .map((id) => names.get(id) ?? `unknown ${id}`)
            .sort(),
        },
      ]),
    ),
  };
}

function held(server: ScimmyServer): Plain {
  const members = new Map(
    server
      .groups()
      .map((group) => [group.id, ((group["members"] ?? []) as { value: string }[]).map(({ value }) => value)]),
  );
  const asJson = (each: StoredResource): JsonObject => JSON.parse(JSON.stringify(each)) as JsonObject;
  return plain(server.users().map(asJson), server.groups().map(asJson), (id) => members.get(id) ?? []);
}

describe("a service provider that nobody here wrote", () => {
  test("holds the whole directory, is sent nothing twice, and follows the changes exactly", async () => {
    const server = await startScimmyServer();
    const fixture = await startEngineFixture({
      corp: { shape: { members: 60, departments: 12, seed: 21 } },
      source: {
        safeguards: noSafeguards,
        // Whoever is back with other fields is the same: nobody is there to answer.
        sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: false } },
      },
      withTarget: false,
    });
    try {
      const row: TargetRow = await fixture.store.createTarget({
        name: "scimmy",
        status: "enabled",
        secrets: { "/auth/token": server.token },
        settings: targetSettings(server.url, [fixture.source.id], { safeguards: noSafeguards }),
      });
      const expected = async (): Promise<Plain> => {
        const { users, groups } = await ownDirectory(fixture.store, fixture.source.id);
        const members = new Map(groups.map(({ id, members: list }) => [id, list.map(({ value }) => value)]));
        const asJson = ({ id, resource }: (typeof users)[number]): JsonObject => ({ id, ...resource });
        return plain(users.map(asJson), groups.map(asJson), (id) => members.get(id) ?? []);
      };
      // This server wants names of groups to be unique, which RFC 7643 §4.2 does not.
      for (const { tagid } of fixture.corp.truth().tags) fixture.corp.renameTag(tagid, `标签${tagid}号`);
      expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
      expect(server.users()).toHaveLength(60);
      expect(held(server)).toEqual(await expected());

      const second = await fixture.sync();
      expect(second).toMatchObject({ state: "succeeded" });
      expect(await fixture.records(second, { target: row.id })).toEqual([]);

      for (let round = 1; round <= 4; round += 1) {
        fixture.corp.randomChanges(15, `scimmy ${round}`);
        expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
        expect(held(server)).toEqual(await expected());
      }
    } finally {
      await server.close();
    }
  });
});
