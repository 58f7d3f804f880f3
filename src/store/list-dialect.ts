import type { Sql } from "./filter.ts";

/** One page of resources, in pieces. */
export interface PageQuery {
  readonly columns: Sql;
  readonly condition: Sql<boolean>;
  readonly order: Sql;
  readonly limit: Sql;
  readonly offset: Sql;
}

/** What each database is asked in its own words for a list. */
export interface ListDialect {
  /** How many rows are stepped over rather than remembering a place among them; see list-memory.ts. */
  readonly hop: number;
  /** A condition that most rows fulfil. */
  likely(condition: Sql<boolean>): Sql<boolean>;
  /** A number that a key is sorted by, as a type whose values come and go without loss. */
  number(value: Sql): Sql;
  /** The rows of a page. Only those are looked at whole: conditions and order are read from an index where one has them. */
  page(query: PageQuery): Sql;
}
