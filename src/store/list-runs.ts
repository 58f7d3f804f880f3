import { sql } from "kysely";
import type { Database } from "./database.ts";
import { isLookup } from "./few.ts";
import { type FilterDialect, filterCondition, type Sql } from "./filter.ts";
import { type FilterShape, placeKey, shapeOf } from "./filter-shape.ts";
import type { ListDialect } from "./list-dialect.ts";
import { sortKeyOf } from "./sort-key.ts";
import { Slot } from "./statements.ts";
import type { ListPart, ListQuery } from "./store.ts";

/**
 * A list is one run of resources after another: those of one type, then those of the next; or those with a value to
 * sort by, then those without one. Within a run an index can give the order, and a place in it is one comparison.
 */
export interface Run {
  /** The same for runs that differ in the filter's values only. */
  readonly key: string;
  /** Values of the filter, from {@link firstFilterSlot} on. */
  readonly values: readonly (string | number)[];
  /** Whether it holds what has no value to sort by. */
  readonly isUnsorted: boolean;
  readonly isDescending: boolean;
  /** Whether all resources have to be looked at to find those in it, for want of an index. In order of their ids. */
  readonly isSearch: boolean;
  /** What belongs to it, and what it is ordered by besides the id; null: by the id alone. */
  build(): { readonly condition: Sql<boolean>; readonly sortKey: Sql | null };
}

/** Slots of a statement over a run. */
export const slots = { limit: 0, offset: 1, placeKey: 2, placeId: 3 } as const;
const firstFilterSlot = 4;

/** How the databases differ in it, and what it is bounded by. */
export interface RunDialect {
  readonly isOneOf: Database["isOneOf"];
  readonly filter: FilterDialect;
  readonly list: ListDialect;
  /** How many a search may find to be remembered whole; see few.ts. */
  readonly few: number;
}

/** The runs of a list, in order. */
export function runsOf(query: ListQuery, ofDatabase: RunDialect): readonly Run[] {
  const dialect = seenBy(query.sources, ofDatabase);
  if (query.sort === null) return query.parts.map((part) => plainRun([part], query, dialect));
  const run = plainRun(query.parts, query, dialect);
  const isDescending = query.sort === "descending";
  const matches = query.parts.flatMap(({ sortBy }) => (sortBy === null ? [] : [sortBy]));
  // What all have is not null; the id is the order that there is anyway.
  if (matches.length === query.parts.length && matches.every(isId))
    return [{ ...run, isDescending, key: `${run.key} by id ${isDescending}` }];
  const by = query.parts.map(({ sortBy }) => (sortBy === null ? "" : placeKey(sortBy))).join(",");
  const key = `${run.key} by ${by} ${isDescending}`;
  const build = () => ({ ...run.build(), ...sortKeyAmong(query.parts, dialect) });
  const sorted: Run = {
    ...run,
    key: `${key} sorted`,
    isDescending,
    build() {
      const { condition, sortKey, isNullable } = build();
      return { condition: isNullable ? sql`${condition} and ${sortKey} is not null` : condition, sortKey };
    },
  };
  if (!sortKeyAmong(query.parts, dialect).isNullable) return [sorted];
  const unsorted: Run = {
    ...run,
    key: `${key} unsorted`,
    isDescending,
    isUnsorted: true,
    build() {
      const { condition, sortKey } = build();
      return { condition: sql`${condition} and ${sortKey} is null`, sortKey: null };
    },
  };
  // RFC 7644 §3.4.2.3: those without a value come last, and first where the order is turned round.
  return isDescending ? [unsorted, sorted] : [sorted, unsorted];
}

/** What a client does not see is no member, and no group, to him either. */
function seenBy(sources: ListQuery["sources"], dialect: RunDialect): RunDialect {
  if (sources === "all") return dialect;
  const otherEnd = sql`and ${dialect.isOneOf("other.source_id", sources)}`;
  return { ...dialect, filter: { ...dialect.filter, otherEnd } };
}

function isId(at: NonNullable<ListPart["sortBy"]>): boolean {
  return at.extension === null && at.attribute.name === "id";
}

function plainRun(parts: readonly ListPart[], { sources, sort, within }: ListQuery, dialect: RunDialect): Run {
  const shapes: (FilterShape | null)[] = [];
  let slot = firstFilterSlot;
  for (const { filter } of parts) {
    const shape = filter === null ? null : shapeOf(filter, slot);
    slot += shape?.values.length ?? 0;
    shapes.push(shape);
  }
  const what = parts.map(({ type }, index) => `${type}[${shapes[index]?.key ?? ""}]`).join(" ");
  const isWithin = within === undefined ? sql`` : sql` and ${isInside(new Slot(slot))}`;
  return {
    key: `${sources === "all" ? "all" : JSON.stringify(sources)} ${what}${within === undefined ? "" : " within"}`,
    values: [...shapes.flatMap((shape) => shape?.values ?? []), ...(within === undefined ? [] : [within])],
    isUnsorted: false,
    isDescending: false,
    isSearch: sort === null && parts.every(({ filter }) => filter !== null && !isLookup(filter)),
    build() {
      const each = parts.map(({ type }, index) => {
        const isType = dialect.list.likely(sql`resource.type = ${sql.lit(type)}`);
        const template = shapes[index]?.template;
        return template ? sql<boolean>`${isType} and ${filterCondition(template, dialect.filter)}` : isType;
      });
      const [only] = each;
      const isAsked = each.length === 1 && only ? only : sql<boolean>`((${sql.join(each, sql`) or (`)}))`;
      const isVisible =
        sources === "all" ? sql`` : sql` and ${dialect.list.likely(dialect.isOneOf("resource.source_id", sources))}`;
      return { condition: sql`resource.deleted_at is null${isVisible} and ${isAsked}${isWithin}`, sortKey: null };
    },
  };
}

/** Of a person: is in this group, or in one of those below it. Groups that hold each other are gone through once. */
function isInside(group: Slot): Sql<boolean> {
  return sql`resource.id in (
    with recursive inside(id) as (
      select cast(${group} as text)
      union select m.member_id from inside join member as m on m.group_id = inside.id where m.member_type = 'Group')
    select m.member_id from inside join member as m on m.group_id = inside.id where m.member_type = 'User')`;
}

/** One key for all the types: where they keep it in different places, that of the row's own type. */
function sortKeyAmong(
  parts: readonly ListPart[],
  { filter, list }: RunDialect,
): { readonly sortKey: Sql; readonly isNullable: boolean } {
  const keys = parts.map(({ type, sortBy }) => ({ type, key: sortBy && sortKeyOf(sortBy, filter, list) }));
  const isNullable = keys.some(({ key }) => key === null || key.isNullable);
  const values = new Set(keys.map(({ key }) => key?.value ?? null));
  const [only] = values;
  if (values.size === 1 && only) return { sortKey: only, isNullable };
  const cases = keys.map(({ type, key }) => sql`when ${sql.lit(type)} then ${key?.value ?? sql`null`}`);
  return { sortKey: sql`case resource.type ${sql.join(cases, sql` `)} end`, isNullable };
}
