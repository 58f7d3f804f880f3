import { makeDirectoryCheck } from "../../mapping/check-directory.ts";
import type { CompiledMapping, MemberRule } from "../../mapping/mapping.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import { type RemovalNumbers, refuseIdentityChanges, refuseRemovals } from "../../plan/guard.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { RecordKind } from "../../source/source.ts";
import type { DirectoryStore, DirtyRecord, RecordStore, RemovalCounts, SourceRow } from "../../store/store.ts";
import { lookAtBatch } from "../look-at-batch.ts";
import { inputOf, type MappingSurroundings } from "../plan-record.ts";
import { departmentsOf, parentOf, readRecord, tagOf } from "../prepare-record.ts";
import { readSurroundings } from "../surroundings.ts";
import type { MembershipImpact, SourceImpact } from "./impact.ts";
import { makeTally, type Tally } from "./tally.ts";
import type { TargetLens } from "./target-lens.ts";

export interface MeasureParts {
  readonly store: RecordStore & DirectoryStore;
  readonly row: SourceRow;
  /** The mapping that is asked about. */
  readonly candidate: MappingProgram;
  /** The one in force; null where there is none. */
  readonly current: Pick<CompiledMapping, "members"> | null;
  /** One for each target that gets what this source has. */
  readonly lenses: readonly TargetLens[];
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** Records that are looked at between two moments at which something else may run. */
const pageSize = 250;

/** No mapping has this version: every record is to be looked at. */
const noVersion = "";

/**
 * What the next sync would change with another mapping, if the source said the same as it did last. Reads only; what
 * was last read is mapped and compared as a sync does it.
 */
export async function measureSource(parts: MeasureParts): Promise<SourceImpact> {
  const { store, row, candidate, current, lenses } = parts;
  const around = await readSurroundings(store, row, candidate);
  const tally = makeTally();
  const check = makeDirectoryCheck(candidate, around.source.unseenFields);
  const memberships = makeMembershipTally(current?.members ?? candidate.members, candidate.members);
  for (const kind of ["department", "tag", "user"] as const) {
    if (kind !== "user" && candidate.members[kind] === null) await countUnmapped(parts, kind, tally);
    else {
      await measureKind(parts, around, kind, tally, (record) => {
        memberships.note(kind, record);
        if (check.looksAt(kind)) check.note(inputOf(readRecord(kind, record), around));
      });
    }
  }
  return {
    source: row.id,
    name: row.name,
    users: tally.counts.User,
    groups: tally.counts.Group,
    attributes: tally.attributes(),
    memberships: memberships.result(),
    problems: tally.problems(),
    warnings: check.warnings(),
    held: await wouldBeHeld(parts, tally),
    targets: lenses.map((lens) => lens.result()),
  };
}

async function measureKind(
  { store, row, lenses, signal }: MeasureParts,
  around: MappingSurroundings,
  kind: RecordKind,
  tally: Tally,
  note: (record: DirtyRecord["record"]) => void,
): Promise<void> {
  const claimed = new Map<string, string>();
  const type: ResourceType = kind === "user" ? "User" : "Group";
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await store.listDirty(row.id, kind, noVersion, after, pageSize);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.record.seq;
    for (const { dirty, looked } of await lookAtBatch({ store, sourceId: row.id, around, claimed }, kind, page)) {
      note(dirty.record);
      if (looked.kind === "same") tally.addUnchanged(type);
      else {
        tally.add(looked.change);
        if (looked.change.status !== "failed") for (const lens of lenses) lens.add(looked.change);
      }
    }
    // The sync that perhaps runs in this thread has its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Groups of a kind that the mapping makes no longer. */
async function countUnmapped({ store, row, signal }: MeasureParts, kind: "department" | "tag", tally: Tally) {
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await store.listSourceRecords(row.id, kind, after, pageSize);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    const there = await store.readCurrent(page.map(({ resourceId }) => resourceId));
    tally.addDeleted("Group", there.filter(({ deleted }) => !deleted).length);
  }
}

/** What the safeguards would say of it, as the guard of a sync does. */
async function wouldBeHeld({ store, row, clock }: MeasureParts, { counts, identities }: Tally): Promise<string | null> {
  const { maxRemovals, windowHours } = row.settings.safeguards;
  const since = clock() - windowHours * 3_600_000;
  const total = await store.countOfSource(row.id);
  const removals = { users: counts.User.deactivated, groups: counts.Group.deleted };
  const judge = (refuse: typeof refuseRemovals, planned: RemovalCounts, recent: RemovalCounts) =>
    (["users", "groups"] as const).flatMap((what) => {
      const numbers: RemovalNumbers = { planned: planned[what], recent: recent[what], total: total[what] };
      return refuse(what, numbers, maxRemovals) ?? [];
    });
  const reasons = [
    ...judge(refuseRemovals, removals, await store.recentRemovals(`source:${row.id}`, since)),
    ...judge(refuseIdentityChanges, identities, await store.recentRemovals(`source:${row.id}:identity`, since)),
  ];
  return reasons.length === 0 ? null : reasons.join("; ");
}

type MemberRules = CompiledMapping["members"];

/** Counts the memberships that the source names, where the two mappings disagree about who is in a group. */
function makeMembershipTally(before: MemberRules, after: MemberRules) {
  const none: MemberRule = { users: false, groups: false };
  const differences = (["department", "tag"] as const).flatMap((kind) =>
    // A kind that is not mapped any more loses its groups as a whole.
    after[kind] === null
      ? []
      : (["users", "groups"] as const).flatMap((members) => {
          const [was, is] = [(before[kind] ?? none)[members], after[kind]?.[members] === true];
          return was === is ? [] : [{ kind, members, op: is ? ("add" as const) : ("remove" as const), count: 0 }];
        }),
  );
  return {
    note(kind: RecordKind, record: DirtyRecord["record"]): void {
      for (const difference of differences) {
        if (difference.kind === "tag" && kind === "tag") {
          const { users, departments } = tagOf(record);
          difference.count += difference.members === "users" ? users.length : departments.length;
        }
        if (difference.kind !== "department") continue;
        if (difference.members === "users" && kind === "user") difference.count += departmentsOf(record).length;
        if (difference.members === "groups" && kind === "department" && parentOf(record) !== null)
          difference.count += 1;
      }
    },
    result: (): readonly MembershipImpact[] =>
      differences.map(({ kind, members, op, count }) => ({
        ...{ kind, op, memberships: count },
        memberType: members === "users" ? "User" : "Group",
      })),
  };
}
