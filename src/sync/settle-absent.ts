import { batchesOf } from "../lib/batches.ts";
import type { JsonObject } from "../lib/json.ts";
import type { IdEvent, IdList, ReadOptions, ReadProblem, Source } from "../source/source.ts";
import { SourceError } from "../source/source.ts";
import type { GivenReader, Lease, RecordStore } from "../store/store.ts";
import { lookForAbsent } from "./look-for-absent.ts";
import type { ReadOutcome } from "./read-source.ts";
import { Sample } from "./sample.ts";
import { Seen } from "./seen.ts";

/** What the list of all ids says of the records that are known here, by their `seq`. */
export interface Existence {
  /** What the list is called in sentences. */
  readonly list: string;
  /** There, in the scope that the administrator chose. */
  readonly there: Seen;
  /** There, in none of the chosen departments. */
  readonly elsewhere: Seen;
  /** The list leaves out some who are there, because they are not active: not to be named in it is weaker evidence. */
  readonly omitsSome: boolean;
  /** `seq` of those who are neither seen nor named, and whom a list may leave out, as they were last: perhaps it did. */
  readonly omittable: readonly number[];
  /** Known here and there, and in no answer of the read: kept as they are. `examples` has the keys of the first ones. */
  readonly hidden: {
    readonly users: number;
    readonly departments: number;
    readonly examples: readonly string[];
  };
}

export interface ExistenceParts {
  readonly store: Pick<RecordStore, "seqsOf" | "listSourceRecords" | "saveRecords" | "findRecord"> &
    Pick<GivenReader, "consentStamps">;
  readonly lease: Lease;
  readonly sourceId: string;
}

type Kind = IdEvent["type"];

interface Named extends Pick<Existence, "there" | "elsewhere"> {
  /** People in a department that the read saw: they should have been in its answer. */
  readonly expected: Seen;
}

const batchSize = 1000;
const mostExamples = 5;
/** At least so many of those whom the read saw and the list does not name are asked for once more. */
const doubtedAsked = 100;

/**
 * Looks for those whom a complete read did not find. Where the source has a list of all ids, that is read first: who is
 * in it has not left, whatever the read saw, and only those are asked for by themselves of whom that may show something.
 * A list that did not come whole, or does not name whom the read is shown still, says nothing about anybody: then the
 * read counts as not complete.
 *
 * The list is read after the people, so whoever joins meanwhile is merely unknown here. Pages may shift while they are
 * read and lose somebody between two of them: before anybody counts as not named the list is read a second time, and
 * one of the two is enough.
 */
export async function settleAbsent(
  source: Source,
  read: ReadOutcome,
  options: ReadOptions,
  parts: ExistenceParts,
): Promise<ReadOutcome> {
  const { idList } = source;
  const { users, signal } = options;
  if (!read.complete) return read;
  if (idList === undefined) return users ? lookForAbsent(source, read, { ...parts, signal }) : read;
  try {
    const named: Named = { there: new Seen(), elsewhere: new Seen(), expected: new Seen() };
    await readList(idList, read, options, parts, named);
    const isWorthIt = (seq: number): boolean => named.expected.has(seq) || !isNamed(named, seq);
    const outcome = users ? await lookForAbsent(source, read, { ...parts, signal, isWorthIt }) : read;
    if (!outcome.complete) return outcome;
    let walked = await walk(outcome, options, parts, named);
    if (walked.unnamed) {
      await readList(idList, read, options, parts, named);
      walked = await walk(outcome, options, parts, named);
    }
    const omitted = await omissions(source, idList, walked, options);
    if (omitted.wrong.length > 0) return doubtful(outcome, disagreement(idList.name, omitted.wrong));
    const { hidden } = walked;
    const omittable = await mayBeOmitted(idList, walked, parts);
    const { there, elsewhere } = named;
    return {
      ...outcome,
      existence: { list: idList.name, there, elsewhere, omitsSome: omitted.inactive, omittable, hidden },
    };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return doubtful(read, { code: error.code, detail: error.message, errcode: error.errcode });
  }
}

/** Everybody and every department that is known here is in sight, or gone: where the list leaves out nobody. */
export function isNobodyHidden({ hidden, omitsSome, omittable }: Existence): boolean {
  return !omitsSome && omittable.length === 0 && hidden.users + hidden.departments === 0;
}

function isNamed({ there, elsewhere }: Named, seq: number): boolean {
  return there.has(seq) || elsewhere.has(seq);
}

async function readList(
  list: IdList,
  { inSight }: ReadOutcome,
  options: ReadOptions,
  { store, sourceId }: ExistenceParts,
  { there, elsewhere, expected }: Named,
): Promise<void> {
  const kinds = { departments: "department", users: "user" } as const;
  for await (const event of list.read(options)) {
    for (const batch of batchesOf<NamedEntry>(event.entries, batchSize)) {
      options.signal.throwIfAborted();
      const seqs = await store.seqsOf(sourceId, kinds[event.type], [...new Set(batch.map(({ key }) => key))]);
      for (const { key, department, inScope } of batch) {
        const seq = seqs.get(key);
        if (seq === undefined) continue;
        (inScope ? there : elsewhere).add(seq);
        if (department !== undefined && inSight.has(department)) expected.add(seq);
      }
    }
  }
}

interface NamedEntry {
  readonly key: string;
  readonly department?: string;
  readonly inScope: boolean;
}

interface Walked {
  readonly hidden: Existence["hidden"];
  /** Keys that the read saw and the list does not name: a sample where they are many. */
  readonly doubted: Readonly<Record<Kind, readonly string[]>>;
  /** True when the list does not name somebody or something that is known here. */
  readonly unnamed: boolean;
  /** Keys of the people whom neither names. */
  readonly nowhere: readonly string[];
}

/** Compares what the list names with what the read saw. */
async function walk(
  { seen }: ReadOutcome,
  { users }: ReadOptions,
  { store, sourceId }: ExistenceParts,
  named: Named,
): Promise<Walked> {
  const hidden = { users: 0, departments: 0 };
  const doubted = { users: new Sample<string>(doubtedAsked), departments: new Sample<string>(doubtedAsked) };
  const examples: string[] = [];
  const nowhere: string[] = [];
  let unnamed = false;
  const kinds = [["departments", "department"], ...(users ? [["users", "user"] as const] : [])] as const;
  for (const [type, kind] of kinds) {
    for (let after = 0; ; ) {
      const page = await store.listSourceRecords(sourceId, kind, after, 5000);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.seq;
      for (const { seq, key } of page) {
        const isListed = isNamed(named, seq);
        if (!isListed) unnamed = true;
        if (seen.has(seq)) {
          if (!isListed) doubted[type].add(key);
        } else if (named.there.has(seq)) {
          hidden[type] += 1;
          if (examples.length < mostExamples) examples.push(`${kind} ${key}`);
        } else if (!isListed && kind === "user") {
          nowhere.push(key);
        }
      }
    }
  }
  const { users: people, departments } = doubted;
  return {
    hidden: { ...hidden, examples },
    doubted: { users: people.items, departments: departments.items },
    unnamed,
    nowhere,
  };
}

/** Of those whom neither the read nor the list names the ones whom the list may leave out, by what was last known of them. */
async function mayBeOmitted(
  list: IdList,
  { nowhere }: Walked,
  { store, sourceId }: ExistenceParts,
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const key of nowhere) {
    const record = await store.findRecord(sourceId, "user", key);
    if (record === null) continue;
    if (list.mayOmit({ raw: JSON.parse(record.raw) as JsonObject })) found.push(record.seq);
  }
  return found;
}

/**
 * Asks once more for those whom the read saw and the list does not name. Who has left between the two is no
 * contradiction; who is there still is one, unless the list is known to leave out people like him.
 */
async function omissions(
  source: Pick<Source, "lookAgain" | "departments">,
  list: IdList,
  { doubted }: Walked,
  { signal }: ReadOptions,
): Promise<{ readonly wrong: readonly string[]; readonly inactive: boolean }> {
  const wrong: string[] = [];
  let inactive = false;
  if (doubted.departments.length > 0) {
    const now = new Set((await source.departments(signal)).map(({ id }) => String(id)));
    wrong.push(...doubted.departments.filter((key) => now.has(key)).map((key) => `department ${key}`));
  }
  if (doubted.users.length > 0) {
    const { found, unclear } = await source.lookAgain(doubted.users, signal);
    // Nobody says whether it is the list or the read that is wrong about them.
    wrong.push(...unclear.map((key) => `user ${key}`));
    for (const user of found) {
      if (list.mayOmit(user)) inactive = true;
      else wrong.push(`user ${user.key}`);
    }
  }
  return { wrong, inactive };
}

function doubtful(outcome: ReadOutcome, problem: ReadProblem): ReadOutcome {
  return { ...outcome, complete: false, problems: [...outcome.problems, problem] };
}

function disagreement(list: string, wrong: readonly string[]): ReadProblem {
  const shown = wrong.slice(0, mostExamples).join(", ");
  const more = wrong.length > mostExamples ? ` and ${wrong.length - mostExamples} more` : "";
  return {
    code: "source.id-list-disagrees",
    detail: `What the app sees is not in ${list}: ${shown}${more}. So it is not whole, and nobody's absence from it means anything. If this stays so with the next sync, see with the connection test that both secrets belong to the same corp`,
    errcode: null,
  };
}
