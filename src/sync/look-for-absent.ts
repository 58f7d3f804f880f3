import { type ReadProblem, type Source, SourceError, type SourceUser } from "../source/source.ts";
import type { GivenReader, Lease, RecordStore } from "../store/store.ts";
import { preparePeople } from "./prepare-record.ts";
import type { ReadOutcome } from "./read-source.ts";
import type { Seen } from "./seen.ts";

/**
 * So many absent people are looked for one by one. When more are missing, moving between departments is not the
 * reason, and the safeguards decide.
 */
const mostLookedFor = 1000;

/**
 * Looks once more for people that an otherwise complete read did not find. Somebody who was moved from a department
 * that had not been read yet to one that had is in no answer at all. Who turns up is brought up to date like anybody;
 * of whom nothing certain can be learnt nobody is removed.
 *
 * An export that leaves people out does not say so. Where it lacks more than are looked for, some of them are, by lot: one who
 * is there after all speaks against the whole of it.
 */
export async function lookForAbsent(
  source: Source,
  outcome: ReadOutcome,
  {
    store,
    lease,
    sourceId,
    signal,
    isWorthIt = () => true,
  }: {
    readonly store: Pick<RecordStore, "listSourceRecords" | "saveRecords"> & Pick<GivenReader, "consentStamps">;
    readonly lease: Lease;
    readonly sourceId: string;
    readonly signal: AbortSignal;
    /** Whether a look at this record may show anything, by its `seq`. */
    readonly isWorthIt?: (seq: number) => boolean;
  },
): Promise<ReadOutcome> {
  if (!outcome.complete) return outcome;
  const drawsLots = outcome.isExported && !outcome.isResumed;
  const isAsked = (seq: number): boolean => !outcome.seen.has(seq) && isWorthIt(seq);
  const { some: absent, areAll } = await absentPeople(store, sourceId, isAsked, drawsLots);
  if (!areAll && outcome.isResumed) return incomplete(outcome, resumed);
  if (absent.size === 0 || (!areAll && !drawsLots)) return outcome;
  try {
    const { found, unclear } = await source.lookAgain([...absent.keys()], signal);
    const there = found.filter((user) => isInside(user, outcome));
    const prepared = await preparePeople(there, outcome, { store, sourceId });
    if (prepared.length > 0) await store.saveRecords(lease, sourceId, "user", prepared);
    const note = (keys: readonly string[], seen: Seen): void => {
      for (const key of keys) {
        const seq = absent.get(key);
        if (seq !== undefined) seen.add(seq);
      }
    };
    note(
      there.map((user) => user.key),
      outcome.seen,
    );
    note(unclear, outcome.unclear);
    const looked = { ...outcome, read: { ...outcome.read, users: outcome.read.users + there.length } };
    const speaksAgainst = there.length + unclear.length;
    return areAll || speaksAgainst === 0 ? looked : incomplete(looked, lacking(speaksAgainst));
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return incomplete(outcome, { code: error.code, detail: error.message, errcode: error.errcode });
  }
}

function incomplete(outcome: ReadOutcome, problem: ReadProblem): ReadOutcome {
  return { ...outcome, complete: false, problems: [...outcome.problems, problem] };
}

/**
 * Of a read that went on where an earlier one was cut off: who moved meanwhile from a part that had not been read to one
 * that had is in no answer, and so many cannot be looked for one by one.
 */
const resumed: ReadProblem = {
  code: "source.read-resumed",
  detail: `More than ${mostLookedFor} people were not found by a read that was cut off and went on afterwards. People may have been moved meanwhile, so nobody is removed; the next sync reads everybody anew`,
  errcode: null,
};

function lacking(count: number): ReadProblem {
  return {
    code: "source.export-incomplete",
    detail: `More than ${mostLookedFor} people are not in WeCom's export. Of ${mostLookedFor} of them, drawn by lot, ${count} are there all the same or could not be asked for, so the export left people out and nobody is removed. Set wecom.reading of the source to "departments", and sync again`,
    errcode: null,
  };
}

/**
 * `seq` by key of the people whom the store has and the read did not find, as far as they are asked for: all of them, or if
 * they are more than are looked for, that many of them.
 *
 * @param drawsLots which ones is left to chance, rather than to who came first
 */
async function absentPeople(
  store: Pick<RecordStore, "listSourceRecords">,
  sourceId: string,
  isAsked: (seq: number) => boolean,
  drawsLots: boolean,
): Promise<{ readonly some: ReadonlyMap<string, number>; readonly areAll: boolean }> {
  const some: (readonly [key: string, seq: number])[] = [];
  let count = 0;
  for (let after = 0; drawsLots || count <= mostLookedFor; ) {
    const page = await store.listSourceRecords(sourceId, "user", after, 5000);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
    for (const { seq, key } of page) {
      if (!isAsked(seq)) continue;
      count += 1;
      // Each of those so far has the same chance to be among them (reservoir sampling).
      const place = count <= mostLookedFor ? some.length : Math.floor(Math.random() * count);
      if (place < mostLookedFor) some[place] = [key, seq];
    }
  }
  return { some: new Map(some), areAll: count <= mostLookedFor };
}

/** An administrator may have chosen departments: who is in none of them has left what is synchronised. */
function isInside(user: SourceUser, outcome: ReadOutcome): boolean {
  return user.departments.length === 0 || user.departments.some((key) => outcome.inSight.has(key));
}
