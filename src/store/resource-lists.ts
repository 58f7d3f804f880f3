import { sql } from "kysely";
import type { Database } from "./database.ts";
import { fewSql, pageOfFew } from "./few.ts";
import type { Sql } from "./filter.ts";
import { makeListMemory, type RunMemory } from "./list-memory.ts";
import { type Run, type RunDialect, runsOf, slots } from "./list-runs.ts";
import { type SelectedRow, selectedColumns, toResourceRow } from "./resource-rows.ts";
import { Slot, type Statements } from "./statements.ts";
import type { DirectoryReader, ListPage, ListPlace, ListQuery } from "./store.ts";

type SortKey = string | number | null;

type FoundRow = readonly [...SelectedRow, sortKey: SortKey];

type PlaceInRun = Omit<ListPlace, "run">;

/** Lists of resources: filtered, sorted, counted and cut into pages by the database. */
export function makeResourceLists(
  { db, read }: Pick<Database, "db" | "read">,
  statements: Statements,
  dialect: RunDialect,
): Pick<DirectoryReader, "listResources" | "queryResources"> {
  const memory = makeListMemory();
  const { hop } = dialect.list;

  /** Grows with every change that could be seen in a list. */
  const readChanges = async (): Promise<number> => {
    const [found] = await statements.run<[changes: number]>(
      "clock",
      () => sql`select changes from directory_clock`,
      [],
    );
    return found?.[0] ?? 0;
  };

  /** Looks at what is known of a run, finds out what is not, and keeps that if the directory did not change meanwhile. */
  const learn = async <T>(run: Run, find: (known: RunMemory) => Promise<T>): Promise<T> => {
    const key = `${run.key} ${JSON.stringify(run.values)}`;
    const changes = await readChanges();
    const found = await find(memory.recall(key, changes));
    if ((await readChanges()) !== changes) memory.forget(key);
    return found;
  };

  const countRun = (run: Run): Promise<number> =>
    learn(run, async (known) => {
      known.total ??= await count(statements, run);
      return known.total;
    });

  const countAll = async (runs: readonly Run[]): Promise<number> => {
    let total = 0;
    for (const run of runs) total += await countRun(run);
    return total;
  };

  /** The place from which on to step over fewer than `hop` rows; null: beyond the end. */
  const placeNear = (run: Run, offset: number): Promise<PlaceInRun | null> =>
    learn(run, async ({ places }) => {
      const wanted = Math.floor(offset / hop);
      while (places.length < wanted) {
        const known = places.length;
        const step = { from: places.at(-1) ?? null, offset: hop, limit: 1, isThin: true };
        const [next] = await readPage<readonly [id: string, sortKey: SortKey]>(statements, dialect, run, step);
        if (!next) return null;
        const [id, key] = next;
        // Somebody else may have come as far meanwhile.
        if (places.length === known) places.push({ key, id });
      }
      return places[wanted - 1] ?? null;
    });

  const readAt = async (run: Run, offset: number, limit: number): Promise<readonly FoundRow[]> => {
    if (offset < hop) return readPage(statements, dialect, run, { from: null, offset, limit });
    const from = await placeNear(run, offset);
    return from === null ? [] : readPage(statements, dialect, run, { from, offset: offset % hop, limit });
  };

  /** Rows from a position on, through all runs; and whether they reach the end. */
  const readFrom = async (runs: readonly Run[], offset: number, limit: number): Promise<Found[]> => {
    const found: Found[] = [];
    let before = offset;
    for (const [index, run] of runs.entries()) {
      if (found.length === limit) break;
      // The last run needs no count: what is not there is not found. Nor is one looked through that is known as empty.
      const total = index < runs.length - 1 && (before > 0 || run.isUnsorted) ? await countRun(run) : null;
      if (total !== null && before >= total) {
        before -= total;
        continue;
      }
      const rows = await readAt(run, before, limit - found.length);
      for (const row of rows) found.push({ run: index, row });
      before = 0;
    }
    return found;
  };

  const readAfter = async (runs: readonly Run[], after: ListPlace | null, limit: number): Promise<Found[]> => {
    const found: Found[] = [];
    for (const [index, run] of runs.entries()) {
      if (found.length === limit) break;
      if (index < (after?.run ?? 0)) continue;
      const place = index === after?.run ? after : null;
      if (place === null && run.isUnsorted && (await countRun(run)) === 0) continue;
      const rows = await readPage(statements, dialect, run, { after: place, offset: 0, limit: limit - found.length });
      for (const row of rows) found.push({ run: index, row });
    }
    return found;
  };

  /** All that a search finds, if that is few. */
  const findFew = (run: Run): Promise<readonly string[] | null> =>
    learn(run, async (known) => {
      if (known.few === null) {
        const build = (): Sql => fewSql(run.build().condition, dialect.few);
        const found = await statements.run<[id: string]>(`few ${run.key}`, build, valuesOf(run));
        known.few = found.length > dialect.few ? "many" : found.map(([id]) => id).sort();
      }
      return known.few === "many" ? null : known.few;
    });

  const readByIds = async (ids: readonly string[]): Promise<readonly SelectedRow[]> => {
    if (ids.length === 0) return [];
    const { sql: text, parameters } = sql`select ${selectedColumns} from resource
      where resource.deleted_at is null and ${dialect.isOneOf("resource.id", ids)} order by resource.id`.compile(db);
    return read<SelectedRow>(text, parameters);
  };

  const listResources = async (query: ListQuery): Promise<ListPage> => {
    const { count: wanted, from } = query;
    const runs = runsOf(query, dialect);
    const [only] = runs;
    const few = runs.length === 1 && only?.isSearch ? await findFew(only) : null;
    if (few !== null) {
      const { ids, next } = pageOfFew(few, query);
      return { total: few.length, rows: (await readByIds(ids)).map(toResourceRow), next };
    }
    if (wanted === 0) return { total: await countAll(runs), rows: [], next: null };
    const isFirst = "after" in from ? from.after === null : from.startIndex === 1;
    // One more than asked for tells whether there is another page.
    const found =
      "after" in from
        ? await readAfter(runs, from.after, wanted + 1)
        : await readFrom(runs, from.startIndex - 1, wanted + 1);
    const rows = found.slice(0, wanted);
    const last = rows.at(-1);
    const isWhole = isFirst && found.length <= wanted;
    return {
      total: isWhole ? found.length : await countAll(runs),
      rows: rows.map(({ row }) => toResourceRow(row)),
      next: found.length > wanted && last ? { run: last.run, ...placeOf(last.row) } : null,
    };
  };

  return {
    listResources,
    queryResources: ({ type, sources, filter, startIndex, count: wanted }) =>
      listResources({
        sources,
        parts: [{ type, filter, sortBy: null }],
        sort: null,
        count: wanted,
        from: { startIndex },
      }),
  };
}

interface Found {
  readonly run: number;
  readonly row: FoundRow;
}

function placeOf(row: FoundRow): PlaceInRun {
  return { key: row[8], id: row[0] };
}

async function count(statements: Statements, run: Run): Promise<number> {
  const build = (): Sql => sql`select count(*) as total from resource where ${run.build().condition}`;
  const [found] = await statements.run<[total: number]>(`count ${run.key}`, build, valuesOf(run));
  return Number(found?.[0] ?? 0);
}

interface PageOfRun {
  /** Where to begin, with what stands there. */
  readonly from?: PlaceInRun | null;
  /** Where to begin, behind what stands there. */
  readonly after?: PlaceInRun | null;
  readonly offset: number;
  readonly limit: number;
  /** Only what makes a place: then an index is enough. */
  readonly isThin?: boolean;
}

function readPage<R extends readonly unknown[] = FoundRow>(
  statements: Statements,
  dialect: RunDialect,
  run: Run,
  { from = null, after = null, offset, limit, isThin = false }: PageOfRun,
): Promise<readonly R[]> {
  const place = from ?? after;
  const key = `page ${isThin ? "thin" : "whole"} ${place === null ? "" : from === null ? "after" : "from"} ${run.key}`;
  const build = (): Sql => pageSql(dialect, run, place === null ? null : from === null ? "after" : "from", isThin);
  return statements.run(key, build, valuesOf(run, limit, offset, place));
}

/** In the order of {@link slots}. */
function valuesOf(run: Run, limit = 0, offset = 0, place: PlaceInRun | null = null): readonly unknown[] {
  return [limit, offset, place?.key ?? null, place?.id ?? null, ...run.values];
}

function pageSql({ list }: RunDialect, run: Run, begin: "from" | "after" | null, isThin: boolean): Sql {
  const { condition, sortKey } = run.build();
  const id = sql`resource.id`;
  const direction = run.isDescending ? sql` desc` : sql``;
  const beyond = sql.raw(`${run.isDescending ? "<" : ">"}${begin === "from" ? "=" : ""}`);
  const [placeKey, placeId] = [slot(slots.placeKey), slot(slots.placeId)];
  const reached =
    sortKey === null ? sql`${id} ${beyond} ${placeId}` : sql`(${sortKey}, ${id}) ${beyond} (${placeKey}, ${placeId})`;
  const columns = isThin ? id : selectedColumns;
  return list.page({
    columns: sql`${columns}, ${sortKey ?? sql`null`} as sort_key`,
    condition: begin === null ? condition : sql`${condition} and ${reached}`,
    order: sortKey === null ? sql`${id}${direction}` : sql`${sortKey}${direction}, ${id}${direction}`,
    limit: slot(slots.limit),
    offset: slot(slots.offset),
  });
}

function slot(index: number): Sql {
  return sql`${new Slot(index)}`;
}
