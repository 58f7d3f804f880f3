import type { JsonObject } from "../../src/lib/json.ts";
import { coreSchemaOf, enterpriseUserSchema } from "../../src/scim/resource.ts";
import type { FullStore } from "../../src/store/open-store.ts";
import type {
  DirectoryChange,
  Lease,
  MemberChange,
  NewSource,
  NewTarget,
  ReadRecord,
  SourceRow,
  SourceSettings,
  TaskRow,
} from "../../src/store/store.ts";
import { testId } from "./filter-directory.ts";

// What the store's tests are put together from: rows as the API and the engine would make them.

const safeguards = {
  maxRemovals: { floor: 5, percent: 10, count: 500 },
  maxMemberRemovals: { floor: 20, percent: 50 },
  windowHours: 24,
};

const sourceSettings: SourceSettings = {
  wecom: { corpId: "ww0123456789abcdef" },
  sync: { automatic: true, users: true, intervalHours: 1 },
  scope: { mode: "all" },
  mapping: "wecom",
  safeguards,
};

export function newSource(name: string, more: Partial<NewSource> = {}): NewSource {
  return {
    name,
    type: "wecom",
    status: "enabled",
    settings: sourceSettings,
    secrets: { "/wecom/corpSecret": `secret of ${name}` },
    nextRunAt: null,
    ...more,
  };
}

export function newTarget(name: string, sources: readonly string[] = []): NewTarget {
  return {
    name,
    status: "enabled",
    secrets: { "/auth/token": `token of ${name}` },
    settings: {
      baseUrl: "https://app.example.com/scim/v2",
      auth: { type: "bearer" },
      profile: "generic",
      sources,
      provision: { users: true, groups: true, userGroups: true, onRemoval: "deactivate" },
      scope: {},
      match: { users: ["externalId"], groups: ["externalId"] },
      limits: { concurrency: 8, requestsPerSecond: 0 },
      safeguards,
    },
  };
}

/** A source on which this process holds the lease, with a running task. */
export interface Work {
  readonly source: SourceRow;
  readonly lease: Lease;
  readonly task: TaskRow;
}

export async function beginWork(store: FullStore, name = "corp", holder = "this process"): Promise<Work> {
  const source = await store.createSource(newSource(name));
  const lease = await takeLease(store, `source:${source.id}`, holder);
  return { source, lease, task: await runningTask(store, source.id) };
}

/** The next task of the same source; the one before it is finished. */
export async function nextTask(store: FullStore, { source, lease, task }: Work): Promise<Work> {
  await finish(store, task, "succeeded");
  return { source, lease, task: await runningTask(store, source.id) };
}

export async function takeLease(store: FullStore, name: string, holder = "this process"): Promise<Lease> {
  const lease = await store.takeLease(name, holder, 60_000);
  if (lease === null) throw new Error(`somebody else holds ${name}`);
  return lease;
}

export async function runningTask(store: FullStore, sourceId: string): Promise<TaskRow> {
  const { task } = await store.queueTask({ sourceId, targetId: null, trigger: "manual", mode: "apply" });
  await store.startTask(task.id);
  return task;
}

export async function finish(store: FullStore, task: TaskRow, state: TaskRow["state"], expiresAt = 0): Promise<void> {
  const hold =
    state === "held" ? { reason: "too many", removals: { users: 1, groups: 0, members: 0 }, expiresAt } : null;
  await store.finishTask(task.id, { state, counts: task.counts, targets: [], error: null, hold });
}

export function record(key: string, more: Partial<ReadRecord> = {}): ReadRecord {
  return {
    key,
    raw: `{"userid":"${key}"}`,
    relations: "{}",
    hash: `hash ${key}`,
    fingerprint: `print ${key}`,
    ...more,
  };
}

export const userId = (number: number): string => testId(number);
export const groupId = (number: number): string => testId(1_000_000 + number);

/** A user's document as the mapping would make it. */
export function userDocument(number: number, more: JsonObject = {}): JsonObject {
  return {
    schemas: [coreSchemaOf.User],
    externalId: `user-${number}`,
    userName: `user-${number}`,
    displayName: `User ${number}`,
    active: true,
    ...more,
  };
}

export function withManager(document: JsonObject, managerId: string): JsonObject {
  return { ...document, [enterpriseUserSchema]: { manager: { value: managerId } } };
}

export function groupDocument(number: number, more: JsonObject = {}): JsonObject {
  return { schemas: [coreSchemaOf.Group], externalId: `department:${number}`, displayName: `Group ${number}`, ...more };
}

const plannedBase = {
  status: "planned",
  error: null,
  sources: null,
  because: "the test says so",
  mappingVersion: "m1",
  managerKey: null,
  changesIdentity: false,
} as const;

export function userChange(number: number, more: Partial<DirectoryChange> = {}): DirectoryChange {
  return {
    ...plannedBase,
    kind: "user",
    key: `user-${number}`,
    resourceType: "User",
    resourceId: userId(number),
    externalId: `user-${number}`,
    displayName: `User ${number}`,
    action: "create",
    before: null,
    after: userDocument(number),
    baseVersion: 0,
    fingerprint: `print user-${number}`,
    ...more,
  };
}

export function groupChange(number: number, more: Partial<DirectoryChange> = {}): DirectoryChange {
  return {
    ...plannedBase,
    kind: "department",
    key: String(number),
    resourceType: "Group",
    resourceId: groupId(number),
    externalId: `department:${number}`,
    displayName: `Group ${number}`,
    action: "create",
    before: null,
    after: groupDocument(number),
    baseVersion: 0,
    fingerprint: `print ${number}`,
    ...more,
  };
}

/** Somebody, or a group, is not in the source any more. */
export function departure(change: DirectoryChange, baseVersion: number): DirectoryChange {
  const isUser = change.resourceType === "User";
  return {
    ...change,
    action: isUser ? "deactivate" : "delete",
    before: change.after,
    after: isUser ? { ...change.after, active: false } : change.after,
    baseVersion,
    fingerprint: null,
    mappingVersion: null,
  };
}

/** One edge of a group to a user. */
export function edge(op: "add" | "remove", group: number, user: number) {
  return { groupId: groupId(group), op, memberId: userId(user), memberType: "User" } as const;
}

export async function planMembers(
  store: FullStore,
  { lease, task }: Work,
  edges: readonly MemberChange[],
  { leavers = false } = {},
): Promise<void> {
  await store.addMemberChanges(lease, task.id, edges, { leavers, because: "its members changed" });
  await store.countMemberChanges(lease, task.id);
}

/** All that the engine does to apply a plan. */
export async function applyAll(store: FullStore, { source, lease, task }: Work, batch = 500): Promise<void> {
  while ((await store.applyNext(lease, task.id, source.id, batch)) > 0);
  for (const leavers of [false, true]) while ((await store.applyMembers(lease, task.id, { leavers }, batch)) > 0);
  await store.applyMarks(lease, task.id);
  await store.logRemovals(lease, `source:${source.id}`, task.id);
}

/** Users and groups with members, applied: `members[g]` are the numbers of the users in group g. */
export async function fillDirectory(
  store: FullStore,
  work: Work,
  { users, members = {} }: { users: number; members?: Readonly<Record<number, readonly number[]>> },
): Promise<void> {
  const groups = Object.keys(members).map(Number);
  const numbers = Array.from({ length: users }, (_, index) => index + 1);
  await store.addChanges(work.lease, work.task.id, [
    ...groups.map((group) => groupChange(group)),
    ...numbers.map((number) => userChange(number)),
  ]);
  const edges = groups.flatMap((group) => (members[group] ?? []).map((user) => edge("add", group, user)));
  if (edges.length > 0) await planMembers(store, work, edges);
  await applyAll(store, work);
  // Last, so that the records find the ids that the resources were given here.
  await store.saveRecords(
    work.lease,
    work.source.id,
    "user",
    numbers.map((number) => record(`user-${number}`)),
  );
}

/** Numbers of the users in a group. */
export async function membersNow(store: FullStore, group: number): Promise<readonly number[]> {
  const members = await store.membersOfGroup(groupId(group));
  return members.map(({ value }) => Number(value.slice(-6))).sort((a, b) => a - b);
}
