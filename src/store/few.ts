import { sql } from "kysely";
import type { ResolvedFilter } from "../scim/resolve-filter.ts";
import type { Sql } from "./filter.ts";
import type { ListPlace, ListQuery } from "./store.ts";

// A search for a part of a name looks at everybody, and mostly finds few. It is made once, in the narrowest index that
// will do and without regard to order; page and total are then cut from the ids that were found.

/** Ids of what fulfils a condition, in any order: of so many that it is known whether there are more than a few. */
export function fewSql(condition: Sql<boolean>, few: number): Sql {
  return sql`select resource.id from resource where ${condition} limit ${sql.lit(few + 1)}`;
}

/** Whether a filter names a value that an index finds at once. */
export function isLookup(filter: ResolvedFilter): boolean {
  if (filter.kind === "and") return filter.filters.some(isLookup);
  if (filter.kind === "constant") return !filter.value;
  if (filter.kind === "element") return lookedUp.has(`${filter.at.attribute.name}.value`);
  if (filter.kind !== "compare" || filter.operator !== "eq" || filter.at.extension !== null) return false;
  const { attribute, sub } = filter.at;
  return lookedUp.has(sub === null ? attribute.name : `${attribute.name}.${sub.name}`);
}

const lookedUp: ReadonlySet<string> = new Set([
  ...["id", "externalId", "userName", "displayName"],
  ...["emails.value", "phoneNumbers.value", "members.value", "groups.value"],
]);

/** The ids of a page, and where the next one begins. */
export function pageOfFew(
  ids: readonly string[],
  { from, count }: Pick<ListQuery, "from" | "count">,
): { readonly ids: readonly string[]; readonly next: ListPlace | null } {
  const start = "startIndex" in from ? from.startIndex - 1 : startAfter(ids, from.after?.id ?? "");
  const page = ids.slice(start, start + count);
  const last = page.at(-1);
  return { ids: page, next: last !== undefined && start + count < ids.length ? { run: 0, key: null, id: last } : null };
}

// Ids are ASCII: JavaScript orders them as both databases do.
function startAfter(ids: readonly string[], after: string): number {
  const start = ids.findIndex((id) => id > after);
  return start < 0 ? ids.length : start;
}
