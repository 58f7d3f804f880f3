import type { Log } from "../lib/log.ts";
import { tagsField } from "../mapping/facts.ts";
import type { CompiledMapping } from "../mapping/mapping.ts";
import type { Protection } from "../plan/protection.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { type Source, SourceError } from "../source/source.ts";
import type {
  DirectoryChangeStore,
  DirectoryStore,
  EngineTaskStore,
  GivenReader,
  GroupRuleStore,
  IdentityStore,
  KeptStore,
  Lease,
  MarkStore,
  ReadBaseline,
  ReadCounts,
  ReadPartStore,
  RecordStore,
  SourceRow,
  TaskError,
  TaskHold,
  TaskRow,
  TaskStore,
  UndoStore,
} from "../store/store.ts";
import { applyDirectory } from "./apply-directory.ts";
import { guardDirectory } from "./guard-directory.ts";
import { asKnown } from "./identity/as-known.ts";
import { askPeople, beginIdentity, identify, identityParts } from "./identity/identify.ts";
import { incompleteness } from "./incompleteness.ts";
import { keptVersionOf, mappingVersionOf, sourceContext } from "./mapping-context.ts";
import { planClearing, planDepartures } from "./plan-departures.ts";
import { planDirectory } from "./plan-directory.ts";
import type { Progress } from "./progress.ts";
import { mostPeople } from "./queue-marked.ts";
import { ReadParts } from "./read-parts.ts";
import { type ReadOutcome, readSource } from "./read-source.ts";
import { mustWait, runMarked } from "./run-marked.ts";
import { Seen } from "./seen.ts";
import { isNobodyHidden, settleAbsent } from "./settle-absent.ts";
import { joinHolds } from "./settle-groups.ts";
import { beginApplying, loadMapping, protectionOf, settle, toTaskError } from "./source-task-steps.ts";
import { spareProtected } from "./spare-protected.ts";
import { keepAcrossFields, runUndo } from "./undo/run-undo.ts";
import { isSameScope, shrunkenVisibility } from "./visibility.ts";
import { whoLeaves } from "./who-leaves.ts";

/**
 * Answers the mapping that is in force, with its version; `problem` says why that is not the file as it lies there now.
 * Throws with every problem where there is none.
 */
export type LoadMapping = (
  name: string,
) => Promise<{ readonly mapping: CompiledMapping; readonly version: number; readonly problem: string | null }>;

export interface SourceTaskParts {
  readonly store: RecordStore &
    DirectoryStore &
    GroupRuleStore &
    EngineTaskStore &
    KeptStore &
    UndoStore &
    MarkStore &
    IdentityStore &
    GivenReader &
    ReadPartStore &
    Pick<TaskStore, "listTasks"> &
    Pick<DirectoryChangeStore, "noteUserGroups">;
  readonly lease: Lease;
  readonly task: TaskRow;
  readonly row: SourceRow;
  readonly openSource: (row: SourceRow) => Source;
  /** The same for a look of which many follow each other; absent: as `openSource`. */
  readonly borrowSource?: ((row: SourceRow) => Source) | undefined;
  readonly loadMapping: LoadMapping;
  /** The schemas in force, for the filters of dynamic groups. */
  readonly catalog: () => Promise<SchemaCatalog>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly clock: () => number;
  readonly log: Log;
  /** Of a plan that is applied: whether what was planned now is still that; says why where it is not. */
  readonly checkPlan?: () => Promise<TaskError | null>;
}

/** What the directory's half of a task came to. */
export interface DirectoryResult {
  /** False: nothing was read, nothing may be concluded, targets are not pushed to. */
  readonly usable: boolean;
  readonly read: ReadCounts;
  readonly error: TaskError | null;
  readonly hold: TaskHold | null;
  /** Only people whom events named were looked at. */
  readonly isPart?: boolean;
  /** Of a source that ends: what stays in the directory, because it is protected. */
  readonly kept?: { readonly users: number; readonly groups: number };
}

/**
 * Reads a source, plans, guards and (unless only a plan is wanted) applies it to our own directory. An attempt that was
 * cut off while it applied goes on with the plan it had: what was planned is what is applied.
 */
export async function runSourceTask(parts: SourceTaskParts): Promise<DirectoryResult> {
  const { store, lease, task, row, progress, clock } = parts;
  const protection = await protectionOf(parts);
  if (task.stage !== "plan") return goOn(parts, protection);
  await store.forgetPlanned(lease, task.id);
  if (task.isPart) return runMarked(parts);
  if ("error" in protection)
    return { usable: false, read: { users: 0, groups: 0 }, error: protection.error, hold: null };
  if (task.undoes !== null) return runUndo(parts, task.undoes, protection);
  if (row.settings.leaving && task.mode === "apply") return emptySource(parts, protection);
  const loaded = await loadMapping(parts);
  if ("error" in loaded) return { usable: false, read: { users: 0, groups: 0 }, error: loaded.error, hold: null };
  const { mapping, version, problem } = loaded;
  await store.noteTask(task.id, { mapping: { name: mapping.name, version, problem } });

  const { scope } = row.settings;
  const baseline = await store.readBaseline(row.id);
  // What is marked from now on may be read too early.
  const marked = task.mode === "apply" ? await store.gatherMarks(row.id) : null;
  const live = await beginIdentity(parts);
  let outcome: ReadOutcome;
  try {
    outcome = await readWhole(parts, baseline);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { usable: false, read: { users: 0, groups: 0 }, error: toTaskError(error), hold: null };
  }
  const users = bringsUsers(task, row);
  const nothingHidden = users && outcome.existence !== null && isNobodyHidden(outcome.existence);
  const shrunken = shrunkenVisibility(baseline, { visibility: outcome.visibility, scope }, { nothingHidden });
  const mayRemove = outcome.complete && shrunken === null;
  const read = countRead(outcome);
  // Where people were not read, no field of theirs could be seen.
  const seenBefore = users ? null : await store.readUnseenFields(row.id);
  const context = sourceContext(row, seenBefore ?? unseenFieldsOf(outcome, baseline));
  const mappingVersion = mappingVersionOf(mapping, context);
  await store.saveUnseenFields(lease, row.id, [...context.unseenFields]);
  const leaving = whoLeaves(outcome, shrunken, users);
  const identity = users ? await identify(parts, outcome, live) : undefined;
  const known = identity === undefined ? store : await asKnown(identityParts(parts), store, identity, leaving);
  let mapped = 0;
  await planDirectory({
    store: known,
    lease,
    taskId: task.id,
    sourceId: row.id,
    around: {
      mapping,
      mappingVersion,
      source: context,
      departments: outcome.departments,
      tags: outcome.tags,
    },
    outcome,
    users,
    mark: task.mode === "apply",
    mayRemove,
    leaving,
    protection,
    ...(identity && { identity }),
    onProgress: async (done) => {
      parts.signal.throwIfAborted();
      mapped += done;
      progress.set("map", mapped, read.users + read.groups);
    },
  }).catch(async (error: unknown) => {
    // Cut off by a person or by the end of the program: half a plan is none. Whoever lost the lease leaves it to the next.
    if (parts.signal.aborted) await store.forgetPlanned(lease, task.id).catch(() => {});
    throw error;
  });
  const unclear = identity === undefined ? null : await askPeople(parts, identity);
  const error = incompleteness(outcome, shrunken) ?? unclear;
  if (task.mode === "plan") return { usable: true, read, error, hold: null };
  const moved = (await parts.checkPlan?.()) ?? null;
  if (moved !== null) {
    await store.forgetPlanned(lease, task.id);
    return { usable: false, read, error: moved, hold: null };
  }

  if (!users) await store.leaveToHeld(lease, task.id, row.id);
  const hold = await guardDirectory({
    store,
    lease,
    taskId: task.id,
    sourceId: row.id,
    safeguards: row.settings.safeguards,
    clock,
  });
  const counts = await store.countTask(task.id, null, read);
  await beginApplying(parts, { counts, error, hold }, { people: users });
  await store.forgetParts(lease, row.id, null);
  await applyDirectory(parts);
  await store.releaseKept(lease, row.id, [mappingVersion, keptVersionOf(mapping, context)]);
  if (live.length > 0 || identity?.hasMoved) await store.noteArrived(lease, row.id);
  if (mayRemove) await store.saveBaseline(lease, row.id, { visibility: outcome.visibility, scope });
  // Marks of before it was cut off are of people who may have been read before that: another sync follows.
  if (marked !== null && !outcome.isResumed) await store.dropMarks(row.id, [marked]);
  await settleGone(parts, leaving?.kinds.includes("user") === true && !outcome.isResumed && outcome.unclear.size === 0);
  return { usable: true, read, error, hold: joinHolds(hold, await settle(parts)) };
}

/**
 * What events said of people who are gone is settled by a sync that could tell of everybody who has left. One that could not
 * says nothing of them: they are looked at once more one by one, or kept for the next sync where such a look could not let
 * them go. So are more than are looked at one by one, which would lead to one sync of everything after another.
 */
async function settleGone(parts: SourceTaskParts, isDecided: boolean): Promise<void> {
  const { store, row } = parts;
  if (isDecided) return store.settleGone(row.id);
  const parked = await store.countParked(row.id);
  if (parked > 0 && parked <= mostPeople && !(await mustWait(parts, parked))) await store.reviveGone(row.id);
}

/** Applies what is left of a plan that was cut off, or held and approved; but what is protected by now stays as it is. */
async function goOn(
  parts: SourceTaskParts,
  protection: Protection | { readonly error: TaskError },
): Promise<DirectoryResult> {
  const { store, lease, task, row } = parts;
  // What was read, and what the guard held, is known from before it was cut off.
  const read = readBefore(task);
  if ("error" in protection) return { usable: false, read, error: protection.error, hold: null };
  await spareProtected({ store, lease, taskId: task.id }, protection);
  await applyDirectory(parts);
  if (task.undoes === null) await store.releaseKept(lease, row.id, null);
  else await keepAcrossFields(parts);
  const hold = joinHolds(task.hold, await settle(parts));
  const kept = row.settings.leaving === undefined ? {} : { kept: await store.countKept(task.id) };
  // Of one that events led to it is not known any more, once it was held and approved, whether everybody was read.
  return { usable: true, read, error: task.error, hold, isPart: task.trigger === "callback", ...kept };
}

/**
 * What the rules cannot see. It is part of the version by which everybody is looked at again, so it must not come and
 * go: tags that could not be read this time are taken as they were last, and are not among it. They are where nothing was
 * ever read of them; after a whole read, though, to have none means that there were none.
 */
function unseenFieldsOf(outcome: ReadOutcome, baseline: ReadBaseline | null): ReadonlySet<string> {
  const unknown = outcome.tagsUnknown && baseline === null;
  return new Set(unknown ? [...outcome.unseenFields, tagsField] : outcome.unseenFields);
}

/** An administrator said that everybody of this source goes: no reading, no guard, the same way out. */
async function emptySource(parts: SourceTaskParts, protection: Protection): Promise<DirectoryResult> {
  const { store, lease, task, row } = parts;
  const result: DirectoryResult = { usable: true, read: { users: 0, groups: 0 }, error: null, hold: null };
  if (row.settings.leaving?.people === "keep") return result;
  const departure = { store, lease, taskId: task.id, sourceId: row.id, protection };
  const because = "an administrator ended this source";
  if (row.type === "custom") await planClearing(departure, because);
  else {
    const everybody = { ...departure, seen: new Seen(), keptToo: true };
    await planDepartures(everybody, ["department", "tag", "user"], () => because);
  }
  await beginApplying(parts, {});
  await applyDirectory(parts);
  // Should the source be used again, all of it is new.
  await store.releaseKept(lease, row.id, []);
  await settle(parts);
  return { ...result, kept: await store.countKept(task.id) };
}

async function readWhole(parts: SourceTaskParts, baseline: ReadBaseline | null): Promise<ReadOutcome> {
  const { store, lease, task, row, progress, signal } = parts;
  const source = parts.openSource(row);
  try {
    const users = bringsUsers(task, row);
    const options = { scope: row.settings.scope, users, signal };
    const { settings, updatedAt } = row;
    const basis = JSON.stringify([settings.wecom, settings.scope, updatedAt]);
    const read = { store, lease, sourceId: row.id, taskId: task.id, basis, clock: parts.clock };
    const readParts = new ReadParts(read);
    const outcome = await readSource(source, options, {
      ...{ store, lease, sourceId: row.id, parts: readParts },
      keepsUnseen: baseline !== null && isSameScope(baseline.scope, options.scope),
      onProgress: (done, total) => progress.set("read", done, total),
    });
    return await settleAbsent(source, outcome, options, { store, lease, sourceId: row.id });
  } finally {
    await source.close();
  }
}

/** What was read, for the counts of the task; out of sight only where a list of ids tells. */
function countRead({ read, existence }: ReadOutcome): ReadCounts {
  const outOfSight =
    existence === null ? {} : { outOfSight: { users: existence.hidden.users, groups: existence.hidden.departments } };
  return { users: read.users, groups: read.departments + read.tags, ...outOfSight };
}

/** The same of a task that is taken up again, as it was noted. */
function readBefore({ counts: { users, groups } }: TaskRow): ReadCounts {
  const { outOfSight } = users;
  const hidden = outOfSight === undefined ? {} : { outOfSight: { users: outOfSight, groups: groups.outOfSight ?? 0 } };
  return { users: users.read, groups: groups.read, ...hidden };
}

/** Automatic syncs may be told to bring the structure alone; a manual one brings both. */
function bringsUsers(task: TaskRow, row: SourceRow): boolean {
  return task.trigger === "manual" || row.settings.sync.users;
}
