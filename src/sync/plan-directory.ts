import type { MemberRule } from "../mapping/mapping.ts";
import { type Protection, protectedReason, protectsSome } from "../plan/protection.ts";
import type { RecordKind } from "../source/source.ts";
import {
  type CurrentResource,
  type DirectoryStore,
  type GivenReader,
  type KeptStore,
  type Lease,
  type MemberChange,
  type RecordStore,
  type StoredRecord,
  undoneMark,
} from "../store/store.ts";
import { ClaimedNames } from "./claimed-names.ts";
import type { IdentityHold } from "./identity/identity-hold.ts";
import { lookAtBatch, type Planned } from "./look-at-batch.ts";
import { keptVersionOf } from "./mapping-context.ts";
import { planDepartures, planUnmapped, protectedBy } from "./plan-departures.ts";
import type { MappingSurroundings } from "./plan-record.ts";
import { departmentsOf, parentOf, tagRelationsOf } from "./prepare-record.ts";
import type { ReadOutcome } from "./read-source.ts";
import { keepThoseThere, withoutHidden, withoutProtected } from "./tag-members.ts";
import type { Leaving } from "./who-leaves.ts";

export interface PlanParts {
  readonly store: RecordStore & DirectoryStore & GivenReader & Pick<KeptStore, "keptAmong" | "listUnrecorded">;
  readonly lease: Lease;
  readonly taskId: string;
  readonly sourceId: string;
  readonly around: MappingSurroundings;
  readonly outcome: Pick<ReadOutcome, "seen"> & Partial<Pick<ReadOutcome, "existence" | "unclear">>;
  /** False: the organisational structure alone; people and memberships stay as they are. */
  readonly users: boolean;
  /** False when only a plan is wanted: then nothing is noted on resources. */
  readonly mark: boolean;
  /** True when that the read did not find somebody in a group is evidence that he is not in it. */
  readonly mayRemove: boolean;
  /** Who leaves; null, or left out: nobody. */
  readonly leaving?: Leaving | null;
  /** Who is not changed, whatever the source says. */
  readonly protection: Protection;
  /** Of whom it is to be said first who he is; absent: of nobody. */
  readonly identity?: IdentityHold;
  readonly onProgress: (done: number) => Promise<void>;
}

const pageSize = 1000;
const membershipChanged = "its members in the source changed";

/**
 * The first comparison: the directory that the source describes against the one that we hold. Writes the plan as
 * changes of the task, nothing else. Groups come first, so that memberships find their group's change.
 */
export async function planDirectory(parts: PlanParts): Promise<void> {
  const { members } = parts.around.mapping;
  const groups = members.department === null ? null : await departmentGroups(parts, members.department);
  if (groups !== null) {
    const isOpen = openIn(groups, (record) => [parentOf(record) ?? ""]);
    await planKind(parts, "department", (batch) => childEdges(parts, batch, groups), { isOpen });
  }
  if (parts.users) {
    if (members.tag !== null) await planKind(parts, "tag", async () => []);
    await planUsers(parts, groups);
    if (members.tag !== null) await planTagEdges(parts, members.tag);
  }
  if (members.department === null) await planUnmapped({ ...parts, seen: parts.outcome.seen }, "department");
  if (members.tag === null && parts.users) await planUnmapped({ ...parts, seen: parts.outcome.seen }, "tag");
  const { leaving } = parts;
  const keeps = (resourceId: string): string | null => parts.identity?.keepsLeaver(resourceId) ?? null;
  if (leaving) await planDepartures({ ...parts, keeps, seen: leaving.stays }, leaving.kinds, leaving.because);
  await parts.store.countMemberChanges(parts.lease, parts.taskId);
}

/** The same for some people alone, whose records have these `seq`. Groups gain and lose them, and are else as they were. */
export async function planPeople(parts: PlanParts, seqs: readonly number[]): Promise<void> {
  const { department } = parts.around.mapping.members;
  await planUsers(parts, department === null ? null : await departmentGroups(parts, department), seqs);
}

function planUsers(parts: PlanParts, groups: DepartmentGroups | null, seqs?: readonly number[]): Promise<void> {
  const edgesOf = async (batch: readonly Planned[]) => (groups === null ? [] : departmentEdges(parts, batch, groups));
  return planKind(parts, "user", edgesOf, { isOpen: openIn(groups, departmentsOf), seqs });
}

/** Whether a record names a group that an undo keeps away: it is looked at each time, until the group is back. */
function openIn(
  groups: DepartmentGroups | null,
  keysOf: (record: StoredRecord) => readonly string[],
): (record: StoredRecord) => boolean {
  if (groups === null || groups.away.size === 0) return () => false;
  return (record) => keysOf(record).some((key) => groups.away.has(key));
}

/**
 * Maps and compares the records of one kind that are new, changed, or mapped by another version.
 *
 * @param seqs only these of them
 */
async function planKind(
  parts: PlanParts,
  kind: RecordKind,
  edgesOf: (batch: readonly Planned[]) => Promise<readonly MemberChange[]>,
  {
    isOpen = () => false,
    seqs,
  }: {
    readonly isOpen?: (record: StoredRecord) => boolean;
    readonly seqs?: readonly number[] | undefined;
  } = {},
): Promise<void> {
  const { store, lease, taskId, sourceId, around, outcome, mark, protection, onProgress } = parts;
  const claimed = new ClaimedNames();
  for (let after = 0; ; ) {
    const page = await store.listDirty(sourceId, kind, around.mappingVersion, after, pageSize, seqs);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.record.seq;
    // Of what this read did not see the surroundings are not known either: it stays as it is until it is seen again.
    const there = page.filter(({ record }) => outcome.seen.has(record.seq));
    const kept = await keptBy(parts, there, ({ record }) => record.resourceId);
    const seen = there.filter(({ record }) => !kept.has(record.resourceId));
    const looked = await lookAtBatch({ store, sourceId, around, claimed }, kind, seen);
    const judged = looked.map((each) => identityOf(parts, kind, each));
    const waiting = new Set(judged.filter(({ waits }) => waits).map(({ each }) => each.dirty.record.resourceId));
    const checked = judged.map(({ each }) =>
      leaveProtected(protection, isOpen(each.dirty.record) ? leaveOpen(each) : each),
    );
    const changes = checked.flatMap(({ looked }) => (looked.kind === "change" ? [looked.change] : []));
    const same = checked.flatMap(({ looked }) => (looked.kind === "same" ? [looked] : []));
    if (changes.length > 0) await store.addChanges(lease, taskId, changes);
    const found = await edgesOf(checked.filter(({ dirty }) => !waiting.has(dirty.record.resourceId)));
    const staying = protectedIds(protection, checked);
    const edges = found.filter(({ op, memberId }) => op === "add" || !staying.has(memberId));
    if (edges.length > 0) {
      await store.addMemberChanges(lease, taskId, edges, { leavers: false, because: membershipChanged });
    }
    // Who was kept in a group is looked at again each time: he has to leave it once he is not protected any more.
    const stay = new Set(found.filter((edge) => !edges.includes(edge)).map(({ memberId }) => memberId));
    const open = new Set(seen.filter(({ record }) => isOpen(record)).map(({ record }) => record.resourceId));
    const settled = same.filter(({ id }) => !stay.has(id) && !open.has(id) && !waiting.has(id));
    if (mark && settled.length > 0) await store.markSame(lease, taskId, settled, around.mappingVersion);
    await onProgress(page.length);
  }
}

/** Ids of those whom an undo keeps, memberships and all: what the source says of them counts again once it is another. */
function keptBy<T>(
  { store, sourceId, around }: Pick<PlanParts, "store" | "sourceId" | "around">,
  some: readonly T[],
  idOf: (one: T) => string,
): Promise<ReadonlySet<string>> {
  const versions = [around.mappingVersion, keptVersionOf(around.mapping, around.source)];
  return store.keptAmong(sourceId, versions, some.map(idOf));
}

/** What is planned for a record, as far as it is clear whose it is. */
function identityOf({ identity }: PlanParts, kind: RecordKind, each: Planned): ReturnType<IdentityHold["judge"]> {
  return kind === "user" && identity !== undefined ? identity.judge(each) : { each, waits: false };
}

/** A change after which the record counts as not looked at. */
function leaveOpen(each: Planned): Planned {
  const { looked, dirty } = each;
  if (looked.kind !== "change") return each;
  return { dirty, looked: { kind: "change", change: { ...looked.change, fingerprint: undoneMark } } };
}

/** What the source says of a protected account is recorded, and not done. Who has left may come back. */
function leaveProtected(protection: Protection, each: Planned): Planned {
  const { looked, dirty } = each;
  const { current } = dirty;
  if (looked.kind !== "change" || looked.change.status !== "planned" || !isThere(current)) return each;
  const by = protectedBy(protection, current);
  if (by === null) return each;
  const change = { ...looked.change, status: "skipped", error: protectedReason(by) } as const;
  return { dirty, looked: { kind: "change", change } };
}

function protectedIds(protection: Protection, checked: readonly Planned[]): ReadonlySet<string> {
  if (!protectsSome(protection)) return new Set();
  return new Set(
    checked.flatMap(({ dirty: { current } }) =>
      isThere(current) && protectedBy(protection, current) !== null ? [current.id] : [],
    ),
  );
}

function isThere(current: CurrentResource | null): current is CurrentResource {
  return current !== null && !current.departed && !current.deleted;
}

interface DepartmentGroups {
  /** Id of the group by the department's key. */
  readonly byKey: ReadonlyMap<string, string>;
  /** Keys of the departments whose groups an undo has taken away. */
  readonly away: ReadonlySet<string>;
  /** Ids of the groups whose departments this read saw. */
  readonly visible: ReadonlySet<string>;
  /** Ids of those whose departments are there, out of its sight. */
  readonly hidden: ReadonlySet<string>;
  readonly rule: MemberRule;
}

async function departmentGroups(parts: PlanParts, rule: MemberRule): Promise<DepartmentGroups> {
  const { store, sourceId, outcome } = parts;
  const byKey = new Map<string, string>();
  const visible = new Set<string>();
  const hidden = new Set<string>();
  const away = new Set<string>();
  for (let after = 0; ; ) {
    const page = await store.listSourceRecords(sourceId, "department", after, pageSize);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
    const absent = await keptAway(parts, page);
    for (const { seq, key, resourceId } of page) {
      if (absent.has(resourceId)) {
        away.add(key);
        continue;
      }
      byKey.set(key, resourceId);
      if (outcome.seen.has(seq)) visible.add(resourceId);
      else if (outcome.existence?.there.has(seq)) hidden.add(resourceId);
    }
  }
  return { byKey, away, visible, hidden, rule };
}

/** Groups that an undo has taken away again: nobody comes to them. */
async function keptAway(
  parts: Pick<PlanParts, "store" | "sourceId" | "around">,
  groups: readonly { readonly resourceId: string }[],
): Promise<ReadonlySet<string>> {
  return deletedAmong(parts.store, await keptBy(parts, groups, ({ resourceId }) => resourceId));
}

async function deletedAmong(
  store: Pick<DirectoryStore, "readCurrent">,
  ids: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const current = ids.size === 0 ? [] : await store.readCurrent([...ids]);
  return new Set(current.flatMap(({ id, deleted }) => (deleted ? [id] : [])));
}

/** Edges from a department to its sub-departments: each belongs to the record of the child. */
async function childEdges(
  parts: PlanParts,
  batch: readonly Planned[],
  groups: DepartmentGroups,
): Promise<readonly MemberChange[]> {
  const { byKey, rule } = groups;
  const wanted = new Map(
    batch.map(({ dirty }) => {
      const parent = parentOf(dirty.record);
      const group = parent === null || !rule.groups ? undefined : byKey.get(parent);
      return [dirty.record.resourceId, group === undefined ? [] : [group]];
    }),
  );
  return edgeChanges(parts, groups, wanted, "Group");
}

/** Edges from departments to their direct people: they belong to the record of the person. */
async function departmentEdges(
  parts: PlanParts,
  batch: readonly Planned[],
  groups: DepartmentGroups,
): Promise<readonly MemberChange[]> {
  const { byKey, rule } = groups;
  const wanted = new Map(
    batch
      .filter(({ looked }) => looked.kind === "same" || looked.change.status !== "failed")
      .map(({ dirty }) => {
        const wants = rule.users ? departmentsOf(dirty.record).flatMap((key) => byKey.get(key) ?? []) : [];
        return [dirty.record.resourceId, wants];
      }),
  );
  return edgeChanges(parts, groups, wanted, "User");
}

async function edgeChanges(
  { store, sourceId, mayRemove }: PlanParts,
  { visible, hidden }: Pick<DepartmentGroups, "visible" | "hidden">,
  wanted: ReadonlyMap<string, readonly string[]>,
  memberType: MemberChange["memberType"],
): Promise<readonly MemberChange[]> {
  const held = new Map<string, Set<string>>();
  for (const { groupId, memberId } of await store.edgesOf(sourceId, "department", [...wanted.keys()])) {
    const groups = held.get(memberId) ?? new Set();
    held.set(memberId, groups.add(groupId));
  }
  const changes: MemberChange[] = [];
  for (const [memberId, groups] of wanted) {
    const has = held.get(memberId) ?? new Set();
    const wants = new Set(groups);
    for (const groupId of wants) if (!has.has(groupId)) changes.push({ groupId, op: "add", memberId, memberType });
    for (const groupId of has) {
      // WeCom leaves departments out of sight out of a member's list: that is no sign that he left them.
      const isEvidence = visible.has(groupId) || (mayRemove && !hidden.has(groupId));
      if (isEvidence && !wants.has(groupId)) changes.push({ groupId, op: "remove", memberId, memberType });
    }
  }
  return changes;
}

/**
 * Members of tags. Compared whole each time: whom a tag's list names may have come into sight while the list stayed
 * the same.
 */
async function planTagEdges(parts: PlanParts, rule: MemberRule): Promise<void> {
  const { store, lease, taskId, sourceId, around, outcome, mayRemove, protection } = parts;
  for (let after = 0; ; ) {
    const page = await store.readRelations(sourceId, "tag", after, 50);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    const keptTags = await keptBy(parts, page, ({ resourceId }) => resourceId);
    const absent = await deletedAmong(store, keptTags);
    for (const record of page) {
      if (!outcome.seen.has(record.seq) || absent.has(record.resourceId)) continue;
      const { users, departments } = tagRelationsOf(record);
      const wanted = new Map<string, MemberChange["memberType"]>();
      const people = rule.users ? await store.resolveKeys(sourceId, "user", users) : new Map<string, string>();
      const units =
        rule.groups && around.mapping.members.department !== null
          ? await store.resolveKeys(sourceId, "department", departments)
          : new Map<string, string>();
      for (const id of people.values()) wanted.set(id, "User");
      for (const id of units.values()) wanted.set(id, "Group");
      await keepThoseThere(store, taskId, wanted);
      const changes: MemberChange[] = [];
      const held = new Set<string>();
      const groupId = record.resourceId;
      for (const { value, type } of await store.membersOfGroup(groupId)) {
        held.add(value);
        if (!wanted.has(value) && mayRemove) changes.push({ groupId, op: "remove", memberId: value, memberType: type });
      }
      for (const [memberId, memberType] of wanted) {
        if (!held.has(memberId)) changes.push({ groupId, op: "add", memberId, memberType });
      }
      const inSight = await withoutHidden(parts, changes);
      const kept = await keptMembers(parts, inSight, keptTags.has(groupId));
      const open = inSight.filter((change) => !kept.has(change));
      const allowed = await withoutProtected(store, protection, open);
      if (allowed.length > 0) {
        await store.addMemberChanges(lease, taskId, allowed, { leavers: false, because: membershipChanged });
      }
    }
  }
}

/**
 * The changes of a tag that an undo keeps from being made. A department is kept in it, or out of it, as long as the tag is
 * kept too: its own record says nothing of tags. Who has departed is in no tag, whatever keeps him.
 */
async function keptMembers(
  parts: PlanParts,
  changes: readonly MemberChange[],
  isTagKept: boolean,
): Promise<ReadonlySet<MemberChange>> {
  const kept = await keptBy(parts, changes, ({ memberId }) => memberId);
  if (kept.size === 0) return new Set();
  const current = await parts.store.readCurrent([...kept]);
  const departed = new Set(current.flatMap((one) => (one.departed || one.deleted ? [one.id] : [])));
  return new Set(
    changes.filter(
      ({ op, memberId, memberType }) =>
        kept.has(memberId) && (memberType === "User" || isTagKept) && !(op === "remove" && departed.has(memberId)),
    ),
  );
}
