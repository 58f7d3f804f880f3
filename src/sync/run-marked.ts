import { SourceError, type SourceUser } from "../source/source.ts";
import type { PersonMark, StoredRecord, TaskError } from "../store/store.ts";
import { applyDirectory } from "./apply-directory.ts";
import { guardDirectory } from "./guard-directory.ts";
import { asKnown } from "./identity/as-known.ts";
import { askPeople, identityParts, presenceIn } from "./identity/identify.ts";
import { type Identified, identifyPart } from "./identity/in-part.ts";
import { planAbsent } from "./plan-departures.ts";
import { planPeople } from "./plan-directory.ts";
import type { MappingSurroundings } from "./plan-record.ts";
import { departmentsOf, preparePeople } from "./prepare-record.ts";
import { mostPeople } from "./queue-marked.ts";
import type { DirectoryResult, SourceTaskParts } from "./run-source-task.ts";
import { Seen } from "./seen.ts";
import { joinHolds } from "./settle-groups.ts";
import { beginApplying, loadMapping, protectionOf, settle, toTaskError } from "./source-task-steps.ts";
import { readSurroundings } from "./surroundings.ts";

/** What a look at the marked people came to. */
interface Look {
  /** They are there, and in what is synchronised. */
  readonly there: readonly SourceUser[];
  /** Records of those who are no more: an event said so, and the source does. */
  readonly gone: readonly StoredRecord[];
  /** Of whom only a read of everything can say what became of them. */
  readonly isWholeNeeded: boolean;
  /** By key of those who were marked, whether they are there at all; missing: the source would not say so. */
  readonly presence: ReadonlyMap<string, boolean>;
  readonly personalFields: readonly string[];
  /** Keys of those whom the source would say nothing of. */
  readonly unclear: readonly string[];
  /** Keys of the departments that are in sight. */
  readonly departments: ReadonlySet<string>;
}

/**
 * The first comparison for those people alone whom events have marked: reads them one by one, and plans, guards and applies
 * what differs. Departments and tags are as the last sync read them. What one person does not tell is left to a sync of
 * everything, which is marked then:
 *
 *   - somebody is not to be found, and no event said that he is gone: he may be out of sight
 *   - somebody is in a department that is not known, or in none any more that is chosen: which those are is for a whole read
 *     to say, since departments are made, moved and lost from sight
 *   - memberships wait for a person: the safeguards count those of one task, and looked at one by one all would pass
 *   - more leave than the safeguards let pass without asking, or removals wait for a person already: so there is one list
 *     of them to decide on, made from a complete read
 */
export async function runMarked(parts: SourceTaskParts): Promise<DirectoryResult> {
  const { store, lease, task, row } = parts;
  const nothing = { read: { users: 0, groups: 0 }, hold: null, isPart: true } as const;
  const marks = await store.markedPeople(row.id, mostPeople);
  const protection = await protectionOf(parts);
  if ("error" in protection) return { ...nothing, usable: false, error: protection.error };
  const loaded = await loadMapping(parts);
  if ("error" in loaded) return { ...nothing, usable: false, error: loaded.error };
  const { mapping, version, problem } = loaded;
  await store.noteTask(task.id, { mapping: { name: mapping.name, version, problem } });
  let around = await readSurroundings(store, row, mapping);
  let look: Look;
  try {
    look = await lookAtPeople(parts, marks, around);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { ...nothing, usable: false, error: toTaskError(error) };
  }

  let identified: Identified;
  try {
    identified = await identifyPart(parts, look);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { ...nothing, usable: false, error: toTaskError(error) };
  }
  const { hold: identity, there, gone } = identified;
  // Tags name him by his new key by now.
  if (identity.hasMoved) around = await readSurroundings(store, row, mapping);
  const leaving = gone.filter(({ resourceId }) => identity.keepsLeaver(resourceId) === null).length;
  const isHeldBack = leaving > 0 && (await mustWait(parts, leaving));
  const prepared = await preparePeople(there, around, { store, sourceId: row.id });
  const { seqs } = await store.saveRecords(lease, row.id, "user", prepared);
  const planned = { store, lease, taskId: task.id, sourceId: row.id, protection };
  await planPeople(
    {
      ...planned,
      ...{
        store: await asKnown(identityParts(parts), store, identity),
        around,
        identity,
        outcome: { seen: await seenOf(parts, look, seqs) },
        users: true,
        mark: true,
        mayRemove: false,
      },
      onProgress: async () => parts.signal.throwIfAborted(),
    },
    seqs,
  );
  if (!isHeldBack) {
    await planAbsent(
      { ...planned, keeps: (resourceId) => identity.keepsLeaver(resourceId) },
      "user",
      gone,
      () => "not in the source any more (an event said so, and a look found the same)",
    );
  }
  await store.countMemberChanges(lease, task.id);

  const read = { users: there.length, groups: 0 };
  const asked = await askPeople(parts, identity);
  const error = look.unclear.length === 0 ? asked : unclearError(look.unclear.length);
  const { safeguards } = row.settings;
  const guarded = { store, lease, taskId: task.id, sourceId: row.id, safeguards, clock: parts.clock };
  const hold = await guardDirectory(guarded);
  await beginApplying(parts, { counts: await store.countTask(task.id, null, read), error, hold }, { isPart: true });
  await applyDirectory(parts);
  await store.releaseKept(lease, row.id, null);
  if (identity.hasMoved || asked !== null) await store.noteArrived(lease, row.id);
  const result = { usable: true, read, error, hold: joinHolds(hold, await settle(parts)), isPart: true };
  // Of whom nothing could be concluded it is known on that he was said to be gone.
  const open = isHeldBack ? [...look.unclear, ...gone.map(({ key }) => key)] : look.unclear;
  await store.parkGone(
    row.id,
    marks.flatMap(({ key, isGone, stamp }) => (isGone && open.includes(key) ? [stamp] : [])),
  );
  if (look.isWholeNeeded || identified.isWholeNeeded || isHeldBack) await store.markEverything(row.id);
  // Last of all: whoever is cut off before this looks once more.
  await store.dropMarks(
    row.id,
    marks.flatMap(({ key, isGone, stamp }) => (isGone && open.includes(key) ? [] : [stamp])),
  );
  return result;
}

async function lookAtPeople(
  parts: SourceTaskParts,
  marks: readonly PersonMark[],
  around: MappingSurroundings,
): Promise<Look> {
  const { store, row, signal } = parts;
  const known = new Map<string, StoredRecord>();
  for (const { key } of marks) {
    const record = await store.findRecord(row.id, "user", key);
    if (record !== null) known.set(key, record);
  }
  const source = (parts.borrowSource ?? parts.openSource)(row);
  try {
    const { found, unclear } = await source.lookAgain(
      marks.map(({ key }) => key),
      signal,
    );
    const isAll = row.settings.scope.mode === "all";
    const isIn = (key: string): boolean => around.departments.has(key);
    // Of whom no department is shown nothing is known but that he was here.
    const inside = found.filter(
      ({ key, departments }) => isAll || (departments.length === 0 && known.has(key)) || departments.some(isIn),
    );
    const foundKeys = new Set(found.map(({ key }) => key));
    const notSaid = new Set(unclear);
    const insideKeys = new Set(inside.map(({ key }) => key));
    const absent = marks.filter(({ key }) => known.has(key) && !insideKeys.has(key) && !notSaid.has(key));
    const recordsOf = (some: readonly PersonMark[]) => some.flatMap(({ key }) => known.get(key) ?? []);
    const left = absent.filter(({ key, isGone }) => isGone && !foundKeys.has(key));
    const isMoved = ({ key, departments }: SourceUser): boolean => {
      const before = known.get(key);
      return before !== undefined && departmentsOf(before).some((department) => !departments.includes(department));
    };
    const mayMove = !(await heldOf(parts)).some(({ hold }) => (hold?.removals.members ?? 0) > 0);
    const there = mayMove ? inside : inside.filter(({ key }) => !known.has(key));
    // That somebody left a department is seen only where the department is: one that is out of sight is not told of.
    const tree = there.some(isMoved)
      ? (await source.departments(signal)).map(({ id }) => String(id))
      : [...around.departments.keys()];
    return {
      there,
      gone: recordsOf(left),
      isWholeNeeded:
        there.length < inside.length ||
        left.length < absent.length ||
        (isAll && there.some((user) => !user.departments.every(isIn))),
      presence: presenceIn(
        marks.map(({ key }) => key),
        { found, unclear },
      ),
      personalFields: source.personalFields ?? [],
      unclear,
      departments: new Set(tree),
    };
  } finally {
    await source.close();
  }
}

/** What may be concluded from: these people, and the departments that are in sight. */
async function seenOf({ store, row }: SourceTaskParts, { departments }: Look, seqs: readonly number[]): Promise<Seen> {
  const seen = new Seen();
  for (const seq of seqs) seen.add(seq);
  for (let after = 0; ; ) {
    const page = await store.listSourceRecords(row.id, "department", after, 1000);
    const last = page.at(-1);
    if (last === undefined) return seen;
    after = last.seq;
    for (const { seq, key } of page) if (departments.has(key)) seen.add(seq);
  }
}

/** Whether departures are for a sync of everything. */
export async function mustWait(parts: Pick<SourceTaskParts, "store" | "row">, count: number): Promise<boolean> {
  return count > parts.row.settings.safeguards.maxRemovals.floor || (await heldOf(parts)).length > 0;
}

/** Tasks of this source that wait for a person. */
async function heldOf({ store, row }: Pick<SourceTaskParts, "store" | "row">) {
  return (await store.listTasks({ source: row.id, state: "held", limit: 100 })).items;
}

function unclearError(count: number): TaskError {
  const who = count === 1 ? "one person" : `${count} people`;
  const detail = `the source would not say what became of ${who} whom its events named; they stay as they are until the next sync reads everybody`;
  return { code: "source.person-unreadable", detail };
}
