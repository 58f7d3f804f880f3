import type { CompiledMapping, DepartmentContext } from "../mapping/mapping.ts";
import type { RecordKind } from "../source/source.ts";
import type { RecordStore, SourceRow, StoredRecord } from "../store/store.ts";
import { departmentContexts } from "./department-tree.ts";
import { mappingVersionOf, sourceContext } from "./mapping-context.ts";
import type { MappingSurroundings } from "./plan-record.ts";
import { departmentOf, tagOf } from "./prepare-record.ts";
import { type TagRecord, tagContexts } from "./tag-contexts.ts";

/** Records read between two moments at which something else may run; a tag can name all the people of a corp. */
const pageSizes = { department: 500, tag: 20, user: 250 } as const;

/** What mapping the records of a source needs beside them, as it was last read: for looking without reading anew. */
export async function readSurroundings(
  store: Pick<RecordStore, "readSourceRecords" | "readUnseenFields">,
  row: SourceRow,
  mapping: CompiledMapping,
): Promise<MappingSurroundings> {
  const source = sourceContext(row, (await store.readUnseenFields(row.id)) ?? []);
  const departments = await readDepartments(store, row.id);
  const tags = tagContexts(await readTags(store, row.id), departments);
  return { mapping, mappingVersion: mappingVersionOf(mapping, source), source, departments, tags };
}

async function readDepartments(
  store: Pick<RecordStore, "readSourceRecords">,
  sourceId: string,
): Promise<ReadonlyMap<string, DepartmentContext>> {
  const departments = [];
  for await (const record of eachRecord(store, sourceId, "department")) departments.push(departmentOf(record));
  return departmentContexts(departments);
}

async function readTags(
  store: Pick<RecordStore, "readSourceRecords">,
  sourceId: string,
): Promise<readonly TagRecord[]> {
  const tags: TagRecord[] = [];
  for await (const record of eachRecord(store, sourceId, "tag")) {
    // Without the record itself, which names all the people of the tag.
    const { key, name, users, departments } = tagOf(record);
    tags.push({ key, name, users, departments });
  }
  return tags;
}

async function* eachRecord(
  store: Pick<RecordStore, "readSourceRecords">,
  sourceId: string,
  kind: RecordKind,
): AsyncGenerator<StoredRecord> {
  for (let after = 0; ; ) {
    const page = await store.readSourceRecords(sourceId, kind, after, pageSizes[kind]);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    yield* page;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
