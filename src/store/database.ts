import type { Kysely, RawBuilder, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

export type Dialect = "sqlite" | "postgres";

/** A row for a bulk statement: values by column, `null` for none. */
export type Row = Readonly<Record<string, string | number | null>>;

export interface Upsert {
  readonly table: keyof Tables;
  readonly rows: readonly Row[];
  /** Columns of the unique key; absent: plain inserts. */
  readonly conflict?: readonly string[];
  /** Columns taken from the new row on conflict; empty: leave the row that is there. */
  readonly update?: readonly string[];
}

/**
 * One open database. What differs between SQLite and PostgreSQL stands behind this interface, with the same file
 * names in `sqlite/` and `postgres/`.
 */
export interface Database {
  readonly dialect: Dialect;
  readonly db: Kysely<Tables>;
  /** A write transaction. SQLite takes its write lock at once, so that it never fails half-way. */
  write<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** The same for small writes, of which many may come at once: those that do may share a commit. */
  writeSmall<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Inserts or updates many rows in few round trips, inside a transaction. All rows have the same columns. */
  upsert(trx: Transaction<Tables>, upsert: Upsert): Promise<void>;
  /** `column in (…)` for a list of any length with one bound parameter, so that the statement stays the same. */
  isOneOf(column: string, values: readonly string[] | readonly number[]): RawBuilder<boolean>;
  /**
   * Answers a question that is asked often, past the query builder: the statement is prepared once. It sees what is
   * committed. Only texts that are made from a limited number of shapes, with their values as parameters.
   */
  read<R extends readonly unknown[]>(text: string, parameters: readonly unknown[]): Promise<readonly R[]>;
  /** Whether a write failed because another row has a value that must be unique. */
  isTaken(error: unknown): boolean;
  close(): Promise<void>;
}

/** Columns that hold whole numbers; every other column is text. */
export const integerColumns: ReadonlySet<string> = new Set([
  "seq",
  "lost_count",
  "version",
  "members_version",
  "withheld_version",
  "active",
  "created_at",
  "updated_at",
  "last_modified_at",
  "departed_at",
  "deleted_at",
  "attempts",
  "next_try_at",
  "lacks_manager",
  "lacks_members",
  "change_seq",
  "count",
  "at",
  "added_count",
  "leavers",
  "members_applied",
  "contacted_at",
  "removed_count",
  "base_version",
  "approved",
  "unsure",
  "changes_identity",
  "pushed_change",
  "requests_per_second",
  "repair",
  "verify_started_at",
  "synced_at",
  "last_status",
  "delivered_at",
  "since",
  "ended",
  "exact",
  "done",
  "told",
  "asked_at",
  "decided_at",
  "expires_at",
  "heard_at",
]);

/** The database's own name for what went wrong (`23505`, `SQLITE_BUSY`). */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
