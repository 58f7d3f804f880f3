import type { Json } from "../../lib/json.ts";
import { type ParsedCell, parseCell, parseText } from "./parse-cell.ts";
import { parseDepartments } from "./parse-departments.ts";
import type { CsvProblem, PersonRow } from "./parsed-people.ts";
import type { CsvRecord } from "./read-records.ts";
import type { SettledColumns } from "./settle-columns.ts";
import { chooseValue } from "./value-source.ts";

/** What a record says of a person. */
export interface ParsedRow {
  /** Null where it has none that can be read. */
  readonly userName: string | null;
  /** Null where there is a problem. */
  readonly person: PersonRow | null;
  readonly problems: readonly CsvProblem[];
}

/** How a record is read. */
type RowPlan = Pick<SettledColumns, "columns" | "sources">;

/** Reads a record by its columns: every cell is looked at, whatever is wrong with others. */
export function parseRow({ line, cells }: CsvRecord, { columns, sources }: RowPlan): ParsedRow {
  if (cells.length !== columns.length) {
    const detail = `The record has ${cells.length} cells, and the headings are ${columns.length}`;
    return { userName: null, person: null, problems: [{ line, column: null, detail }] };
  }
  const problems: CsvProblem[] = [];
  const parsed = new Map<number, Json | null>();
  let userName: string | null = null;
  let departments: readonly string[] | null = null;
  let manager: string | null | undefined;
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    const read = <T>(result: ParsedCell<T>): T | null => {
      if ("value" in result) return result.value;
      problems.push({ line, column: column.heading, detail: result.detail });
      return null;
    };
    switch (column.kind) {
      case "userName":
        userName = read(parseUserName(cell));
        break;
      case "departments":
        departments = read(parseDepartments(cell));
        break;
      case "manager":
        manager = read(parseText(cell)) || null;
        break;
      case "attribute":
        parsed.set(index, read(parseCell(cell, column)));
        break;
    }
  }
  const values = sources.map((source) => {
    const candidates = source.columns.map((index) => parsed.get(index) ?? null);
    return { path: source.path, value: chooseValue(source, candidates) };
  });
  const person = userName === null || problems.length > 0 ? null : { line, userName, values, departments, manager };
  return { userName, person, problems };
}

function parseUserName(cell: string): ParsedCell<string> {
  const parsed = parseText(cell);
  return "value" in parsed && parsed.value === "" ? { detail: "The record has no userName" } : parsed;
}
