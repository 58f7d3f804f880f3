import type { CompiledMapping, DepartmentContext } from "../mapping/mapping.ts";
import type { RecordKind } from "../source/source.ts";
import type { RecordRelations, RecordStore, SourceRow } from "../store/store.ts";
import { departmentContexts } from "./department-tree.ts";
import { mappingVersionOf, sourceContext } from "./mapping-context.ts";
import type { MappingSurroundings } from "./plan-record.ts";
import { tagRelationsOf, treeNodeOf } from "./prepare-record.ts";
import { noTags, type TagContexts, type TagRecord, tagContexts } from "./tag-contexts.ts";

/** What surroundings are read from. */
export type SurroundingsStore = Pick<RecordStore, "readRelations" | "readUnseenFields">;

/** Records read between two moments at which something else may run; a tag can name all the people of a corp. */
const pageSizes = { department: 500, tag: 5 } as const;

/**
 * What mapping the records of a source needs beside them, as it was last read: for looking without reading anew.
 *
 * @param only records of this kind are to be mapped, and no others: what those do not need is not read
 */
export async function readSurroundings(
  store: SurroundingsStore,
  row: SourceRow,
  mapping: CompiledMapping,
  only: RecordKind = "user",
): Promise<MappingSurroundings> {
  const source = sourceContext(row, (await store.readUnseenFields(row.id)) ?? []);
  const departments = only === "tag" ? new Map() : await readDepartments(store, row.id);
  const tags = only === "user" ? await readTags(store, row.id, departments) : noTags;
  return { mapping, mappingVersion: mappingVersionOf(mapping, source), source, departments, tags };
}

async function readDepartments(
  store: SurroundingsStore,
  sourceId: string,
): Promise<ReadonlyMap<string, DepartmentContext>> {
  const departments = [];
  for await (const record of eachRecord(store, sourceId, "department")) departments.push(treeNodeOf(record));
  return departmentContexts(departments);
}

async function readTags(
  store: SurroundingsStore,
  sourceId: string,
  departments: ReadonlyMap<string, DepartmentContext>,
): Promise<TagContexts> {
  const tags: TagRecord[] = [];
  for await (const record of eachRecord(store, sourceId, "tag")) tags.push(tagRelationsOf(record));
  return tagContexts(tags, departments);
}

async function* eachRecord(
  store: SurroundingsStore,
  sourceId: string,
  kind: "department" | "tag",
): AsyncGenerator<RecordRelations> {
  for (let after = 0; ; ) {
    const page = await store.readRelations(sourceId, kind, after, pageSizes[kind]);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    yield* page;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
