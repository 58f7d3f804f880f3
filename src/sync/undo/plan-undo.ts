import { type Protection, protectedReason } from "../../plan/protection.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type {
  DirectoryChange,
  DirectoryStore,
  GivenReader,
  KeptBasis,
  Lease,
  MemberChange,
  UndoStore,
  UndoUnit,
} from "../../store/store.ts";
import { protectedAmong, protectedBy } from "../plan-departures.ts";
import { basisOf, type VersionsInForce } from "./basis.ts";
import {
  hasAllGroups,
  isRestored,
  judgeUnit,
  leaveAgain,
  leftOutChange,
  undoneBecause,
  whatMoved,
} from "./judge-unit.ts";

export interface UndoParts {
  readonly store: DirectoryStore & UndoStore & Pick<GivenReader, "givenFields">;
  readonly sourceId: string;
  readonly lease: Lease;
  readonly taskId: string;
  /** The task that is taken back. */
  readonly undoes: string;
  /** Who is not changed, whatever an administrator takes back. */
  readonly protection: Protection;
  readonly versions: VersionsInForce;
  readonly onProgress: (done: number) => Promise<void>;
}

/** What the task has made and may leave again, and by what it is kept then. */
interface Made {
  readonly unit: UndoUnit;
  readonly kept: KeptBasis;
}

/**
 * Plans that what a task did in the directory goes back, where nothing has come after it. What stays is planned as
 * `skipped`, with the reason. Writes changes of the undo's own task, nothing else.
 */
export async function planUndo(parts: UndoParts): Promise<void> {
  const { store, lease, taskId, undoes } = parts;
  await store.beginUndo(lease, taskId, undoes);
  const restored = await findRestored(parts);
  const made: Made[] = [];
  const left = new Departures();
  // Groups first, so that memberships find their group's change.
  for await (const units of pagesOf(parts, "Group")) made.push(...(await planPage(parts, units, restored, left)));
  for await (const units of pagesOf(parts, "User")) {
    await planLeaving(parts, await planPage(parts, units, restored, left), left);
  }
  await planMadeGroups(parts, made, left);
  await store.countMemberChanges(lease, taskId);
  await store.endUndo(lease, taskId);
}

/** How many members go from each group. */
class Departures {
  readonly #counts = new Map<string, number>();

  note(edges: readonly MemberChange[]): void {
    for (const { groupId, op } of edges) {
      if (op === "remove") this.#counts.set(groupId, (this.#counts.get(groupId) ?? 0) + 1);
    }
  }

  of(groupId: string): number {
    return this.#counts.get(groupId) ?? 0;
  }
}

async function* pagesOf(
  { store, taskId, undoes, onProgress }: UndoParts,
  type: ResourceType,
): AsyncGenerator<readonly UndoUnit[]> {
  for (let at = ""; ; ) {
    const { units, after } = await store.undoUnits({ id: taskId, undoes }, type, at);
    if (after === null) return;
    at = after;
    yield units;
    await onProgress(units.length);
    // SQLite answers before anybody else gets his turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The deleted groups that can come back: as the task left them, and with the groups that they were in. */
async function findRestored(parts: UndoParts): Promise<ReadonlySet<string>> {
  const candidates = new Map<string, UndoUnit>();
  for await (const units of pagesOf(parts, "Group")) {
    for (const unit of units) {
      const isAsLeft = whatMoved(unit) === null && basisOf(unit, parts.versions) !== null;
      if (isRestored(unit) && isAsLeft) candidates.set(unit.resourceId, unit);
    }
  }
  for (let found = true; found; ) {
    found = false;
    const restored = new Set(candidates.keys());
    for (const unit of candidates.values()) {
      if (hasAllGroups(unit, restored)) continue;
      candidates.delete(unit.resourceId);
      found = true;
    }
  }
  return new Set(candidates.keys());
}

/** What was made from his fields may be in the document from before. */
const withdrawn = "this person has withdrawn his consent to fields since, and what they gave is not put back";

/** Plans a page; answers what the task has made, and may leave again. */
async function planPage(
  parts: UndoParts,
  units: readonly UndoUnit[],
  restored: ReadonlySet<string>,
  left: Departures,
): Promise<readonly Made[]> {
  const { store, lease, taskId, sourceId, undoes, protection, versions } = parts;
  // Of somebody whom the task made there is no document from before.
  const puts = ({ kind, document }: UndoUnit): boolean => kind === "user" && typeof document?.before === "string";
  const people = units.filter(puts);
  const given = await store.givenFields(
    sourceId,
    people.map(({ current }) => current.key),
  );
  const hasWithdrawn = (unit: UndoUnit): boolean =>
    puts(unit) && (given.get(unit.current.key)?.withdrawn ?? []).length > 0;
  const changes: DirectoryChange[] = [];
  const edges: MemberChange[] = [];
  const made: Made[] = [];
  for (const unit of units) {
    const { current } = unit;
    const by = current.deleted || current.departed ? null : protectedBy(protection, current);
    const why = by === null ? (hasWithdrawn(unit) ? withdrawn : null) : protectedReason(by);
    const verdict =
      why === null ? judgeUnit(unit, { undoes, restored, versions }) : ({ kind: "left-out", why } as const);
    if (verdict.kind === "left-out") changes.push(leftOutChange(unit, undoes, verdict.why));
    else if (verdict.kind === "leaves") made.push({ unit, kept: verdict.kept });
    else {
      if (verdict.change !== null) changes.push(verdict.change);
      edges.push(...verdict.edges);
    }
  }
  if (changes.length > 0) await store.addChanges(lease, taskId, changes);
  await addEdges(parts, edges, left, { leavers: false });
  return made;
}

async function addEdges(
  { store, lease, taskId, undoes }: UndoParts,
  edges: readonly MemberChange[],
  left: Departures,
  { leavers }: { readonly leavers: boolean },
): Promise<void> {
  if (edges.length === 0) return;
  left.note(edges);
  await store.addMemberChanges(lease, taskId, edges, { leavers, because: undoneBecause(undoes) });
}

/** What the task made leaves again, and leaves its groups with it: all of it waits together where a safeguard holds. */
async function planLeaving(parts: UndoParts, made: readonly Made[], left: Departures): Promise<void> {
  if (made.length === 0) return;
  const { store, lease, taskId, undoes } = parts;
  await store.addChanges(
    lease,
    taskId,
    made.map(({ unit, kept }) => leaveAgain(unit, undoes, kept)),
  );
  const types = new Map(made.map(({ unit }) => [unit.resourceId, unit.resourceType]));
  const edges = (await store.edgesAnywhere([...types.keys()])).map(
    ({ groupId, memberId }): MemberChange => ({
      ...{ groupId, op: "remove", memberId },
      memberType: types.get(memberId) ?? "User",
    }),
  );
  await addEdges(parts, edges, left, { leavers: true });
}

/** Groups that the task made go once everybody in them goes; one that somebody stays in stays for him. */
async function planMadeGroups(parts: UndoParts, made: readonly Made[], left: Departures): Promise<void> {
  const { store, lease, taskId, undoes, protection } = parts;
  const open = new Map(made.map((each) => [each.unit.resourceId, each]));
  const counts = new Map<string, number>();
  for (const id of open.keys()) counts.set(id, (await store.membersOfGroup(id)).length);
  const staying = (id: string): number => (counts.get(id) ?? 0) - left.of(id);
  const protectedThere = await protectedAmong(
    store,
    protection,
    made.map(({ unit }) => unit.current),
  );
  for (let found = true; found; ) {
    found = false;
    for (const [id, each] of open) {
      if (staying(id) > 0 || protectedThere.has(id)) continue;
      await planLeaving(parts, [each], left);
      open.delete(id);
      found = true;
    }
  }
  const why = (id: string): string => {
    const by = protectedThere.get(id);
    return by === undefined ? `members of it stay as they are (${staying(id)})` : protectedReason(by);
  };
  const kept = [...open].map(([id, { unit }]) => leftOutChange(unit, undoes, why(id)));
  if (kept.length > 0) await store.addChanges(lease, taskId, kept);
}
