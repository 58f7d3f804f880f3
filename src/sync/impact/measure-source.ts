import { makeDirectoryCheck } from "../../mapping/check-directory.ts";
import type { CompiledMapping, Mapped } from "../../mapping/mapping.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import type { RecordInput } from "../../mapping/run-tests.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { RecordKind } from "../../source/source.ts";
import type { DirectoryStore, GivenReader, RecordStore, SourceRow } from "../../store/store.ts";
import { ClaimedNames } from "../claimed-names.ts";
import { lookAtBatch, type Planned } from "../look-at-batch.ts";
import { departure, type MappingSurroundings } from "../plan-record.ts";
import { readSurroundings } from "../surroundings.ts";
import type { SourceImpact } from "./impact.ts";
import { makeMemberLosses } from "./member-losses.ts";
import { makeMembershipTally } from "./memberships.ts";
import { makeTally, type Tally } from "./tally.ts";
import type { TargetLens } from "./target-lens.ts";
import { wouldBeHeld } from "./would-be-held.ts";

export interface MeasureParts {
  readonly store: RecordStore & DirectoryStore & GivenReader;
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

/** Records that are looked at between two moments at which something else may run; a tag can name all the people of a corp. */
const pageSizes = { department: 250, tag: 5, user: 250 } as const;

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
  const memberLosses = makeMemberLosses(store, row.id, candidate.members);
  for (const kind of ["department", "tag", "user"] as const) {
    if (kind !== "user" && candidate.members[kind] === null) {
      await measureUnmapped(parts, kind, tally);
      continue;
    }
    const checks = check.looksAt(kind);
    await measureKind(parts, around, kind, {
      add: tally.add,
      addUnchanged: tally.addUnchanged,
      note: (input, mapped) => {
        tally.addWarnings(keyOf(input), mapped.warnings);
        memberships.note(input);
        if (checks) check.note(input);
      },
      notePage: (page) => memberLosses.note(kind, page),
    });
  }
  const losses = memberLosses.result();
  const targets = [];
  for (const lens of lenses) targets.push(await lens.result(losses));
  return {
    source: row.id,
    name: row.name,
    users: tally.counts.User,
    groups: tally.counts.Group,
    attributes: tally.attributes(),
    memberships: memberships.result(),
    problems: tally.problems(),
    leftOut: tally.leftOut(),
    warnings: check.warnings(),
    held: await wouldBeHeld(parts, tally, losses),
    targets,
  };
}

function keyOf({ kind, input }: RecordInput): string {
  if (kind === "user") return input.user.key;
  return kind === "department" ? input.department.key : input.tag.key;
}

/** What hears of the records of a kind, one by one and page by page. */
interface Listener extends Pick<Tally, "add" | "addUnchanged"> {
  readonly note: (input: RecordInput, mapped: Mapped) => void;
  readonly notePage: (page: readonly Planned[]) => Promise<void>;
}

async function measureKind(
  { store, row, lenses, signal }: MeasureParts,
  around: MappingSurroundings,
  kind: RecordKind,
  { add, addUnchanged, note, notePage }: Listener,
): Promise<void> {
  const claimed = new ClaimedNames();
  const type: ResourceType = kind === "user" ? "User" : "Group";
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await store.listDirty(row.id, kind, noVersion, after, pageSizes[kind]);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.record.seq;
    const planned = await lookAtBatch({ store, sourceId: row.id, around, claimed, note }, kind, page);
    await notePage(planned);
    const changes = planned.flatMap(({ looked }) => (looked.kind === "change" ? [looked.change] : []));
    for (let same = changes.length; same < planned.length; same += 1) addUnchanged(type);
    for (const change of changes) add(change);
    const going = changes.filter(({ status }) => status !== "failed");
    for (const lens of lenses) await lens.look(going);
    // The sync that perhaps runs in this thread has its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Groups of a kind that the mapping makes no longer. */
async function measureUnmapped(
  { store, row, lenses, signal }: MeasureParts,
  kind: "department" | "tag",
  tally: Tally,
): Promise<void> {
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await store.listSourceRecords(row.id, kind, after, pageSizes.department);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    const there = (await store.readCurrent(page.map(({ resourceId }) => resourceId))).filter(({ deleted }) => !deleted);
    const changes = there.map((group) => departure(kind, group, `the mapping makes no groups of ${kind}s any more`));
    for (const change of changes) tally.add(change);
    for (const lens of lenses) await lens.look(changes);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
