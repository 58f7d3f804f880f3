import type { Json } from "../../lib/json.ts";
import type { Column } from "./column.ts";
import { type ParsedCell, parseCell, parseText } from "./parse-cell.ts";
import { parseDepartments } from "./parse-departments.ts";
import type { CsvProblem, PersonRow } from "./parsed-people.ts";
import type { CsvRecord } from "./read-records.ts";

/** What a record says of a person. */
export interface ParsedRow {
  /** Null where it has none that can be read. */
  readonly userName: string | null;
  /** Null where there is a problem. */
  readonly person: PersonRow | null;
  readonly problems: readonly CsvProblem[];
}

/** Reads a record by its columns: every cell is looked at, whatever is wrong with others. */
export function parseRow({ line, cells }: CsvRecord, columns: readonly Column[]): ParsedRow {
  if (cells.length !== columns.length) {
    const detail = `The record has ${cells.length} cells, and the headings are ${columns.length}`;
    return { userName: null, person: null, problems: [{ line, column: null, detail }] };
  }
  const problems: CsvProblem[] = [];
  const values: { path: string; value: Json | null }[] = [];
  let userName: string | null = null;
  let departments: readonly string[] | null = null;
  let manager: string | null | undefined;
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    const read = <T>(parsed: ParsedCell<T>): T | null => {
      if ("value" in parsed) return parsed.value;
      problems.push({ line, column: column.heading, detail: parsed.detail });
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
        values.push({ path: column.meaning, value: read(parseCell(cell, column)) });
        break;
    }
  }
  const person = userName === null || problems.length > 0 ? null : { line, userName, values, departments, manager };
  return { userName, person, problems };
}

function parseUserName(cell: string): ParsedCell<string> {
  const parsed = parseText(cell);
  return "value" in parsed && parsed.value === "" ? { detail: "The record has no userName" } : parsed;
}
