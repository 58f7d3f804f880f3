import { sql } from "kysely";
import type { FilterDialect, JsonPlace, Sql } from "../filter.ts";

/** Filters in the words of PostgreSQL's jsonb. */
export const postgresFilter: FilterDialect = {
  text: (place) => sql`(${node(place)} #>> '{}')`,
  number: (place) => sql`case jsonb_typeof(${node(place)}) when 'number' then (${node(place)} #>> '{}')::numeric end`,
  boolean: (place) => sql`case ${node(place)} when 'true'::jsonb then 1 when 'false'::jsonb then 0 end`,
  // A text that is no date must not end the query (pg_input_is_valid: PostgreSQL 16).
  instant: (place) => sql`case when (${node(place)} #>> '{}') ~ '^\\d{4}-\\d\\d-\\d\\dT'
    and pg_input_is_valid(${node(place)} #>> '{}', 'timestamptz')
    then round(extract(epoch from (${utc(place)})) * 1000) end`,
  isFilled: (place) => sql`case jsonb_typeof(${node(place)})
    when 'string' then ${node(place)} <> '""'::jsonb
    when 'object' then exists (select 1 from jsonb_each(${node(place)}) as filled
      where filled.value not in ('null'::jsonb, '""'::jsonb))
    when 'array' then exists (select 1 from jsonb_array_elements(${node(place)}) as filled
      where filled.value not in ('null'::jsonb, '""'::jsonb))
    when 'null' then false
    else ${node(place)} is not null end`,
  someElement: (keys, condition) => sql`exists (select 1 from jsonb_array_elements(
    case jsonb_typeof(${steps(sql`resource.folded::jsonb`, keys)})
      when 'array' then ${steps(sql`resource.folded::jsonb`, keys)} else '[]'::jsonb end)
    with ordinality as e(value, place) where ${condition})`,
  firstElement: (keys, value, isPrimary) => sql`(select ${value} from jsonb_array_elements(
    case jsonb_typeof(${steps(sql`resource.folded::jsonb`, keys)})
      when 'array' then ${steps(sql`resource.folded::jsonb`, keys)} else '[]'::jsonb end)
    with ordinality as e(value, place)
    order by ${isPrimary === null ? sql`` : sql`coalesce(${isPrimary}, 0) desc,`} e.place limit 1)`,
  // In the words of the index (migrations/0006-reading).
  hasElement: (attribute, value) => sql`(resource.folded::jsonb -> ${sql.lit(attribute)})
    @> jsonb_build_array(jsonb_build_object('value', ${value}::text))`,
  contains: (text, part) => sql`strpos(${text}, ${part}) > 0`,
  startsWith: (text, part) => sql`starts_with(${text}, ${part})`,
  endsWith: (text, part) => sql`right(${text}, length(${part}::text)) = ${part}`,
  byCodePoint: (text) => sql`(${text}) collate "C"`,
};

function node({ document, keys, element }: JsonPlace): Sql {
  const sub = element?.sub == null ? [] : [element.sub];
  if (element && document === "folded") return sql`(${steps(sql`e.value`, sub)})`;
  if (!element) return sql`(${steps(documentOf(document), keys)})`;
  // The elements of both documents stand in the same order; `e` walks the folded one and counts from 1.
  return sql`(${steps(sql`${steps(documentOf(document), keys)} -> (e.place - 1)::int`, sub)})`;
}

function documentOf(document: JsonPlace["document"]): Sql {
  return document === "document" ? sql`resource.document::jsonb` : sql`resource.folded::jsonb`;
}

function steps(json: Sql, keys: readonly string[]): Sql {
  return keys.reduce((inner, key) => sql`${inner} -> ${sql.lit(key)}`, json);
}

/** A time without a zone is UTC, whatever zone the session is in. */
function utc(place: JsonPlace): Sql {
  const text = sql`(${node(place)} #>> '{}')`;
  return sql`case when ${text} ~ '(Z|[+-]\\d\\d:?\\d\\d)$' then ${text}::timestamptz
    else ${text}::timestamp at time zone 'UTC' end`;
}
