import { expect } from "vitest";
import { makeDirectoryWriting } from "../../src/directory/write-resources.ts";
import type { Writer } from "../../src/directory/writing.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { makeLog } from "../../src/lib/log.ts";
import { openRegistry } from "../../src/schemas/registry.ts";
import type { SchemaCatalog } from "../../src/scim/catalog.ts";
import { userGroupSchemaUrn } from "../../src/scim/schemas/user-group.ts";
import type { SourceRow, TaskRow } from "../../src/store/store.ts";
import { latestChange } from "../../src/sync/schedule.ts";
import {
  type EngineFixture,
  type EngineFixtureOptions,
  noSafeguards,
  startEngineFixture,
  type TargetFixture,
} from "./engine.ts";

/** A SCIM client beside the engine. What it writes is left to the engine to push. */
export interface Client {
  /** Makes a user of the custom source, known by this name everywhere; answers his id. */
  createUser(name: string, more?: JsonObject): Promise<string>;
  /** Makes a user group that lists these; answers its id. */
  createGroup(displayName: string, members?: readonly string[]): Promise<string>;
  createDynamic(displayName: string, memberFilter: string, writer?: Writer): Promise<string>;
  /** One operation of a PATCH. */
  patch(type: "User" | "Group", id: string, operation: JsonObject): Promise<void>;
  remove(type: "User" | "Group", id: string): Promise<void>;
  /** The schemas that writes are judged by: as the files were at the last look. */
  readonly catalog: () => SchemaCatalog;
  refresh(): Promise<void>;
}

export const everything: Writer = { access: "write", sources: "all" };

export async function startClient({ schemasDir, store }: EngineFixture): Promise<Client> {
  const registry = await openRegistry({
    ...{ directory: schemasDir, store, log: makeLog("silent"), watch: false },
    startedAt: Number.POSITIVE_INFINITY,
  });
  let catalog: SchemaCatalog = (await registry.refresh()).catalog;
  const writing = makeDirectoryWriting({ writer: store, catalog: () => catalog });
  const create = async (type: "User" | "Group", body: JsonObject, writer = everything): Promise<string> =>
    (await writing.create(type, { schemas: [`urn:ietf:params:scim:schemas:core:2.0:${type}`], ...body }, writer)).row
      .id;
  return {
    createUser: (name, more = {}) =>
      create("User", { userName: name, externalId: name, displayName: name, active: true, ...more }),
    createGroup: (displayName, members = []) =>
      create("Group", { displayName, externalId: displayName, members: members.map((value) => ({ value })) }),
    createDynamic: (displayName, memberFilter, writer) =>
      create("Group", { displayName, externalId: displayName, [userGroupSchemaUrn]: { memberFilter } }, writer),
    async patch(type, id, operation) {
      const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
      // Through JSON, as it comes in.
      await writing.modify(type, id, JSON.stringify({ schemas, Operations: [operation] }), everything);
    },
    remove: (type, id) => writing.remove(type, id, everything),
    catalog: () => catalog,
    async refresh() {
      catalog = (await registry.refresh()).catalog;
    },
  };
}

/** A target of a custom source alone, and somebody who writes to that. */
export async function withCustom(options: EngineFixtureOptions = {}) {
  const fixture = await startEngineFixture(options);
  const custom = await addCustomSource(fixture);
  await fixture.patchTarget({ sources: [custom.id] });
  return { fixture, custom, client: await startClient(fixture) };
}

/** A custom source, which people are written to. */
export function addCustomSource({ store }: EngineFixture, name = "custom"): Promise<SourceRow> {
  return store.createSource({
    ...{ name, type: "custom", status: "enabled", nextRunAt: null, secrets: {} },
    settings: {
      sync: { automatic: false, users: true, intervalHours: 1 },
      ...{ scope: { mode: "all" }, mapping: "wecom", safeguards: noSafeguards },
    },
  });
}

/** What is held of one name, once at most. */
export function userAt({ control }: TargetFixture, externalId: string) {
  const found = control.dump().users.filter(({ resource }) => resource["externalId"] === externalId);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0];
}

/** Members of a group at a target by their externalId, in order; null where there is no such group. */
export function membersAt({ control }: TargetFixture, displayName: string): readonly string[] | null {
  const { users, groups } = control.dump();
  const found = groups.filter(({ resource }) => resource["displayName"] === displayName);
  expect(found.length).toBeLessThanOrEqual(1);
  const names = new Map([...users, ...groups].map(({ id, resource }) => [id, String(resource["externalId"])]));
  return found[0]?.members.map(({ value }) => names.get(value) ?? `unknown ${value}`).sort() ?? null;
}

/** Ids in our directory by externalId. */
export async function idsOf(
  { store }: EngineFixture,
  type: "User" | "Group" = "User",
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await store.queryResources({ type, sources: "all", filter: null, startIndex: 1, count: 10_000 });
  return new Map(rows.map(({ id, document }) => [String(JSON.parse(document).externalId), id]));
}

/** Members of a group in our directory by externalId, in order. */
export async function membersHere(fixture: EngineFixture, groupId: string): Promise<readonly string[]> {
  const names = new Map([...(await idsOf(fixture))].map(([name, id]) => [id, name]));
  const members = await fixture.store.membersOf([groupId], "all");
  return members.map(({ memberId }) => names.get(memberId) ?? memberId).sort();
}

export async function versionOf({ store }: EngineFixture, groupId: string): Promise<number> {
  const row = await store.readResource("Group", groupId, "all");
  if (row === null) throw new Error("the group is gone");
  return row.version;
}

export async function tasksOf({ store }: EngineFixture): Promise<readonly TaskRow[]> {
  return (await store.listTasks({ limit: 100 })).items;
}

/** Waits until every enabled target has heard of everything that was written, and nothing is left to do. */
export async function settled(fixture: EngineFixture): Promise<void> {
  const { store } = fixture;
  const isSettled = async (): Promise<boolean> => {
    const changes = await store.directoryChanges();
    const pushed = await store.pushedChanges();
    for (const { id, status, settings } of await store.listTargets()) {
      if (status !== "enabled") continue;
      if (latestChange(changes, settings) > (pushed.get(id) ?? 0)) return false;
    }
    return (await store.openTasks()).length === 0;
  };
  await expect.poll(isSettled, { timeout: 20_000, interval: 20 }).toBe(true);
}
