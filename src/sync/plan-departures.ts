import { batchesOf } from "../lib/batches.ts";
import type { JsonObject } from "../lib/json.ts";
import { type Protection, protectedReason } from "../plan/protection.ts";
import type { RecordKind } from "../source/source.ts";
import type { CurrentResource, DirectoryStore, KeptStore, Lease, MemberChange, RecordStore } from "../store/store.ts";
import { departure } from "./plan-record.ts";
import type { Seen } from "./seen.ts";

export interface DepartureParts {
  readonly store: RecordStore & DirectoryStore & Pick<KeptStore, "listUnrecorded">;
  readonly lease: Lease;
  readonly taskId: string;
  readonly sourceId: string;
  /** Records that are there; every other one leaves. */
  readonly seen: Seen;
  /** Who stays all the same. */
  readonly protection: Protection;
  /** Why somebody who leaves does not do so now: it waits for an answer. Null: nothing keeps him. */
  readonly keeps?: ((resourceId: string) => string | null) | undefined;
  /** True: who is there because an undo keeps him leaves as well. */
  readonly keptToo?: boolean;
}

/** Why a record's resource leaves; `seq` is null for what has no record. */
type Because = (kind: RecordKind, seq: number | null) => string;

type LeavingParts = Pick<DepartureParts, "lease" | "taskId" | "protection" | "keeps"> & {
  readonly store: DirectoryStore;
};

const pageSize = 1000;

/**
 * Plans that what was not seen leaves: people are deactivated, groups deleted, both leave the groups they are in. Only
 * for a read that was complete: the caller has made sure.
 */
export async function planDepartures(
  parts: DepartureParts,
  kinds: readonly RecordKind[],
  because: Because,
): Promise<void> {
  for (const kind of kinds) {
    await planKind(parts, kind, because);
    await planUnrecorded(parts, kind, because);
  }
  await parts.store.countMemberChanges(parts.lease, parts.taskId);
}

/** Plans that everything of a source leaves that is kept here: it has resources, and no records. */
export async function planClearing(
  { store, lease, taskId, sourceId, protection }: Omit<DepartureParts, "seen">,
  because: string,
): Promise<void> {
  for (const kind of ["department", "user"] as const) {
    for (let after = ""; ; ) {
      const page = await store.listPresent(sourceId, kind, after, pageSize);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.id;
      await planLeaving({ store, lease, taskId, protection }, kind, page, () => because);
    }
  }
  await store.countMemberChanges(lease, taskId);
}

/**
 * Plans that groups of a kind go of which the mapping makes none any more. That is an administrator's word and no
 * absence, so it needs no complete read; the records stay, for they say where people belong.
 */
export async function planUnmapped(parts: DepartureParts, kind: "department" | "tag"): Promise<void> {
  const { store, sourceId, seen } = parts;
  for (let after = 0; ; ) {
    const page = await store.listSourceRecords(sourceId, kind, after, pageSize);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    // What was not seen leaves as an absence does, or stays.
    const there = page.filter((record) => seen.has(record.seq));
    const resources = await store.readCurrent(there.map((record) => record.resourceId));
    await planLeaving(
      parts,
      kind,
      resources.filter((resource) => !resource.deleted),
      () => `the mapping makes no groups of ${kind}s any more`,
      { keepsRecord: true },
    );
  }
}

async function planKind(parts: DepartureParts, kind: RecordKind, because: Because): Promise<void> {
  const { store, sourceId, seen } = parts;
  for (let after = 0; ; ) {
    const page = await store.listSourceRecords(sourceId, kind, after, pageSize);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    const absent = page.filter((record) => !seen.has(record.seq));
    if (absent.length > 0) await planAbsent(parts, kind, absent, because);
  }
}

/** Plans that the resources of these records leave. Records that never became resources are forgotten. */
export async function planAbsent(
  parts: Omit<DepartureParts, "seen" | "keptToo">,
  kind: RecordKind,
  absent: readonly { readonly seq: number; readonly key: string; readonly resourceId: string }[],
  because: Because,
): Promise<void> {
  const { store, lease, sourceId } = parts;
  const resources = await store.readCurrent(absent.map((record) => record.resourceId));
  const there = resources.filter((resource) => !resource.deleted && !resource.departed);
  const known = new Set(there.map((resource) => resource.id));
  const never = absent.filter((record) => !known.has(record.resourceId)).map((record) => record.key);
  if (never.length > 0) await store.forgetRecords(lease, sourceId, kind, never);
  const seqs = new Map(absent.map((record) => [record.resourceId, record.seq]));
  await planLeaving(parts, kind, there, ({ id }) => because(kind, seqs.get(id) ?? null));
}

/** What undos brought back, and the source has no record of, leaves unless it is kept. */
async function planUnrecorded(parts: DepartureParts, kind: RecordKind, because: Because): Promise<void> {
  const { store, sourceId, keptToo: all = false } = parts;
  for (let after = ""; ; ) {
    const page = await store.listUnrecorded(sourceId, kind, { all, after, limit: pageSize });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    await planLeaving(parts, kind, page, () => because(kind, null));
  }
}

/** Resources leave, and leave the groups that they are in. */
async function planLeaving(
  { store, lease, taskId, protection, keeps }: LeavingParts,
  kind: RecordKind,
  found: readonly CurrentResource[],
  because: (resource: CurrentResource) => string,
  options: { readonly keepsRecord?: boolean } = {},
): Promise<void> {
  if (found.length === 0) return;
  const kept = new Map(
    [...(await protectedAmong(store, protection, found))].map(([id, by]) => [id, protectedReason(by)]),
  );
  for (const { id } of keeps === undefined ? [] : found) {
    const why = keeps?.(id) ?? null;
    if (why !== null) kept.set(id, why);
  }
  await store.addChanges(
    lease,
    taskId,
    found.map((resource) => {
      const change = departure(kind, resource, because(resource), options);
      const why = kept.get(resource.id);
      return why === undefined ? change : { ...change, status: "skipped", error: why };
    }),
  );
  const leaving = found.filter(({ id }) => !kept.has(id));
  if (leaving.length === 0) return;
  const memberType = kind === "user" ? "User" : "Group";
  const edges = (await store.edgesAnywhere(leaving.map((resource) => resource.id))).map(
    ({ groupId, memberId }): MemberChange => ({ groupId, op: "remove", memberId, memberType }),
  );
  if (edges.length > 0) {
    await store.addMemberChanges(lease, taskId, edges, { leavers: true, because: "members left the source" });
  }
}

/** Those who stay: who is protected, and groups that protected people are in. With the filter. */
export async function protectedAmong(
  store: Pick<DirectoryStore, "membersOfGroup" | "readCurrent">,
  protection: Protection,
  found: readonly CurrentResource[],
): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  for (const resource of found) {
    const by = protectedBy(protection, resource) ?? (await keptForPeople(store, protection, resource));
    if (by !== null) kept.set(resource.id, by);
  }
  return kept;
}

/** The filter that protects a resource as it is in the directory; null: none. */
export function protectedBy(
  { by, fits }: Protection,
  { type, document }: Pick<CurrentResource, "type" | "document">,
): string | null {
  return by[type] !== null && fits(type, [JSON.parse(document) as JsonObject]) ? by[type] : null;
}

async function keptForPeople(
  store: Pick<DirectoryStore, "membersOfGroup" | "readCurrent">,
  protection: Protection,
  { id, type }: CurrentResource,
): Promise<string | null> {
  if (type !== "Group" || protection.by.User === null) return null;
  const people = (await store.membersOfGroup(id)).filter((member) => member.type === "User");
  for (const some of batchesOf(people, pageSize)) {
    const documents = await store.readCurrent(some.map(({ value }) => value));
    if (documents.some((person) => protectedBy(protection, person) !== null)) return protection.by.User;
  }
  return null;
}
