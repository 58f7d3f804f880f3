import { type Source, SourceError, type SourceUser } from "../source/source.ts";
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
  const absent = await absentPeople(store, sourceId, (seq) => !outcome.seen.has(seq) && isWorthIt(seq));
  if (absent.size > mostLookedFor && outcome.isResumed) return doubtful(outcome);
  if (absent.size === 0 || absent.size > mostLookedFor) return outcome;
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
    return { ...outcome, read: { ...outcome.read, users: outcome.read.users + there.length } };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const problem = { code: error.code, detail: error.message, errcode: error.errcode };
    return { ...outcome, complete: false, problems: [...outcome.problems, problem] };
  }
}

/**
 * Of a read that went on where an earlier one was cut off: who moved meanwhile from a part that had not been read to one
 * that had is in neither, and so many may have.
 */
function doubtful(outcome: ReadOutcome): ReadOutcome {
  const problem = {
    code: "source.read-resumed",
    detail: `More than ${mostLookedFor} people were not found by a read that was cut off and went on afterwards. People may have been moved meanwhile, so nobody is removed; the next sync reads everybody anew`,
    errcode: null,
  };
  return { ...outcome, complete: false, problems: [...outcome.problems, problem] };
}

/** `seq` by key of the people whom the store has and the read did not find, as far as they are asked for. */
async function absentPeople(
  store: Pick<RecordStore, "listSourceRecords">,
  sourceId: string,
  isAsked: (seq: number) => boolean,
): Promise<Map<string, number>> {
  const absent = new Map<string, number>();
  for (let after = 0; absent.size <= mostLookedFor; ) {
    const page = await store.listSourceRecords(sourceId, "user", after, 5000);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
    for (const { seq, key } of page) if (isAsked(seq)) absent.set(key, seq);
  }
  return absent;
}

/** An administrator may have chosen departments: who is in none of them has left what is synchronised. */
function isInside(user: SourceUser, outcome: ReadOutcome): boolean {
  return user.departments.length === 0 || user.departments.some((key) => outcome.inSight.has(key));
}
