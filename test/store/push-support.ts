import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import type { ResourceType } from "../../src/scim/resource.ts";
import type { FullStore } from "../../src/store/open-store.ts";
import type { Lease, PendingResource, PushOutcome, PushScope, TargetRow } from "../../src/store/store.ts";
import type { TestDatabase } from "../support/databases.ts";
import { beginWork, fillDirectory, groupId, newTarget, takeLease, type Work } from "./support.ts";

// What the tests of pushes have in common.

export const all = { after: "", limit: 1000 };
const catalog = makeSchemaCatalog([]);

/** A target on which this process holds the lease, and what is to be pushed to it. */
export interface PushWork {
  readonly target: TargetRow;
  readonly lease: Lease;
  readonly scope: PushScope;
}

export async function beginPush(store: FullStore, { source }: Work, at: { readonly now: number }): Promise<PushWork> {
  const target = await store.createTarget(newTarget("app", [source.id]));
  const scope: PushScope = {
    targetId: target.id,
    sourceIds: [source.id],
    types: ["User", "Group"],
    userFilter: null,
    groupFilter: null,
    startedAt: at.now,
    retryAll: false,
    deleteDepartedBefore: null,
  };
  return { target, lease: await takeLease(store, `target:${target.id}`), scope };
}

/** The outcome of a create or update that went well. */
export function given(
  resource: Pick<PendingResource, "id" | "type" | "version" | "managerId" | "managerRemoteId" | "document">,
  more: Partial<Extract<PushOutcome["link"], { state: "linked" }>> = {},
): PushOutcome {
  return {
    resourceId: resource.id,
    resourceType: resource.type,
    externalId: null,
    displayName: null,
    record: null,
    link: {
      state: "linked",
      remoteId: `remote ${resource.id}`,
      version: resource.version,
      active: true,
      lacksManager: resource.managerId !== null && resource.managerRemoteId === null,
      held: resource.document,
      ...more,
    },
  };
}

export async function begin(
  at: TestDatabase,
  shape: Parameters<typeof fillDirectory>[2],
): Promise<{ readonly work: Work; readonly push: PushWork }> {
  const work = await beginWork(at.store);
  await fillDirectory(at.store, work, shape);
  return { work, push: await beginPush(at.store, work, at.clock) };
}

export function creates(
  { store }: TestDatabase,
  { scope }: PushWork,
  type: ResourceType,
  page = all,
  onlyReady = false,
): Promise<readonly PendingResource[]> {
  return store.pendingCreates(scope, type, { ...page, onlyReady });
}

export function updates(
  { store }: TestDatabase,
  { scope }: PushWork,
  type: ResourceType,
): Promise<readonly PendingResource[]> {
  return store.pendingUpdates(scope, type, all);
}

export function save(
  { store }: TestDatabase,
  { lease, target }: PushWork,
  { task }: Work,
  outcomes: readonly PushOutcome[],
): Promise<void> {
  return store.saveOutcomes(lease, task.id, target.id, outcomes);
}

/** Everything that is pending arrives, memberships too. */
export async function giveAll(at: TestDatabase, push: PushWork, work: Work): Promise<void> {
  for (const type of ["User", "Group"] as const) {
    for (const onlyReady of [true, true, true, false]) {
      const pending = await creates(at, push, type, all, onlyReady);
      await save(
        at,
        push,
        work,
        pending.map((each) => given(each)),
      );
    }
  }
  for (const group of await at.store.pendingGroups(push.scope, all)) {
    const delta = await at.store.memberDelta(push.target.id, group.id, "add", all);
    const applied = { status: "applied", error: null } as const;
    if (delta.length > 0) {
      await at.store.saveMembers(push.lease, work.task.id, push.target.id, group, "add", delta, applied);
    }
    const { membersVersion } = group;
    await at.store.finishMembers(push.lease, push.target.id, group.id, { membersVersion, lacksMembers: false });
  }
}

export async function added({ store }: TestDatabase, { target }: PushWork, group: number) {
  return (await store.memberDelta(target.id, groupId(group), "add", all)).map(({ memberId }) => ({ id: memberId }));
}

/** The next push of the same target. */
export async function afterwards({ clock }: TestDatabase, push: PushWork): Promise<PushWork> {
  clock.now += 1000;
  return { ...push, scope: { ...push.scope, startedAt: clock.now } };
}

export function unlinked(id: string, again: boolean, type: ResourceType = "User"): PushOutcome {
  const link = { state: "unlinked", again } as const;
  return { resourceId: id, resourceType: type, externalId: null, displayName: null, record: null, link };
}

export function filter(text: string, type: ResourceType) {
  return resolveFilter(parseFilter(text), type, catalog);
}

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}
