import { type Protection, protectsSome } from "../plan/protection.ts";
import type { DirectoryStore, MemberChange, RecordStore } from "../store/store.ts";
import { protectedBy } from "./plan-departures.ts";
import type { ReadOutcome } from "./read-source.ts";

interface TagParts {
  readonly store: Pick<RecordStore, "seqsOf"> & Pick<DirectoryStore, "readCurrent">;
  readonly sourceId: string;
  readonly outcome: Pick<ReadOutcome, "seen"> & Partial<Pick<ReadOutcome, "existence" | "unclear">>;
}

/**
 * A tag's list names only whom the app sees: who is there and out of its sight stays in the tags that he has, and so does of
 * whom the source would say nothing, unless a list of all ids does.
 */
export async function withoutHidden(
  { store, sourceId, outcome }: TagParts,
  changes: readonly MemberChange[],
): Promise<readonly MemberChange[]> {
  const { existence = null, seen, unclear } = outcome;
  const isListed = existence !== null && !existence.omitsSome;
  const isOpen = (seq: number): boolean =>
    existence?.there.has(seq) === true || (!isListed && unclear?.has(seq) === true);
  const leaving = changes.filter(({ op }) => op === "remove").map(({ memberId }) => memberId);
  const nothingOpen = existence === null && (unclear === undefined || unclear.size === 0);
  if (nothingOpen || leaving.length === 0) return changes;
  const hidden = new Set<string>();
  const current = await store.readCurrent(leaving);
  for (const [type, kind] of [["User", "user"] as const, ["Group", "department"] as const]) {
    const some = current.filter((one) => one.type === type);
    const seqs = await store.seqsOf(
      sourceId,
      kind,
      some.map(({ key }) => key),
    );
    for (const { id, key } of some) {
      const seq = seqs.get(key);
      if (seq !== undefined && isOpen(seq) && !seen.has(seq)) hidden.add(id);
    }
  }
  return changes.filter(({ op, memberId }) => op === "add" || !hidden.has(memberId));
}

/** Protected people stay in the tags that they have. */
export async function withoutProtected(
  store: DirectoryStore,
  protection: Protection,
  changes: readonly MemberChange[],
): Promise<readonly MemberChange[]> {
  if (!protectsSome(protection)) return changes;
  const leaving = changes.filter(({ op }) => op === "remove").map(({ memberId }) => memberId);
  const current = await store.readCurrent(leaving);
  const staying = new Set(current.filter((one) => protectedBy(protection, one) !== null).map(({ id }) => id));
  return changes.filter(({ op, memberId }) => op === "add" || !staying.has(memberId));
}

/**
 * A tag may name people and departments that have left, or were refused: they are in no group, unless this task brings
 * them.
 */
export async function keepThoseThere(
  store: DirectoryStore,
  taskId: string,
  wanted: Map<string, MemberChange["memberType"]>,
): Promise<void> {
  const absent = new Set(wanted.keys());
  for (const resource of await store.readCurrent([...absent])) {
    if (!resource.departed && !resource.deleted) absent.delete(resource.id);
  }
  for (const id of await store.plannedArrivals(taskId, [...absent])) absent.delete(id);
  for (const id of absent) wanted.delete(id);
}
