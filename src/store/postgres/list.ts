import { sql } from "kysely";
import type { ListDialect } from "../list-dialect.ts";

/** Lists in the words of PostgreSQL. */
export const postgresList: ListDialect = {
  // Each hop is a round trip.
  hop: 4000,
  likely: (condition) => condition,
  number: (value) => sql`(${value})::float8`,
  // Ids first: an index answers alone only where nothing but its own columns is asked for.
  page: ({ columns, condition, order, limit, offset }) =>
    sql`select ${columns} from resource where resource.id in (
        select resource.id from resource where ${condition} order by ${order} limit ${limit} offset ${offset})
      order by ${order}`,
};
