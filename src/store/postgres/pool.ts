import { createHash } from "node:crypto";
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";

/** Connections to PostgreSQL. */
export interface OpenedPool {
  readonly pool: PostgresPool;
  /** See `Database.read`. */
  read<R extends readonly unknown[]>(text: string, parameters: readonly unknown[]): Promise<readonly R[]>;
}

/** Statements that each connection keeps prepared. Others are planned each time: filters can have any shape. */
const mostPrepared = 200;

/** Opens connections, with what the driver does otherwise than this program needs it. */
export function openPool(url: string, size: number): OpenedPool {
  const types = new pg.TypeOverrides();
  // bigint (our times and counts, all below 2^53) comes as text by default.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString: url, max: size, types });
  // A connection that breaks while idle must not end the process; the next query opens another.
  pool.on("error", () => {});
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= mostPrepared) return known;
    // By the text, so that behind a pooler no two programs mean different things by one name.
    const name = createHash("sha256").update(text).digest("hex").slice(0, 32);
    names.set(text, name);
    return name;
  };
  return {
    pool: {
      connect: async () => overClient(await pool.connect()),
      end: () => pool.end(),
    },
    async read<R extends readonly unknown[]>(text: string, parameters: readonly unknown[]) {
      const name = nameOf(text);
      const named = name === undefined ? {} : { name };
      const query = { text, values: parameters.map(withoutNul), rowMode: "array", ...named } as const;
      const { rows } = await pool.query<unknown[]>(query).catch((error: unknown) => {
        throw withoutValues(error);
      });
      return rows as readonly unknown[] as readonly R[];
    },
  };
}

function overClient(client: pg.PoolClient): PostgresPoolClient {
  function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query(text: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof text !== "string") throw new Error("rows are not streamed here");
    return client.query(text, parameters.map(withoutNul)).catch((error: unknown) => {
      throw withoutValues(error);
    });
  }
  return { query, release: () => client.release() };
}

/** PostgreSQL has no NUL in text and refuses the whole statement: what a target or a caller sends must not do that. */
function withoutNul(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
  return Array.isArray(value) ? value.map(withoutNul) : value;
}

/** Its errors quote the row that was refused (`Key (user_name_folded)=(…) already exists`): that is for no log. */
function withoutValues(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    error.detail = undefined;
    error.where = undefined;
  }
  return error;
}
