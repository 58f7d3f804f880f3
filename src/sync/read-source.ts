import { batchesOf } from "../lib/batches.ts";
import type { DepartmentContext } from "../mapping/mapping.ts";
import type {
  ReadEvent,
  ReadOptions,
  ReadProblem,
  RecordKind,
  Source,
  SourceRecord,
  Visibility,
} from "../source/source.ts";
import { SourceError } from "../source/source.ts";
import type { GivenReader, Lease, RecordStore } from "../store/store.ts";
import { departmentContexts, type TreeNode } from "./department-tree.ts";
import { GatheredTags } from "./gathered-tags.ts";
import { preparePeople, prepareRecord, treeNodeOf } from "./prepare-record.ts";
import type { ReadParts } from "./read-parts.ts";
import { Seen } from "./seen.ts";
import type { Existence } from "./settle-absent.ts";
import type { TagContexts } from "./tag-contexts.ts";

/** What came of a read: the records are in the store, this says what may be concluded from it. */
export interface ReadOutcome {
  /** Records that this read saw, by their `seq`. */
  readonly seen: Seen;
  /** Records of which nothing certain could be learnt: they are neither seen nor gone. */
  readonly unclear: Seen;
  /** What a list of all ids says; null where there is none, or it is of no use. */
  readonly existence: Existence | null;
  /** Those that this read saw, and what is known from before of those that it did not. */
  readonly departments: ReadonlyMap<string, DepartmentContext>;
  /** Keys of the departments that this read saw. */
  readonly inSight: ReadonlySet<string>;
  /** Who carries which tags; nobody any, where the read brings no people. */
  readonly tags: TagContexts;
  /** Tags could not be read, and no earlier read left any behind: that nobody carries one says nothing. */
  readonly tagsUnknown: boolean;
  readonly read: { readonly users: number; readonly departments: number; readonly tags: number };
  readonly problems: readonly ReadProblem[];
  /** Every part was read: an absence may mean a departure. */
  readonly complete: boolean;
  readonly visibility: Visibility;
  readonly unseenFields: readonly string[];
  /** What no two people of the source have at a time, as the source says: see {@link Source.personalFields}. */
  readonly personalFields: readonly string[];
  /** Some of it was read before this task was cut off. */
  readonly isResumed: boolean;
  /** People came in one export: should it leave some out, nothing in it says so. */
  readonly isExported: boolean;
}

const batchSize = 1000;

/**
 * Reads a source into the store: streaming, in batches, writing only what is new or changed.
 *
 * @throws {SourceError} when there is no usable read
 */
export async function readSource(
  source: Source,
  options: ReadOptions,
  {
    store,
    lease,
    sourceId,
    keepsUnseen,
    parts,
    onProgress,
  }: {
    readonly store: Pick<RecordStore, "saveRecords" | "readRelations" | "readUnseenFields"> &
      Pick<GivenReader, "consentStamps">;
    readonly lease: Lease;
    readonly sourceId: string;
    /**
     * Departments that are stored and not in this read still have their names and places: they may only be out of sight,
     * and people who are in them are not to lose what is known of them. Not where an administrator chose others.
     */
    readonly keepsUnseen: boolean;
    /** Remembers what has come, in case that the task is cut off. */
    readonly parts: ReadParts;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<ReadOutcome> {
  const { users: bringsUsers } = options;
  const seen = { user: new Seen(), department: new Seen(), tag: new Seen() };
  const problems: ReadProblem[] = [];
  let departments: ReadonlyMap<string, DepartmentContext> = new Map();
  let inSight: ReadonlySet<string> = new Set();
  const tags = new GatheredTags();
  let waiting: SourceRecord[] = [];
  let end: Extract<ReadEvent, { readonly type: "end" }> | null = null;

  const save = async (kind: RecordKind, records: readonly SourceRecord[]): Promise<void> => {
    for (const batch of batchesOf(records, batchSize)) {
      const around = { departments, tags: tags.contexts };
      const people = batch.filter((record) => record.kind === "user");
      const prepared =
        people.length > 0
          ? await preparePeople(people, around, { store, sourceId })
          : batch.map((record) => prepareRecord(record, around));
      const { seqs } = await store.saveRecords(lease, sourceId, kind, prepared);
      for (const seq of seqs) seen[kind].add(seq);
    }
  };

  const settleTags = (): Promise<void> => tags.settle({ store, sourceId, departments, problems, seen: seen.tag });

  const consentedAmong = async (keys: readonly string[]): Promise<ReadonlySet<string>> =>
    new Set((await store.consentStamps(sourceId, keys)).keys());

  const done = async (): Promise<ReadonlySet<string>> => {
    if (bringsUsers) await settleTags();
    return parts.takeOver(seen.user);
  };
  const unseenBefore = await store.readUnseenFields(sourceId);
  for await (const event of source.read({ ...options, consentedAmong, unseenBefore, done })) {
    switch (event.type) {
      case "departments":
        inSight = new Set(event.records.map(({ key }) => key));
        departments = departmentContexts([
          ...event.records,
          ...(keepsUnseen ? await unseenDepartments(store, sourceId, inSight) : []),
        ]);
        await save("department", event.records);
        parts.noteSurroundings(event.records);
        break;
      case "users":
        await settleTags();
        // Departments are small, round trips are not: users wait for company.
        waiting.push(...event.records);
        if (waiting.length >= batchSize) {
          await save("user", waiting);
          waiting = [];
        }
        break;
      case "tags":
        if (!bringsUsers) break;
        tags.add(event.records);
        parts.noteSurroundings(event.records);
        await save("tag", event.records);
        break;
      case "part":
        parts.add(event);
        if (waiting.length > 0 && parts.waitingUsers < batchSize) break;
        await save("user", waiting);
        waiting = [];
        await parts.flush();
        break;
      case "progress":
        onProgress(event.done, event.total);
        break;
      case "problem":
        problems.push(event.problem);
        break;
      case "end":
        end = event;
        break;
    }
  }
  await save("user", waiting);
  if (end === null)
    throw new SourceError("source.interrupted", "the reading of the source ended before its end", { retryable: true });

  if (bringsUsers) await settleTags();
  const all = new Seen();
  return {
    seen: mergeInto(all, seen),
    unclear: new Seen(),
    existence: null,
    departments,
    inSight,
    tags: tags.contexts,
    tagsUnknown: tags.unknown,
    read: { users: seen.user.size, departments: seen.department.size, tags: seen.tag.size },
    problems,
    complete: end.complete && problems.length === 0,
    visibility: end.visibility,
    unseenFields: parts.unseen(end.unseenFields),
    personalFields: source.personalFields ?? [],
    isResumed: parts.isResumed,
    isExported: end.isExported === true,
  };
}

async function unseenDepartments(
  store: Pick<RecordStore, "readRelations">,
  sourceId: string,
  inSight: ReadonlySet<string>,
): Promise<readonly TreeNode[]> {
  const unseen: TreeNode[] = [];
  for (let after = 0; ; ) {
    const page = await store.readRelations(sourceId, "department", after, batchSize);
    const last = page.at(-1);
    if (last === undefined) return unseen;
    after = last.seq;
    for (const record of page) if (!inSight.has(record.key)) unseen.push(treeNodeOf(record));
  }
}

/** One set of all kinds: `seq` is unique across them. */
function mergeInto(all: Seen, seen: Readonly<Record<RecordKind, Seen>>): Seen {
  for (const kind of ["user", "department", "tag"] as const) all.addAll(seen[kind]);
  return all;
}
