import type { Json } from "../../lib/json.ts";

/** People as a CSV file describes them. */
export interface ParsedPeople {
  /** What each column was understood as, in the order of the file; null: ignored, and the note says why. Empty without headings. */
  readonly columns: readonly ColumnReport[];
  /** Those without a problem; nobody where a heading has one. */
  readonly people: readonly PersonRow[];
  /** In the order of the file. */
  readonly problems: readonly CsvProblem[];
}

export interface ColumnReport {
  readonly heading: string;
  readonly meaning: string | null;
  readonly note?: string;
}

export interface PersonRow {
  /** The first line of the record in the file. */
  readonly line: number;
  /** The key by which a person is found. */
  readonly userName: string;
  /**
   * SCIM attribute paths with values, each fit for `replace` of a PATCH; null clears the attribute (empty cell). Without
   * userName.
   */
  readonly values: readonly { readonly path: string; readonly value: Json | null }[];
  /** Department paths such as "总部/销售部"; null when the file has no such column. */
  readonly departments: readonly string[] | null;
  /** userName of the manager; null clears; undefined when there is no such column. */
  readonly manager: string | null | undefined;
}

export interface CsvProblem {
  /** 1-based, the first line of the record. */
  readonly line: number;
  /** The heading, or null for the whole record. */
  readonly column: string | null;
  /** A sentence with headings and line numbers, never with a cell: those are personal data. */
  readonly detail: string;
}
