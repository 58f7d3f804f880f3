import type { Delimiter } from "./delimiter.ts";
import { readCell } from "./read-cell.ts";

/** A record of a CSV file. Not one of those that are nothing but empty cells. */
export interface CsvRecord {
  /** The first of its lines, 1 for the first of the file. */
  readonly line: number;
  /** Trimmed; line breaks are `\n`. */
  readonly cells: readonly string[];
}

/** A line that begins no record: the quotes don't pair up. */
export interface BrokenRecord {
  readonly line: number;
  readonly cells: null;
}

/**
 * The records of a text, read as they are asked for. After one that is broken the next line is tried: nobody knows where
 * the record ends, and a quote that nothing closes would take all people with it that follow.
 */
export function* readRecords(text: string, delimiter: Delimiter): Generator<CsvRecord | BrokenRecord> {
  const lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  let line = 1;
  let start = 0;
  while (start < lines.length) {
    const record = readRecord(lines, start, delimiter);
    if (record === null) yield { line, cells: null };
    else if (record.cells.some((cell) => cell !== "")) yield { line, cells: record.cells };
    const end = record?.end ?? endOfLine(lines, start);
    line += countBreaks(lines, start, end) + 1;
    start = end + 1;
  }
}

function readRecord(
  text: string,
  start: number,
  delimiter: Delimiter,
): { readonly cells: readonly string[]; readonly end: number } | null {
  const cells: string[] = [];
  let from = start;
  for (;;) {
    const cell = readCell(text, from, delimiter);
    if (cell === null) return null;
    cells.push(cell.text.trim());
    if (text[cell.end] !== delimiter) return { cells, end: cell.end };
    from = cell.end + 1;
  }
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}

function countBreaks(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", start); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
