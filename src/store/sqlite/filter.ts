import { sql } from "kysely";
import type { FilterDialect, JsonPlace, Sql } from "../filter.ts";

/** Filters in the words of SQLite's JSON functions. */
export const sqliteFilter: FilterDialect = {
  text: (place) => extract(place),
  // A boolean would come out as a number, a number as text would compare as greater than any.
  number: (place) => sql`case when ${typeOf(place)} in ('integer', 'real') then ${extract(place)} end`,
  boolean: (place) => sql`case ${typeOf(place)} when 'true' then 1 when 'false' then 0 end`,
  // SQLite would also take "now" and plain numbers for times.
  instant: (place) => sql`case when ${extract(place)} glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*'
    then cast(round(unixepoch(${extract(place)}, 'subsec') * 1000) as integer) end`,
  isFilled: (place) => sql`case ${typeOf(place)}
    when 'text' then ${extract(place)} <> ''
    when 'object' then ${hasFilledMember(place)}
    when 'array' then ${hasFilledMember(place)}
    when 'null' then 1 = 0
    else ${typeOf(place)} is not null end`,
  someElement: (keys, condition) =>
    sql`exists (select 1 from json_each(resource.folded, ${path(keys)}) as e where ${condition})`,
  firstElement: (keys, value, isPrimary) =>
    sql`(select ${value} from json_each(resource.folded, ${path(keys)}) as e
      order by ${isPrimary === null ? sql`` : sql`coalesce(${isPrimary}, 0) desc,`} e.key limit 1)`,
  hasElement: (attribute, value) =>
    sql`resource.id in (select resource_id from resource_value where attribute = ${sql.lit(attribute)} and value = ${value})`,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  startsWith: (text, part) => sql`substr(${text}, 1, length(${part})) = ${part}`,
  // A start before the text gives fewer characters than asked for, which are not equal then.
  endsWith: (text, part) => sql`substr(${text}, length(${text}) - length(${part}) + 1) = ${part}`,
  byCodePoint: (text) => text,
};

function extract(place: JsonPlace): Sql<string | null> {
  const { element } = place;
  // The value of a simple element is no JSON any more.
  if (element && element.sub === null && place.document === "folded") return sql`e.value`;
  return sql`json_extract(${json(place)}, ${pathOf(place)})`;
}

function typeOf(place: JsonPlace): Sql<string | null> {
  const { element } = place;
  if (element && element.sub === null && place.document === "folded") return sql`e.type`;
  return sql`json_type(${json(place)}, ${pathOf(place)})`;
}

function hasFilledMember(place: JsonPlace): Sql<boolean> {
  return sql`exists (select 1 from json_each(${json(place)}, ${pathOf(place)}) as filled
    where filled.type <> 'null' and filled.value is not '')`;
}

function json({ document, element }: JsonPlace): Sql {
  if (document === "document") return sql`resource.document`;
  if (!element) return sql`resource.folded`;
  // An element that is no object has no sub-attributes, and its value is no JSON.
  return sql`case when e.type = 'object' then e.value end`;
}

function pathOf({ document, keys, element }: JsonPlace): Sql<string> {
  if (!element) return path(keys);
  const sub = element.sub === null ? "" : `.${quoted(element.sub)}`;
  if (document === "folded") return sql`${sql.lit(`$${sub}`)}`;
  // The elements of both documents stand in the same order; `e` walks the folded one.
  return sql`(${path(keys)} || '[' || e.key || ']' || ${sql.lit(sub)})`;
}

function path(keys: readonly string[]): Sql<string> {
  return sql`${sql.lit(`$${keys.map((key) => `.${quoted(key)}`).join("")}`)}`;
}

// Keys are names and URNs of schemas (scim/schemas/parse-schema), which hold no quotes and no backslashes.
function quoted(key: string): string {
  return `"${key}"`;
}
