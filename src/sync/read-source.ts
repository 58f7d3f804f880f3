import { batchesOf } from "../lib/batches.ts";
import type { DepartmentContext } from "../mapping/mapping.ts";
import type { ReadOptions, ReadProblem, RecordKind, Source, SourceRecord, Visibility } from "../source/source.ts";
import { SourceError } from "../source/source.ts";
import type { Lease, RecordStore } from "../store/store.ts";
import { departmentContexts } from "./department-tree.ts";
import type { Existence } from "./existence.ts";
import { GatheredTags } from "./gathered-tags.ts";
import { prepareRecord } from "./prepare-record.ts";
import { Seen } from "./seen.ts";
import type { TagContexts } from "./tag-contexts.ts";

/** What came of a read: the records are in the store, this says what may be concluded from it. */
export interface ReadOutcome {
  /** Records that this read saw, by their `seq`. */
  readonly seen: Seen;
  /** Records of which nothing certain could be learnt: they are neither seen nor gone. */
  readonly unclear: Seen;
  /** What a list of all ids says; null where there is none, or it is of no use. */
  readonly existence: Existence | null;
  readonly departments: ReadonlyMap<string, DepartmentContext>;
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
    onProgress,
  }: {
    readonly store: Pick<RecordStore, "saveRecords" | "readRelations">;
    readonly lease: Lease;
    readonly sourceId: string;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<ReadOutcome> {
  const { users: bringsUsers } = options;
  const seen = { user: new Seen(), department: new Seen(), tag: new Seen() };
  const problems: ReadProblem[] = [];
  let departments: ReadonlyMap<string, DepartmentContext> = new Map();
  const tags = new GatheredTags();
  let waiting: SourceRecord[] = [];
  let end: { complete: boolean; visibility: Visibility; unseenFields: readonly string[] } | null = null;

  const save = async (kind: RecordKind, records: readonly SourceRecord[]): Promise<void> => {
    for (const batch of batchesOf(records, batchSize)) {
      const prepared = batch.map((record) => prepareRecord(record, { departments, tags: tags.contexts }));
      const { seqs } = await store.saveRecords(lease, sourceId, kind, prepared);
      for (const seq of seqs) seen[kind].add(seq);
    }
  };

  const settleTags = (): Promise<void> => tags.settle({ store, sourceId, departments, problems, seen: seen.tag });

  for await (const event of source.read(options)) {
    switch (event.type) {
      case "departments":
        departments = departmentContexts(event.records);
        await save("department", event.records);
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
        await save("tag", event.records);
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
    tags: tags.contexts,
    tagsUnknown: tags.unknown,
    read: { users: seen.user.size, departments: seen.department.size, tags: seen.tag.size },
    problems,
    complete: end.complete && problems.length === 0,
    visibility: end.visibility,
    unseenFields: end.unseenFields,
  };
}

/** One set of all kinds: `seq` is unique across them. */
function mergeInto(all: Seen, seen: Readonly<Record<RecordKind, Seen>>): Seen {
  for (const kind of ["user", "department", "tag"] as const) all.addAll(seen[kind]);
  return all;
}
